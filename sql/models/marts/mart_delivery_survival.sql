-- one row per group and eighth of a day since the first physical scan: the delivery curve with its band
--
-- Of every three hours the last moment at which something ended or its following stopped, so that a large
-- group stays small, with all that ended in them; the full curve, one row per moment, is int_curves in the
-- warehouse, and quantiles are read from that. Few parcels end other than delivered, so their shares are
-- added up for these moments alone.
--
-- depends_on: {{ ref('int_clocks') }}
-- depends_on: {{ ref('int_curve_moments') }}
-- depends_on: {{ ref('int_curve_names') }}
-- depends_on: {{ ref('int_curves') }}
-- depends_on: {{ ref('int_group_counts') }}
with last_steps as (
    select
        int_curve_moments.curve_no,
        floor(int_curve_moments.elapsed_days * 8e0) as eighth_no,
        max(int_curve_moments.elapsed_days) as elapsed_days,
        sum(int_curve_moments.n_ended) as n_ended,
        sum(int_curve_moments.n_reached) as n_reached
    from int_curve_moments
    inner join int_curve_names
        on int_curve_moments.curve_no = int_curve_names.curve_no
    where
        int_curve_names.clock = 'delivery'
        and int_curve_moments.n_leaving > 0e0
    group by int_curve_moments.curve_no, floor(int_curve_moments.elapsed_days * 8e0)
),

other_ends as (
    select
        int_clocks.curve_no,
        int_clocks.elapsed_days,
        int_curves.weight,
        count(case when int_clocks.ending = 'returned' then 1 end) as n_returned,
        count(case when int_clocks.ending = 'lost' then 1 end) as n_lost,
        count(case when int_clocks.ending = 'expired' then 1 end) as n_expired
    from int_clocks
    inner join int_curves
        on
            int_clocks.curve_no = int_curves.curve_no
            and int_clocks.clock = int_curves.clock
            and int_clocks.elapsed_days = int_curves.elapsed_days
    where
        int_clocks.clock = 'delivery'
        and int_clocks.ending in ('returned', 'lost', 'expired')
        and (int_clocks.from_days = 0e0 or int_clocks.from_days < int_clocks.elapsed_days)
    group by int_clocks.curve_no, int_clocks.elapsed_days, int_curves.weight
),

-- in the order of days, so that it rounds alike on every machine
summed as (
    select
        curve_no,
        elapsed_days,
        sum(weight * n_returned) over so_far as share_returned,
        sum(weight * n_lost) over so_far as share_lost,
        sum(weight * n_expired) over so_far as share_expired
    from other_ends
    window so_far as (
        partition by curve_no order by elapsed_days
        rows between unbounded preceding and current row
    )
),

of_eighths as (
    select
        curve_no,
        floor(elapsed_days * 8e0) as eighth_no,
        max(share_returned) as share_returned,
        max(share_lost) as share_lost,
        max(share_expired) as share_expired
    from summed
    group by curve_no, floor(elapsed_days * 8e0)
),

shares as (
    select
        last_steps.curve_no,
        last_steps.elapsed_days,
        last_steps.n_ended,
        last_steps.n_reached,
        max(coalesce(of_eighths.share_returned, 0e0)) over so_far as share_returned,
        max(coalesce(of_eighths.share_lost, 0e0)) over so_far as share_lost,
        max(coalesce(of_eighths.share_expired, 0e0)) over so_far as share_expired
    from last_steps
    left join of_eighths
        on
            last_steps.curve_no = of_eighths.curve_no
            and last_steps.eighth_no = of_eighths.eighth_no
    window so_far as (
        partition by last_steps.curve_no order by last_steps.elapsed_days
        rows between unbounded preceding and current row
    )
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
    cast(shares.n_ended as bigint) as n_ended,
    cast(shares.n_reached as bigint) as n_delivered,
    int_curves.share_open,
    int_curves.share_open_lower95,
    int_curves.share_open_upper95,
    int_curves.share_reached as share_delivered,
    int_curves.share_reached_lower95 as share_delivered_lower95,
    int_curves.share_reached_upper95 as share_delivered_upper95,
    int_curves.variance_reached as share_delivered_variance,
    shares.share_returned,
    shares.share_lost,
    shares.share_expired
from int_curves
inner join shares
    on
        int_curves.curve_no = shares.curve_no
        and int_curves.elapsed_days = shares.elapsed_days
inner join int_group_counts
    on int_curves.group_key = int_group_counts.group_key
where int_curves.clock = 'delivery'
