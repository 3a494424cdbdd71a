-- one row per tracking of an account that was read completely once, with the parcel it tells of
--
-- One parcel is often told by several trackings: two services, two accounts, a number registered twice. They
-- share the number without separators, the courier, and the quarter of registration (numbers are used again
-- after some months). One of them speaks for the parcel: one that saw it, else one with scans; one that
-- knows of a return (delivered to the sender looks like any other delivery), else of a delivery, else of a
-- loss; one that is still there, as what is gone learns nothing more; then by the source's priority; then the
-- latest news.
--
-- depends_on: {{ ref('stg_trackings') }}
-- depends_on: {{ ref('int_shipment_outcomes') }}
-- depends_on: {{ ref('sources') }}
with named as (
    select
        stg_trackings.tracking_key,
        int_shipment_outcomes.outcome,
        int_shipment_outcomes.last_physical_at_utc,
        int_shipment_outcomes.n_scans,
        int_shipment_outcomes.n_delivered_scans,
        stg_trackings.observed_at_utc,
        coalesce(stg_trackings.updated_at_utc, stg_trackings.created_at_utc) as updated_at_utc,
        stg_trackings.gone_at_utc,
        coalesce(sources.priority, 99) as source_priority,
        coalesce(
            stg_trackings.tracking_number_norm
            || '|' || stg_trackings.courier_code
            || '|' || cast(cast(date_trunc('quarter', stg_trackings.created_at_utc) as date) as varchar),
            stg_trackings.tracking_key
        ) as shipment_key
    from stg_trackings
    inner join int_shipment_outcomes
        on stg_trackings.tracking_key = int_shipment_outcomes.tracking_key
    left join sources
        on stg_trackings.source = sources.source
),

met as (
    select
        named.*,
        max(last_physical_at_utc) over (partition by shipment_key) as parcel_last_physical_at_utc,
        count(*) over (partition by shipment_key) as n_trackings
    from named
)

select
    tracking_key,
    shipment_key,
    row_number() over (
        partition by shipment_key
        order by
            case when last_physical_at_utc is not null then 0 when n_scans > 0 then 1 else 2 end,
            case
                when outcome = 'returned' then 0
                when n_delivered_scans > 0 then 1
                when outcome = 'delivered' then 2
                when outcome <> 'lost' then 4
                -- a loss after which another tracking saw the parcel is none
                when last_physical_at_utc >= parcel_last_physical_at_utc then 3
                else 5
            end,
            case when gone_at_utc is null then 0 else 1 end,
            source_priority asc,
            updated_at_utc desc,
            observed_at_utc desc,
            tracking_key asc
    ) as telling_rank,
    n_trackings
from met
