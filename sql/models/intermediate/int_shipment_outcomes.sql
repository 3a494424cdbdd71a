-- one row per tracking: its milestones, how it ended, and how long it was followed
--
-- What its header says of it stands in stg_trackings, and here the moments by which to know that it changed.
-- The clock starts at the first physical scan. Ends compete: delivered, returned, lost, expired (the
-- source gave up); everything else is open and censored at the end of the last complete window, or, where
-- the tracking is gone from the source, when it was last there: a run that reads everything and finds nothing
-- new in it leaves no trace in the tracking, but in loads.
--
-- depends_on: {{ ref('stg_trackings') }}
-- depends_on: {{ ref('int_as_of') }}
-- depends_on: {{ ref('int_checkpoints') }}
with last_seen as (
    select
        stg_trackings.tracking_key,
        max(loads.started_at_utc) as seen_at_utc
    from stg_trackings
    inner join loads
        on
            stg_trackings.source = loads.source
            and stg_trackings.account = loads.account
            and stg_trackings.gone_at_utc > loads.started_at_utc
            and stg_trackings.created_at_utc <= loads.window_to_utc
    where
        loads.is_complete
        and loads.window_from_utc is null
    group by stg_trackings.tracking_key
),

shipments as (
    select
        stg_trackings.*,
        int_as_of.as_of_utc,
        greatest(
            stg_trackings.observed_at_utc, coalesce(last_seen.seen_at_utc, stg_trackings.observed_at_utc)
        ) as seen_at_utc,
        -- a snapshot taken after the window's end knows more than the window: its header does not count
        case
            when
                coalesce(stg_trackings.updated_at_utc, stg_trackings.created_at_utc) > int_as_of.as_of_utc
                then null
            else stg_trackings.status
        end as header_status
    from stg_trackings
    inner join int_as_of
        on
            stg_trackings.source = int_as_of.source
            and stg_trackings.account = int_as_of.account
    left join last_seen
        on stg_trackings.tracking_key = last_seen.tracking_key
),

scans as (
    select
        tracking_key,
        event_at_utc,
        event_at_local,
        event_type,
        is_physical,
        is_exception,
        -- what goes wrong after an end, as a claim does, need not show the parcel
        is_physical and event_type not in ('lost_damaged', 'exception_other') as shows_parcel,
        time_basis,
        time_precision,
        -- an instant, whether it has no hour, and how far the date of its place is off, in one number: the
        -- least holds all
        date_diff('microsecond', timestamp '0001-01-01', event_at_utc) * 16
        + case when time_precision = 'date' then 8 else 0 end
        + 4 + coalesce(date_diff('day', cast(event_at_utc as date), cast(event_at_local as date)), 0)
            as dated_instant
    from int_checkpoints
),

milestones as (
    select
        tracking_key,
        min(case when is_physical and event_type <> 'delivered' then event_at_utc end) as picked_up_at_utc,
        -- labels carry no place as a rule, and a zone that is off by hours is off by the whole wait
        min(case when event_type = 'label_created' and time_basis <> 'assumed_utc' then event_at_utc end)
            as label_created_at_utc,
        min(case when event_type = 'out_for_delivery' then event_at_utc end) as out_for_delivery_at_utc,
        max(case when event_type = 'out_for_delivery' then event_at_utc end)
            as last_out_for_delivery_at_utc,
        min(case when event_type = 'ready_for_pickup' then event_at_utc end) as ready_for_pickup_at_utc,
        min(case when event_type = 'attempt_failed' then event_at_utc end) as first_failed_attempt_at_utc,
        min(case when is_physical and is_exception then event_at_utc end) as first_exception_at_utc,
        -- a parcel that came back was on its way back, told or not
        min(case when event_type in ('returning', 'returned') then event_at_utc end) as returning_at_utc,
        min(case when event_type = 'returned' then event_at_utc end) as returned_scan_at_utc,
        min(case when event_type = 'delivered' then event_at_utc end) as first_delivered_scan_at_utc,
        min(case when event_type = 'lost_damaged' then event_at_utc end) as first_lost_scan_at_utc,
        max(case when shows_parcel then event_at_utc end) as last_found_at_utc,
        max(case when shows_parcel and event_type <> 'delivered' then event_at_utc end)
            as last_movement_at_utc,
        max(case when shows_parcel and event_type <> 'delivered' then event_at_local end)
            as last_movement_at_local,
        max(case when is_physical then event_at_utc end) as last_physical_at_utc,
        count(*) as n_scans,
        sum(case when event_type = 'delivered' then 1 else 0 end) as n_delivered_scans,
        max(case when is_physical and time_basis = 'assumed_utc' then 1 else 0 end) as has_assumed_time,
        max(case when is_physical and time_precision = 'date' then 1 else 0 end) as has_date_only_time,
        min(case when is_physical and event_type <> 'delivered' then dated_instant end) as dated_pickup,
        min(case when event_type = 'attempt_failed' then dated_instant end) as dated_first_failed_attempt,
        min(case when event_type = 'delivered' then dated_instant end) as dated_first_delivery
    from scans
    group by tracking_key
),

-- nearly every parcel is seen no more after its first end; where one is, each of its ends is looked at
doubted as (
    select
        milestones.*,
        shipments.header_status
    from milestones
    inner join shipments
        on milestones.tracking_key = shipments.tracking_key
    where
        milestones.first_delivered_scan_at_utc < milestones.last_movement_at_utc
        or milestones.first_lost_scan_at_utc < milestones.last_found_at_utc
),

end_scans as (
    select
        int_checkpoints.tracking_key,
        int_checkpoints.event_at_utc,
        int_checkpoints.event_type = 'delivered' as is_delivery,
        date_diff('microsecond', timestamp '0001-01-01', int_checkpoints.event_at_utc) * 16 + 4
        + date_diff(
            'day', cast(int_checkpoints.event_at_utc as date), cast(int_checkpoints.event_at_local as date)
        ) as dated_instant,
        doubted.header_status,
        coalesce(
            case
                when int_checkpoints.event_type = 'lost_damaged'
                    then int_checkpoints.event_at_utc < doubted.last_found_at_utc
                else
                    int_checkpoints.event_at_utc < doubted.last_movement_at_utc
                    -- among zones that are not known, the clocks on the wall have to say so too
                    and (
                        doubted.has_assumed_time = 0
                        or int_checkpoints.event_at_local < doubted.last_movement_at_local
                    )
            end,
            false
        ) as is_contradicted
    from int_checkpoints
    inner join doubted
        on int_checkpoints.tracking_key = doubted.tracking_key
    where int_checkpoints.event_type in ('delivered', 'lost_damaged')
),

-- delivered: the first delivered scan that no later movement contradicts; where every one is contradicted
-- (the usual reason: local times without a zone) and the header says delivered, the last one
ends as (
    select
        tracking_key,
        max(case when is_delivery and is_contradicted then 1 else 0 end) as has_status_regress,
        coalesce(
            min(case when is_delivery and not is_contradicted then event_at_utc end),
            max(case when is_delivery and header_status = 'delivered' then event_at_utc end)
        ) as delivered_scan_at_utc,
        coalesce(
            min(case when is_delivery and not is_contradicted then dated_instant end),
            max(case when is_delivery and header_status = 'delivered' then dated_instant end)
        ) as dated_delivery,
        -- a loss that a later scan contradicts is none
        min(case when not is_delivery and not is_contradicted then event_at_utc end) as lost_at_utc
    from end_scans
    group by tracking_key
),

journeys as (
    select
        milestones.*,
        case
            when ends.has_status_regress is null then milestones.first_delivered_scan_at_utc
            else ends.delivered_scan_at_utc
        end as delivered_scan_at_utc,
        case
            when ends.has_status_regress is null then milestones.dated_first_delivery else ends.dated_delivery
        end as dated_delivery,
        case
            when ends.has_status_regress is null then milestones.first_lost_scan_at_utc else ends.lost_at_utc
        end as lost_at_utc,
        ends.has_status_regress
    from milestones
    left join ends
        on milestones.tracking_key = ends.tracking_key
),

joined as (
    select
        shipments.*,
        journeys.picked_up_at_utc,
        journeys.label_created_at_utc,
        journeys.out_for_delivery_at_utc,
        journeys.last_out_for_delivery_at_utc,
        journeys.ready_for_pickup_at_utc,
        journeys.first_failed_attempt_at_utc,
        journeys.first_exception_at_utc,
        journeys.returning_at_utc,
        journeys.last_physical_at_utc,
        journeys.last_found_at_utc,
        cast(journeys.picked_up_at_utc as date) + (cast(journeys.dated_pickup % 8 as integer) - 4)
            as picked_up_date,
        coalesce(journeys.dated_pickup % 16 >= 8, false) as is_date_only_pickup,
        journeys.delivered_scan_at_utc,
        cast(journeys.delivered_scan_at_utc as date)
        + (cast(journeys.dated_delivery % 8 as integer) - 4) as delivered_scan_date,
        coalesce(journeys.n_scans, 0) as n_scans,
        coalesce(journeys.n_delivered_scans, 0) as n_delivered_scans,
        coalesce(journeys.has_assumed_time, 0) = 1 as has_assumed_time,
        coalesce(journeys.has_date_only_time, 0) = 1 as has_date_only_time,
        coalesce(journeys.has_status_regress, 0) = 1 as has_status_regress,
        least(journeys.first_failed_attempt_at_utc, journeys.first_delivered_scan_at_utc) as attempted_at_utc,
        least(journeys.dated_first_failed_attempt, journeys.dated_first_delivery) as dated_attempt,
        journeys.lost_at_utc,
        case
            when journeys.returned_scan_at_utc is not null then journeys.returned_scan_at_utc
            -- "delivered" after the way back began is delivered to the sender
            when
                journeys.delivered_scan_at_utc >= journeys.returning_at_utc
                then journeys.delivered_scan_at_utc
        end as returned_at_utc
    from shipments
    left join journeys
        on shipments.tracking_key = journeys.tracking_key
),

ended as (
    select
        joined.*,
        case
            when returned_at_utc is not null then 'returned'
            when delivered_scan_at_utc is not null then 'delivered'
            when lost_at_utc is not null then 'lost'
            when header_status = 'delivered' then 'delivered'
            when header_status = 'expired' then 'expired'
            else 'open'
        end as outcome
    from joined
),

timed as (
    select
        ended.*,
        case outcome
            when 'delivered' then delivered_scan_at_utc
            when 'returned' then returned_at_utc
            when 'lost' then lost_at_utc
            -- when the source gave up, seen or by its own rule of 30 days; never back at the last scan,
            -- which would let the parcels at risk know the future
            when 'expired'
                then
                    least(
                        as_of_utc,
                        greatest(
                            last_physical_at_utc,
                            coalesce(
                                status_changed_at_utc,
                                coalesce(last_physical_at_utc, created_at_utc) + interval '30' day
                            )
                        )
                    )
            -- of what is gone from the source, nothing is known since; a clock that is ahead may have picked
            -- the parcel up after what is known
            else
                greatest(
                    picked_up_at_utc,
                    case when gone_at_utc is null then as_of_utc else least(as_of_utc, seen_at_utc) end
                )
        end as exit_at_utc
    from ended
)

select
    tracking_key,
    outcome,
    label_created_at_utc,
    picked_up_at_utc,
    picked_up_date,
    is_date_only_pickup,
    out_for_delivery_at_utc,
    last_out_for_delivery_at_utc,
    ready_for_pickup_at_utc,
    -- on the way back, attempts are at the sender's door
    case
        when coalesce(attempted_at_utc <= returning_at_utc, true) then attempted_at_utc
    end as first_attempt_at_utc,
    case
        when
            coalesce(attempted_at_utc <= returning_at_utc, true)
            then cast(attempted_at_utc as date) + (cast(dated_attempt % 8 as integer) - 4)
    end as first_attempt_date,
    first_failed_attempt_at_utc,
    first_exception_at_utc,
    returning_at_utc,
    last_physical_at_utc,
    last_found_at_utc,
    exit_at_utc,
    observed_at_utc,
    gone_at_utc,
    n_scans,
    n_delivered_scans,
    has_assumed_time,
    has_date_only_time,
    has_status_regress,
    case
        when
            picked_up_at_utc is null and delivered_scan_at_utc is not null
            then 'delivered_without_pickup_scan'
        when picked_up_at_utc is null and outcome = 'delivered' then 'delivered_without_scans'
        when picked_up_at_utc is null then 'never_scanned'
        when outcome = 'delivered' and exit_at_utc is null then 'delivered_without_time'
        when exit_at_utc < picked_up_at_utc then 'negative_duration'
        else 'ok'
    end as timing_quality,
    case when outcome = 'delivered' then delivered_scan_at_utc end as delivered_at_utc,
    case when outcome = 'delivered' then delivered_scan_date end as delivered_date,
    date_diff('microsecond', picked_up_at_utc, exit_at_utc) / 86400e6 as duration_days,
    case
        when is_date_only_pickup and created_at_utc < picked_up_at_utc + interval '1' day then 0e0
        else greatest(0e0, date_diff('microsecond', picked_up_at_utc, created_at_utc) / 86400e6)
    end as entry_days,
    case
        when
            outcome = 'expired'
            then date_diff('microsecond', picked_up_at_utc, last_physical_at_utc) / 86400e6
    end as went_dark_at_days
from timed
