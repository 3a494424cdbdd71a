-- severity: fail
-- times, rates, promises, attempts and the scorecard describe the same groups
--
-- depends_on: {{ ref('int_group_counts') }}
-- depends_on: {{ ref('mart_carrier_scorecard') }}
-- depends_on: {{ ref('mart_exception_rates') }}
select int_group_counts.group_key
from int_group_counts
left join mart_carrier_scorecard
    on int_group_counts.group_key = mart_carrier_scorecard.group_key
left join mart_exception_rates
    on int_group_counts.group_key = mart_exception_rates.group_key
where
    mart_carrier_scorecard.group_key is null
    or mart_exception_rates.n_shipments <> mart_carrier_scorecard.n_shipments
