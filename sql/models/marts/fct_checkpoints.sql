-- one row per real-world scan of a parcel: repeats collapsed, impossible moments left out
--
-- depends_on: {{ ref('int_checkpoints') }}
-- depends_on: {{ ref('fct_shipments') }}
select
    fct_shipments.shipment_key,
    int_checkpoints.checkpoint_key,
    fct_shipments.courier_code,
    int_checkpoints.leg,
    int_checkpoints.event_at_utc,
    int_checkpoints.event_at_local,
    int_checkpoints.time_basis,
    int_checkpoints.time_precision,
    int_checkpoints.event_type,
    int_checkpoints.status,
    int_checkpoints.substatus,
    int_checkpoints.is_physical,
    int_checkpoints.is_exception,
    int_checkpoints.description,
    int_checkpoints.location,
    int_checkpoints.country,
    int_checkpoints.state,
    int_checkpoints.city
from int_checkpoints
inner join fct_shipments
    on int_checkpoints.tracking_key = fct_shipments.tracking_key
