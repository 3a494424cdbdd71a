-- severity: fail
-- a tracking stands in the warehouse once
select
    tracking_key,
    count(*) as n_rows
from trackings
group by tracking_key
having count(*) > 1
