"""A warehouse of many parcels, written straight into its canonical tables: what the models are measured on.

Parcels live like the sandbox's: eight carriers on their lanes, labels before pick-ups, hubs, customs, depots,
rings by day; some are never scanned, lost, returned or given up, and the last weeks are still on the road.
About one scan in fourteen is told by both legs, one parcel in five meets an exception, every other has a
promised date and every third a service. Most carriers tell the minute, two the second, and of one scan in
fifty the date only. One parcel in fifty is told by a second service too, scan by scan as it happens, with a
gap in its last windows. Everything is drawn from hashes, so equal arguments give equal rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_trackingmore.store.warehouse import open_warehouse

if TYPE_CHECKING:
    from pathlib import Path

# What a parcel of a carrier and lane is like: median days, spread, and the odds of what goes wrong.
LANES = """
SELECT * FROM (VALUES
    ('dhl', 'DE', 'DE', 1.8, 0.35, 6), ('dhl', 'DE', 'FR', 3.1, 0.35, 4), ('dhl', 'DE', 'GB', 4.2, 0.45, 3),
    ('dhl', 'CN', 'DE', 6.5, 0.40, 2), ('dhl', 'US', 'DE', 5.1, 0.40, 2),
    ('usps', 'US', 'US', 4.4, 0.50, 8), ('usps', 'US', 'GB', 9.5, 0.50, 2),
    ('usps', 'US', 'DE', 10.5, 0.55, 1),
    ('ups', 'US', 'US', 3.2, 0.35, 8), ('ups', 'DE', 'US', 4.8, 0.35, 3), ('ups', 'GB', 'GB', 1.9, 0.35, 3),
    ('fedex', 'US', 'US', 2.9, 0.35, 7), ('fedex', 'CN', 'US', 5.2, 0.40, 4),
    ('fedex', 'FR', 'US', 5.6, 0.40, 1),
    ('china-post', 'CN', 'US', 18.0, 0.40, 6), ('china-post', 'CN', 'DE', 19.5, 0.45, 4),
    ('china-post', 'CN', 'FR', 20.0, 0.45, 3), ('china-post', 'CN', 'GB', 17.5, 0.45, 3),
    ('royal-mail', 'GB', 'GB', 2.4, 0.45, 7), ('royal-mail', 'GB', 'FR', 5.9, 0.50, 2),
    ('gls', 'DE', 'DE', 1.9, 0.35, 5), ('gls', 'FR', 'DE', 3.4, 0.40, 3), ('gls', 'DE', 'FR', 3.5, 0.4, 3),
    ('4px', 'CN', 'US', 12.0, 0.40, 5), ('4px', 'CN', 'GB', 11.0, 0.40, 3), ('4px', 'CN', 'FR', 12.5, 0.40, 2)
) AS lanes (courier, origin, destination, median_days, spread, weight)
"""
PLACES = """
SELECT * FROM (VALUES
    ('DE', 60, ['LEIPZIG', 'KOELN', 'HUBSTADT', 'NEUDORF AM SEE', 'BEISPIELHEIM'], 'GERMANY'),
    ('US', -300, ['NEWARK', 'OLD HARBOR', 'COPPER WELLS', 'EAST QUARRY', 'LONE MEADOW'], 'UNITED STATES'),
    ('GB', 0, ['LEEDS', 'MARKET EXAMPLE', 'STOW', 'NORTH CANAL', 'ELY'], 'UNITED KINGDOM'),
    ('FR', 60, ['LYON', 'SAINT-TRI', 'VILLE-EXEMPLE', 'PONT', 'REIMS'], 'FRANCE'),
    ('CN', 480, ['SHENZHEN', 'HANGZHOU', 'YIWU', 'WUHAN', 'XIAMEN'], 'CHINA')
) AS places (country, offset_minutes, cities, country_name)
"""
# Every scan: what the service says, what it means, and the carrier's words.
KINDS = """
SELECT * FROM (VALUES
    ('label', 'inforeceived', 'inforeceived001', 'label_created', false, false,
        'Shipment information received'),
    ('accepted', 'transit', 'transit001', 'in_transit', true, false, 'Accepted at the counter in {}'),
    ('hub_in', 'transit', 'transit002', 'arrived', true, false, 'Arrived at sort facility {}, to be sorted'),
    ('hub_out', 'transit', 'transit001', 'in_transit', true, false, 'Departed from sort facility {}'),
    ('cleared', 'transit', 'transit005', 'customs_cleared', true, false,
        'Clearance processing complete at {}'),
    ('depot', 'transit', 'transit003', 'arrived', true, false, 'Arrived at delivery facility {}'),
    ('held', 'exception', 'exception006', 'customs_hold', true, true, 'Held by customs, papers are missing'),
    ('delay', 'exception', 'exception005', 'exception_other', true, true,
        'Delayed, further details expected'),
    ('out', 'pickup', 'pickup001', 'out_for_delivery', true, false, 'Shipment is out with courier in {}'),
    ('ready', 'pickup', 'pickup002', 'ready_for_pickup', true, false, 'Ready for collection at {}'),
    ('failed', 'undelivered', 'undelivered002', 'attempt_failed', true, true,
        'Recipient not home, notice left'),
    ('done', 'delivered', 'delivered001', 'delivered', true, false, 'Delivered, {}'),
    ('lost', 'exception', 'exception007', 'lost_damaged', true, true, 'Shipment lost, search concluded'),
    ('turned', 'exception', 'exception011', 'returning', true, true, 'Shipment is being returned to shipper'),
    ('returned', 'exception', 'exception010', 'returned', true, true, 'Returned to shipper')
) AS kinds (kind, status, substatus, event_type, is_physical, is_exception, words)
"""


def make_world(path: Path, trackings: int, scans_each: int = 15) -> tuple[int, int]:
    """Make a warehouse; return how many trackings and checkpoints it holds."""
    with open_warehouse(path) as connection:
        connection.execute("SET memory_limit = '6GB'")
        # A page holds the scans of a tracking together, so the tables do too.
        connection.execute("SET preserve_insertion_order = true")
        connection.execute(
            "CREATE TEMP MACRO draw(i, what) AS hash(i || '/' || what) / 18446744073709551616.0"
        )
        connection.execute(
            "CREATE TEMP MACRO bell(i, what) AS"
            " sqrt(-2 * ln(1 - draw(i, what))) * cos(6.283185307179586 * draw(i, what || '2'))"
        )
        for name, made in (("lanes", LANES), ("places", PLACES), ("kinds", KINDS)):
            connection.execute(f"CREATE TEMP TABLE {name} AS {made}")
        connection.execute(_PARCELS.format(trackings=trackings, road=scans_each - 4))
        connection.execute("CREATE TEMP TABLE scans AS " + _SCANS)
        connection.execute("INSERT INTO checkpoints BY NAME " + _CHECKPOINTS)
        connection.execute("INSERT INTO trackings BY NAME " + _TRACKINGS)
        connection.execute(
            "INSERT INTO loads BY NAME SELECT 'world' AS run_id, 'trackingmore' AS source,"
            " 'default' AS account, 'v4' AS api_version, timestamp '2026-11-20' AS window_to_utc,"
            " true AS is_complete, timestamp '2026-11-20' AS finished_at_utc"
        )
        for table, told in (("trackings", _TOLD_TRACKINGS), ("checkpoints", _TOLD_CHECKPOINTS)):
            connection.execute(f"INSERT INTO {table} BY NAME {told}")
        connection.execute("INSERT INTO loads BY NAME " + _TOLD_LOADS)
        ((parcels, scans),) = connection.execute(
            "SELECT (SELECT count(*) FROM trackings), (SELECT count(*) FROM checkpoints)"
        ).fetchall()
    return parcels, scans


# start_s, ends_s: seconds from the registration to the pick-up and the end.
_PARCELS = """
CREATE TEMP TABLE parcels AS
WITH numbered AS (
    SELECT lanes.*, sum(weight) OVER (ORDER BY courier, origin, destination) AS upto,
        sum(weight) OVER () AS total
    FROM lanes
),
drawn AS (
    SELECT i, draw(i, 'lane') AS at_lane, draw(i, 'fate') AS fate_draw,
        timestamp '2026-11-20' - to_seconds((draw(i, 'created') * 100 * 86400)::BIGINT) AS created_at
    FROM range({trackings}) AS parcels (i)
),
placed AS (
    SELECT i, created_at, courier, origin, destination,
        CASE WHEN fate_draw < 0.025 THEN 'unscanned' WHEN fate_draw < 0.045 THEN 'returned'
            WHEN fate_draw < 0.052 THEN 'lost' WHEN fate_draw < 0.08 THEN 'expired'
            ELSE 'delivered' END AS fate,
        CASE WHEN draw(i, 'late') < 0.04 THEN -(0.2 + 5.8 * draw(i, 'late2')) * 86400
            ELSE exp(2.6 + 0.6 * bell(i, 'latency')) * 3600 END AS start_s,
        greatest(0.3, least(45, median_days * exp(spread * bell(i, 'days')))) AS days,
        greatest(3, {road} - 5 + floor(11 * draw(i, 'road')))::INTEGER AS n_road,
        draw(i, 'failed') < 0.06 AND fate_draw >= 0.08 AS fails_first,
        draw(i, 'delay') < 0.07 AS is_delayed,
        origin <> destination AND draw(i, 'held') < 0.12 AS is_held,
        draw(i, 'label') < 0.9 AS has_label,
        courier IN ('dhl', '4px') AS has_seconds
    FROM drawn
    JOIN numbered ON at_lane * total >= upto - weight AND at_lane * total < upto
)
SELECT placed.*,
    -- somebody rings between half past eight and half past seven in the evening, local time
    CASE WHEN fate = 'delivered'
        THEN greatest(
            start_s + 4 * 3600,
            epoch(date_trunc('day', created_at + to_seconds((start_s + days * 86400)::BIGINT)))
            + 30600 + draw(i, 'ring') * 39600 - 60 * there.offset_minutes - epoch(created_at))
        ELSE start_s + days * 86400 END AS ends_s
FROM placed
JOIN places AS there ON there.country = placed.destination
"""

# at_s: seconds from the registration; side: the origin's or the destination's country.
_SCANS = """
WITH steps AS (
    SELECT i, 0 AS k, 'label' AS kind, least(start_s - 1200, -1800 + 3600 * draw(i, 'l')) AS at_s,
        false AS is_there
    FROM parcels WHERE has_label
    UNION ALL
    SELECT i, 1, 'accepted', start_s, false FROM parcels WHERE fate <> 'unscanned'
    UNION ALL
    SELECT i, 2 + k,
        CASE WHEN is_held AND k = n_road // 2 THEN 'held' WHEN is_delayed AND k = n_road - 2 THEN 'delay'
            WHEN is_held AND k = n_road // 2 + 1 THEN 'cleared' WHEN k = n_road - 1 THEN 'depot'
            WHEN k % 2 = 0 THEN 'hub_in' ELSE 'hub_out' END,
        start_s + (ends_s - start_s) * 0.9 * (k + 0.2 + 0.7 * draw(i, k)) / n_road,
        k >= n_road // 2
    FROM parcels, range(n_road) AS road (k)
    -- what is lost or given up on stops somewhere on its way
    WHERE fate IN ('delivered', 'returned') OR (fate <> 'unscanned' AND k < n_road * draw(i, 'stop'))
    UNION ALL
    SELECT i, 100, 'out', ends_s - 3 * 3600 * draw(i, 'out') - 60, true FROM parcels
    WHERE fate IN ('delivered', 'returned')
    UNION ALL
    SELECT i, 101, CASE WHEN fate = 'returned' OR fails_first THEN 'failed' ELSE 'done' END, ends_s, true
    FROM parcels WHERE fate IN ('delivered', 'returned')
    UNION ALL
    SELECT i, 102, CASE WHEN draw(i, 'shop') < 0.3 THEN 'ready' ELSE 'out' END, ends_s + 20 * 3600, true
    FROM parcels WHERE fails_first
    UNION ALL
    SELECT i, 103, 'done', ends_s + (22 + 6 * draw(i, 'again')) * 3600, true FROM parcels WHERE fails_first
    UNION ALL
    SELECT i, 104, 'turned', ends_s + 2 * 86400, true FROM parcels WHERE fate = 'returned'
    UNION ALL
    SELECT i, 105, 'returned', ends_s + 2 * 86400 + (ends_s - start_s), false
    FROM parcels WHERE fate = 'returned'
    UNION ALL
    SELECT i, 106, 'lost', ends_s + 15 * 86400, true FROM parcels WHERE fate = 'lost'
    UNION ALL
    -- marked as delivered in the depot, and found the next day
    SELECT i, 107, 'depot', ends_s + 14 * 3600, true FROM parcels
    WHERE fate = 'delivered' AND NOT fails_first AND draw(i, 'mis') < 0.008
),
timed AS (
    SELECT steps.i, steps.k, steps.kind, steps.is_there, parcels.courier, parcels.created_at,
        CASE WHEN steps.is_there THEN parcels.destination ELSE parcels.origin END AS country,
        CASE WHEN parcels.has_seconds THEN date_trunc('second', moment)
            ELSE date_trunc('minute', moment) END AS at_utc,
        draw(steps.i, 'place' || steps.k) AS place_draw,
        draw(steps.i, 'twice' || steps.k) < 0.07 AS is_told_twice
    FROM steps
    JOIN parcels USING (i),
    LATERAL (SELECT parcels.created_at + to_microseconds((steps.at_s * 1e6)::BIGINT) AS moment) AS moments
),
seen AS (
    SELECT timed.*, kinds.* EXCLUDE (kind), places.* EXCLUDE (country),
        cities[1 + floor(place_draw * 5)::INTEGER] AS city,
        timed.kind = 'label' OR place_draw * 50 % 1 < 0.12 AS is_nowhere
    FROM timed JOIN kinds USING (kind) JOIN places USING (country)
    WHERE at_utc <= timestamp '2026-11-20'
)
SELECT seen.*, 0 AS telling, CASE WHEN is_there THEN 'destination' ELSE 'origin' END AS leg FROM seen
UNION ALL
SELECT seen.*, 1 AS telling, CASE WHEN is_there THEN 'origin' ELSE 'destination' END AS leg FROM seen
WHERE is_told_twice
"""

_CHECKPOINTS = """
WITH dated AS (
    SELECT *, at_utc + to_minutes(offset_minutes) AS at_local,
        (place_draw * 313 + telling * 0.5) % 1 < 0.02 AS has_no_hour
    FROM scans
),
told AS (
    SELECT *, CASE WHEN has_no_hour THEN date_trunc('day', at_local) ELSE at_local END AS told_local
    FROM dated
)
SELECT md5(i || '-' || k || '-' || telling) AS checkpoint_key,
    'trackingmore:default:' || md5(i::VARCHAR) AS tracking_key,
    'trackingmore' AS source,
    leg,
    courier AS leg_courier_code,
    k AS source_seq,
    CASE WHEN has_no_hour THEN told_local::DATE::VARCHAR
        ELSE strftime(told_local, '%Y-%m-%dT%H:%M:%S') END AS event_time_raw,
    told_local AS event_at_local,
    CASE WHEN is_nowhere THEN told_local ELSE told_local - to_minutes(offset_minutes) END AS event_at_utc,
    CASE WHEN is_nowhere THEN 'assumed_utc' ELSE 'location_inferred' END AS time_basis,
    CASE WHEN has_no_hour THEN 'date' ELSE 'second' END AS time_precision,
    status, substatus, event_type, is_physical, is_exception,
    replace(words, '{}', city) || CASE WHEN place_draw * 997 % 1 < 0.1 THEN ' #' || i * 31 + k ELSE '' END
        AS description,
    CASE WHEN NOT is_nowhere THEN city || ' - ' || country_name END AS location,
    CASE WHEN NOT is_nowhere THEN country END AS country,
    CASE WHEN NOT is_nowhere THEN city END AS city,
    strftime(created_at, '%Y-%m') AS created_month,
    timestamp '2026-11-20' AS first_observed_at_utc
FROM told
ORDER BY i, leg, k
"""

_TRACKINGS = """
WITH told AS (
    SELECT i, count(*) AS n_scans, max(at_utc) AS last_at, arg_max((status, substatus), (at_utc, k)) AS newest
    FROM scans GROUP BY i
),
known AS (
    SELECT *, fate = 'expired' AND last_at + INTERVAL 30 DAY < timestamp '2026-11-20' AS is_expired
    FROM parcels LEFT JOIN told USING (i)
)
SELECT 'trackingmore:default:' || md5(i::VARCHAR) AS tracking_key,
    'trackingmore' AS source,
    'default' AS account,
    md5(i::VARCHAR) AS source_id,
    upper(left(courier, 2)) || ' ' || 100000000 + i AS tracking_number,
    left(courier, 2) || 100000000 + i AS tracking_number_norm,
    courier AS courier_code,
    CASE WHEN i % 3 = 0 THEN 'express' END AS service_code,
    'SO-' || i AS order_number,
    CASE WHEN is_expired THEN 'expired' ELSE coalesce(newest[1], 'pending') END AS status,
    CASE WHEN is_expired THEN 'expired001' ELSE newest[2] END AS substatus,
    origin AS origin_country,
    destination AS destination_country,
    CASE WHEN i % 4 = 0 THEN created_at - INTERVAL 1 DAY END AS order_placed_at_local,
    CASE WHEN i % 2 = 0 THEN (created_at + to_seconds((86400 * (1 + 1.3 * days))::BIGINT))::DATE END
        AS promised_date,
    created_at AS created_at_utc,
    greatest(created_at, last_at) AS updated_at_utc,
    CASE WHEN is_expired THEN last_at + INTERVAL 30 DAY END AS status_changed_at_utc,
    coalesce(n_scans, 0) AS checkpoint_count,
    strftime(created_at, '%Y-%m') AS created_month,
    'v4' AS api_version,
    timestamp '2026-11-20' AS observed_at_utc,
    timestamp '2026-11-20' AS first_observed_at_utc
FROM known
ORDER BY i
"""

# The second service: the same parcels and scans under keys of its own.
_TOLD_TRACKINGS = """
SELECT * REPLACE ('aftership:default:' || source_id AS tracking_key, 'aftership' AS source,
    '2026-07' AS api_version, created_at_utc AS first_observed_at_utc)
FROM trackings WHERE hash(source_id || '/told') % 50 = 0
"""
_TOLD_CHECKPOINTS = """
SELECT checkpoints.* REPLACE (
    md5(checkpoint_key || '/told') AS checkpoint_key,
    told.tracking_key AS tracking_key,
    'aftership' AS source,
    CASE time_basis WHEN 'location_inferred' THEN 'explicit_offset' ELSE time_basis END AS time_basis,
    event_at_utc + to_seconds((600 + 30000 * draw(checkpoint_key, 'seen'))::BIGINT) AS first_observed_at_utc
)
FROM checkpoints
JOIN trackings AS told ON checkpoints.tracking_key = 'trackingmore:default:' || told.source_id
WHERE told.source = 'aftership'
ORDER BY told.source_id, leg, source_seq
"""
_TOLD_LOADS = """
SELECT 'told-' || window_to_utc AS run_id, 'aftership' AS source, 'default' AS account,
    '2026-07' AS api_version, window_from_utc, window_to_utc, true AS is_complete,
    window_to_utc AS finished_at_utc
FROM (VALUES
    (NULL, timestamp '2026-11-10'), (timestamp '2026-11-09', timestamp '2026-11-18'),
    (timestamp '2026-11-19', timestamp '2026-11-20')
) AS windows (window_from_utc, window_to_utc)
"""
