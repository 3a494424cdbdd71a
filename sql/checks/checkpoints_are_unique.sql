-- severity: fail
-- a scan stands in the warehouse once
select
    checkpoint_key,
    count(*) as n_rows
from checkpoints
group by checkpoint_key
having count(*) > 1
