-- one row per group: what became of the promised dates of its picked-up shipments
--
-- on_time_rate = on time / (on time + late + failed + overdue): an open shipment past its date is in the
-- denominator. Dates are those of the destination. by_attempt: the first attempt counts as the delivery.
-- delivered_on_time_rate leaves overdue out, for comparison; it looks better the worse things go. What comes
-- early is due at once, the others on their date, so young groups look too good; passed_on_time_rate counts
-- each promise from its date on, which in a young group is that of the short ones.
--
-- depends_on: {{ ref('int_group_counts') }}
-- depends_on: {{ ref('int_rates') }}
with rates as (
    select
        group_key,
        max(case when rate_name = 'on_time' then rate end) as on_time_rate,
        max(case when rate_name = 'on_time' then rate_lower95 end) as on_time_rate_lower95,
        max(case when rate_name = 'on_time' then rate_upper95 end) as on_time_rate_upper95,
        max(case when rate_name = 'on_time_by_attempt' then rate end) as on_time_by_attempt_rate,
        max(case when rate_name = 'on_time_by_attempt' then rate_lower95 end)
            as on_time_by_attempt_rate_lower95,
        max(case when rate_name = 'on_time_by_attempt' then rate_upper95 end)
            as on_time_by_attempt_rate_upper95,
        max(case when rate_name = 'on_time_passed' then rate end) as passed_on_time_rate,
        max(case when rate_name = 'on_time_passed' then rate_lower95 end) as passed_on_time_rate_lower95,
        max(case when rate_name = 'on_time_passed' then rate_upper95 end) as passed_on_time_rate_upper95
    from int_rates
    where rate_name in ('on_time', 'on_time_by_attempt', 'on_time_passed')
    group by group_key
)

select
    int_group_counts.group_key,
    int_group_counts.grouping_name,
    int_group_counts.courier_code,
    int_group_counts.lane,
    int_group_counts.service_code,
    int_group_counts.pickup_week,
    cast(int_group_counts.n_shipments as bigint) as n_shipments,
    cast(int_group_counts.n_open as bigint) as n_open,
    cast(int_group_counts.n_on_time as bigint) as n_on_time,
    cast(int_group_counts.n_late as bigint) as n_late,
    cast(int_group_counts.n_failed as bigint) as n_failed,
    cast(int_group_counts.n_overdue as bigint) as n_overdue,
    cast(int_group_counts.n_not_due as bigint) as n_not_due,
    cast(int_group_counts.n_no_promise as bigint) as n_no_promise,
    cast(int_group_counts.n_unknown as bigint) as n_unknown,
    cast(int_group_counts.n_due as bigint) as n_due,
    rates.on_time_rate,
    rates.on_time_rate_lower95,
    rates.on_time_rate_upper95,
    rates.on_time_by_attempt_rate,
    rates.on_time_by_attempt_rate_lower95,
    rates.on_time_by_attempt_rate_upper95,
    cast(int_group_counts.n_passed as bigint) as n_passed,
    rates.passed_on_time_rate,
    rates.passed_on_time_rate_lower95,
    rates.passed_on_time_rate_upper95,
    int_group_counts.n_on_time * 1e0 / nullif(int_group_counts.n_on_time + int_group_counts.n_late, 0)
        as delivered_on_time_rate,
    int_group_counts.n_no_promise * 1e0 / int_group_counts.n_shipments as no_promise_share,
    int_group_counts.n_due < 30 as is_small_sample,
    int_group_counts.is_mature
from int_group_counts
left join rates
    on int_group_counts.group_key = rates.group_key
