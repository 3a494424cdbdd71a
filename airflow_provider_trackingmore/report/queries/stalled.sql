-- one row per stalled shipment to look at first: fifty that a carrier has, ten that were never handed over
--
-- Past their promise first, then the longest without news.
with ranked as (
    select
        mart_stalled_shipments.*,
        count(*) over (partition by is_handed_over) as n_in_all,
        row_number() over (
            partition by is_handed_over order by is_overdue desc, idle_days desc, tracking_number asc
        ) as place
    from mart_stalled_shipments
)

select
    is_handed_over,
    tracking_number,
    order_number,
    courier_code,
    lane,
    idle_days,
    days_since_pickup,
    lane_p50_days,
    lane_p90_days,
    lane_p90_upper95,
    is_overdue,
    has_unresolved_exception,
    last_event_type,
    last_description,
    last_location,
    n_in_all
from ranked
where place <= case when is_handed_over then 50 else 10 end
order by is_handed_over desc, place asc
