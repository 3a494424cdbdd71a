-- one row per check that found rows, the most first; none where all passed
select
    check_name,
    meaning,
    n_rows
from checks
where not is_passed
order by n_rows desc, check_name asc
