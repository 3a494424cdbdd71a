-- one row per group: how often the first delivery attempt succeeds, of shipments with an attempt
--
-- Plain: the earliest of failed attempt and delivery is the delivery. Strict: a pick-up point, an exception
-- after going out for delivery, and going out again more than a day later are failed attempts too.
--
-- depends_on: {{ ref('int_group_counts') }}
-- depends_on: {{ ref('int_rates') }}
with rates as (
    select
        group_key,
        max(case when rate_name = 'first_attempt' then rate end) as first_attempt_rate,
        max(case when rate_name = 'first_attempt' then rate_lower95 end) as first_attempt_rate_lower95,
        max(case when rate_name = 'first_attempt' then rate_upper95 end) as first_attempt_rate_upper95,
        max(case when rate_name = 'first_attempt_strict' then rate end) as first_attempt_strict_rate,
        max(case when rate_name = 'first_attempt_strict' then rate_lower95 end)
            as first_attempt_strict_rate_lower95,
        max(case when rate_name = 'first_attempt_strict' then rate_upper95 end)
            as first_attempt_strict_rate_upper95
    from int_rates
    where rate_name in ('first_attempt', 'first_attempt_strict')
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
    cast(int_group_counts.n_attempted as bigint) as n_attempted,
    cast(int_group_counts.n_first_attempt as bigint) as n_first_attempt,
    cast(int_group_counts.n_attempted_strict as bigint) as n_attempted_strict,
    cast(int_group_counts.n_first_attempt_strict as bigint) as n_first_attempt_strict,
    rates.first_attempt_rate,
    rates.first_attempt_rate_lower95,
    rates.first_attempt_rate_upper95,
    rates.first_attempt_strict_rate,
    rates.first_attempt_strict_rate_lower95,
    rates.first_attempt_strict_rate_upper95,
    int_group_counts.n_attempted < 30 as is_small_sample,
    int_group_counts.is_mature
from int_group_counts
left join rates
    on int_group_counts.group_key = rates.group_key
