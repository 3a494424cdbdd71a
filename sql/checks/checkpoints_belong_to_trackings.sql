-- severity: fail
-- every tracking has exactly the scans that its latest snapshot had
with scans as (
    select
        tracking_key,
        count(*) as n_scans
    from checkpoints
    group by tracking_key
)

select
    trackings.checkpoint_count,
    scans.n_scans,
    coalesce(trackings.tracking_key, scans.tracking_key) as tracking_key
from trackings
full outer join scans
    on trackings.tracking_key = scans.tracking_key
where
    trackings.tracking_key is null
    or trackings.checkpoint_count <> coalesce(scans.n_scans, 0)
