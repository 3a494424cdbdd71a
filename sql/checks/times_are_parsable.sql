-- severity: warn
-- scan times in no known form; the scan is kept, and left out of the models
select
    checkpoint_key,
    event_time_raw
from checkpoints
where time_basis = 'unparsable'
