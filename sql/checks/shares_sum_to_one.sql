-- severity: fail
-- at every point of a curve a shipment is open or has one of the four ends
--
-- depends_on: {{ ref('mart_delivery_survival') }}
select
    group_key,
    days_since_pickup
from mart_delivery_survival
where abs(share_open + share_delivered + share_returned + share_lost + share_expired - 1e0) > 1e-9
