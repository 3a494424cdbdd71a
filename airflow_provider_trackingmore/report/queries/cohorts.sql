-- one row per carrier and week of pick-up, of the twelve largest carriers and the newest 26 weeks
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
        cohorts.is_mature,
        dense_rank() over (order by times.pickup_week desc) as weeks_back
    from mart_delivery_time_quantiles as times
    inner join carriers
        on times.courier_code = carriers.courier_code
    inner join mart_weekly_cohorts as cohorts
        on
            times.group_key = cohorts.group_key
            and cohorts.horizon_days = 14
    where
        times.grouping_name = 'carrier_week'
        and carriers.size_rank <= 12
)

select
    courier_code,
    size_rank,
    pickup_week,
    n_shipments,
    n_open,
    round(p50_days, 2) as p50_days,
    round(p50_lower95, 2) as p50_lower95,
    round(p50_upper95, 2) as p50_upper95,
    round(naive_p50_days, 2) as naive_p50_days,
    is_mature
from weeks
where weeks_back <= 26
order by size_rank, pickup_week
