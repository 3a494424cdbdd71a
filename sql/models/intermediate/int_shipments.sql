-- one row per tracking of an account that was read completely once, with the parcel it tells of
--
-- One parcel is often told by several trackings: two services, two accounts, a number registered twice. They
-- share the number without separators, the courier, and the quarter of registration (numbers are used again
-- after some months). One of them speaks for the parcel: one that saw it, else one with scans; one that
-- knows of a return (delivered to the sender looks like any other delivery), else of a delivery, else of a
-- loss; one whose times can be told; one that is still there, as what is gone learns nothing more. While
-- none knows of an end, it is one that was read up to the newest day (were it an older one, parcels would be
-- followed for less the slower they are), and of those one that saw the parcel last. Then the source's
-- priority counts, then the latest news.
--
-- depends_on: {{ ref('stg_trackings') }}
-- depends_on: {{ ref('int_as_of') }}
-- depends_on: {{ ref('int_shipment_outcomes') }}
-- depends_on: {{ ref('sources') }}
with named as (
    select
        stg_trackings.tracking_key,
        coalesce(
            nullif(stg_trackings.tracking_number_norm, '')
            || '|' || stg_trackings.courier_code
            || '|' || cast(cast(date_trunc('quarter', stg_trackings.created_at_utc) as date) as varchar),
            stg_trackings.tracking_key
        ) as shipment_key
    from stg_trackings
    inner join int_as_of
        on
            stg_trackings.source = int_as_of.source
            and stg_trackings.account = int_as_of.account
),

several as (
    select
        shipment_key,
        count(*) as n_trackings
    from named
    group by shipment_key
    having count(*) > 1
),

-- few parcels are told by several trackings, and only of those it is looked up what each tells
told as (
    select
        named.tracking_key,
        named.shipment_key,
        several.n_trackings,
        int_shipment_outcomes.outcome,
        int_shipment_outcomes.timing_quality,
        int_shipment_outcomes.last_physical_at_utc,
        int_shipment_outcomes.exit_at_utc,
        int_shipment_outcomes.n_scans,
        int_shipment_outcomes.n_delivered_scans,
        stg_trackings.gone_at_utc,
        stg_trackings.observed_at_utc,
        coalesce(stg_trackings.updated_at_utc, stg_trackings.created_at_utc) as updated_at_utc,
        cast(int_as_of.as_of_utc as date) as as_of_date,
        coalesce(sources.priority, 99) as source_priority,
        min(int_shipment_outcomes.returning_at_utc) over (partition by named.shipment_key)
            as any_returning_at_utc,
        max(int_shipment_outcomes.last_found_at_utc) over (partition by named.shipment_key)
            as any_found_at_utc
    from named
    inner join several
        on named.shipment_key = several.shipment_key
    inner join stg_trackings
        on named.tracking_key = stg_trackings.tracking_key
    inner join int_as_of
        on
            stg_trackings.source = int_as_of.source
            and stg_trackings.account = int_as_of.account
    inner join int_shipment_outcomes
        on named.tracking_key = int_shipment_outcomes.tracking_key
    left join sources
        on stg_trackings.source = sources.source
),

ranked as (
    select
        tracking_key,
        n_trackings,
        row_number() over (
            partition by shipment_key
            order by
                case
                    when last_physical_at_utc is not null then 0
                    when n_scans > 0 then 1
                    else 2
                end,
                case
                    when outcome = 'returned' then 0
                    -- after the way back began that another tracking tells of, it was delivered to the sender
                    when outcome = 'delivered' and any_returning_at_utc <= exit_at_utc then 5
                    when outcome = 'delivered' and n_delivered_scans > 0 then 1
                    when outcome = 'delivered' then 2
                    when outcome <> 'lost' then 4
                    -- a loss after which another tracking found the parcel is none
                    when coalesce(any_found_at_utc > exit_at_utc, false) then 5
                    else 3
                end,
                case when timing_quality = 'ok' then 0 else 1 end,
                case when gone_at_utc is null then 0 else 1 end,
                case when outcome in ('open', 'expired') then as_of_date end desc,
                case when outcome in ('open', 'expired') then last_physical_at_utc end desc,
                source_priority asc,
                updated_at_utc desc,
                observed_at_utc desc,
                tracking_key asc
        ) as telling_rank
    from told
)

select
    named.tracking_key,
    named.shipment_key,
    coalesce(ranked.telling_rank, 1) as telling_rank,
    coalesce(ranked.n_trackings, 1) as n_trackings
from named
left join ranked
    on named.tracking_key = ranked.tracking_key
