-- one row per source and measure: how many trackings, scans or records are what one should know about
--
-- depends_on: {{ ref('stg_trackings') }}
-- depends_on: {{ ref('stg_checkpoints') }}
-- depends_on: {{ ref('int_left_out_checkpoints') }}
-- depends_on: {{ ref('int_shipment_outcomes') }}
-- depends_on: {{ ref('fct_shipments') }}
with numbers as (
    select
        tracking_number_norm,
        courier_code,
        min(date_trunc('quarter', created_at_utc)) as first_quarter,
        max(date_trunc('quarter', created_at_utc)) as last_quarter
    from stg_trackings
    group by tracking_number_norm, courier_code
),

tracking_counts as (
    select
        stg_trackings.source,
        count(*) as n_trackings,
        sum(case when int_shipment_outcomes.timing_quality = 'never_scanned' then 1 else 0 end)
            as n_never_scanned,
        sum(
            case when int_shipment_outcomes.timing_quality = 'delivered_without_pickup_scan' then 1 else 0 end
        )
            as n_delivered_without_pickup_scan,
        sum(case when int_shipment_outcomes.timing_quality = 'delivered_without_scans' then 1 else 0 end)
            as n_delivered_without_scans,
        sum(case when int_shipment_outcomes.timing_quality = 'delivered_without_time' then 1 else 0 end)
            as n_delivered_without_time,
        sum(case when int_shipment_outcomes.timing_quality = 'negative_duration' then 1 else 0 end)
            as n_negative_duration,
        sum(case when int_shipment_outcomes.has_status_regress then 1 else 0 end) as n_status_regress,
        sum(case when int_shipment_outcomes.entry_days > 0e0 then 1 else 0 end) as n_registered_late,
        sum(case when int_shipment_outcomes.entry_days > 90e0 then 1 else 0 end) as n_long_before,
        sum(case when stg_trackings.gone_at_utc is not null then 1 else 0 end) as n_gone,
        count(int_shipment_outcomes.tracking_key) - count(fct_shipments.tracking_key) as n_told_again,
        sum(case when numbers.first_quarter < numbers.last_quarter then 1 else 0 end) as n_other_quarter
    from stg_trackings
    left join int_shipment_outcomes
        on stg_trackings.tracking_key = int_shipment_outcomes.tracking_key
    left join fct_shipments
        on stg_trackings.tracking_key = fct_shipments.tracking_key
    left join numbers
        on
            stg_trackings.tracking_number_norm = numbers.tracking_number_norm
            and stg_trackings.courier_code = numbers.courier_code
    group by stg_trackings.source
),

told as (
    select
        source,
        count(*) as n_scans,
        sum(case when event_at_utc is null then 1 else 0 end) as n_unparsable,
        -- no figure is read from a label whose zone is not known
        sum(case when is_physical and time_basis = 'assumed_utc' then 1 else 0 end) as n_assumed_zone,
        sum(case when time_precision = 'date' then 1 else 0 end) as n_date_only,
        sum(case when event_type = 'unknown' then 1 else 0 end) as n_unmapped
    from stg_checkpoints
    group by source
),

left_out as (
    select
        source,
        sum(case when reason = 'repeated' then 1 else 0 end) as n_repeated,
        sum(case when reason = 'impossible' then 1 else 0 end) as n_impossible
    from int_left_out_checkpoints
    group by source
),

scan_counts as (
    select
        told.*,
        coalesce(left_out.n_repeated, 0) as n_repeated,
        coalesce(left_out.n_impossible, 0) as n_impossible
    from told
    left join left_out
        on told.source = left_out.source
),

rejections as (
    select
        source,
        count(*) as n_rejected
    from rejected_records
    where kind = 'tracking'
    group by source
),

record_counts as (
    select
        tracking_counts.source,
        coalesce(rejections.n_rejected, 0) as n_rejected,
        tracking_counts.n_trackings + coalesce(rejections.n_rejected, 0) as n_records
    from tracking_counts
    left join rejections
        on tracking_counts.source = rejections.source
),

measures as (
    select
        source,
        'never_scanned' as measure,
        'registered, and no physical scan so far' as meaning,
        n_never_scanned as n_found,
        n_trackings as n_of
    from tracking_counts
    union all
    select
        source,
        'delivered_without_pickup_scan' as measure,
        'delivered, and nothing scanned before' as meaning,
        n_delivered_without_pickup_scan as n_found,
        n_trackings as n_of
    from tracking_counts
    union all
    select
        source,
        'delivered_without_scans' as measure,
        'delivered by its header only' as meaning,
        n_delivered_without_scans as n_found,
        n_trackings as n_of
    from tracking_counts
    union all
    select
        source,
        'delivered_without_time' as measure,
        'scanned, and delivered by its header only: counts in rates, not in times' as meaning,
        n_delivered_without_time as n_found,
        n_trackings as n_of
    from tracking_counts
    union all
    select
        source,
        'negative_duration' as measure,
        'ended before it started: counts in rates, not in times' as meaning,
        n_negative_duration as n_found,
        n_trackings as n_of
    from tracking_counts
    union all
    select
        source,
        'status_regress' as measure,
        'moved on after a delivery' as meaning,
        n_status_regress as n_found,
        n_trackings as n_of
    from tracking_counts
    union all
    select
        source,
        'registered_late' as measure,
        'registered after its first physical scan' as meaning,
        n_registered_late as n_found,
        n_trackings as n_of
    from tracking_counts
    union all
    select
        source,
        'picked_up_long_before' as measure,
        'scanned a quarter before it was registered: old, or scans of the number''s earlier use' as meaning,
        n_long_before as n_found,
        n_trackings as n_of
    from tracking_counts
    union all
    select
        source,
        'gone_at_source' as measure,
        'the source does not have it any more' as meaning,
        n_gone as n_found,
        n_trackings as n_of
    from tracking_counts
    union all
    select
        source,
        'told_more_than_once' as measure,
        'tells of a parcel for which another tracking speaks' as meaning,
        n_told_again as n_found,
        n_trackings as n_of
    from tracking_counts
    union all
    select
        source,
        'same_number_in_another_quarter' as measure,
        'number and courier stand in another quarter too: recycled, or one parcel cut in two' as meaning,
        n_other_quarter as n_found,
        n_trackings as n_of
    from tracking_counts
    union all
    select
        source,
        'unparsable_time' as measure,
        'scan whose time could not be read' as meaning,
        n_unparsable as n_found,
        n_scans as n_of
    from scan_counts
    union all
    select
        source,
        'assumed_zone' as measure,
        'physical scan whose zone is not known; its local time is taken for UTC' as meaning,
        n_assumed_zone as n_found,
        n_scans as n_of
    from scan_counts
    union all
    select
        source,
        'date_only' as measure,
        'scan with a date and no hour, or told at midnight sharp' as meaning,
        n_date_only as n_found,
        n_scans as n_of
    from scan_counts
    union all
    select
        source,
        'impossible_time' as measure,
        'scan later than what is known: left out' as meaning,
        n_impossible as n_found,
        n_scans as n_of
    from scan_counts
    union all
    select
        source,
        'repeated_scan' as measure,
        'scan that says what another one says: collapsed' as meaning,
        n_repeated as n_found,
        n_scans as n_of
    from scan_counts
    union all
    select
        source,
        'unmapped_event' as measure,
        'scan whose status no map knows' as meaning,
        n_unmapped as n_found,
        n_scans as n_of
    from scan_counts
    union all
    select
        source,
        'rejected_record' as measure,
        'record that could not be decoded' as meaning,
        n_rejected as n_found,
        n_records as n_of
    from record_counts
)

select
    source,
    measure,
    meaning,
    cast(n_found as bigint) as n_found,
    cast(n_of as bigint) as n_of,
    n_found * 1e0 / n_of as found_share
from measures
where n_of > 0
