-- one row per scan with a date and no hour that did not happen at the beginning of its day: when it did
--
-- It comes after what the source lists before it on that date. An end comes after all else of its date; where
-- a second scan tells it with an hour, at that hour.
--
-- depends_on: {{ ref('stg_checkpoints') }}
-- depends_on: {{ ref('int_left_out_checkpoints') }}
with scans as (
    select
        checkpoint_key,
        tracking_key,
        event_type,
        time_precision,
        event_at_utc,
        cast(event_at_local as date) as event_date,
        case leg when 'origin' then 0 else 1 end as leg_no,
        source_seq
    from stg_checkpoints
    where
        not exists (
            select 1
            from int_left_out_checkpoints
            where int_left_out_checkpoints.checkpoint_key = stg_checkpoints.checkpoint_key
        )
),

dated as (
    select
        checkpoint_key,
        tracking_key,
        event_type,
        event_at_utc,
        event_date,
        leg_no,
        source_seq,
        event_type in ('delivered', 'returned') as is_end
    from scans
    where time_precision = 'date'
),

moments as (
    select
        dated.checkpoint_key,
        dated.tracking_key,
        max(dated.event_at_utc) as day_begins_at_utc,
        coalesce(
            max(
                case
                    when
                        dated.is_end
                        and dated.event_type = same_day.event_type
                        and same_day.time_precision <> 'date'
                        then same_day.event_at_utc
                end
            ),
            max(same_day.event_at_utc)
        ) as event_at_utc
    from dated
    inner join scans as same_day
        on
            dated.tracking_key = same_day.tracking_key
            and dated.event_date = same_day.event_date
    where
        dated.is_end
        or same_day.leg_no < dated.leg_no
        or (same_day.leg_no = dated.leg_no and same_day.source_seq < dated.source_seq)
    group by dated.checkpoint_key, dated.tracking_key
)

select
    checkpoint_key,
    tracking_key,
    event_at_utc
from moments
where event_at_utc > day_begins_at_utc
