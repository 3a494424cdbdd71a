-- one row per stretch of a curve: how the curve stood when the stretch began
--
-- While waits only reach what they waited for, the curve is a straight line in the number at risk, and a sum
-- over its moments folds up to a difference of two ends. So running sums, dear along millions of moments, run
-- along the stretches, and the moment that ends a stretch is added by itself. Products are written as sums of
-- logarithms, which every engine has.
--
-- depends_on: {{ ref('int_curve_moments') }}
with stretches as (
    select
        curve_no,
        stretch_no,
        max(n_at_risk) as n_at_start,
        min(n_at_risk) as n_at_end,
        min(n_at_risk - n_ended) as n_staying,
        min(n_at_risk) - min(n_at_risk - n_reached) as n_reached
    from int_curve_moments
    -- not who enters while nobody is there
    where n_at_risk > 0e0
    group by curve_no, stretch_no
),

hazards as (
    select
        stretches.*,
        -- a product that reaches zero is a logarithm without end; this one is small enough to be nothing
        case when n_staying > 0e0 then ln(n_staying / n_at_start) else -700e0 end as log_staying,
        (n_at_start - n_at_end) / (n_at_start * n_at_end) as spread,
        case
            when n_staying > 0e0 then (n_at_end - n_staying) / (n_at_end * n_staying) else 0e0
        end as end_spread
    from stretches
),

-- what a first stretch finds before it is a sum of nothing, which is null
summed as (
    select
        hazards.*,
        sum(log_staying) over before_it as log_open,
        sum(spread + end_spread) over before_it as greenwood,
        sum(n_at_start - n_at_end + n_reached) over before_it as n_reached_before
    from hazards
    window before_it as (
        partition by curve_no
        order by stretch_no desc
        rows between unbounded preceding and 1 preceding
    )
),

open_shares as (
    select
        summed.*,
        case when log_open < -650e0 then 0e0 else exp(coalesce(log_open, 0e0)) end as share_open
    from summed
),

jumps as (
    select
        open_shares.*,
        share_open * ((n_at_start - n_at_end + n_reached) / n_at_start) as jump,
        share_open / n_at_start * (n_reached / n_at_end) as end_jump
    from open_shares
),

shares as (
    select
        jumps.*,
        coalesce(
            sum(jump) over (
                partition by curve_no
                order by stretch_no desc
                rows between unbounded preceding and 1 preceding
            ),
            0e0
        ) as share_reached
    from jumps
),

-- of the delta-method variance, sorted by powers of the share at a moment
terms as (
    select
        shares.*,
        (share_reached + share_open) * spread
        + (share_reached + jump) * end_spread
        + end_jump as linear_term,
        (share_reached + share_open) * (share_reached + share_open) * spread
        + (share_reached + jump) * (share_reached + jump) * end_spread
        + 2e0 * (share_reached + jump) * end_jump
        + share_open / n_at_start * end_jump * (n_at_end - n_reached) as constant_term
    from shares
)

select
    curve_no,
    stretch_no,
    n_at_start,
    share_open,
    share_reached,
    coalesce(n_reached_before, 0e0) as n_reached_before,
    coalesce(greenwood, 0e0) as greenwood,
    coalesce(sum(linear_term) over before_it, 0e0) as linear_variance,
    coalesce(sum(constant_term) over before_it, 0e0) as constant_variance
from terms
window before_it as (
    partition by curve_no
    order by stretch_no desc
    rows between unbounded preceding and 1 preceding
)
