-- one row per group and kind of shipment that counts in it: a kind is a courier, lane, service and week
--
-- A grouping is a row in seed groupings: another row there is one more grouping in every mart. What a
-- grouping does not tell apart reads 'all', and a null week. Groups have numbers, as those sort and compare
-- much faster than names.
--
-- depends_on: {{ ref('fct_shipments') }}
-- depends_on: {{ ref('groupings') }}
with kinds as (
    select distinct
        courier_code,
        lane,
        service_code,
        pickup_week
    from fct_shipments
),

grouped as (
    select
        kinds.courier_code as of_courier_code,
        kinds.lane as of_lane,
        kinds.service_code as of_service_code,
        kinds.pickup_week as of_pickup_week,
        groupings.grouping_name,
        groupings.has_curve,
        case when groupings.by_carrier then kinds.courier_code else 'all' end as courier_code,
        case when groupings.by_lane then kinds.lane else 'all' end as lane,
        case when groupings.by_service then kinds.service_code else 'all' end as service_code,
        case when groupings.by_week then kinds.pickup_week end as pickup_week
    from kinds
    cross join groupings
    where
        not groupings.by_week
        or kinds.pickup_week is not null
),

named as (
    select
        grouped.*,
        grouping_name
        || '|' || courier_code
        || '|' || lane
        || '|' || service_code
        || '|' || coalesce(cast(pickup_week as varchar), 'all') as group_key
    from grouped
)

select
    named.*,
    cast(dense_rank() over (order by group_key) as integer) as group_no
from named
