-- severity: fail
-- every tracking with an outcome tells of one parcel, and of every parcel one tracking speaks
--
-- depends_on: {{ ref('int_shipments') }}
-- depends_on: {{ ref('int_shipment_outcomes') }}
-- depends_on: {{ ref('fct_shipments') }}
select
    int_shipments.shipment_key,
    count(fct_shipments.shipment_key) as n_spoken,
    count(*) as n_trackings
from int_shipments
inner join int_shipment_outcomes
    on int_shipments.tracking_key = int_shipment_outcomes.tracking_key
left join fct_shipments
    on int_shipments.tracking_key = fct_shipments.tracking_key
group by int_shipments.shipment_key
having
    count(fct_shipments.shipment_key) <> 1
    or count(distinct int_shipments.tracking_key) <> count(*)
