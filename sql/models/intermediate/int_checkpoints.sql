-- one row per real-world scan: repeats within and across legs collapsed, impossible moments left out
--
-- depends_on: {{ ref('stg_trackings') }}
-- depends_on: {{ ref('stg_checkpoints') }}
-- depends_on: {{ ref('int_as_of') }}
with scans as (
    select
        stg_checkpoints.*,
        int_as_of.as_of_utc,
        -- both legs tell the same scan to the minute, and not always in the same zone
        date_trunc('minute', stg_checkpoints.event_at_local) as event_minute_local
    from stg_checkpoints
    inner join stg_trackings
        on stg_checkpoints.tracking_key = stg_trackings.tracking_key
    inner join int_as_of
        on
            stg_trackings.source = int_as_of.source
            and stg_trackings.account = int_as_of.account
),

possible as (
    select *
    from scans
    where
        event_at_utc <= case
            -- no clock on earth is further ahead of UTC than 14 hours
            when time_basis = 'assumed_utc' then as_of_utc + interval '14' hour
            else as_of_utc
        end
),

ranked as (
    select
        possible.*,
        row_number() over (
            partition by tracking_key, event_minute_local, event_type
            order by
                case time_basis when 'explicit_offset' then 0 when 'location_inferred' then 1 else 2 end,
                case leg when 'destination' then 0 else 1 end,
                checkpoint_key
        ) as repeat_rank,
        count(*) over (partition by tracking_key, event_minute_local, event_type) as n_told
    from possible
)

select
    checkpoint_key,
    tracking_key,
    leg,
    source_seq,
    event_at_utc,
    event_at_local,
    time_basis,
    time_precision,
    status,
    substatus,
    event_type,
    is_physical,
    is_exception,
    description,
    location,
    country,
    state,
    city,
    n_told
from ranked
where repeat_rank = 1
