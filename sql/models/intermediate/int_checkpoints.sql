-- one row per real-world scan: repeats within and across legs collapsed, impossible moments left out
--
-- depends_on: {{ ref('stg_checkpoints') }}
-- depends_on: {{ ref('int_left_out_checkpoints') }}
-- depends_on: {{ ref('int_date_only_moments') }}
select
    stg_checkpoints.checkpoint_key,
    stg_checkpoints.tracking_key,
    stg_checkpoints.leg,
    stg_checkpoints.source_seq,
    coalesce(int_date_only_moments.event_at_utc, stg_checkpoints.event_at_utc) as event_at_utc,
    stg_checkpoints.event_at_local,
    stg_checkpoints.time_basis,
    stg_checkpoints.time_precision,
    stg_checkpoints.status,
    stg_checkpoints.substatus,
    stg_checkpoints.event_type,
    stg_checkpoints.is_physical,
    stg_checkpoints.is_exception,
    stg_checkpoints.description,
    stg_checkpoints.location,
    stg_checkpoints.country,
    stg_checkpoints.state,
    stg_checkpoints.city
from stg_checkpoints
left join int_date_only_moments
    -- only a date is looked for
    on
        case when stg_checkpoints.time_precision = 'date' then stg_checkpoints.checkpoint_key end
        = int_date_only_moments.checkpoint_key
where
    not exists (
        select 1
        from int_left_out_checkpoints
        where int_left_out_checkpoints.checkpoint_key = stg_checkpoints.checkpoint_key
    )
