-- one row per clock and group: days within which a share of all waits reached what they waited for
--
-- Read off the curve; null where it has not got that far yet, and never extrapolated. The 95 % limits
-- invert the curve's band. naive_: the same over the waits that are over, for comparison; most dashboards
-- show that.
--
-- depends_on: {{ ref('int_curve_moments') }}
-- depends_on: {{ ref('int_curve_names') }}
-- depends_on: {{ ref('int_curves') }}
with totals as (
    select
        int_curve_names.clock,
        int_curve_moments.curve_no,
        nullif(sum(int_curve_moments.n_reached), 0e0) as n_reached_ever
    from int_curve_moments
    inner join int_curve_names
        on int_curve_moments.curve_no = int_curve_names.curve_no
    group by int_curve_names.clock, int_curve_moments.curve_no
),

steps as (
    select
        int_curves.*,
        int_curves.n_reached_so_far / totals.n_reached_ever as naive_share,
        -- where everything is reached there is no band: nothing less is possible than all, nothing more is
        -- sure than before
        case when int_curves.share_reached >= 1e0 - 1e-12 then 1e0 else int_curves.share_reached_upper95 end
            as upper_share
    from int_curves
    inner join totals
        on
            int_curves.clock = totals.clock
            and int_curves.curve_no = totals.curve_no
)

select
    clock,
    group_key,
    max(n_at_risk) as n_followed,
    cast(sum(n_reached) as bigint) as n_reached,
    max(share_reached) as share_reached,
    max(elapsed_days) as followed_until_days,
    min(case when share_reached >= 0.50e0 - 1e-12 then elapsed_days end) as p50_days,
    min(case when upper_share >= 0.50e0 - 1e-12 then elapsed_days end) as p50_lower95,
    min(case when share_reached_lower95 >= 0.50e0 - 1e-12 then elapsed_days end) as p50_upper95,
    min(case when share_reached >= 0.80e0 - 1e-12 then elapsed_days end) as p80_days,
    min(case when upper_share >= 0.80e0 - 1e-12 then elapsed_days end) as p80_lower95,
    min(case when share_reached_lower95 >= 0.80e0 - 1e-12 then elapsed_days end) as p80_upper95,
    min(case when share_reached >= 0.90e0 - 1e-12 then elapsed_days end) as p90_days,
    min(case when upper_share >= 0.90e0 - 1e-12 then elapsed_days end) as p90_lower95,
    min(case when share_reached_lower95 >= 0.90e0 - 1e-12 then elapsed_days end) as p90_upper95,
    min(case when share_reached >= 0.95e0 - 1e-12 then elapsed_days end) as p95_days,
    min(case when upper_share >= 0.95e0 - 1e-12 then elapsed_days end) as p95_lower95,
    min(case when share_reached_lower95 >= 0.95e0 - 1e-12 then elapsed_days end) as p95_upper95,
    min(case when share_reached >= 0.99e0 - 1e-12 then elapsed_days end) as p99_days,
    min(case when upper_share >= 0.99e0 - 1e-12 then elapsed_days end) as p99_lower95,
    min(case when share_reached_lower95 >= 0.99e0 - 1e-12 then elapsed_days end) as p99_upper95,
    -- in whole microseconds, which add up alike in every order
    sum(n_reached * cast(round(elapsed_days * 86400e6) as bigint)) / 86400e6 / nullif(sum(n_reached), 0)
        as naive_mean_days,
    min(case when naive_share >= 0.50e0 - 1e-12 then elapsed_days end) as naive_p50_days,
    min(case when naive_share >= 0.90e0 - 1e-12 then elapsed_days end) as naive_p90_days
from steps
group by curve_no, clock, group_key
