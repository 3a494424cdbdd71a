-- one row per open shipment that nobody has scanned for more than five days: a work list
--
-- Idle days run from its last physical scan, or, where no carrier has scanned it, from its label, else its
-- registration, to the end of what is known. What is gone from the source is not listed: nobody can tell. Nor
-- is a label that was cancelled before anybody scanned it.
--
-- depends_on: {{ ref('fct_shipments') }}
-- depends_on: {{ ref('int_checkpoints') }}
-- depends_on: {{ ref('mart_delivery_time_quantiles') }}
with open_shipments as (
    select
        fct_shipments.*,
        last_physical_at_utc is not null as is_handed_over,
        coalesce(
            date_diff('microsecond', last_physical_at_utc, as_of_utc) / 86400e6, unscanned_days
        ) as idle_days,
        date_diff('microsecond', picked_up_at_utc, as_of_utc) / 86400e6 as days_since_pickup
    from fct_shipments
    where
        outcome = 'open'
        and gone_at_utc is null
),

stalled as (
    select *
    from open_shipments
    where idle_days > 5e0
),

last_scans as (
    select
        stalled.shipment_key,
        int_checkpoints.event_type,
        int_checkpoints.description,
        int_checkpoints.location,
        row_number() over (
            partition by stalled.shipment_key
            order by
                int_checkpoints.event_at_utc desc,
                case int_checkpoints.leg when 'origin' then 0 else 1 end desc,
                int_checkpoints.source_seq desc,
                int_checkpoints.checkpoint_key desc
        ) as backward_rank
    from stalled
    inner join int_checkpoints
        on stalled.tracking_key = int_checkpoints.tracking_key
    where
        int_checkpoints.is_physical
        or not stalled.is_handed_over
)

select
    stalled.shipment_key,
    stalled.source,
    stalled.tracking_number,
    stalled.order_number,
    stalled.courier_code,
    stalled.lane,
    stalled.is_handed_over,
    stalled.idle_days,
    stalled.days_since_pickup,
    usual.p50_days as lane_p50_days,
    usual.p90_days as lane_p90_days,
    usual.p90_upper95 as lane_p90_upper95,
    stalled.promised_date,
    stalled.promise_state = 'overdue' as is_overdue,
    stalled.has_unresolved_exception,
    stalled.status,
    last_scans.event_type as last_event_type,
    last_scans.description as last_description,
    last_scans.location as last_location,
    stalled.last_physical_at_utc,
    stalled.as_of_utc
from stalled
left join last_scans
    on
        stalled.shipment_key = last_scans.shipment_key
        and last_scans.backward_rank = 1
left join mart_delivery_time_quantiles as usual
    on
        stalled.courier_code = usual.courier_code
        and stalled.lane = usual.lane
        and usual.grouping_name = 'carrier_lane'
where
    stalled.is_handed_over
    or coalesce(last_scans.event_type, '') <> 'cancelled'
