-- severity: fail
-- where the timing is called ok, a shipment does not end before it starts
--
-- depends_on: {{ ref('int_shipment_outcomes') }}
select
    tracking_key,
    duration_days
from int_shipment_outcomes
where
    timing_quality = 'ok'
    and (duration_days < 0 or duration_days is null)
