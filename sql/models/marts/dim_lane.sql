-- one row per lane: origin and destination country of parcels
--
-- depends_on: {{ ref('fct_shipments') }}
select
    lane,
    origin_country,
    destination_country,
    coalesce(origin_country <> destination_country, false) as is_cross_border,
    count(*) as n_shipments
from fct_shipments
group by lane, origin_country, destination_country
