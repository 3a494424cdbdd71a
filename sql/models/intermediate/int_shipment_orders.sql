-- one row per parcel that several trackings tell of: what they tell of its order, and since when
--
-- For what the tracking that speaks for the parcel does not tell. Where others differ the least counts: the
-- earliest promise, as one that is moved until it is kept is not kept.
--
-- depends_on: {{ ref('stg_trackings') }}
-- depends_on: {{ ref('int_shipments') }}
select
    int_shipments.shipment_key,
    min(stg_trackings.created_at_utc) as created_at_utc,
    min(stg_trackings.order_number) as order_number,
    min(stg_trackings.order_placed_at_local) as order_placed_at_local,
    min(stg_trackings.promised_date) as promised_date,
    min(nullif(stg_trackings.service_code, 'unknown')) as service_code,
    min(stg_trackings.origin_country) as origin_country,
    min(stg_trackings.destination_country) as destination_country
from int_shipments
inner join stg_trackings
    on int_shipments.tracking_key = stg_trackings.tracking_key
where int_shipments.n_trackings > 1
group by int_shipments.shipment_key
