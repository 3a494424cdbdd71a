-- one row per carrier and week of pick-up, of the twelve largest carriers and the newest 26 weeks; none of
-- a carrier that has nothing to draw yet
--
-- An upper limit that is not reached counts as infinite: its band reaches up to the top, above all else. The
-- running week has no median: with some of its days still to come, only a short one could be known.
with carriers as (
    select
        courier_code,
        row_number() over (order by n_shipments desc, courier_code asc) as size_rank
    from mart_delivery_time_quantiles
    where grouping_name = 'carrier'
),

weeks as (
    select
        times.*,
        carriers.size_rank,
        times.as_of_utc >= cast(times.pickup_week as timestamp) + interval '7' day as is_over,
        date_diff('week', times.pickup_week, max(times.pickup_week) over ()) as weeks_back
    from mart_delivery_time_quantiles as times
    inner join carriers
        on times.courier_code = carriers.courier_code
    where
        times.grouping_name = 'carrier_week'
        and carriers.size_rank <= 12
),

judged as (
    select
        weeks.* exclude (p50_days, p50_lower95, p50_upper95),
        case when is_over then p50_days end as p50_days,
        case when is_over then p50_lower95 end as p50_lower95,
        case when is_over then p50_upper95 end as p50_upper95
    from weeks
),

drawn as (
    select
        judged.*,
        max(greatest(p50_days, p50_lower95, p50_upper95, naive_p50_days)) over carrier as highest_days,
        coalesce(lag(p50_lower95) over week, lead(p50_lower95) over week) is null as is_band_alone,
        coalesce(lag(naive_p50_days) over week, lead(naive_p50_days) over week) is null as is_naive_alone
    from judged
    where weeks_back < 26
    window
        carrier as (partition by courier_code),
        week as (partition by courier_code order by pickup_week)
)

select
    courier_code,
    size_rank,
    pickup_week,
    n_shipments,
    n_open,
    p50_days,
    p50_lower95,
    p50_upper95,
    coalesce(p50_upper95, 1.1e0 * highest_days) as band_upper,
    naive_p50_days,
    is_mature,
    not is_mature or coalesce(not lead(is_mature) over week, false) as is_in_young_band,
    is_small_sample,
    is_band_alone,
    is_naive_alone
from drawn
where highest_days is not null
window week as (partition by courier_code order by pickup_week)
order by size_rank, pickup_week
