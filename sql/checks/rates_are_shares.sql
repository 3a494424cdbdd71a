-- severity: fail
-- a rate lies between 0 and 1, between its limits, and counts no more shipments than there are
--
-- depends_on: {{ ref('int_rates') }}
select
    group_key,
    rate_name
from int_rates
where
    n_hits > n_of
    or rate not between 0 and 1
    or rate not between rate_lower95 and rate_upper95
