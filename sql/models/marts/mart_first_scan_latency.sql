-- one row per group: days from the label to the first physical scan, over all labels, scanned or not
--
-- The label's scan starts the clock where its zone is known, else the registration; labels never scanned
-- count as long as they were followed. What was scanned earlier is scanned, but has not waited. Not by week
-- of pick-up, as what was never scanned has none; so a group here need not have one of which times are known.
--
-- depends_on: {{ ref('int_groups') }}
-- depends_on: {{ ref('int_shipment_groups') }}
-- depends_on: {{ ref('int_quantiles') }}
with labels as (
    select
        group_no,
        count(*) as n_labels,
        count(picked_up_at_utc) as n_scanned
    from int_shipment_groups
    where
        grouping_name in ('all', 'carrier', 'lane', 'carrier_lane')
        and (picked_up_at_utc is not null or outcome <> 'delivered')
    group by group_no
),

names as (
    select distinct
        group_no,
        group_key,
        grouping_name,
        courier_code,
        lane,
        service_code
    from int_groups
)

select
    names.group_key,
    names.grouping_name,
    names.courier_code,
    names.lane,
    names.service_code,
    cast(labels.n_labels as bigint) as n_labels,
    cast(labels.n_scanned as bigint) as n_scanned,
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
    cast(labels.n_labels - labels.n_scanned as bigint) as n_never_scanned,
    1e0 - labels.n_scanned * 1e0 / labels.n_labels as never_scanned_share,
    labels.n_labels < 30 as is_small_sample
from labels
inner join names
    on labels.group_no = names.group_no
left join int_quantiles
    on
        names.group_key = int_quantiles.group_key
        and int_quantiles.clock = 'first_scan'
