-- one row per group: days within which a share of all picked-up shipments is delivered, with 95 % limits
--
-- Read off the curve that counts open shipments for as long as they were followed; null where the curve
-- has not got that far yet, and a null upper limit has no bound yet. naive_: over delivered shipments only,
-- for comparison; it looks fastest where least is delivered.
--
-- depends_on: {{ ref('int_group_counts') }}
-- depends_on: {{ ref('int_quantiles') }}
select
    int_group_counts.group_key,
    int_group_counts.grouping_name,
    int_group_counts.courier_code,
    int_group_counts.lane,
    int_group_counts.service_code,
    int_group_counts.pickup_week,
    cast(int_group_counts.n_shipments as bigint) as n_shipments,
    cast(int_group_counts.n_delivered as bigint) as n_delivered,
    cast(int_group_counts.n_open as bigint) as n_open,
    cast(int_group_counts.n_timed as bigint) as n_timed,
    int_quantiles.p50_days,
    int_quantiles.p50_lower95,
    int_quantiles.p50_upper95,
    int_quantiles.p80_days,
    int_quantiles.p80_lower95,
    int_quantiles.p80_upper95,
    int_quantiles.p90_days,
    int_quantiles.p90_lower95,
    int_quantiles.p90_upper95,
    int_quantiles.p95_days,
    int_quantiles.p95_lower95,
    int_quantiles.p95_upper95,
    int_quantiles.p99_days,
    int_quantiles.p99_lower95,
    int_quantiles.p99_upper95,
    int_quantiles.naive_mean_days,
    int_quantiles.naive_p50_days,
    int_quantiles.naive_p90_days,
    int_group_counts.n_delivered * 1e0 / int_group_counts.n_shipments as delivered_share,
    int_quantiles.share_reached as delivered_share_so_far,
    int_quantiles.followed_until_days,
    int_group_counts.n_assumed_time * 1e0 / int_group_counts.n_shipments as assumed_time_share,
    int_group_counts.n_registered_late * 1e0 / int_group_counts.n_shipments as late_registered_share,
    int_group_counts.n_timed < 30 as is_small_sample,
    int_group_counts.is_mature,
    int_group_counts.as_of_utc
from int_group_counts
left join int_quantiles
    on
        int_group_counts.group_key = int_quantiles.group_key
        and int_quantiles.clock = 'delivery'
