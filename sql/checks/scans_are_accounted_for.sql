-- severity: fail
-- scans that count and scans left out are together all scans; none is lost and none appears from nowhere
--
-- depends_on: {{ ref('stg_checkpoints') }}
-- depends_on: {{ ref('int_checkpoints') }}
-- depends_on: {{ ref('int_left_out_checkpoints') }}
with kept as (
    select count(*) as n_kept
    from int_checkpoints
),

left_out as (
    select count(*) as n_left_out
    from int_left_out_checkpoints
)

select
    count(*) as n_all,
    max(kept.n_kept) as n_kept,
    max(left_out.n_left_out) as n_left_out
from stg_checkpoints
cross join kept
cross join left_out
having max(kept.n_kept) + max(left_out.n_left_out) <> count(*)
