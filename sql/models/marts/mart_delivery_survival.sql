-- one row per group and eighth of a day since the first physical scan: the delivery curve with its band
--
-- Of every three hours the last moment at which something ended, so that a large group stays small; the full
-- curve, one row per moment, is int_curves in the warehouse, and quantiles are read from that.
--
-- depends_on: {{ ref('int_curves') }}
-- depends_on: {{ ref('int_group_counts') }}
with last_steps as (
    select
        curve_no,
        max(elapsed_days) as elapsed_days
    from int_curves
    where clock = 'delivery'
    group by curve_no, floor(elapsed_days * 8e0)
)

select
    int_curves.group_key,
    int_group_counts.grouping_name,
    int_group_counts.courier_code,
    int_group_counts.lane,
    int_group_counts.service_code,
    int_group_counts.pickup_week,
    int_curves.elapsed_days as days_since_pickup,
    int_curves.n_at_risk,
    int_curves.n_ended,
    int_curves.n_reached as n_delivered,
    int_curves.share_open,
    int_curves.share_open_lower95,
    int_curves.share_open_upper95,
    int_curves.share_reached as share_delivered,
    int_curves.share_reached_lower95 as share_delivered_lower95,
    int_curves.share_reached_upper95 as share_delivered_upper95,
    int_curves.variance_reached as share_delivered_variance,
    int_curves.share_returned,
    int_curves.share_lost,
    int_curves.share_expired
from int_curves
inner join last_steps
    on
        int_curves.curve_no = last_steps.curve_no
        and int_curves.elapsed_days = last_steps.elapsed_days
inner join int_group_counts
    on int_curves.group_key = int_group_counts.group_key
where int_curves.clock = 'delivery'
