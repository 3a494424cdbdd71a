-- one row per group: its name, and how many of its shipments are what
--
-- Rates and times are about picked-up shipments: n_shipments. A group without one is no group.
--
-- depends_on: {{ ref('int_shipment_groups') }}
with counts as (
    select
        group_key,
        grouping_name,
        courier_code,
        lane,
        service_code,
        pickup_week,
        count(*) as n_shipments,
        sum(case when timing_quality = 'ok' then 1 else 0 end) as n_timed,
        sum(case when outcome = 'delivered' then 1 else 0 end) as n_delivered,
        sum(case when outcome = 'open' then 1 else 0 end) as n_open,
        sum(case when outcome = 'returned' then 1 else 0 end) as n_returned,
        sum(case when outcome = 'lost' then 1 else 0 end) as n_lost,
        sum(case when outcome = 'expired' then 1 else 0 end) as n_expired,
        sum(case when has_exception then 1 else 0 end) as n_ever,
        sum(case when is_exception_now then 1 else 0 end) as n_current,
        sum(case when has_unresolved_exception then 1 else 0 end)
            as n_unresolved,
        sum(case when has_assumed_time then 1 else 0 end) as n_assumed_time,
        sum(case when is_registered_late then 1 else 0 end)
            as n_registered_late,
        sum(case when is_first_attempt_success is not null then 1 else 0 end)
            as n_attempted,
        sum(case when is_first_attempt_success then 1 else 0 end)
            as n_first_attempt,
        sum(case when is_first_attempt_success_strict then 1 else 0 end)
            as n_first_attempt_strict,
        sum(case when promise_state = 'on_time' then 1 else 0 end)
            as n_on_time,
        sum(case when promise_state = 'late' then 1 else 0 end) as n_late,
        sum(case when promise_state = 'failed' then 1 else 0 end)
            as n_failed,
        sum(case when promise_state = 'overdue' then 1 else 0 end)
            as n_overdue,
        sum(case when promise_state = 'not_due' then 1 else 0 end)
            as n_not_due,
        sum(case when promise_state = 'unknown' then 1 else 0 end)
            as n_unknown,
        sum(case when promise_state = 'no_promise' then 1 else 0 end)
            as n_no_promise,
        sum(case when promise_state_by_attempt = 'on_time' then 1 else 0 end)
            as n_on_time_by_attempt,
        sum(case
            when
                promise_state_by_attempt in ('on_time', 'late', 'failed', 'overdue')
                then 1
            else 0
        end) as n_due_by_attempt
    from int_shipment_groups
    where picked_up_at_utc is not null
    group by group_key, grouping_name, courier_code, lane, service_code, pickup_week
)

select
    counts.*,
    n_on_time + n_late + n_failed + n_overdue as n_due,
    n_shipments < 30 as is_small_sample
from counts
