-- one row per curve: the clock and the group it is of
--
-- depends_on: {{ ref('int_clocks') }}
select distinct
    curve_no,
    clock,
    group_key
from int_clocks
