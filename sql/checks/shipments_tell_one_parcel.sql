-- severity: fail
-- every tracking with an outcome tells of one parcel, and of every parcel one tracking speaks
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
