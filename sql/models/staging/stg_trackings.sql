-- one row per tracking of a service: its latest snapshot
--
-- depends_on: {{ ref('courier_aliases') }}
select
    trackings.tracking_key,
    trackings.source,
    trackings.account,
    trackings.source_id,
    trackings.tracking_number,
    trackings.tracking_number_norm,
    trackings.order_number,
    trackings.origin_country,
    trackings.destination_country,
    trackings.status,
    trackings.substatus,
    trackings.order_placed_at_local,
    trackings.created_at_utc,
    trackings.updated_at_utc,
    trackings.status_changed_at_utc,
    trackings.first_observed_at_utc,
    trackings.observed_at_utc,
    trackings.gone_at_utc,
    trackings.checkpoint_count,
    -- a carrier that moves its promise until it is kept has not kept it
    coalesce(trackings.first_promised_date, trackings.promised_date) as promised_date,
    -- a null would fall out of every comparison
    coalesce(courier_aliases.canonical_courier_code, trackings.courier_code, 'unknown') as courier_code,
    coalesce(trackings.service_code, 'unknown') as service_code
from trackings
left join courier_aliases
    on
        trackings.source = courier_aliases.source
        and trackings.courier_code = courier_aliases.courier_code
