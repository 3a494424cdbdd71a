-- one row per type of exception: the share of all shipments that met it
select
    replace(exception_type, '_', ' ') as exception_type,
    n_with_type,
    n_shipments,
    type_rate,
    type_rate_lower95,
    type_rate_upper95
from mart_exception_types
where grouping_name = 'all'
order by type_rate desc, mart_exception_types.exception_type asc
