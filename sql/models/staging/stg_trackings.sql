-- one row per tracking of a service: its latest snapshot
select
    tracking_key,
    source,
    account,
    source_id,
    tracking_number,
    tracking_number_norm,
    -- a null would fall out of every comparison
    coalesce(courier_code, 'unknown') as courier_code,
    order_number,
    origin_country,
    destination_country,
    status,
    substatus,
    order_placed_at_local,
    promised_date,
    created_at_utc,
    updated_at_utc,
    status_changed_at_utc,
    first_observed_at_utc,
    observed_at_utc,
    gone_at_utc,
    checkpoint_count
from trackings
