-- severity: warn
-- a sub-status that status_map does not know, on a tracking or a scan; its status was used instead
--
-- depends_on: {{ ref('status_map') }}
select
    told.source,
    told.substatus,
    count(*) as n_rows
from (
    select
        source,
        substatus
    from trackings
    union all
    select
        source,
        substatus
    from checkpoints
) as told
left join status_map
    on
        told.source = status_map.source
        and told.substatus = status_map.substatus
where
    told.substatus is not null
    and status_map.substatus is null
group by told.source, told.substatus
