-- severity: fail
-- every tracking of an account with a complete window has one outcome
--
-- depends_on: {{ ref('stg_trackings') }}
-- depends_on: {{ ref('int_as_of') }}
-- depends_on: {{ ref('int_shipment_outcomes') }}
select stg_trackings.tracking_key
from stg_trackings
inner join int_as_of
    on
        stg_trackings.source = int_as_of.source
        and stg_trackings.account = int_as_of.account
left join int_shipment_outcomes
    on stg_trackings.tracking_key = int_shipment_outcomes.tracking_key
group by stg_trackings.tracking_key
having count(int_shipment_outcomes.tracking_key) <> 1
