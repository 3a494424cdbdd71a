-- one row per group: how many of its picked-up shipments met an exception
--
-- Ever: any failed attempt, customs hold, loss, return or other exception among the scans. Current: the
-- newest status is one. Unresolved: an open shipment is in one that no scan has resolved, as none does on the
-- way back. Rates are shares of n_shipments; the intervals are Wilson's at 95 %. Returned, lost and expired
-- are ends, not exceptions only.
-- All are so far: what is open may still meet one, so a young week, or a carrier that takes longer, looks
-- better than it will. The limits speak of chance, not of that; compare groups that are equally old.
--
-- depends_on: {{ ref('int_group_counts') }}
-- depends_on: {{ ref('int_rates') }}
with rates as (
    select
        group_key,
        max(case when rate_name = 'exception_ever' then rate end) as ever_rate,
        max(case when rate_name = 'exception_ever' then rate_lower95 end) as ever_rate_lower95,
        max(case when rate_name = 'exception_ever' then rate_upper95 end) as ever_rate_upper95,
        max(case when rate_name = 'exception_current' then rate end) as current_rate,
        max(case when rate_name = 'exception_current' then rate_lower95 end) as current_rate_lower95,
        max(case when rate_name = 'exception_current' then rate_upper95 end) as current_rate_upper95,
        max(case when rate_name = 'exception_unresolved' then rate end) as unresolved_rate,
        max(case when rate_name = 'exception_unresolved' then rate_lower95 end) as unresolved_rate_lower95,
        max(case when rate_name = 'exception_unresolved' then rate_upper95 end) as unresolved_rate_upper95,
        max(case when rate_name = 'returned' then rate end) as returned_rate,
        max(case when rate_name = 'returned' then rate_lower95 end) as returned_rate_lower95,
        max(case when rate_name = 'returned' then rate_upper95 end) as returned_rate_upper95,
        max(case when rate_name = 'lost' then rate end) as lost_rate,
        max(case when rate_name = 'lost' then rate_lower95 end) as lost_rate_lower95,
        max(case when rate_name = 'lost' then rate_upper95 end) as lost_rate_upper95,
        max(case when rate_name = 'expired' then rate end) as expired_rate,
        max(case when rate_name = 'expired' then rate_lower95 end) as expired_rate_lower95,
        max(case when rate_name = 'expired' then rate_upper95 end) as expired_rate_upper95
    from int_rates
    where
        rate_name in (
            'exception_ever', 'exception_current', 'exception_unresolved', 'returned', 'lost', 'expired'
        )
    group by group_key
)

select
    int_group_counts.group_key,
    int_group_counts.grouping_name,
    int_group_counts.courier_code,
    int_group_counts.lane,
    int_group_counts.service_code,
    int_group_counts.pickup_week,
    cast(int_group_counts.n_shipments as bigint) as n_shipments,
    cast(int_group_counts.n_open as bigint) as n_open,
    cast(int_group_counts.n_ever as bigint) as n_ever,
    cast(int_group_counts.n_current as bigint) as n_current,
    cast(int_group_counts.n_unresolved as bigint) as n_unresolved,
    cast(int_group_counts.n_returned as bigint) as n_returned,
    cast(int_group_counts.n_lost as bigint) as n_lost,
    cast(int_group_counts.n_expired as bigint) as n_expired,
    rates.ever_rate,
    rates.ever_rate_lower95,
    rates.ever_rate_upper95,
    rates.current_rate,
    rates.current_rate_lower95,
    rates.current_rate_upper95,
    rates.unresolved_rate,
    rates.unresolved_rate_lower95,
    rates.unresolved_rate_upper95,
    rates.returned_rate,
    rates.returned_rate_lower95,
    rates.returned_rate_upper95,
    rates.lost_rate,
    rates.lost_rate_lower95,
    rates.lost_rate_upper95,
    rates.expired_rate,
    rates.expired_rate_lower95,
    rates.expired_rate_upper95,
    int_group_counts.is_small_sample,
    int_group_counts.is_mature
from int_group_counts
left join rates
    on int_group_counts.group_key = rates.group_key
