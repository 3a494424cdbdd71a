-- one row per carrier and lane: the share that met an exception; twelve carriers and ten lanes at most
with carriers as (
    select
        courier_code,
        row_number() over (order by n_shipments desc, courier_code asc) as carrier_rank
    from mart_exception_rates
    where grouping_name = 'carrier'
),

lanes as (
    select
        lane,
        row_number() over (order by n_shipments desc, lane asc) as lane_rank
    from mart_exception_rates
    where grouping_name = 'lane'
)

select
    rates.courier_code,
    replace(rates.lane, '->', ' → ') as lane,
    carriers.carrier_rank,
    lanes.lane_rank,
    rates.n_shipments,
    rates.n_ever,
    rates.ever_rate,
    rates.ever_rate_lower95,
    rates.ever_rate_upper95,
    rates.is_small_sample
from mart_exception_rates as rates
inner join carriers
    on rates.courier_code = carriers.courier_code
inner join lanes
    on rates.lane = lanes.lane
where
    rates.grouping_name = 'carrier_lane'
    and carriers.carrier_rank <= 12
    and lanes.lane_rank <= 10
order by carriers.carrier_rank, lanes.lane_rank
