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

several as (
    select
        shipment_key,
        count(*) as n_trackings,
        max(last_physical_at_utc) as last_physical_at_utc
    from named
    group by shipment_key
    having count(*) > 1
),

ranked as (
    select
        named.tracking_key,
        several.n_trackings,
        row_number() over (
            partition by named.shipment_key
            order by
                case
                    when named.last_physical_at_utc is not null then 0
                    when named.n_scans > 0 then 1
                    else 2
                end,
                case
                    when named.outcome = 'returned' then 0
                    when named.n_delivered_scans > 0 then 1
                    when named.outcome = 'delivered' then 2
                    when named.outcome <> 'lost' then 4
                    -- a loss after which another tracking saw the parcel is none
                    when named.last_physical_at_utc >= several.last_physical_at_utc then 3
                    else 5
                end,
                case when named.gone_at_utc is null then 0 else 1 end,
                named.source_priority asc,
                named.updated_at_utc desc,
                named.observed_at_utc desc,
                named.tracking_key asc
        ) as telling_rank
    from named
    inner join several
        on named.shipment_key = several.shipment_key
)

select
    named.tracking_key,
    named.shipment_key,
    coalesce(ranked.telling_rank, 1) as telling_rank,
    coalesce(ranked.n_trackings, 1) as n_trackings
from named
left join ranked
    on named.tracking_key = ranked.tracking_key
