-- one row per clock that ran for a group: what was waited for, for how many days, and how the wait ended
--
-- delivery: from the first physical scan. first_scan: from the label where its zone is known, else the
-- registration; not by week, as what was never scanned has no week of pick-up. resolution: from an
-- exception. Reached is what the clock waits for; returned, lost and expired end the wait without it; open
-- is a wait that goes on.
--
-- depends_on: {{ ref('int_shipment_groups') }}
-- depends_on: {{ ref('int_curve_names') }}
-- depends_on: {{ ref('int_exception_episodes') }}
select
    int_curve_names.curve_no,
    'delivery' as clock,
    int_curve_names.group_key,
    int_shipment_groups.followed_days as elapsed_days,
    int_shipment_groups.followed_from_days as from_days,
    case int_shipment_groups.ending
        when 'delivered' then 'reached'
        else int_shipment_groups.ending
    end as ending
from int_shipment_groups
inner join int_curve_names
    on
        int_shipment_groups.group_no = int_curve_names.group_no
        and int_curve_names.clock = 'delivery'
where
    int_shipment_groups.has_curve
    and int_shipment_groups.timing_quality = 'ok'

union all

select
    int_curve_names.curve_no,
    'first_scan' as clock,
    int_curve_names.group_key,
    int_shipment_groups.unscanned_days as elapsed_days,
    0e0 as from_days,
    case
        when int_shipment_groups.picked_up_at_utc is not null then 'reached'
        else int_shipment_groups.outcome
    end as ending
from int_shipment_groups
inner join int_curve_names
    on
        int_shipment_groups.group_no = int_curve_names.group_no
        and int_curve_names.clock = 'first_scan'
where
    int_shipment_groups.grouping_name in ('all', 'carrier', 'carrier_lane')
    and int_shipment_groups.unscanned_days >= 0
    and (int_shipment_groups.picked_up_at_utc is not null or int_shipment_groups.outcome <> 'delivered')

union all

select
    int_curve_names.curve_no,
    'resolution' as clock,
    int_curve_names.group_key,
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
inner join int_curve_names
    on
        int_shipment_groups.group_no = int_curve_names.group_no
        and int_curve_names.clock = 'resolution'
where int_exception_episodes.episode_days is not null
