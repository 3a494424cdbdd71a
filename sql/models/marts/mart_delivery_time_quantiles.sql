-- one row per grouping, carrier and lane: days within which a share of all picked-up shipments is delivered
--
-- Read off the curve that counts open shipments for as long as they were followed; null where the curve
-- has not got that far yet. Never a mean over delivered shipments: it would look fastest where least is
-- delivered.
--
-- depends_on: {{ ref('int_shipment_groups') }}
-- depends_on: {{ ref('mart_delivery_survival') }}
with counts as (
    select
        grouping_name,
        courier_code,
        lane,
        count(*) as n_shipments,
        sum(case when outcome = 'delivered' then 1 else 0 end) as n_delivered,
        sum(case when outcome = 'open' then 1 else 0 end) as n_open,
        sum(case when timing_quality = 'ok' then 1 else 0 end) as n_timed,
        sum(case when has_assumed_time then 1 else 0 end) as n_assumed_time
    from int_shipment_groups
    group by grouping_name, courier_code, lane
),

quantiles as (
    select
        grouping_name,
        courier_code,
        lane,
        min(case when share_delivered >= 0.50e0 - 1e-12 then days_since_pickup end) as p50_days,
        min(case when share_delivered >= 0.80e0 - 1e-12 then days_since_pickup end) as p80_days,
        min(case when share_delivered >= 0.90e0 - 1e-12 then days_since_pickup end) as p90_days,
        min(case when share_delivered >= 0.95e0 - 1e-12 then days_since_pickup end) as p95_days,
        min(case when share_delivered >= 0.99e0 - 1e-12 then days_since_pickup end) as p99_days
    from mart_delivery_survival
    group by grouping_name, courier_code, lane
)

select
    counts.grouping_name,
    counts.courier_code,
    counts.lane,
    cast(counts.n_shipments as bigint) as n_shipments,
    cast(counts.n_delivered as bigint) as n_delivered,
    cast(counts.n_open as bigint) as n_open,
    cast(counts.n_timed as bigint) as n_timed,
    quantiles.p50_days,
    quantiles.p80_days,
    quantiles.p90_days,
    quantiles.p95_days,
    quantiles.p99_days,
    counts.n_delivered * 1e0 / counts.n_shipments as delivered_share,
    counts.n_assumed_time * 1e0 / counts.n_shipments as assumed_time_share,
    counts.n_shipments < 30 as is_small_sample
from counts
left join quantiles
    on
        counts.grouping_name = quantiles.grouping_name
        and counts.courier_code = quantiles.courier_code
        and counts.lane = quantiles.lane
