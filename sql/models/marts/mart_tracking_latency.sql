-- one row per source and courier of a leg: hours from a scan to the moment it was first seen here
--
-- Only scans whose time carries its own offset, and that happened after their tracking was first seen: an
-- older one was not late, it was not asked for. It includes the time between two runs. A scan whose words or
-- place the carrier changes later is seen anew then.
--
-- depends_on: {{ ref('stg_checkpoints') }}
-- depends_on: {{ ref('stg_trackings') }}
with latencies as (
    select
        stg_checkpoints.source,
        coalesce(stg_checkpoints.leg_courier_code, stg_trackings.courier_code) as courier_code,
        date_diff('microsecond', stg_checkpoints.event_at_utc, stg_checkpoints.first_observed_at_utc) / 3600e6
            as hours
    from stg_checkpoints
    inner join stg_trackings
        on stg_checkpoints.tracking_key = stg_trackings.tracking_key
    where
        stg_checkpoints.time_basis = 'explicit_offset'
        and stg_checkpoints.event_at_utc > stg_trackings.first_observed_at_utc
        and stg_checkpoints.event_at_utc <= stg_checkpoints.first_observed_at_utc
),

ranked as (
    select
        source,
        courier_code,
        hours,
        -- in the order of hours, so that it rounds alike on every machine
        sum(hours) over (
            partition by source, courier_code
            order by hours
            rows between unbounded preceding and current row
        ) as hours_so_far,
        row_number() over (partition by source, courier_code order by hours) * 1e0
        / count(*) over (partition by source, courier_code) as upto_share
    from latencies
)

select
    source,
    courier_code,
    count(*) as n_scans,
    max(hours_so_far) / count(*) as mean_hours,
    min(case when upto_share >= 0.50e0 - 1e-12 then hours end) as p50_hours,
    min(case when upto_share >= 0.75e0 - 1e-12 then hours end) as p75_hours,
    min(case when upto_share >= 0.90e0 - 1e-12 then hours end) as p90_hours,
    max(hours) as max_hours,
    count(*) < 30 as is_small_sample
from ranked
group by source, courier_code
