-- one row per account: the moment up to which its data are known to be complete
--
-- An open parcel is censored there, not when its own row last changed: that it did not appear in a
-- complete window of updates proves that nothing happened to it. A window beyond a gap proves nothing of
-- the time before it; nor does one that follows without reading the last 15 minutes again, as a change may
-- show up so late. Where everything was read again, that and what was read since counts: it mends an end
-- that a wrong clock told.
with windows as (
    select
        source,
        account,
        window_to_utc,
        started_at_utc,
        window_from_utc is null as is_everything,
        coalesce(window_from_utc, timestamp '1970-01-01') as window_from_utc
    from loads
    where is_complete
),

passes as (
    select
        source,
        account,
        max(started_at_utc) as started_at_utc
    from windows
    where is_everything
    group by source, account
),

counted as (
    select
        windows.source,
        windows.account,
        windows.window_from_utc,
        windows.window_to_utc
    from windows
    left join passes
        on
            windows.source = passes.source
            and windows.account = passes.account
    where coalesce(windows.started_at_utc >= passes.started_at_utc, true)
),

reached as (
    select
        counted.*,
        max(window_to_utc) over (
            partition by source, account
            order by window_from_utc, window_to_utc
            rows between unbounded preceding and 1 preceding
        ) as reached_utc
    from counted
),

chained as (
    select
        reached.*,
        sum(case when window_from_utc > reached_utc - interval '15' minute then 1 else 0 end) over (
            partition by source, account
            order by window_from_utc, window_to_utc
            rows between unbounded preceding and current row
        ) as n_gaps
    from reached
)

select
    source,
    account,
    max(window_to_utc) as as_of_utc
from chained
where n_gaps = 0
group by source, account
