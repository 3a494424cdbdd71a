-- one row: how much there is to tell of, also before the first shipment is picked up
--
-- A tracking is counted once its account was read completely; a shipment on the road as long as it is listed.
with registered as (
    select coalesce(sum(n_of), 0) as n_trackings
    from mart_data_quality
    where measure = 'never_scanned'
),

counted as (
    select
        count(*) as n_shipments,
        coalesce(sum(n_trackings), 0) as n_trackings,
        sum(case when picked_up_at_utc is null then 0 else 1 end) as n_picked_up,
        sum(case when outcome = 'open' and picked_up_at_utc is not null then 1 else 0 end) as n_on_the_road
    from fct_shipments
)

select
    counted.n_shipments,
    coalesce(counted.n_picked_up, 0) as n_picked_up,
    coalesce(counted.n_on_the_road, 0) as n_on_the_road,
    registered.n_trackings - counted.n_trackings as n_uncounted_trackings
from counted
cross join registered
