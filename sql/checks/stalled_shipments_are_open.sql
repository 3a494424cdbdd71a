-- severity: fail
-- the work list holds open shipments only, each once
--
-- depends_on: {{ ref('mart_stalled_shipments') }}
-- depends_on: {{ ref('fct_shipments') }}
select
    mart_stalled_shipments.shipment_key,
    count(*) as n_rows
from mart_stalled_shipments
left join fct_shipments
    on
        mart_stalled_shipments.shipment_key = fct_shipments.shipment_key
        and fct_shipments.outcome = 'open'
group by mart_stalled_shipments.shipment_key
having count(*) > 1 or count(fct_shipments.shipment_key) = 0
