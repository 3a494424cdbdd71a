-- severity: fail
-- a larger share takes at least as long, and a figure lies between its limits
--
-- depends_on: {{ ref('mart_delivery_time_quantiles') }}
select group_key
from mart_delivery_time_quantiles
where
    p50_days > p80_days
    or (p50_days is null and p80_days is not null)
    or p80_days > p90_days
    or (p80_days is null and p90_days is not null)
    or p90_days > p95_days
    or (p90_days is null and p95_days is not null)
    or p95_days > p99_days
    or (p95_days is null and p99_days is not null)
    or p50_lower95 > p50_days
    or p50_upper95 < p50_days
    or p80_lower95 > p80_days
    or p80_upper95 < p80_days
    or p90_lower95 > p90_days
    or p90_upper95 < p90_days
    or p95_lower95 > p95_days
    or p95_upper95 < p95_days
    or p99_lower95 > p99_days
    or p99_upper95 < p99_days
