-- one row per grouping, carrier, lane and day on which a shipment ended or its following stopped
--
-- Kaplan-Meier share still open and Aalen-Johansen shares of the four ends, by days since the first
-- physical scan. The product is written as a sum of logarithms, which every engine has.
--
-- depends_on: {{ ref('int_shipment_groups') }}
with followed as (
    select
        grouping_name,
        courier_code,
        lane,
        duration_days as days_since_pickup,
        count(*) as n_exit,
        sum(case when outcome <> 'open' then 1 else 0 end) as n_ended,
        sum(case when outcome = 'delivered' then 1 else 0 end) as n_delivered,
        sum(case when outcome = 'returned' then 1 else 0 end) as n_returned,
        sum(case when outcome = 'lost' then 1 else 0 end) as n_lost,
        sum(case when outcome = 'expired' then 1 else 0 end) as n_expired
    from int_shipment_groups
    where timing_quality = 'ok'
    group by grouping_name, courier_code, lane, duration_days
),

at_risk as (
    select
        followed.*,
        sum(n_exit) over (
            partition by grouping_name, courier_code, lane
            order by days_since_pickup
            rows between current row and unbounded following
        ) as n_at_risk
    from followed
),

still_open as (
    select
        at_risk.*,
        case
            when max(case when n_ended = n_at_risk then 1 else 0 end) over (
                partition by grouping_name, courier_code, lane
                order by days_since_pickup
                rows between unbounded preceding and current row
            ) = 1 then 0e0
            else
                exp(
                    sum(case when n_ended < n_at_risk then ln(1e0 - n_ended * 1e0 / n_at_risk) else 0e0 end)
                        over (
                            partition by grouping_name, courier_code, lane
                            order by days_since_pickup
                            rows between unbounded preceding and current row
                        )
                )
        end as share_open
    from at_risk
),

before as (
    select
        still_open.*,
        coalesce(lag(share_open) over (
            partition by grouping_name, courier_code, lane
            order by days_since_pickup
        ), 1e0) as share_open_before
    from still_open
)

select
    grouping_name,
    courier_code,
    lane,
    days_since_pickup,
    cast(n_at_risk as bigint) as n_at_risk,
    cast(n_exit as bigint) as n_exit,
    cast(n_delivered as bigint) as n_delivered,
    cast(n_ended as bigint) as n_ended,
    share_open,
    sum(share_open_before * n_delivered / n_at_risk) over (
        partition by grouping_name, courier_code, lane
        order by days_since_pickup
        rows between unbounded preceding and current row
    ) as share_delivered,
    sum(share_open_before * n_returned / n_at_risk) over (
        partition by grouping_name, courier_code, lane
        order by days_since_pickup
        rows between unbounded preceding and current row
    ) as share_returned,
    sum(share_open_before * n_lost / n_at_risk) over (
        partition by grouping_name, courier_code, lane
        order by days_since_pickup
        rows between unbounded preceding and current row
    ) as share_lost,
    sum(share_open_before * n_expired / n_at_risk) over (
        partition by grouping_name, courier_code, lane
        order by days_since_pickup
        rows between unbounded preceding and current row
    ) as share_expired
from before
