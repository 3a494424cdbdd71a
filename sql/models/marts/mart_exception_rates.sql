-- one row per grouping, carrier and lane: how many of its picked-up shipments met an exception
--
-- Ever: any failed attempt, customs hold, loss, return or other exception among the scans. Current: the
-- newest status is one. Rates are shares of n_shipments; the interval is Wilson's at 95 %.
--
-- depends_on: {{ ref('int_shipment_groups') }}
with counts as (
    select
        grouping_name,
        courier_code,
        lane,
        count(*) as n_shipments,
        sum(case when has_exception then 1 else 0 end) as n_ever,
        sum(case when status in ('exception', 'undelivered') then 1 else 0 end) as n_current,
        sum(case when outcome = 'returned' then 1 else 0 end) as n_returned,
        sum(case when outcome = 'lost' then 1 else 0 end) as n_lost,
        sum(case when outcome = 'expired' then 1 else 0 end) as n_expired
    from int_shipment_groups
    group by grouping_name, courier_code, lane
),

rates as (
    select
        counts.*,
        1.959963984540054e0 as z,
        n_ever * 1e0 / n_shipments as ever_rate
    from counts
)

select
    grouping_name,
    courier_code,
    lane,
    cast(n_shipments as bigint) as n_shipments,
    cast(n_ever as bigint) as n_ever,
    cast(n_current as bigint) as n_current,
    cast(n_returned as bigint) as n_returned,
    cast(n_lost as bigint) as n_lost,
    cast(n_expired as bigint) as n_expired,
    ever_rate,
    (
        ever_rate + z * z / (2e0 * n_shipments)
        - z * sqrt(ever_rate * (1e0 - ever_rate) / n_shipments + z * z / (4e0 * n_shipments * n_shipments))
    ) / (1e0 + z * z / n_shipments) as ever_rate_lower95,
    (
        ever_rate + z * z / (2e0 * n_shipments)
        + z * sqrt(ever_rate * (1e0 - ever_rate) / n_shipments + z * z / (4e0 * n_shipments * n_shipments))
    ) / (1e0 + z * z / n_shipments) as ever_rate_upper95,
    n_current * 1e0 / n_shipments as current_rate,
    n_shipments < 30 as is_small_sample
from rates
