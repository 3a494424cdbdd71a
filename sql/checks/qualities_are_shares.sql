-- severity: fail
-- what the data quality counts is part of what there is
--
-- depends_on: {{ ref('mart_data_quality') }}
select
    source,
    measure,
    found_share
from mart_data_quality
where found_share not between 0 and 1
