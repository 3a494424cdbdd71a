-- one row per account: the moment up to which its data are known to be complete
--
-- An open parcel is censored there, not when its own row last changed: that it did not appear in a
-- complete window of updates proves that nothing happened to it. A window beyond a gap proves nothing of
-- the time before it.
with windows as (
    select
        source,
        account,
        window_to_utc,
        coalesce(window_from_utc, timestamp '1970-01-01') as window_from_utc
    from loads
    where is_complete
),

reached as (
    select
        windows.*,
        max(window_to_utc) over (
            partition by source, account
            order by window_from_utc, window_to_utc
            rows between unbounded preceding and 1 preceding
        ) as reached_utc
    from windows
),

chained as (
    select
        reached.*,
        sum(case when window_from_utc > reached_utc then 1 else 0 end) over (
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
