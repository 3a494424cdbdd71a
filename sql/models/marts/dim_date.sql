-- one row per day from 2015 to 2042
with digits as (
    select 0 as digit
    union all
    select 1 as digit
    union all
    select 2 as digit
    union all
    select 3 as digit
    union all
    select 4 as digit
    union all
    select 5 as digit
    union all
    select 6 as digit
    union all
    select 7 as digit
    union all
    select 8 as digit
    union all
    select 9 as digit
),

days as (
    select
        date '2015-01-01'
        + cast(ones.digit + 10 * tens.digit + 100 * hundreds.digit + 1000 * thousands.digit as integer)
            as calendar_day
    from digits as ones
    cross join digits as tens
    cross join digits as hundreds
    cross join digits as thousands
)

select
    calendar_day,
    cast(extract(year from calendar_day) as integer) as year_no,
    cast(extract(month from calendar_day) as integer) as month_no,
    cast(date_trunc('week', calendar_day) as date) as calendar_week,
    cast(date_trunc('month', calendar_day) as date) as calendar_month,
    date_diff('day', cast(date_trunc('week', calendar_day) as date), calendar_day) + 1 as iso_weekday
from days
