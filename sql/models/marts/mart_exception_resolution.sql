-- one row per group: days from an exception to the next ordinary physical scan, over all exception episodes
--
-- Episodes that go on count as long as they were followed; those that end with the parcel returned, lost or
-- expired are never resolved.
--
-- depends_on: {{ ref('int_group_counts') }}
-- depends_on: {{ ref('int_quantiles') }}
select
    int_group_counts.group_key,
    int_group_counts.grouping_name,
    int_group_counts.courier_code,
    int_group_counts.lane,
    int_group_counts.service_code,
    int_group_counts.pickup_week,
    int_quantiles.n_followed as n_episodes,
    int_quantiles.n_reached as n_resolved,
    int_quantiles.p50_days,
    int_quantiles.p50_lower95,
    int_quantiles.p50_upper95,
    int_quantiles.p80_days,
    int_quantiles.p80_lower95,
    int_quantiles.p80_upper95,
    int_quantiles.p90_days,
    int_quantiles.p90_lower95,
    int_quantiles.p90_upper95,
    int_quantiles.p95_days,
    int_quantiles.p95_lower95,
    int_quantiles.p95_upper95,
    int_quantiles.share_reached as resolved_share_so_far,
    int_quantiles.n_followed < 30 as is_small_sample
from int_group_counts
inner join int_quantiles
    on int_group_counts.group_key = int_quantiles.group_key
where int_quantiles.clock = 'resolution'
