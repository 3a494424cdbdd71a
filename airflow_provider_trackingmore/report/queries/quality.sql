-- one row per source and measure, the largest share first
select
    source,
    measure,
    meaning,
    n_found,
    n_of,
    found_share
from mart_data_quality
order by source asc, found_share desc, measure asc
