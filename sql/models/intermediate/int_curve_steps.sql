-- one row per curve and number of days at which a wait ended or its following stopped
--
-- Kaplan-Meier share still open, Aalen-Johansen share reached, and the delta-method variance of that.
-- Products are written as sums of logarithms, which every engine has. Who comes under observation late is at
-- risk from then on only. Running sums are most of the models' time: only what every step needs is summed
-- here.
--
-- depends_on: {{ ref('int_clocks') }}
with waits as (
    select
        curve_no,
        elapsed_days,
        from_days,
        ending
    from int_clocks
    where
        from_days = 0e0
        or from_days < elapsed_days
),

-- counts are made doubles at once, as running sums of integers are wider and slower
moments as (
    select
        curve_no,
        elapsed_days,
        count(*) * 1e0 as n_leaving,
        count(case when ending <> 'open' then 1 end) * 1e0 as n_ended,
        count(case when ending = 'reached' then 1 end) * 1e0 as n_reached
    from waits
    group by curve_no, elapsed_days
    union all
    select
        curve_no,
        from_days as elapsed_days,
        count(*) * -1e0 as n_leaving,
        0e0 as n_ended,
        0e0 as n_reached
    from waits
    where from_days > 0e0
    group by curve_no, from_days
),

-- at risk: who is still to leave, less those who have not entered yet
followed as (
    select
        moments.*,
        sum(n_leaving) over (
            partition by curve_no
            order by elapsed_days desc, n_leaving asc
            rows between unbounded preceding and current row
        ) as n_at_risk
    from moments
),

hazards as (
    select
        curve_no,
        elapsed_days,
        n_at_risk,
        n_ended,
        n_reached,
        -- a product that reaches zero is a logarithm without end; this one is small enough to be nothing
        case when n_ended < n_at_risk then ln(1e0 - n_ended / n_at_risk) else -700e0 end as log_staying,
        case
            when n_ended < n_at_risk then n_ended / (n_at_risk * (n_at_risk - n_ended)) else 0e0
        end as spread
    from followed
    where n_leaving > 0e0
),

logs as (
    select
        hazards.*,
        sum(log_staying) over so_far as log_open,
        sum(spread) over so_far as greenwood,
        sum(n_reached) over so_far as n_reached_so_far
    from hazards
    window so_far as (
        partition by curve_no order by elapsed_days
        rows between unbounded preceding and current row
    )
),

open_shares as (
    select
        curve_no,
        elapsed_days,
        n_at_risk,
        n_ended,
        n_reached,
        n_reached_so_far,
        spread,
        greenwood,
        case when log_open < -650e0 then 0e0 else exp(log_open) end as share_open,
        case when log_open - log_staying < -650e0 then 0e0 else exp(log_open - log_staying) end / n_at_risk
            as weight
    from logs
),

shares as (
    select
        open_shares.*,
        sum(weight * n_reached) over (
            partition by curve_no
            order by elapsed_days
            rows between unbounded preceding and current row
        ) as share_reached
    from open_shares
)

-- the delta-method variance, sorted by powers of the share at the end
select
    curve_no,
    elapsed_days,
    n_at_risk,
    n_ended,
    n_reached,
    n_reached_so_far,
    share_open,
    share_reached,
    weight,
    greenwood,
    greatest(
        0e0,
        share_reached * share_reached * greenwood
        - 2e0 * share_reached * sum(share_reached * spread + weight * n_reached / n_at_risk) over so_far
        + sum(
            share_reached * share_reached * spread
            + weight * weight * n_reached * (n_at_risk - n_reached) / n_at_risk
            + 2e0 * share_reached * weight * n_reached / n_at_risk
        ) over so_far
    ) as variance_reached
from shares
window so_far as (
    partition by curve_no order by elapsed_days
    rows between unbounded preceding and current row
)
