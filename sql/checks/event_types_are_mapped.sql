-- severity: warn
-- a status or sub-status that status_map does not know; add it there
select
    source,
    status,
    substatus,
    count(*) as n_scans
from checkpoints
where event_type = 'unknown'
group by source, status, substatus
