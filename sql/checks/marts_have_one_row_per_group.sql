-- severity: fail
-- every mart has each group once (and each type or horizon of it), and only groups that exist
--
-- depends_on: {{ ref('mart_delivery_time_quantiles') }}
-- depends_on: {{ ref('mart_exception_rates') }}
-- depends_on: {{ ref('mart_on_time') }}
-- depends_on: {{ ref('mart_first_attempt') }}
-- depends_on: {{ ref('mart_carrier_scorecard') }}
-- depends_on: {{ ref('mart_first_scan_latency') }}
-- depends_on: {{ ref('mart_exception_resolution') }}
-- depends_on: {{ ref('mart_exception_types') }}
-- depends_on: {{ ref('mart_weekly_cohorts') }}
-- depends_on: {{ ref('int_groups') }}
with told as (
    select
        'mart_delivery_time_quantiles' as mart,
        group_key,
        '' as part
    from mart_delivery_time_quantiles
    union all
    select
        'mart_exception_rates' as mart,
        group_key,
        '' as part
    from mart_exception_rates
    union all
    select
        'mart_on_time' as mart,
        group_key,
        '' as part
    from mart_on_time
    union all
    select
        'mart_first_attempt' as mart,
        group_key,
        '' as part
    from mart_first_attempt
    union all
    select
        'mart_carrier_scorecard' as mart,
        group_key,
        '' as part
    from mart_carrier_scorecard
    union all
    select
        'mart_first_scan_latency' as mart,
        group_key,
        '' as part
    from mart_first_scan_latency
    union all
    select
        'mart_exception_resolution' as mart,
        group_key,
        '' as part
    from mart_exception_resolution
    union all
    select
        'mart_exception_types' as mart,
        group_key,
        exception_type as part
    from mart_exception_types
    union all
    select
        'mart_weekly_cohorts' as mart,
        group_key,
        cast(horizon_days as varchar) as part
    from mart_weekly_cohorts
),

groups as (
    select distinct group_key
    from int_groups
)

select
    told.mart,
    told.group_key,
    told.part,
    count(*) as n_rows
from told
left join groups
    on told.group_key = groups.group_key
group by told.mart, told.group_key, told.part
having count(*) > 1 or count(groups.group_key) = 0
