-- one row per group: its name, and how many of its shipments are what
--
-- Rates and times are about picked-up shipments: n_shipments. A group without one is no group.
--
-- depends_on: {{ ref('int_groups') }}
-- depends_on: {{ ref('int_shipment_groups') }}
with counts as (
    select
        group_no,
        min(as_of_utc) as as_of_utc,
        count(*) as n_shipments,
        count(case when timing_quality = 'ok' then 1 end) as n_timed,
        count(case when outcome = 'delivered' then 1 end) as n_delivered,
        count(case when outcome = 'open' then 1 end) as n_open,
        count(case when outcome = 'returned' then 1 end) as n_returned,
        count(case when outcome = 'lost' then 1 end) as n_lost,
        count(case when outcome = 'expired' then 1 end) as n_expired,
        count(case when has_exception then 1 end) as n_ever,
        count(case when is_exception_now then 1 end) as n_current,
        count(case when has_unresolved_exception then 1 end)
            as n_unresolved,
        count(case when has_assumed_time then 1 end) as n_assumed_time,
        count(case when is_registered_late then 1 end)
            as n_registered_late,
        count(case when is_first_attempt_success is not null then 1 end)
            as n_attempted,
        count(case when is_first_attempt_success then 1 end)
            as n_first_attempt,
        count(case when is_first_attempt_success_strict is not null then 1 end)
            as n_attempted_strict,
        count(case when is_first_attempt_success_strict then 1 end)
            as n_first_attempt_strict,
        count(case when promise_state = 'on_time' then 1 end)
            as n_on_time,
        count(case when promise_state = 'late' then 1 end) as n_late,
        count(case when promise_state = 'failed' then 1 end)
            as n_failed,
        count(case when promise_state = 'overdue' then 1 end)
            as n_overdue,
        count(case when promise_state = 'not_due' then 1 end)
            as n_not_due,
        count(case when promise_state = 'unknown' then 1 end)
            as n_unknown,
        count(case when promise_state = 'no_promise' then 1 end)
            as n_no_promise,
        count(case when promise_state_by_attempt = 'on_time' then 1 end)
            as n_on_time_by_attempt,
        count(case when promise_state_by_attempt in ('on_time', 'late', 'failed', 'overdue') then 1 end)
            as n_due_by_attempt,
        count(
            case
                when is_promise_passed and promise_state in ('on_time', 'late', 'failed', 'overdue') then 1
            end
        ) as n_passed,
        count(case when is_promise_passed and promise_state = 'on_time' then 1 end) as n_passed_on_time
    from int_shipment_groups
    where picked_up_at_utc is not null
    group by group_no
),

names as (
    select distinct
        group_no,
        group_key,
        grouping_name,
        courier_code,
        lane,
        service_code,
        pickup_week
    from int_groups
)

select
    names.group_key,
    names.grouping_name,
    names.courier_code,
    names.lane,
    names.service_code,
    names.pickup_week,
    counts.*,
    counts.n_on_time + counts.n_late + counts.n_failed + counts.n_overdue as n_due,
    counts.n_shipments < 30 as is_small_sample,
    -- the last parcel of the week left seven days after its first, on a clock up to 14 hours from UTC
    counts.as_of_utc >= cast(names.pickup_week as timestamp)
    + interval '7' day + interval '14' hour + interval '14' day as is_mature
from counts
inner join names
    on counts.group_no = names.group_no
