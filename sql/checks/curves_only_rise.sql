-- severity: fail
-- with the days the share delivered grows, and it lies between its limits
--
-- depends_on: {{ ref('mart_delivery_survival') }}
with steps as (
    select
        mart_delivery_survival.group_key,
        mart_delivery_survival.days_since_pickup,
        mart_delivery_survival.share_delivered,
        mart_delivery_survival.share_delivered_lower95,
        mart_delivery_survival.share_delivered_upper95,
        lag(mart_delivery_survival.share_delivered) over (
            partition by mart_delivery_survival.group_key
            order by mart_delivery_survival.days_since_pickup
        ) as share_delivered_before
    from mart_delivery_survival
)

select
    group_key,
    days_since_pickup
from steps
where
    share_delivered < share_delivered_before - 1e-12
    or share_delivered < share_delivered_lower95 - 1e-12
    or share_delivered > share_delivered_upper95 + 1e-12
