-- severity: fail
-- what the data quality counts is part of what there is
select
    source,
    measure,
    found_share
from mart_data_quality
where found_share not between 0 and 1
