-- one row per clock, group and number of days at which a wait ended or its following stopped
--
-- Kaplan-Meier share still open, Aalen-Johansen shares of the ends, and the delta-method variance of the
-- share reached with its 95 % band on the log-log scale. Products are written as sums of logarithms, which
-- every engine has. Who comes under observation late is at risk from then on only.
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
exits as (
    select
        curve_no,
        elapsed_days,
        0e0 as n_entering,
        count(*) * 1e0 as n_exit,
        count(case when ending <> 'open' then 1 end) * 1e0 as n_ended,
        count(case when ending = 'reached' then 1 end) * 1e0 as n_reached,
        count(case when ending = 'returned' then 1 end) * 1e0 as n_returned,
        count(case when ending = 'lost' then 1 end) * 1e0 as n_lost,
        count(case when ending = 'expired' then 1 end) * 1e0 as n_expired
    from waits
    group by curve_no, elapsed_days
),

entries as (
    select
        curve_no,
        from_days as elapsed_days,
        count(*) * 1e0 as n_entering,
        0e0 as n_exit,
        0e0 as n_ended,
        0e0 as n_reached,
        0e0 as n_returned,
        0e0 as n_lost,
        0e0 as n_expired
    from waits
    where from_days > 0e0
    group by curve_no, from_days
),

moments as (
    select * from exits
    union all
    select * from entries
),

-- at risk: whose exit is still to come, less those who have not entered yet
followed as (
    select
        moments.*,
        sum(n_exit - n_entering) over (
            partition by curve_no
            order by elapsed_days desc, n_entering desc
            rows between unbounded preceding and current row
        ) as n_at_risk
    from moments
),

hazards as (
    select
        followed.*,
        -- a product that reaches zero is a logarithm without end; this one is small enough to be nothing
        case when n_ended < n_at_risk then ln(1e0 - n_ended / n_at_risk) else -700e0 end as log_staying,
        case
            when n_ended < n_at_risk then n_ended / (n_at_risk * (n_at_risk - n_ended)) else 0e0
        end as spread
    from followed
    where n_exit > 0e0
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
        logs.*,
        case when log_open < -650e0 then 0e0 else exp(log_open) end as share_open,
        case when log_open - log_staying < -650e0 then 0e0 else exp(log_open - log_staying) end / n_at_risk
            as weight
    from logs
),

shares as (
    select
        open_shares.*,
        sum(weight * n_reached) over so_far as share_reached,
        sum(weight * n_returned) over so_far as share_returned,
        sum(weight * n_lost) over so_far as share_lost,
        sum(weight * n_expired) over so_far as share_expired
    from open_shares
    window so_far as (
        partition by curve_no order by elapsed_days
        rows between unbounded preceding and current row
    )
),

-- the delta-method variance, sorted by powers of the share at the end
variances as (
    select
        shares.*,
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
),

-- at a share of nothing or of everything the band has no width, or nothing but rounding
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
),

names as (
    select distinct
        curve_no,
        clock,
        group_key
    from int_clocks
)

select
    bands.curve_no,
    names.clock,
    names.group_key,
    bands.elapsed_days,
    cast(bands.n_at_risk as bigint) as n_at_risk,
    cast(bands.n_exit as bigint) as n_exit,
    cast(bands.n_ended as bigint) as n_ended,
    cast(bands.n_reached as bigint) as n_reached,
    cast(bands.n_reached_so_far as bigint) as n_reached_so_far,
    bands.share_open,
    bands.share_reached,
    bands.share_returned,
    bands.share_lost,
    bands.share_expired,
    bands.variance_reached,
    exp(-exp(bands.reached_loglog + bands.reached_reach)) as share_reached_lower95,
    exp(-exp(bands.reached_loglog - bands.reached_reach)) as share_reached_upper95,
    exp(-exp(bands.open_loglog + bands.open_reach)) as share_open_lower95,
    exp(-exp(bands.open_loglog - bands.open_reach)) as share_open_upper95
from bands
inner join names
    on bands.curve_no = names.curve_no
