-- one row per shipment and group it counts in: once for its carrier, once for its lane too, and so on
--
-- A grouping is a row in seed groupings: another row there is one more grouping in every mart. What a
-- grouping does not tell apart reads 'all', and a null week.
--
-- depends_on: {{ ref('fct_shipments') }}
-- depends_on: {{ ref('groupings') }}
with grouped as (
    select
        fct_shipments.tracking_key,
        fct_shipments.outcome,
        fct_shipments.timing_quality,
        fct_shipments.created_at_utc,
        fct_shipments.label_created_at_utc,
        fct_shipments.picked_up_at_utc,
        fct_shipments.followed_days,
        fct_shipments.followed_from_days,
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
        groupings.grouping_name,
        groupings.by_week,
        groupings.has_curve,
        case when groupings.by_carrier then fct_shipments.courier_code else 'all' end as courier_code,
        case when groupings.by_lane then fct_shipments.lane else 'all' end as lane,
        case when groupings.by_service then fct_shipments.service_code else 'all' end as service_code,
        case when groupings.by_week then fct_shipments.pickup_week end as pickup_week
    from fct_shipments
    cross join groupings
)

select
    grouped.*,
    grouping_name
    || '|' || courier_code
    || '|' || lane
    || '|' || service_code
    || '|' || coalesce(cast(pickup_week as varchar), 'all') as group_key
from grouped
where
    not by_week
    or pickup_week is not null
