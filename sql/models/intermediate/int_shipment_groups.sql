-- one row per shipment and group it counts in: once for its carrier, once for its lane too, and so on
--
-- depends_on: {{ ref('fct_shipments') }}
-- depends_on: {{ ref('int_groups') }}
select
    fct_shipments.tracking_key,
    fct_shipments.outcome,
    fct_shipments.timing_quality,
    fct_shipments.created_at_utc,
    fct_shipments.as_of_utc,
    fct_shipments.label_created_at_utc,
    fct_shipments.picked_up_at_utc,
    fct_shipments.followed_days,
    fct_shipments.followed_from_days,
    case
        when fct_shipments.exit_at_utc > fct_shipments.as_of_utc then 'open' else fct_shipments.outcome
    end as ending,
    fct_shipments.unscanned_days,
    fct_shipments.promise_state,
    fct_shipments.promise_state_by_attempt,
    fct_shipments.is_first_attempt_success,
    fct_shipments.is_first_attempt_success_strict,
    fct_shipments.has_exception,
    fct_shipments.is_exception_now,
    fct_shipments.has_unresolved_exception,
    fct_shipments.has_assumed_time,
    fct_shipments.is_registered_late,
    int_groups.grouping_name,
    int_groups.group_no,
    int_groups.has_curve,
    int_groups.courier_code,
    int_groups.lane,
    int_groups.service_code,
    int_groups.pickup_week,
    int_groups.group_key,
    coalesce(cast(fct_shipments.as_of_utc as date) > fct_shipments.promised_date, false) as is_promise_passed
from fct_shipments
inner join int_groups
    on
        fct_shipments.courier_code = int_groups.of_courier_code
        and fct_shipments.lane = int_groups.of_lane
        and fct_shipments.service_code = int_groups.of_service_code
        -- no week is a kind of its own
        and coalesce(fct_shipments.pickup_week, date '1970-01-01')
        = coalesce(int_groups.of_pickup_week, date '1970-01-01')
