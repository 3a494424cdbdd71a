-- severity: fail
-- every picked-up shipment has one state of its promise; only those delivered without a date have none
--
-- depends_on: {{ ref('mart_on_time') }}
select group_key
from mart_on_time
where n_on_time + n_late + n_failed + n_overdue + n_not_due + n_no_promise + n_unknown <> n_shipments
