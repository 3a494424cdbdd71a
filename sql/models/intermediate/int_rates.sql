-- one row per group and rate: a share of its picked-up shipments, with Wilson's 95 % interval
--
-- The one place where a rate is worked out. exception_type:... counts the shipments that met that type.
--
-- depends_on: {{ ref('int_group_counts') }}
-- depends_on: {{ ref('int_groups') }}
-- depends_on: {{ ref('fct_shipments') }}
-- depends_on: {{ ref('int_exception_episodes') }}
with types as (
    select distinct
        tracking_key,
        exception_type
    from int_exception_episodes
),

-- counted once for each kind of shipment, and added up by group then; what was picked up has a week
by_kind as (
    select
        fct_shipments.courier_code,
        fct_shipments.lane,
        fct_shipments.service_code,
        fct_shipments.pickup_week,
        types.exception_type,
        count(*) as n_hits
    from types
    inner join fct_shipments
        on types.tracking_key = fct_shipments.tracking_key
    where fct_shipments.picked_up_at_utc is not null
    group by
        fct_shipments.courier_code,
        fct_shipments.lane,
        fct_shipments.service_code,
        fct_shipments.pickup_week,
        types.exception_type
),

by_type as (
    select
        int_groups.group_no,
        'exception_type:' || by_kind.exception_type as rate_name,
        sum(by_kind.n_hits) as n_hits
    from by_kind
    inner join int_groups
        on
            by_kind.courier_code = int_groups.of_courier_code
            and by_kind.lane = int_groups.of_lane
            and by_kind.service_code = int_groups.of_service_code
            and by_kind.pickup_week = int_groups.of_pickup_week
    group by int_groups.group_no, by_kind.exception_type
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
        n_attempted_strict as n_of
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
