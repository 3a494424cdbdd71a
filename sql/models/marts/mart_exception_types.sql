-- one row per group and type of exception: how many of its picked-up shipments met it
--
-- The type is that of the first scan of an episode; a shipment counts once per type, so the types of a group
-- add up to more than its exception rate.
--
-- depends_on: {{ ref('int_group_counts') }}
-- depends_on: {{ ref('int_rates') }}
select
    int_group_counts.group_key,
    int_group_counts.grouping_name,
    int_group_counts.courier_code,
    int_group_counts.lane,
    int_group_counts.service_code,
    int_group_counts.pickup_week,
    substring(int_rates.rate_name, 16) as exception_type,
    int_rates.n_hits as n_with_type,
    int_rates.n_of as n_shipments,
    cast(int_group_counts.n_open as bigint) as n_open,
    int_rates.rate as type_rate,
    int_rates.rate_lower95 as type_rate_lower95,
    int_rates.rate_upper95 as type_rate_upper95,
    int_rates.is_small_sample,
    int_group_counts.is_mature
from int_rates
inner join int_group_counts
    on int_rates.group_key = int_group_counts.group_key
where int_rates.rate_name like 'exception_type:%'
