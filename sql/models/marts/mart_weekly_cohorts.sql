-- one row per group of one pick-up week and horizon: the share delivered within 3, 5, 7, 10 and 14 days
--
-- delivered_share is read off the week's own curve, so it looks neither better nor worse for being young;
-- a young week is wide instead, see the 95 % limits, and null where nothing was followed for so long. A
-- cohort is mature when each of its parcels could have been followed for the whole horizon. Until then
-- the last days of its curve speak for the weekdays that were followed so long: where parcels of a Friday
-- take longer than those of a Monday, the limits are too narrow. naive_: over all that left so far, open
-- ones counted as not delivered, and the mean over those that have arrived. Weeks are ISO weeks of the
-- place of the pick-up. Groupings without a curve have no cohorts: the naive figures would stand alone.
--
-- depends_on: {{ ref('int_shipment_groups') }}
-- depends_on: {{ ref('int_group_counts') }}
-- depends_on: {{ ref('int_curves') }}
-- depends_on: {{ ref('int_quantiles') }}
with horizons as (
    select 3 as horizon_days
    union all
    select 5 as horizon_days
    union all
    select 7 as horizon_days
    union all
    select 10 as horizon_days
    union all
    select 14 as horizon_days
),

cohorts as (
    select
        int_group_counts.group_no,
        int_group_counts.group_key,
        int_group_counts.grouping_name,
        int_group_counts.courier_code,
        int_group_counts.lane,
        int_group_counts.service_code,
        int_group_counts.pickup_week,
        int_group_counts.n_shipments,
        int_group_counts.n_delivered,
        int_group_counts.n_open,
        int_group_counts.as_of_utc,
        int_quantiles.followed_until_days,
        int_quantiles.naive_mean_days,
        horizons.horizon_days
    from int_group_counts
    inner join int_quantiles
        on
            int_group_counts.group_key = int_quantiles.group_key
            and int_quantiles.clock = 'delivery'
    cross join horizons
    where int_group_counts.pickup_week is not null
),

followed as (
    select
        cohorts.group_key,
        cohorts.horizon_days,
        count(*) as n_timed,
        sum(case
            when
                int_shipment_groups.ending = 'delivered'
                and int_shipment_groups.followed_days <= cohorts.horizon_days
                then 1
            else 0
        end) as n_delivered_within,
        sum(case
            when
                int_shipment_groups.ending = 'open'
                and int_shipment_groups.followed_days < cohorts.horizon_days
                then 1
            else 0
        end) as n_not_followed
    from cohorts
    inner join int_shipment_groups
        on cohorts.group_no = int_shipment_groups.group_no
    where int_shipment_groups.timing_quality = 'ok'
    group by cohorts.group_key, cohorts.horizon_days
),

steps as (
    -- the curve's last step within the horizon
    select
        cohorts.group_key,
        cohorts.horizon_days,
        int_curves.share_reached,
        int_curves.share_reached_lower95,
        int_curves.share_reached_upper95,
        row_number() over (
            partition by cohorts.group_key, cohorts.horizon_days
            order by int_curves.elapsed_days desc
        ) as backward_rank
    from cohorts
    inner join int_curves
        on
            cohorts.group_key = int_curves.group_key
            and cohorts.horizon_days >= int_curves.elapsed_days
    where int_curves.clock = 'delivery'
),

-- known where something was followed for the whole horizon, or nothing is open that was not; a curve may also
-- end at nothing open because the last parcel that was followed so long has arrived
coverage as (
    select
        cohorts.group_key,
        cohorts.horizon_days,
        coalesce(steps.share_reached, 0e0) as delivered_share,
        steps.share_reached_lower95 as delivered_share_lower95,
        steps.share_reached_upper95 as delivered_share_upper95
    from cohorts
    inner join followed
        on
            cohorts.group_key = followed.group_key
            and cohorts.horizon_days = followed.horizon_days
    left join steps
        on
            cohorts.group_key = steps.group_key
            and cohorts.horizon_days = steps.horizon_days
            and steps.backward_rank = 1
    where
        cohorts.followed_until_days >= cohorts.horizon_days
        or followed.n_not_followed = 0
)

select
    cohorts.group_key,
    cohorts.grouping_name,
    cohorts.courier_code,
    cohorts.lane,
    cohorts.service_code,
    cohorts.pickup_week,
    cohorts.horizon_days,
    cast(cohorts.n_shipments as bigint) as n_shipments,
    cast(cohorts.n_delivered as bigint) as n_delivered,
    cast(cohorts.n_open as bigint) as n_open,
    cast(followed.n_timed as bigint) as n_timed,
    coverage.delivered_share,
    coverage.delivered_share_lower95,
    coverage.delivered_share_upper95,
    followed.n_delivered_within * 1e0 / followed.n_timed as naive_delivered_share,
    cohorts.naive_mean_days,
    followed.n_not_followed * 1e0 / followed.n_timed as not_followed_share,
    -- the last parcel of the week left seven days after its first, on a clock up to 14 hours from UTC
    cohorts.as_of_utc >= cast(cohorts.pickup_week as timestamp)
    + interval '7' day + interval '14' hour + cohorts.horizon_days * interval '1' day as is_mature,
    followed.n_timed < 30 as is_small_sample
from cohorts
inner join followed
    on
        cohorts.group_key = followed.group_key
        and cohorts.horizon_days = followed.horizon_days
left join coverage
    on
        cohorts.group_key = coverage.group_key
        and cohorts.horizon_days = coverage.horizon_days
