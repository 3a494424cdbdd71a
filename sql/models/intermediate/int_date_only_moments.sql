-- one row per scan with a date and no hour that did not happen at the beginning of its day: when it did
--
-- It comes after what the source lists before it on that date. An end comes after all else of its date; where
-- a second scan tells it with an hour, at that hour.
--
-- depends_on: {{ ref('stg_checkpoints') }}
-- depends_on: {{ ref('int_left_out_checkpoints') }}
with dated as (
    select
        checkpoint_key,
        tracking_key,
        event_type,
        event_at_utc,
        event_at_local,
        case leg when 'origin' then 0 else 1 end as leg_no,
        source_seq,
        event_type in ('delivered', 'returned') as is_end
    from stg_checkpoints
    where time_precision = 'date'
),

same_day as (
    select
        dated.checkpoint_key,
        dated.tracking_key,
        dated.event_at_utc as day_begins_at_utc,
        that_day.checkpoint_key as other_key,
        that_day.event_at_utc,
        dated.is_end
        and dated.event_type = that_day.event_type
        and that_day.time_precision <> 'date' as is_same_with_hour
    from dated
    inner join stg_checkpoints as that_day
        on
            dated.tracking_key = that_day.tracking_key
            -- as a range: engines drop what has no dated scan sooner if the key is all that must be equal
            and dated.event_at_local <= that_day.event_at_local
            and dated.event_at_local + interval '1' day > that_day.event_at_local
    where
        dated.is_end
        or case that_day.leg when 'origin' then 0 else 1 end < dated.leg_no
        or (
            case that_day.leg when 'origin' then 0 else 1 end = dated.leg_no
            and that_day.source_seq < dated.source_seq
        )
),

moments as (
    select
        checkpoint_key,
        tracking_key,
        max(day_begins_at_utc) as day_begins_at_utc,
        coalesce(max(case when is_same_with_hour then event_at_utc end), max(event_at_utc)) as event_at_utc
    from same_day
    where
        not exists (
            select 1
            from int_left_out_checkpoints
            where int_left_out_checkpoints.checkpoint_key = same_day.other_key
        )
    group by checkpoint_key, tracking_key
)

select
    checkpoint_key,
    tracking_key,
    event_at_utc
from moments
where event_at_utc > day_begins_at_utc
