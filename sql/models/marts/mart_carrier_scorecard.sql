-- one row per group: delivery times, promises, attempts and exceptions side by side
--
-- Compare carriers by the limits, not by the rates: the lower limit of a good rate, the upper of a bad one.
--
-- depends_on: {{ ref('mart_delivery_time_quantiles') }}
-- depends_on: {{ ref('mart_exception_rates') }}
-- depends_on: {{ ref('mart_on_time') }}
-- depends_on: {{ ref('mart_first_attempt') }}
-- depends_on: {{ ref('mart_first_scan_latency') }}
-- depends_on: {{ ref('mart_exception_resolution') }}
select
    times.group_key,
    times.grouping_name,
    times.courier_code,
    times.lane,
    times.service_code,
    times.pickup_week,
    times.n_shipments,
    times.n_delivered,
    times.n_open,
    times.p50_days,
    times.p50_lower95,
    times.p50_upper95,
    times.p90_days,
    times.p90_lower95,
    times.p90_upper95,
    promises.n_due,
    promises.on_time_rate,
    promises.on_time_rate_lower95,
    promises.on_time_rate_upper95,
    promises.passed_on_time_rate,
    promises.passed_on_time_rate_lower95,
    promises.passed_on_time_rate_upper95,
    promises.no_promise_share,
    attempts.first_attempt_rate,
    attempts.first_attempt_rate_lower95,
    attempts.first_attempt_rate_upper95,
    exceptions.ever_rate,
    exceptions.ever_rate_lower95,
    exceptions.ever_rate_upper95,
    exceptions.unresolved_rate,
    exceptions.returned_rate,
    exceptions.lost_rate,
    exceptions.expired_rate,
    resolutions.p50_days as resolution_p50_days,
    scans.p50_days as first_scan_p50_days,
    scans.never_scanned_share,
    times.assumed_time_share,
    times.is_small_sample,
    times.is_mature
from mart_delivery_time_quantiles as times
inner join mart_exception_rates as exceptions
    on times.group_key = exceptions.group_key
inner join mart_on_time as promises
    on times.group_key = promises.group_key
inner join mart_first_attempt as attempts
    on times.group_key = attempts.group_key
left join mart_first_scan_latency as scans
    on times.group_key = scans.group_key
left join mart_exception_resolution as resolutions
    on times.group_key = resolutions.group_key
