-- one row per picked-up shipment and grouping it counts in: once for its carrier, once for its lane too
--
-- A new grouping is one more branch here; every mart then has it.
--
-- depends_on: {{ ref('int_shipment_outcomes') }}
with picked_up as (
    select *
    from int_shipment_outcomes
    where picked_up_at_utc is not null
),

by_carrier as (
    select
        'carrier' as grouping_name,
        courier_code,
        'all' as lane,
        tracking_key,
        status,
        outcome,
        timing_quality,
        duration_days,
        has_exception,
        has_assumed_time
    from picked_up
),

by_carrier_and_lane as (
    select
        'carrier_lane' as grouping_name,
        courier_code,
        lane,
        tracking_key,
        status,
        outcome,
        timing_quality,
        duration_days,
        has_exception,
        has_assumed_time
    from picked_up
)

select * from by_carrier
union all
select * from by_carrier_and_lane
