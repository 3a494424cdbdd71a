-- severity: fail
-- kept, collapsed and impossible scans together are all scans; none appears from nowhere
--
-- depends_on: {{ ref('int_checkpoints') }}
-- depends_on: {{ ref('stg_checkpoints') }}
with kept as (
    select coalesce(sum(n_told), 0) as n_told
    from int_checkpoints
)

select
    count(*) as n_all,
    max(kept.n_told) as n_kept
from stg_checkpoints
cross join kept
having max(kept.n_told) > count(*)
