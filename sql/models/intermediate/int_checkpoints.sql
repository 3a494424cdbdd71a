-- one row per real-world scan: repeats within and across legs collapsed, impossible moments left out
--
-- depends_on: {{ ref('stg_checkpoints') }}
-- depends_on: {{ ref('int_left_out_checkpoints') }}
select
    checkpoint_key,
    tracking_key,
    leg,
    source_seq,
    event_at_utc,
    event_at_local,
    time_basis,
    time_precision,
    status,
    substatus,
    event_type,
    is_physical,
    is_exception,
    description,
    location,
    country,
    state,
    city
from stg_checkpoints
where
    not exists (
        select 1
        from int_left_out_checkpoints
        where int_left_out_checkpoints.checkpoint_key = stg_checkpoints.checkpoint_key
    )
