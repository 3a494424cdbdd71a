-- one row per group and eighth of a day since the first physical scan: the delivery curve with its band
--
-- Of every three hours the last moment at which something ended, so that a large group stays small; the full
-- curve, one row per moment, is int_curves in the warehouse, and quantiles are read from that.
--
-- depends_on: {{ ref('int_curves') }}
-- depends_on: {{ ref('int_group_counts') }}
with ranked as (
    select
        int_curves.*,
        row_number() over (
            partition by curve_no, floor(elapsed_days * 8e0)
            order by elapsed_days desc
        ) as backward_rank
    from int_curves
    where clock = 'delivery'
)

select
    ranked.group_key,
    int_group_counts.grouping_name,
    int_group_counts.courier_code,
    int_group_counts.lane,
    int_group_counts.service_code,
    int_group_counts.pickup_week,
    ranked.elapsed_days as days_since_pickup,
    ranked.n_at_risk,
    ranked.n_ended,
    ranked.n_reached as n_delivered,
    ranked.share_open,
    ranked.share_open_lower95,
    ranked.share_open_upper95,
    ranked.share_reached as share_delivered,
    ranked.share_reached_lower95 as share_delivered_lower95,
    ranked.share_reached_upper95 as share_delivered_upper95,
    ranked.variance_reached as share_delivered_variance,
    ranked.share_returned,
    ranked.share_lost,
    ranked.share_expired
from ranked
inner join int_group_counts
    on ranked.group_key = int_group_counts.group_key
where ranked.backward_rank = 1
