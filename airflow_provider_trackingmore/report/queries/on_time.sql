-- one row per carrier whose promises have come due, the twelve with most of them
with due as (
    select
        mart_on_time.*,
        row_number() over (order by n_due desc, courier_code asc) as size_rank
    from mart_on_time
    where
        grouping_name = 'carrier'
        and n_due > 0
)

select
    courier_code,
    size_rank,
    n_due,
    n_overdue,
    on_time_rate,
    on_time_rate_lower95,
    on_time_rate_upper95,
    n_passed,
    passed_on_time_rate,
    delivered_on_time_rate
from due
where size_rank <= 12
order by size_rank
