-- one row per clock that ran for a group: what was waited for, for how many days, and how the wait ended
--
-- delivery: from the first physical scan. first_scan: from the label where its zone is known, else the
-- registration; not by week, as what was never scanned has no week of pick-up. resolution: from an
-- exception. Reached is what the clock waits for; returned, lost and expired end the wait without it; open
-- is a wait that goes on, or that is over only after the end of what is known, by a clock ahead of UTC.
--
-- depends_on: {{ ref('int_shipment_groups') }}
-- depends_on: {{ ref('int_curve_names') }}
-- depends_on: {{ ref('int_exception_episodes') }}
with episodes as (
    select
        int_shipment_groups.group_no,
        int_exception_episodes.episode_state,
        int_exception_episodes.episode_days,
        date_diff('microsecond', int_exception_episodes.started_at_utc, int_shipment_groups.as_of_utc)
        / 86400e6 as known_days
    from int_shipment_groups
    inner join int_exception_episodes
        on int_shipment_groups.tracking_key = int_exception_episodes.tracking_key
    where int_exception_episodes.episode_days is not null
)

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
        when int_shipment_groups.picked_up_at_utc > int_shipment_groups.as_of_utc then 'open'
        when int_shipment_groups.picked_up_at_utc is not null then 'reached'
        else int_shipment_groups.outcome
    end as ending
from int_shipment_groups
inner join int_curve_names
    on
        int_shipment_groups.group_no = int_curve_names.group_no
        and int_curve_names.clock = 'first_scan'
where
    int_shipment_groups.grouping_name in ('all', 'carrier', 'lane', 'carrier_lane')
    and int_shipment_groups.unscanned_days >= 0
    and (int_shipment_groups.picked_up_at_utc is not null or int_shipment_groups.outcome <> 'delivered')

union all

select
    int_curve_names.curve_no,
    'resolution' as clock,
    int_curve_names.group_key,
    case
        when episodes.episode_days > episodes.known_days then greatest(0e0, episodes.known_days)
        else episodes.episode_days
    end as elapsed_days,
    0e0 as from_days,
    case
        when episodes.episode_days > episodes.known_days then 'open'
        when episodes.episode_state in ('resolved', 'ended_delivered') then 'reached'
        when episodes.episode_state = 'open' then 'open'
        else substring(episodes.episode_state, 7)
    end as ending
from episodes
inner join int_curve_names
    on
        episodes.group_no = int_curve_names.group_no
        and int_curve_names.clock = 'resolution'
