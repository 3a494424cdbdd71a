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
        date_trunc('minute', stg_checkpoints.event_at_local) as event_minute_local,
        -- the surer the time the better, and the destination knows best
        case stg_checkpoints.time_basis
            when 'explicit_offset' then '0'
            when 'location_inferred' then '1'
            else '2'
        end
        || case stg_checkpoints.leg when 'destination' then '0' else '1' end as telling_rank
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

-- few scans are told more than once, so only those are compared
repeats as (
    select
        tracking_key,
        event_minute_local,
        event_type,
        count(*) as n_told,
        min(telling_rank || checkpoint_key) as best
    from possible
    group by tracking_key, event_minute_local, event_type
    having count(*) > 1
)

select
    possible.checkpoint_key,
    possible.tracking_key,
    possible.leg,
    possible.source_seq,
    possible.event_at_utc,
    possible.event_at_local,
    possible.time_basis,
    possible.time_precision,
    possible.status,
    possible.substatus,
    possible.event_type,
    possible.is_physical,
    possible.is_exception,
    possible.description,
    possible.location,
    possible.country,
    possible.state,
    possible.city,
    coalesce(repeats.n_told, 1) as n_told
from possible
left join repeats
    on
        possible.tracking_key = repeats.tracking_key
        and possible.event_minute_local = repeats.event_minute_local
        and possible.event_type = repeats.event_type
where
    repeats.best is null
    or repeats.best = possible.telling_rank || possible.checkpoint_key
