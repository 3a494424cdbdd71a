-- one row per exception episode: physical scans of one tracking that follow each other and are all exceptions
--
-- An episode is resolved by the next physical scan that is none, unless that is on the way back to the
-- sender. Scans of one minute or day follow each other as the source lists them.
--
-- depends_on: {{ ref('int_checkpoints') }}
-- depends_on: {{ ref('int_shipment_outcomes') }}
with scans as (
    select
        int_checkpoints.tracking_key,
        int_checkpoints.event_at_utc,
        int_checkpoints.event_type,
        int_checkpoints.is_exception,
        int_shipment_outcomes.outcome,
        int_shipment_outcomes.returning_at_utc,
        int_shipment_outcomes.exit_at_utc,
        row_number() over (
            partition by int_checkpoints.tracking_key
            order by
                int_checkpoints.event_at_utc,
                case int_checkpoints.leg when 'origin' then 0 else 1 end,
                int_checkpoints.source_seq,
                int_checkpoints.checkpoint_key
        ) as scan_no
    from int_checkpoints
    inner join int_shipment_outcomes
        on int_checkpoints.tracking_key = int_shipment_outcomes.tracking_key
    where
        int_checkpoints.is_physical
        and int_shipment_outcomes.has_exception
),

neighbours as (
    select
        scans.*,
        coalesce(lag(is_exception) over (
            partition by tracking_key
            order by scan_no
        ), false) as follows_exception,
        lead(event_at_utc) over (
            partition by tracking_key
            order by scan_no
        ) as next_at_utc,
        lead(is_exception) over (
            partition by tracking_key
            order by scan_no
        ) as next_is_exception
    from scans
),

numbered as (
    select
        neighbours.*,
        sum(case when is_exception and not follows_exception then 1 else 0 end) over (
            partition by tracking_key
            order by scan_no
            rows between unbounded preceding and current row
        ) as episode_no
    from neighbours
),

episodes as (
    select
        tracking_key,
        cast(episode_no as bigint) as episode_no,
        min(case when not follows_exception then event_type end) as exception_type,
        min(event_at_utc) as started_at_utc,
        max(event_at_utc) as last_exception_at_utc,
        count(*) as n_scans,
        min(case
            when not next_is_exception and coalesce(next_at_utc <= returning_at_utc, true) then next_at_utc
        end) as next_scan_at_utc,
        max(outcome) as outcome,
        max(exit_at_utc) as exit_at_utc
    from numbered
    where is_exception
    group by tracking_key, episode_no
),

ended as (
    select
        episodes.*,
        case
            when outcome = 'returned' and coalesce(next_scan_at_utc, exit_at_utc) >= exit_at_utc
                then 'ended_returned'
            when next_scan_at_utc is not null then 'resolved'
            when outcome = 'open' then 'open'
            else 'ended_' || outcome
        end as episode_state
    from episodes
),

timed as (
    select
        ended.*,
        case when episode_state = 'resolved' then next_scan_at_utc else exit_at_utc end as over_at_utc
    from ended
)

select
    tracking_key,
    episode_no,
    exception_type,
    episode_state,
    started_at_utc,
    last_exception_at_utc,
    n_scans,
    case when episode_state = 'resolved' then next_scan_at_utc end as resolved_at_utc,
    -- greatest() would take an end at an unknown moment for no time at all
    case
        when over_at_utc < started_at_utc then 0e0
        else date_diff('microsecond', started_at_utc, over_at_utc) / 86400e6
    end as episode_days
from timed
