-- one row per exception episode of a parcel: what happened, how long it took, how it ended
--
-- depends_on: {{ ref('int_exception_episodes') }}
-- depends_on: {{ ref('fct_shipments') }}
select
    fct_shipments.shipment_key,
    int_exception_episodes.episode_no,
    fct_shipments.source,
    fct_shipments.tracking_number,
    fct_shipments.courier_code,
    fct_shipments.lane,
    int_exception_episodes.exception_type,
    int_exception_episodes.episode_state,
    int_exception_episodes.started_at_utc,
    int_exception_episodes.last_exception_at_utc,
    int_exception_episodes.resolved_at_utc,
    int_exception_episodes.episode_days,
    int_exception_episodes.n_scans
from int_exception_episodes
inner join fct_shipments
    on int_exception_episodes.tracking_key = fct_shipments.tracking_key
