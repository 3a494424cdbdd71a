-- severity: fail
-- both marts describe the same groups, each once
select
    coalesce(quantiles.courier_code, rates.courier_code) as courier_code,
    coalesce(quantiles.lane, rates.lane) as lane,
    count(*) as n_rows
from mart_delivery_time_quantiles as quantiles
full outer join mart_exception_rates as rates
    on
        quantiles.grouping_name = rates.grouping_name
        and quantiles.courier_code = rates.courier_code
        and quantiles.lane = rates.lane
group by
    coalesce(quantiles.grouping_name, rates.grouping_name),
    coalesce(quantiles.courier_code, rates.courier_code),
    coalesce(quantiles.lane, rates.lane)
having count(*) > 1 or count(quantiles.courier_code) <> 1 or count(rates.courier_code) <> 1
