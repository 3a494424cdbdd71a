-- one row per parcel: its milestones, how it ended, how long it took and what was promised
--
-- Days: transit_days counts from the first physical scan to the delivery, null before it; followed_days to
-- whatever ended it, or to the end of what is known. At a pick-up point the carrier's days end, and the
-- recipient's begin. Dates and weeks are those of the scan's own place.
-- Promises compare dates at the destination; an open parcel is overdue once the date has passed in UTC.
--
-- depends_on: {{ ref('stg_trackings') }}
-- depends_on: {{ ref('int_as_of') }}
-- depends_on: {{ ref('int_shipments') }}
-- depends_on: {{ ref('int_shipment_orders') }}
-- depends_on: {{ ref('int_shipment_outcomes') }}
-- depends_on: {{ ref('int_exception_episodes') }}
-- depends_on: {{ ref('dim_business_day') }}
-- depends_on: {{ ref('sources') }}
with episodes as (
    select
        told.tracking_key,
        count(*) as n_exception_episodes,
        max(case when told.episode_state = 'open' then 1 else 0 end) as has_open_episode,
        -- what going out itself resolved came before it, at the same moment
        max(
            case
                when
                    told.started_at_utc >= met.out_for_delivery_at_utc
                    and coalesce(told.resolved_at_utc > met.out_for_delivery_at_utc, true)
                    and coalesce(told.started_at_utc <= met.delivered_at_utc, true)
                    then 1
                else 0
            end
        ) as has_episode_when_out
    from int_exception_episodes as told
    inner join int_shipment_outcomes as met
        on told.tracking_key = met.tracking_key
    group by told.tracking_key
),

shipments as (
    select
        int_shipments.shipment_key,
        int_shipments.n_trackings,
        int_shipment_outcomes.*,
        stg_trackings.source,
        stg_trackings.account,
        stg_trackings.tracking_number,
        stg_trackings.courier_code,
        stg_trackings.status,
        stg_trackings.created_at_utc,
        -- what the tracking that speaks does not tell, another one may
        coalesce(stg_trackings.order_number, orders.order_number) as order_number,
        coalesce(nullif(stg_trackings.service_code, 'unknown'), orders.service_code, 'unknown')
            as service_code,
        coalesce(stg_trackings.origin_country, orders.origin_country) as origin_country,
        coalesce(stg_trackings.destination_country, orders.destination_country) as destination_country,
        coalesce(stg_trackings.order_placed_at_local, orders.order_placed_at_local) as order_placed_at_local,
        coalesce(stg_trackings.promised_date, orders.promised_date) as promised_date,
        int_as_of.as_of_utc,
        -- of what is gone from the source while it was open, nobody knows whether it came in time
        cast(
            case
                when int_shipment_outcomes.outcome = 'open'
                    then least(int_shipment_outcomes.exit_at_utc, int_as_of.as_of_utc)
                else int_as_of.as_of_utc
            end as date
        ) as known_until_date,
        coalesce(episodes.n_exception_episodes, 0) as n_exception_episodes,
        coalesce(episodes.has_open_episode, 0) = 1 as has_unresolved_exception,
        coalesce(episodes.has_episode_when_out, 0) = 1 as has_episode_when_out,
        -- a number that is registered again has waited since the first time
        coalesce(
            int_shipment_outcomes.label_created_at_utc, orders.created_at_utc, stg_trackings.created_at_utc
        ) as announced_at_utc,
        case
            when int_shipment_outcomes.first_attempt_at_utc is not null
                then
                    int_shipment_outcomes.outcome = 'delivered'
                    -- of a delivery that only the header tells the moment is not known
                    and coalesce(
                        int_shipment_outcomes.first_attempt_at_utc = int_shipment_outcomes.delivered_at_utc,
                        false
                    )
                    and coalesce(
                        int_shipment_outcomes.first_failed_attempt_at_utc
                        > int_shipment_outcomes.delivered_at_utc,
                        true
                    )
        end as is_first_attempt_success,
        -- on the way back and after a delivery it is ready for nobody
        case
            when
                int_shipment_outcomes.ready_for_pickup_at_utc <= coalesce(
                    least(int_shipment_outcomes.returning_at_utc, int_shipment_outcomes.delivered_at_utc),
                    int_shipment_outcomes.ready_for_pickup_at_utc
                )
                then int_shipment_outcomes.ready_for_pickup_at_utc
        end as waiting_from_utc,
        coalesce(sources.is_registered_late, false) as is_registered_late_source
    from int_shipments
    inner join int_shipment_outcomes
        on int_shipments.tracking_key = int_shipment_outcomes.tracking_key
    inner join stg_trackings
        on int_shipments.tracking_key = stg_trackings.tracking_key
    inner join int_as_of
        on
            stg_trackings.source = int_as_of.source
            and stg_trackings.account = int_as_of.account
    left join int_shipment_orders as orders
        on int_shipments.shipment_key = orders.shipment_key
    left join episodes
        on int_shipments.tracking_key = episodes.tracking_key
    left join sources
        on stg_trackings.source = sources.source
    where int_shipments.telling_rank = 1
)

select
    shipments.shipment_key,
    shipments.tracking_key,
    shipments.source,
    shipments.account,
    shipments.n_trackings,
    shipments.tracking_number,
    shipments.order_number,
    shipments.courier_code,
    shipments.service_code,
    shipments.origin_country,
    shipments.destination_country,
    coalesce(shipments.origin_country, '??') || '->' || coalesce(shipments.destination_country, '??') as lane,
    shipments.status,
    shipments.outcome,
    shipments.timing_quality,
    shipments.created_at_utc,
    shipments.order_placed_at_local,
    shipments.label_created_at_utc,
    shipments.picked_up_at_utc,
    shipments.picked_up_date,
    cast(date_trunc('week', shipments.picked_up_date) as date) as pickup_week,
    shipments.out_for_delivery_at_utc,
    shipments.ready_for_pickup_at_utc,
    shipments.first_attempt_at_utc,
    shipments.first_attempt_date,
    shipments.returning_at_utc,
    shipments.last_physical_at_utc,
    shipments.delivered_at_utc,
    shipments.delivered_date,
    shipments.exit_at_utc,
    shipments.as_of_utc,
    shipments.gone_at_utc,
    shipments.promised_date,
    case
        when shipments.outcome = 'delivered' and shipments.timing_quality = 'ok' then shipments.duration_days
    end as transit_days,
    case
        when shipments.outcome = 'delivered' and shipments.timing_quality = 'ok'
            then shipments.duration_days * 24e0
    end as transit_hours,
    case
        when shipments.outcome = 'delivered' and shipments.timing_quality = 'ok'
            then cast(floor(shipments.duration_days) as bigint)
    end as transit_full_days,
    case
        when shipments.outcome = 'delivered' and shipments.timing_quality = 'ok'
            then date_diff('day', shipments.picked_up_date, shipments.delivered_date)
    end as transit_date_changes,
    case
        when shipments.timing_quality = 'ok' then delivered_day.business_day_no - pickup_day.business_day_no
    end as transit_business_days,
    case
        when shipments.waiting_from_utc is not null
            then date_diff('microsecond', shipments.picked_up_at_utc, shipments.waiting_from_utc) / 86400e6
        when shipments.outcome = 'delivered' and shipments.timing_quality = 'ok' then shipments.duration_days
    end as carrier_days,
    date_diff('microsecond', shipments.waiting_from_utc, shipments.delivered_at_utc) / 86400e6
        as waiting_days,
    date_diff('day', cast(shipments.order_placed_at_local as date), shipments.delivered_date)
        as order_to_delivery_date_changes,
    -- what a clock ahead tells of the time after the end of what is known, would be told of fast parcels only
    case
        when
            shipments.exit_at_utc > shipments.as_of_utc
            and shipments.picked_up_at_utc is not null
            then
                greatest(
                    0e0, date_diff('microsecond', shipments.picked_up_at_utc, shipments.as_of_utc) / 86400e6
                )
        else shipments.duration_days
    end as followed_days,
    shipments.entry_days,
    shipments.went_dark_at_days,
    case
        -- a date without an hour may be any hour of its day
        when
            shipments.is_date_only_pickup
            and shipments.picked_up_at_utc <= shipments.announced_at_utc
            and shipments.announced_at_utc < shipments.picked_up_at_utc + interval '1' day
            then 0e0
        else
            date_diff(
                'microsecond',
                shipments.announced_at_utc,
                case
                    when
                        coalesce(shipments.picked_up_at_utc, shipments.exit_at_utc) > shipments.as_of_utc
                        then shipments.as_of_utc
                    else coalesce(shipments.picked_up_at_utc, shipments.exit_at_utc)
                end
            ) / 86400e6
    end as unscanned_days,
    case
        when shipments.promised_date is null then 'no_promise'
        when shipments.outcome = 'delivered' and shipments.delivered_date is null then 'unknown'
        when
            shipments.outcome = 'delivered' and shipments.delivered_date <= shipments.promised_date
            then 'on_time'
        when shipments.outcome = 'delivered' then 'late'
        when shipments.outcome in ('returned', 'lost') then 'failed'
        when shipments.known_until_date > shipments.promised_date then 'overdue'
        else 'not_due'
    end as promise_state,
    case
        when shipments.promised_date is null then 'no_promise'
        when shipments.first_attempt_date <= shipments.promised_date then 'on_time'
        when shipments.first_attempt_date is not null then 'late'
        when shipments.outcome = 'delivered' then 'unknown'
        when shipments.outcome in ('returned', 'lost') then 'failed'
        when shipments.known_until_date > shipments.promised_date then 'overdue'
        else 'not_due'
    end as promise_state_by_attempt,
    shipments.is_first_attempt_success,
    -- strictly, what suggests an attempt that failed is one
    case
        when shipments.waiting_from_utc is not null then false
        when
            coalesce(shipments.out_for_delivery_at_utc <= shipments.returning_at_utc, true)
            and (
                shipments.has_episode_when_out
                or (
                    shipments.last_out_for_delivery_at_utc
                    > shipments.out_for_delivery_at_utc + interval '1' day
                    and coalesce(shipments.last_out_for_delivery_at_utc <= shipments.delivered_at_utc, true)
                )
            )
            then false
        else shipments.is_first_attempt_success
    end as is_first_attempt_success_strict,
    shipments.n_scans,
    shipments.n_exception_episodes,
    shipments.first_exception_at_utc is not null as has_exception,
    shipments.status in ('exception', 'undelivered') as is_exception_now,
    shipments.has_unresolved_exception,
    shipments.has_assumed_time,
    shipments.has_date_only_time,
    shipments.has_status_regress,
    shipments.entry_days > 0 as is_registered_late,
    -- before this day of its journey nobody followed it; counts where the source registers parcels late
    case when shipments.is_registered_late_source then shipments.entry_days else 0e0 end as followed_from_days
from shipments
left join dim_business_day as pickup_day
    on
        shipments.destination_country = pickup_day.country
        and shipments.picked_up_date = pickup_day.calendar_day
left join dim_business_day as delivered_day
    on
        shipments.destination_country = delivered_day.country
        and shipments.delivered_date = delivered_day.calendar_day
