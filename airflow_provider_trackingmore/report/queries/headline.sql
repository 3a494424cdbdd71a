-- one row: the figures of all shipments together; none before the first shipment is picked up
with known as (
    select
        count(distinct courier_code) as n_carriers,
        max(as_of_utc) as as_of_utc,
        min(as_of_utc) as least_as_of_utc
    from fct_shipments
    where picked_up_at_utc is not null
),

stalled as (
    select
        count(case when is_handed_over then 1 end) as n_stalled,
        count(case when is_handed_over and has_unresolved_exception then 1 end) as n_stalled_in_exception,
        count(case when not is_handed_over then 1 end) as n_never_handed_over
    from mart_stalled_shipments
)

select
    times.n_shipments,
    times.n_open,
    times.p50_days,
    times.p50_lower95,
    times.p50_upper95,
    times.naive_p50_days,
    times.p90_days,
    times.p90_lower95,
    times.p90_upper95,
    times.naive_p90_days,
    promises.n_due,
    promises.no_promise_share,
    promises.on_time_rate,
    promises.on_time_rate_lower95,
    promises.on_time_rate_upper95,
    promises.passed_on_time_rate,
    attempts.first_attempt_rate,
    attempts.first_attempt_rate_lower95,
    attempts.first_attempt_rate_upper95,
    exceptions.ever_rate,
    exceptions.ever_rate_lower95,
    exceptions.ever_rate_upper95,
    exceptions.lost_rate,
    exceptions.lost_rate_lower95,
    exceptions.lost_rate_upper95,
    exceptions.returned_rate,
    exceptions.returned_rate_lower95,
    exceptions.returned_rate_upper95,
    exceptions.expired_rate,
    exceptions.expired_rate_lower95,
    exceptions.expired_rate_upper95,
    stalled.n_stalled,
    stalled.n_stalled_in_exception,
    stalled.n_never_handed_over,
    known.n_carriers,
    known.as_of_utc,
    known.least_as_of_utc
from mart_delivery_time_quantiles as times
inner join mart_on_time as promises
    on times.group_key = promises.group_key
inner join mart_first_attempt as attempts
    on times.group_key = attempts.group_key
inner join mart_exception_rates as exceptions
    on times.group_key = exceptions.group_key
cross join known
cross join stalled
where times.grouping_name = 'all'
