-- one row per curve and number of days at which waits ended, or their following stopped or began
--
-- Moments stand in stretches: waits do nothing but reach what they waited for, until a moment, the last of
-- its stretch, at which something else happens too. Stretches are counted from the curve's end.
--
-- depends_on: {{ ref('int_clocks') }}
with moments as (
    select
        curve_no,
        elapsed_days,
        -- doubles at once, as running sums of integers are wider and slower
        count(*) * 1e0 as n_leaving,
        count(case when ending <> 'open' then 1 end) * 1e0 as n_ended,
        count(case when ending = 'reached' then 1 end) * 1e0 as n_reached
    from int_clocks
    where
        from_days = 0e0
        or from_days < elapsed_days
    group by curve_no, elapsed_days
    union all
    select
        curve_no,
        from_days as elapsed_days,
        count(*) * -1e0 as n_leaving,
        0e0 as n_ended,
        0e0 as n_reached
    from int_clocks
    where
        from_days > 0e0
        and from_days < elapsed_days
    group by curve_no, from_days
),

-- a running sum along millions of moments is dear, so one carries two: who leaves adds 1, and a moment that
-- ends a stretch adds 2^-26, which is exact for up to 67 million of both in one curve
summed as (
    select
        moments.*,
        sum(n_leaving + case when n_leaving = n_reached then 0e0 else 1e0 / 67108864e0 end) over (
            partition by curve_no
            order by elapsed_days desc, n_leaving asc
            rows between unbounded preceding and current row
        ) as from_here
    from moments
)

-- at risk: who is still to leave, less those who have not entered yet
select
    curve_no,
    elapsed_days,
    n_leaving,
    n_ended,
    n_reached,
    floor(from_here) as n_at_risk,
    (from_here - floor(from_here)) * 67108864e0 as stretch_no
from summed
