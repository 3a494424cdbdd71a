-- one row per courier: how many sources tell of it, how many parcels it carried, and from when to when
--
-- depends_on: {{ ref('fct_shipments') }}
select
    courier_code,
    count(*) as n_shipments,
    count(distinct source) as n_sources,
    min(picked_up_at_utc) as first_pickup_at_utc,
    max(picked_up_at_utc) as last_pickup_at_utc
from fct_shipments
group by courier_code
