-- one row per carrier: its scorecard, the carrier with most shipments first
select
    courier_code,
    n_shipments,
    n_open,
    p50_days,
    p50_lower95,
    p50_upper95,
    p90_days,
    p90_lower95,
    p90_upper95,
    first_attempt_rate,
    first_attempt_rate_lower95,
    first_attempt_rate_upper95,
    ever_rate,
    ever_rate_lower95,
    ever_rate_upper95,
    is_small_sample
from mart_carrier_scorecard
where grouping_name = 'carrier'
order by n_shipments desc, courier_code asc
