-- severity: warn
-- scans dated after the data end; they are left out of the models
--
-- depends_on: {{ ref('stg_checkpoints') }}
-- depends_on: {{ ref('stg_trackings') }}
-- depends_on: {{ ref('int_as_of') }}
select
    stg_checkpoints.tracking_key,
    stg_checkpoints.event_at_utc
from stg_checkpoints
inner join stg_trackings
    on stg_checkpoints.tracking_key = stg_trackings.tracking_key
inner join int_as_of
    on
        stg_trackings.source = int_as_of.source
        and stg_trackings.account = int_as_of.account
where stg_checkpoints.event_at_utc > int_as_of.as_of_utc + interval '14' hour
