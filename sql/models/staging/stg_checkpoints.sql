-- one row per scan of one leg, as the latest snapshot of its tracking has it
select
    checkpoint_key,
    tracking_key,
    source,
    leg,
    leg_courier_code,
    source_seq,
    event_at_local,
    event_at_utc,
    time_basis,
    -- TrackingMore shows dates as midnight sharp, and little happens then
    case when event_at_local = date_trunc('day', event_at_local) then 'date' else time_precision end
        as time_precision,
    status,
    substatus,
    event_type,
    is_physical,
    is_exception,
    description,
    location,
    country,
    state,
    city,
    postal_code,
    first_observed_at_utc
from checkpoints
