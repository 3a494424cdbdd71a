-- one row per curve: the clock and the group it is of
--
-- Curves have numbers, as those sort and compare much faster than names. A clock that ran for nobody in a
-- group has its curve too.
--
-- depends_on: {{ ref('int_groups') }}
with clocks as (
    select
        0 as clock_no,
        'delivery' as clock
    union all
    select
        1 as clock_no,
        'first_scan' as clock
    union all
    select
        2 as clock_no,
        'resolution' as clock
),

names as (
    select distinct
        group_no,
        group_key
    from int_groups
)

select
    3 * names.group_no + clocks.clock_no as curve_no,
    clocks.clock,
    names.group_no,
    names.group_key
from names
cross join clocks
