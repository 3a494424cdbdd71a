-- severity: warn
-- the newest load of an account did not complete its window; the next one reads it again
select
    source,
    account,
    window_from_utc,
    window_to_utc
from loads
where
    not is_complete
    and not exists (
        select 1
        from loads as later
        where
            later.source = loads.source
            and later.account = loads.account
            and later.is_complete
            and later.finished_at_utc > loads.finished_at_utc
    )
