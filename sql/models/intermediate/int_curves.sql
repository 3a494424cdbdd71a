-- one row per clock, group and number of days at which a wait ended or its following stopped
--
-- Kaplan-Meier share still open, Aalen-Johansen share reached and the delta-method variance of that: what the
-- stretch began with, and how far along it the moment is. Who comes under observation late is at risk from
-- then on only. The 95 % bands are on the log-log scale; at a share of nothing or of everything a band has no
-- width, or nothing but rounding, and is null.
--
-- depends_on: {{ ref('int_curve_moments') }}
-- depends_on: {{ ref('int_curve_names') }}
-- depends_on: {{ ref('int_curve_stretches') }}
with steps as (
    select
        int_curve_moments.curve_no,
        int_curve_moments.elapsed_days,
        int_curve_moments.n_at_risk,
        int_curve_moments.n_ended,
        int_curve_moments.n_reached,
        int_curve_moments.n_at_risk - int_curve_moments.n_ended as n_staying,
        int_curve_stretches.n_at_start,
        int_curve_stretches.n_reached_before,
        int_curve_stretches.share_open as open_before,
        int_curve_stretches.share_reached as reached_before,
        int_curve_stretches.greenwood as greenwood_before,
        int_curve_stretches.linear_variance,
        int_curve_stretches.constant_variance,
        int_curve_stretches.n_at_start - int_curve_moments.n_at_risk as n_left_along,
        int_curve_stretches.n_at_start - int_curve_moments.n_at_risk + int_curve_moments.n_reached
            as n_reached_along
    from int_curve_moments
    inner join int_curve_stretches
        on
            int_curve_moments.curve_no = int_curve_stretches.curve_no
            and int_curve_moments.stretch_no = int_curve_stretches.stretch_no
    where int_curve_moments.n_leaving > 0e0
),

shares as (
    select
        steps.*,
        open_before / n_at_start as weight,
        -- divided first, so that a share of all is 1 and not nearly so
        open_before * (n_staying / n_at_start) as share_open,
        reached_before + open_before * (n_reached_along / n_at_start) as share_reached,
        open_before * ((n_at_risk - n_reached) / n_at_start) as share_unreached,
        n_left_along / (n_at_start * n_at_risk) as spread_along,
        case when n_staying > 0e0 then n_ended / (n_at_risk * n_staying) else 0e0 end as spread
    from steps
),

variances as (
    select
        shares.*,
        greenwood_before + spread_along + spread as greenwood,
        greatest(
            0e0,
            share_reached * share_reached * greenwood_before
            - 2e0 * share_reached * linear_variance
            + constant_variance
            + share_unreached * share_unreached * spread_along
            + weight * weight * n_reached * (n_at_risk - n_reached) / n_at_risk
        ) as variance_reached
    from shares
),

bands as (
    select
        variances.*,
        case
            when share_reached > 0e0 and share_reached < 1e0 - 1e-12
                then ln(-ln(share_reached))
        end as reached_loglog,
        case
            when share_reached > 0e0 and share_reached < 1e0 - 1e-12
                then 1.959963984540054e0 * sqrt(variance_reached) / (share_reached * abs(ln(share_reached)))
        end as reached_reach,
        case when share_open > 0e0 and share_open < 1e0 then ln(-ln(share_open)) end as open_loglog,
        case
            when share_open > 0e0 and share_open < 1e0
                then 1.959963984540054e0 * sqrt(greenwood) / abs(ln(share_open))
        end as open_reach
    from variances
)

select
    bands.curve_no,
    int_curve_names.clock,
    int_curve_names.group_key,
    bands.elapsed_days,
    bands.share_open,
    bands.share_reached,
    bands.weight,
    bands.variance_reached,
    cast(bands.n_at_risk as bigint) as n_at_risk,
    cast(bands.n_ended as bigint) as n_ended,
    cast(bands.n_reached as bigint) as n_reached,
    cast(bands.n_reached_before + bands.n_reached_along as bigint) as n_reached_so_far,
    exp(-exp(bands.reached_loglog + bands.reached_reach)) as share_reached_lower95,
    exp(-exp(bands.reached_loglog - bands.reached_reach)) as share_reached_upper95,
    exp(-exp(bands.open_loglog + bands.open_reach)) as share_open_lower95,
    exp(-exp(bands.open_loglog - bands.open_reach)) as share_open_upper95
from bands
inner join int_curve_names
    on bands.curve_no = int_curve_names.curve_no
