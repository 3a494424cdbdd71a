-- one row per point of a curve, of all shipments and of the twelve carriers with most of them; and one row
-- each, per carrier, for where half and 90 % of its shipments are delivered; none before the first delivery
--
-- Thinned to sixteen points per unit of the square root of the days, which is how the axis is drawn. Where
-- parcels are registered late, a curve is drawn from where ten of them are followed.
with carriers as (
    select
        group_key,
        grouping_name,
        courier_code,
        n_shipments,
        p50_days,
        p50_upper95,
        p90_days,
        p90_upper95,
        naive_p50_days is not null as has_delivered,
        row_number() over (
            partition by grouping_name order by n_shipments desc, courier_code asc
        ) as size_rank
    from mart_delivery_time_quantiles
    where
        grouping_name in ('all', 'carrier')
        and n_timed > 0
),

followed as (
    select
        mart_delivery_survival.*,
        max(n_at_risk) over (
            partition by group_key order by days_since_pickup desc
            rows between unbounded preceding and current row
        ) as most_at_risk_from_here
    from mart_delivery_survival
),

points as (
    select
        carriers.*,
        followed.days_since_pickup,
        followed.share_delivered,
        followed.share_delivered_lower95,
        followed.share_delivered_upper95,
        row_number() over (
            partition by carriers.group_key, floor(sqrt(followed.days_since_pickup) * 16e0)
            order by followed.days_since_pickup desc
        ) as backward_rank
    from carriers
    inner join followed
        on carriers.group_key = followed.group_key
    where
        followed.days_since_pickup <= 60e0
        and (followed.n_at_risk >= 10e0 or followed.most_at_risk_from_here < 10e0)
),

points_and_marks as (
    select
        grouping_name as drawn_for,
        courier_code,
        n_shipments,
        size_rank,
        days_since_pickup,
        share_delivered,
        share_delivered_lower95 as lower95,
        share_delivered_upper95 as upper95
    from points
    where backward_rank = 1
    union all
    select
        case when p50_upper95 is null then 'reached_or_later' else 'reached' end as drawn_for,
        courier_code,
        n_shipments,
        size_rank,
        p50_days as days_since_pickup,
        0.5e0 as share_delivered,
        null as lower95,
        null as upper95
    from carriers
    where grouping_name = 'carrier'
    union all
    select
        case when p90_upper95 is null then 'reached_or_later' else 'reached' end as drawn_for,
        courier_code,
        n_shipments,
        size_rank,
        p90_days as days_since_pickup,
        0.9e0 as share_delivered,
        null as lower95,
        null as upper95
    from carriers
    where grouping_name = 'carrier'
    union all
    select
        'nothing' as drawn_for,
        courier_code,
        n_shipments,
        size_rank,
        0e0 as days_since_pickup,
        0e0 as share_delivered,
        null as lower95,
        null as upper95
    from carriers
    where
        grouping_name = 'carrier'
        and not has_delivered
)

select
    drawn_for,
    courier_code,
    n_shipments,
    size_rank,
    days_since_pickup,
    round(share_delivered, 4) as share_delivered,
    round(lower95, 4) as lower95,
    round(upper95, 4) as upper95
from points_and_marks
where
    size_rank <= 12
    and days_since_pickup <= 60e0
    and true in (select carriers.has_delivered from carriers)
order by drawn_for asc, size_rank asc, days_since_pickup asc
