-- one row per scan that does not count: an impossible moment, or another scan tells the same better
--
-- Few scans are left out, so it is they that are kept here; int_checkpoints is all the others.
--
-- depends_on: {{ ref('stg_trackings') }}
-- depends_on: {{ ref('stg_checkpoints') }}
-- depends_on: {{ ref('int_as_of') }}
with known as (
    select
        stg_trackings.tracking_key,
        int_as_of.as_of_utc
    from stg_trackings
    left join int_as_of
        on
            stg_trackings.source = int_as_of.source
            and stg_trackings.account = int_as_of.account
),

impossible as (
    select
        checkpoint_key,
        tracking_key,
        source,
        'unparsable' as reason
    from stg_checkpoints
    where event_at_utc is null
    union all
    select
        stg_checkpoints.checkpoint_key,
        stg_checkpoints.tracking_key,
        stg_checkpoints.source,
        'unread' as reason
    from stg_checkpoints
    inner join known
        on stg_checkpoints.tracking_key = known.tracking_key
    where
        known.as_of_utc is null
        and stg_checkpoints.event_at_utc is not null
    union all
    select
        stg_checkpoints.checkpoint_key,
        stg_checkpoints.tracking_key,
        stg_checkpoints.source,
        'impossible' as reason
    from stg_checkpoints
    inner join known
        on stg_checkpoints.tracking_key = known.tracking_key
    where
        -- nearly all scans are older than what is known of any account: of those nothing else is read
        stg_checkpoints.event_at_utc > (select min(int_as_of.as_of_utc) from int_as_of)
        and stg_checkpoints.event_at_utc > case
            -- no clock on earth is further ahead of UTC than 14 hours
            when stg_checkpoints.time_basis = 'assumed_utc' then known.as_of_utc + interval '14' hour
            else known.as_of_utc
        end
),

-- both legs tell the same scan to the minute, and not always in the same zone; minutes first, as keys of
-- trackings begin alike, and are slow to compare and to sort
minutes as (
    select
        date_trunc('minute', event_at_local) as event_minute_local,
        tracking_key
    from stg_checkpoints
    group by date_trunc('minute', event_at_local), tracking_key
    having count(*) > 1
),

ranked as (
    select
        stg_checkpoints.checkpoint_key,
        stg_checkpoints.tracking_key,
        stg_checkpoints.source,
        rank() over (
            partition by minutes.event_minute_local, minutes.tracking_key, stg_checkpoints.event_type
            order by
                -- the surer the time the better, and the destination knows best
                case
                    when stg_checkpoints.time_precision = 'date' then 0
                    when stg_checkpoints.time_basis = 'explicit_offset' then 0
                    when stg_checkpoints.time_basis = 'location_inferred' then 1
                    else 2
                end asc,
                case stg_checkpoints.leg when 'destination' then 0 else 1 end asc,
                stg_checkpoints.event_at_local asc,
                -- what one leg lists on one date without hours are several scans, and all are first
                case
                    when stg_checkpoints.time_precision = 'date' then 0
                    else stg_checkpoints.source_seq
                end asc,
                case
                    when stg_checkpoints.time_precision = 'date' then ''
                    else stg_checkpoints.checkpoint_key
                end asc
        ) as telling_rank
    from stg_checkpoints
    inner join minutes
        on
            stg_checkpoints.tracking_key = minutes.tracking_key
            and date_trunc('minute', stg_checkpoints.event_at_local) = minutes.event_minute_local
    left join impossible
        on stg_checkpoints.checkpoint_key = impossible.checkpoint_key
    where impossible.checkpoint_key is null
)

select
    checkpoint_key,
    tracking_key,
    source,
    reason
from impossible

union all

select
    checkpoint_key,
    tracking_key,
    source,
    'repeated' as reason
from ranked
where telling_rank > 1
