-- one row per exception episode: physical scans of one tracking that follow each other and are all exceptions
--
-- An episode is resolved by the next physical scan that is none. On the way back to the sender nothing is
-- resolved and nothing begins: what goes on then goes on to the end. Scans of one moment follow each other
-- as the source lists them, an end last.
--
-- depends_on: {{ ref('int_checkpoints') }}
-- depends_on: {{ ref('int_shipment_outcomes') }}
with scans as (
    select
        int_checkpoints.tracking_key,
        int_checkpoints.event_at_utc,
        int_checkpoints.event_type,
        int_checkpoints.is_exception,
        coalesce(lag(int_checkpoints.is_exception) over as_listed, false) as follows_exception,
        count(case when int_checkpoints.event_type in ('returning', 'returned') then 1 end) over as_listed
            as n_return_scans,
        lead(case when not int_checkpoints.is_exception then int_checkpoints.event_at_utc end) over as_listed
            as resuming_at_utc,
        row_number() over as_listed as scan_no
    from int_checkpoints
    inner join int_shipment_outcomes
        on int_checkpoints.tracking_key = int_shipment_outcomes.tracking_key
    where
        int_checkpoints.is_physical
        -- said as well, so that engines expect few trackings and drop the scans of all others soon
        and int_shipment_outcomes.first_exception_at_utc is not null
        and int_checkpoints.event_at_utc >= int_shipment_outcomes.first_exception_at_utc
    window as_listed as (
        -- the moment first: keys of trackings begin alike, and are slow to sort
        partition by int_shipment_outcomes.exit_at_utc, int_checkpoints.tracking_key
        order by
            int_checkpoints.event_at_utc,
            case when int_checkpoints.event_type in ('delivered', 'returned') then 1 else 0 end,
            case int_checkpoints.leg when 'origin' then 0 else 1 end,
            int_checkpoints.source_seq,
            int_checkpoints.checkpoint_key
    )
),

troubles as (
    select
        tracking_key,
        event_at_utc,
        event_type,
        scan_no,
        case when n_return_scans = 0 then resuming_at_utc end as resuming_at_utc,
        -- the first scan of the way back may begin an episode, what comes after it may not
        not follows_exception
        and n_return_scans = case when event_type in ('returning', 'returned') then 1 else 0 end as is_first
    from scans
    where is_exception
),

exceptions as (
    select
        troubles.*,
        int_shipment_outcomes.outcome,
        int_shipment_outcomes.exit_at_utc,
        count(case when troubles.is_first then 1 end) over (
            partition by troubles.tracking_key
            order by troubles.scan_no
            rows between unbounded preceding and current row
        ) as episode_no
    from troubles
    inner join int_shipment_outcomes
        on troubles.tracking_key = int_shipment_outcomes.tracking_key
),

episodes as (
    select
        tracking_key,
        episode_no,
        min(case when is_first then event_type end) as exception_type,
        min(event_at_utc) as started_at_utc,
        max(event_at_utc) as last_exception_at_utc,
        count(*) as n_scans,
        min(resuming_at_utc) as next_scan_at_utc,
        max(outcome) as outcome,
        max(exit_at_utc) as exit_at_utc
    from exceptions
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
    -- greatest() would take an end at an unknown moment for no time at all; an earlier delivery ended nothing
    case
        when over_at_utc < started_at_utc and episode_state = 'ended_delivered' then null
        when over_at_utc < started_at_utc then 0e0
        else date_diff('microsecond', started_at_utc, over_at_utc) / 86400e6
    end as episode_days
from timed
