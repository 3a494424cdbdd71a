-- one row per country and day: whether it is a business day, and its number in that country's count
--
-- Business days after one date up to and with another are the difference of their numbers. Weekends come from
-- seed weekends, '??' standing for every country it does not name; holidays from seed holidays. A country is
-- here when a parcel goes there.
--
-- depends_on: {{ ref('dim_date') }}
-- depends_on: {{ ref('stg_trackings') }}
-- depends_on: {{ ref('weekends') }}
-- depends_on: {{ ref('holidays') }}
with countries as (
    select distinct destination_country as country
    from stg_trackings
    where destination_country is not null
),

calendars as (
    select
        countries.country,
        case when count(weekends.country) > 0 then countries.country else '??' end as weekend_of
    from countries
    left join weekends
        on countries.country = weekends.country
    group by countries.country
),

days as (
    select
        calendars.country,
        dim_date.calendar_day,
        weekends.country is not null as is_weekend,
        holidays.holiday_date is not null as is_holiday
    from calendars
    cross join dim_date
    left join weekends
        on
            calendars.weekend_of = weekends.country
            and dim_date.iso_weekday = weekends.iso_weekday
    left join holidays
        on
            calendars.country = holidays.country
            and dim_date.calendar_day = holidays.holiday_date
)

select
    country,
    calendar_day,
    is_weekend,
    is_holiday,
    not is_weekend and not is_holiday as is_business_day,
    cast(sum(case when is_weekend or is_holiday then 0 else 1 end) over (
        partition by country
        order by calendar_day
        rows between unbounded preceding and current row
    ) as bigint) as business_day_no
from days
