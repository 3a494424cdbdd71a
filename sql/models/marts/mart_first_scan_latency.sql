-- one row per group: days from the label to the first physical scan, over all labels, scanned or not
--
-- The label's scan starts the clock where its zone is known, else the registration; labels never scanned
-- count as long as they were followed. Not by week of pick-up: what was never scanned has none.
--
-- depends_on: {{ ref('int_group_counts') }}
-- depends_on: {{ ref('int_quantiles') }}
select
    int_group_counts.group_key,
    int_group_counts.grouping_name,
    int_group_counts.courier_code,
    int_group_counts.lane,
    int_group_counts.service_code,
    int_quantiles.n_followed as n_labels,
    int_quantiles.n_reached as n_scanned,
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
    int_quantiles.n_followed - int_quantiles.n_reached as n_never_scanned,
    1e0 - int_quantiles.n_reached * 1e0 / int_quantiles.n_followed as never_scanned_share,
    int_quantiles.n_followed < 30 as is_small_sample
from int_group_counts
inner join int_quantiles
    on int_group_counts.group_key = int_quantiles.group_key
where int_quantiles.clock = 'first_scan'
