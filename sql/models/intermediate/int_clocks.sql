-- one row per clock that ran for a group: what was waited for, for how many days, and how the wait ended
--
-- delivery: from the first physical scan. first_scan: from the label where its zone is known, else the
-- registration; not by week, as what was never scanned has no week of pick-up. resolution: from an
-- exception. Reached is what the clock waits for; returned, lost and expired end the wait without it; open
-- is a wait that goes on. curve_no is a number for group and clock.
--
-- depends_on: {{ ref('int_shipment_groups') }}
-- depends_on: {{ ref('int_exception_episodes') }}
select
    3 * group_no + 0 as curve_no,
    'delivery' as clock,
    group_key,
    followed_days as elapsed_days,
    followed_from_days as from_days,
    case outcome when 'delivered' then 'reached' else outcome end as ending
from int_shipment_groups
where
    has_curve
    and timing_quality = 'ok'

union all

select
    3 * group_no + 1 as curve_no,
    'first_scan' as clock,
    group_key,
    unscanned_days as elapsed_days,
    0e0 as from_days,
    case when picked_up_at_utc is not null then 'reached' else outcome end as ending
from int_shipment_groups
where
    grouping_name in ('all', 'carrier', 'carrier_lane')
    and unscanned_days >= 0
    and (picked_up_at_utc is not null or outcome <> 'delivered')

union all

select
    3 * int_shipment_groups.group_no + 2 as curve_no,
    'resolution' as clock,
    int_shipment_groups.group_key,
    int_exception_episodes.episode_days as elapsed_days,
    0e0 as from_days,
    case int_exception_episodes.episode_state
        when 'resolved' then 'reached'
        when 'ended_delivered' then 'reached'
        when 'open' then 'open'
        else substring(int_exception_episodes.episode_state, 7)
    end as ending
from int_shipment_groups
inner join int_exception_episodes
    on int_shipment_groups.tracking_key = int_exception_episodes.tracking_key
where int_exception_episodes.episode_days is not null
