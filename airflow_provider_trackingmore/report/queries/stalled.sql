-- one row per stalled shipment, the fifty to look at first: past their promise, then the longest without news
select
    tracking_number,
    order_number,
    courier_code,
    lane,
    idle_days,
    days_since_pickup,
    lane_p50_days,
    lane_p90_days,
    is_overdue,
    has_unresolved_exception,
    last_event_type,
    last_description,
    last_location,
    count(*) over () as n_in_all
from mart_stalled_shipments
order by is_overdue desc, idle_days desc, tracking_number asc
limit 50
