-- one row per group and rate: a share of its picked-up shipments, with Wilson's 95 % interval
--
-- The one place where a rate is worked out. exception_type:... counts the shipments that met that type.
--
-- depends_on: {{ ref('int_group_counts') }}
-- depends_on: {{ ref('int_shipment_groups') }}
-- depends_on: {{ ref('int_exception_episodes') }}
with types as (
    select distinct
        tracking_key,
        exception_type
    from int_exception_episodes
),

by_type as (
    select
        int_shipment_groups.group_no,
        'exception_type:' || types.exception_type as rate_name,
        count(*) as n_hits
    from types
    inner join int_shipment_groups
        on types.tracking_key = int_shipment_groups.tracking_key
    where int_shipment_groups.picked_up_at_utc is not null
    group by int_shipment_groups.group_no, types.exception_type
),

counted as (
    select
        group_key,
        'exception_ever' as rate_name,
        n_ever as n_hits,
        n_shipments as n_of
    from int_group_counts
    union all
    select
        group_key,
        'exception_current' as rate_name,
        n_current as n_hits,
        n_shipments as n_of
    from int_group_counts
    union all
    select
        group_key,
        'exception_unresolved' as rate_name,
        n_unresolved as n_hits,
        n_shipments as n_of
    from int_group_counts
    union all
    select
        group_key,
        'returned' as rate_name,
        n_returned as n_hits,
        n_shipments as n_of
    from int_group_counts
    union all
    select
        group_key,
        'lost' as rate_name,
        n_lost as n_hits,
        n_shipments as n_of
    from int_group_counts
    union all
    select
        group_key,
        'expired' as rate_name,
        n_expired as n_hits,
        n_shipments as n_of
    from int_group_counts
    union all
    select
        group_key,
        'on_time' as rate_name,
        n_on_time as n_hits,
        n_due as n_of
    from int_group_counts
    union all
    select
        group_key,
        'on_time_by_attempt' as rate_name,
        n_on_time_by_attempt as n_hits,
        n_due_by_attempt as n_of
    from int_group_counts
    union all
    select
        group_key,
        'on_time_passed' as rate_name,
        n_passed_on_time as n_hits,
        n_passed as n_of
    from int_group_counts
    union all
    select
        group_key,
        'first_attempt' as rate_name,
        n_first_attempt as n_hits,
        n_attempted as n_of
    from int_group_counts
    union all
    select
        group_key,
        'first_attempt_strict' as rate_name,
        n_first_attempt_strict as n_hits,
        n_attempted as n_of
    from int_group_counts
    union all
    select
        int_group_counts.group_key,
        by_type.rate_name,
        by_type.n_hits,
        int_group_counts.n_shipments as n_of
    from by_type
    inner join int_group_counts
        on by_type.group_no = int_group_counts.group_no
),

rated as (
    select
        group_key,
        rate_name,
        cast(n_hits as bigint) as n_hits,
        cast(n_of as bigint) as n_of,
        n_hits * 1e0 / n_of as rate,
        1.959963984540054e0 * 1.959963984540054e0 / n_of as pull
    from counted
    where n_of > 0
)

select
    group_key,
    rate_name,
    n_hits,
    n_of,
    rate,
    -- what rounding leaves over stays inside
    least(rate, (
        rate + pull / 2e0
        - 1.959963984540054e0 * sqrt(rate * (1e0 - rate) / n_of + pull / (4e0 * n_of))
    ) / (1e0 + pull)) as rate_lower95,
    greatest(rate, (
        rate + pull / 2e0
        + 1.959963984540054e0 * sqrt(rate * (1e0 - rate) / n_of + pull / (4e0 * n_of))
    ) / (1e0 + pull)) as rate_upper95,
    n_of < 30 as is_small_sample
from rated
