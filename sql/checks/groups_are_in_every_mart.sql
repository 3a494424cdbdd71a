-- severity: fail
-- times, rates, promises, attempts and the scorecard describe the same groups of as many shipments
--
-- depends_on: {{ ref('int_group_counts') }}
-- depends_on: {{ ref('mart_delivery_time_quantiles') }}
-- depends_on: {{ ref('mart_exception_rates') }}
-- depends_on: {{ ref('mart_on_time') }}
-- depends_on: {{ ref('mart_first_attempt') }}
-- depends_on: {{ ref('mart_carrier_scorecard') }}
with told as (
    select
        group_key,
        n_shipments
    from mart_delivery_time_quantiles
    union all
    select
        group_key,
        n_shipments
    from mart_exception_rates
    union all
    select
        group_key,
        n_shipments
    from mart_on_time
    union all
    select
        group_key,
        n_shipments
    from mart_first_attempt
    union all
    select
        group_key,
        n_shipments
    from mart_carrier_scorecard
)

select
    int_group_counts.group_key,
    count(told.group_key) as n_marts
from int_group_counts
left join told
    on
        int_group_counts.group_key = told.group_key
        and int_group_counts.n_shipments = told.n_shipments
group by int_group_counts.group_key
having count(told.group_key) <> 5
