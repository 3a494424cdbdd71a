-- severity: fail
-- a tracking has exception episodes if and only if an exception is among its physical scans
--
-- depends_on: {{ ref('int_shipment_outcomes') }}
-- depends_on: {{ ref('int_exception_episodes') }}
select coalesce(int_shipment_outcomes.tracking_key, int_exception_episodes.tracking_key) as tracking_key
from int_shipment_outcomes
full outer join int_exception_episodes
    on int_shipment_outcomes.tracking_key = int_exception_episodes.tracking_key
where
    int_shipment_outcomes.tracking_key is null
    or (int_shipment_outcomes.first_exception_at_utc is not null)
    <> (int_exception_episodes.tracking_key is not null)
    or int_exception_episodes.episode_days < 0
