-- severity: fail
-- kept, collapsed and impossible scans together are all scans; none appears from nowhere
select
    count(*) as n_all,
    max(kept.n_told) as n_kept
from stg_checkpoints
cross join (
    select coalesce(sum(n_told), 0) as n_told
    from int_checkpoints
) as kept
having max(kept.n_told) > count(*)
