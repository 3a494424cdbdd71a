"""One guarded merge a run: landing files into the warehouse, in one transaction.

The latest snapshot of a tracking wins as a whole, its checkpoints with it. Newer means a later update
time; at an equal one, which has whole seconds, the later observation wins if it says something else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_provider_trackingmore.exceptions import WarehouseError
from airflow_provider_trackingmore.store.ddl import TABLES
from airflow_provider_trackingmore.tables.schema import CHECKPOINTS, TRACKINGS

if TYPE_CHECKING:
    import duckdb

    from airflow_provider_trackingmore.store.landing import Run

# Day counters tick without a change, and how a snapshot came is not what it says.
_OUTSIDE_CONTENT = {"transit_days", "stay_days", "api_version", "observed_at_utc", "record_no"}
_TRACKING_CONTENT = [name for name in TRACKINGS.names if name not in _OUTSIDE_CONTENT]
_SCAN_CONTENT = [name for name in CHECKPOINTS.names if name not in ("observed_at_utc", "record_no")]

_NEWEST = "coalesce(updated_at_utc, created_at_utc, TIMESTAMP '1970-01-01')"


@dataclass(frozen=True)
class Merged:
    """What a merge did, in trackings; ``checkpoints`` counts those of new and changed ones."""

    distinct: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    checkpoints: int = 0
    rejected: int = 0
    gone: int = 0


def merge(connection: duckdb.DuckDBPyConnection, run: Run) -> Merged:
    """Merge what a run has landed; call inside a transaction."""
    kinds = ("trackings", "checkpoints", "rejected")
    for kind in kinds:
        connection.register(f"landed_{kind}", run.landed(connection, kind))
    try:
        connection.execute(_CHOOSE)
        connection.execute(_DECIDE)
        counts = dict(connection.execute("SELECT action, count(*) FROM decided GROUP BY ALL").fetchall())
        if counts.get("changed"):
            for statement in _replace_changed(_months(connection)):
                connection.execute(statement)
        if counts.get("new"):
            for statement in _insert_new():
                connection.execute(statement)
        ((scans,),) = connection.execute(
            "SELECT coalesce(sum(checkpoint_count), 0)::BIGINT FROM decided WHERE action <> 'unchanged'"
        ).fetchall()
        ((refused,),) = connection.execute(_MERGE_REJECTED).fetchall()
    finally:
        for kind in kinds:
            connection.unregister(f"landed_{kind}")
        connection.execute("DROP TABLE IF EXISTS chosen")
        connection.execute("DROP TABLE IF EXISTS decided")
    return Merged(
        distinct=sum(counts.values()),
        new=counts.get("new", 0),
        changed=counts.get("changed", 0),
        unchanged=counts.get("unchanged", 0),
        checkpoints=scans,
        rejected=refused,
    )


def refuse_other_ids(connection: duckdb.DuckDBPyConnection, run: Run) -> None:
    """Stop if the trackings of another API version stand in the warehouse under other ids.

    That ids are equal over versions is unconfirmed; if they are not, every tracking would double.

    :raises WarehouseError: if numbers and couriers agree and no id does.
    """
    connection.register("landed_trackings", run.landed(connection, "trackings"))
    try:
        ((known, same),) = connection.execute(
            """
            SELECT count(*), count(*) FILTER (t.source_id = l.source_id)
            FROM landed_trackings l
            JOIN trackings t
              ON t.source = l.source AND t.account = l.account AND t.courier_code = l.courier_code
             AND t.tracking_number_norm = l.tracking_number_norm AND t.api_version <> l.api_version
            """
        ).fetchall()
    finally:
        connection.unregister("landed_trackings")
    if known and not same:
        raise WarehouseError(
            f"{known} trackings are in the warehouse under other ids, read through another api_version: "
            "every tracking would double; keep to that api_version, or load into a new warehouse"
        )


# The snapshot that wins among those landed: newest, then observed last.
_CHOOSE = f"""
CREATE OR REPLACE TEMP TABLE chosen AS
SELECT tracking_key,
       max({{'newest': {_NEWEST}, 'observed_at_utc': observed_at_utc, 'record_no': record_no}}) AS best
FROM landed_trackings
GROUP BY tracking_key
"""  # noqa: S608


def _row(columns: list[str], table: str) -> str:
    return f"row({', '.join(f'{table}.{column}' for column in columns)})"


def _scan_digest(table: str, keys: str) -> str:
    """Return SQL for one number per tracking that changes with any of its scans."""
    return f"""
        SELECT {table}.tracking_key, bit_xor(hash({_row(_SCAN_CONTENT, table)})) AS digest
        FROM {table} {keys} GROUP BY {table}.tracking_key"""  # noqa: S608


# Contents are compared only where the times do not decide: rare in a load, everything in a replay.
_DECIDE = f"""
CREATE OR REPLACE TEMP TABLE decided AS
WITH known AS (
    SELECT c.tracking_key, c.best, t.created_month AS stored_month,
           coalesce(t.updated_at_utc, t.created_at_utc, TIMESTAMP '1970-01-01') AS stored_newest,
           t.observed_at_utc AS stored_observed, t.tracking_key IS NOT NULL AS is_known
    FROM chosen c LEFT JOIN trackings t ON t.tracking_key = c.tracking_key
), tied AS (
    SELECT tracking_key, best FROM known
    WHERE is_known AND best.newest = stored_newest AND best.observed_at_utc > stored_observed
), landed_digest AS ({
    _scan_digest(
        "landed_checkpoints",
        "JOIN tied ON tied.tracking_key = landed_checkpoints.tracking_key"
        " AND tied.best.observed_at_utc = landed_checkpoints.observed_at_utc"
        " AND tied.best.record_no = landed_checkpoints.record_no",
    )
}), stored_digest AS ({
    _scan_digest("checkpoints", "JOIN tied ON tied.tracking_key = checkpoints.tracking_key")
}), differing AS (
    SELECT tied.tracking_key
    FROM tied
    JOIN landed_trackings l ON l.tracking_key = tied.tracking_key
     AND l.observed_at_utc = tied.best.observed_at_utc AND l.record_no = tied.best.record_no
    JOIN trackings t ON t.tracking_key = tied.tracking_key
    LEFT JOIN landed_digest ld ON ld.tracking_key = tied.tracking_key
    LEFT JOIN stored_digest sd ON sd.tracking_key = tied.tracking_key
    WHERE {_row(_TRACKING_CONTENT, "l")} IS DISTINCT FROM {_row(_TRACKING_CONTENT, "t")}
       OR ld.digest IS DISTINCT FROM sd.digest
)
SELECT known.tracking_key, best.observed_at_utc AS observed_at_utc, best.record_no AS record_no, stored_month,
       l.created_month, l.checkpoint_count,
       CASE WHEN NOT is_known THEN 'new'
            WHEN best.newest > stored_newest OR differing.tracking_key IS NOT NULL THEN 'changed'
            ELSE 'unchanged' END AS action
FROM known
JOIN landed_trackings l ON l.tracking_key = known.tracking_key
 AND l.observed_at_utc = known.best.observed_at_utc AND l.record_no = known.best.record_no
LEFT JOIN differing ON differing.tracking_key = known.tracking_key
"""  # noqa: S608


def _winners(table: str, action: str) -> str:
    """Return the landed rows of the snapshots that won."""
    return f"""
        SELECT l.* FROM {table} l
        JOIN decided d ON d.tracking_key = l.tracking_key AND d.observed_at_utc = l.observed_at_utc
         AND d.record_no = l.record_no
        WHERE d.action = '{action}'"""  # noqa: S608


def _months(connection: duckdb.DuckDBPyConnection) -> str:
    """Return the creation months the merge touches, as a list of SQL literals."""
    rows = connection.execute(
        "SELECT DISTINCT month FROM (SELECT unnest([stored_month, created_month]) AS month FROM decided"
        " WHERE action = 'changed') WHERE month IS NOT NULL ORDER BY 1"
    ).fetchall()
    return ", ".join("'" + month.replace("'", "''") + "'" for (month,) in rows)


_LANDED_TRACKING = [name for name in TRACKINGS.names if name != "record_no"]
_LANDED_SCAN = [column.name for column in TABLES["checkpoints"][1] if column.name != "first_observed_at_utc"]


def _insert_new() -> list[str]:
    """Return what adds the trackings that are not in the warehouse, and their scans."""
    trackings, scans = ", ".join(_LANDED_TRACKING), ", ".join(_LANDED_SCAN)
    return [
        f"INSERT INTO {table} ({columns}, first_observed_at_utc)"  # noqa: S608
        f" SELECT {columns}, observed_at_utc FROM ({_winners(f'landed_{table}', 'new')})"
        for table, columns in (("trackings", trackings), ("checkpoints", scans))
    ]


def _replace_changed(months: str) -> list[str]:
    """Return what brings known trackings to their new snapshot, touching only their creation months."""
    updates = ", ".join(f"{name} = s.{name}" for name in _LANDED_TRACKING if name != "tracking_key")
    scan_updates = [name for name in _LANDED_SCAN if name != "checkpoint_key"]
    scans = _winners("landed_checkpoints", "changed")
    return [
        f"""
        MERGE INTO trackings t USING ({_winners("landed_trackings", "changed")}) s
        ON t.tracking_key = s.tracking_key
        WHEN MATCHED THEN UPDATE SET {updates},
            status_changed_at_utc = CASE WHEN t.status IS DISTINCT FROM s.status
                THEN coalesce(s.updated_at_utc, s.observed_at_utc) ELSE t.status_changed_at_utc END
        """,
        # Scans that the new snapshot does not have were withdrawn.
        f"""
        DELETE FROM checkpoints
        WHERE created_month IN ({months})
          AND tracking_key IN (SELECT tracking_key FROM decided WHERE action = 'changed')
          AND checkpoint_key NOT IN (SELECT checkpoint_key FROM ({scans}))
        """,  # noqa: S608
        f"""
        MERGE INTO checkpoints t USING ({scans}) s
        ON t.checkpoint_key = s.checkpoint_key AND t.created_month IN ({months})
        WHEN MATCHED AND {_row(scan_updates, "t")} IS DISTINCT FROM {_row(scan_updates, "s")}
            THEN UPDATE SET {", ".join(f"{name} = s.{name}" for name in scan_updates)}
        WHEN NOT MATCHED THEN INSERT ({", ".join(_LANDED_SCAN)}, first_observed_at_utc)
            VALUES ({", ".join(f"s.{name}" for name in _LANDED_SCAN)}, s.observed_at_utc)
        """,  # noqa: S608
    ]


_MERGE_REJECTED = f"""
    MERGE INTO rejected_records t USING (
        SELECT DISTINCT ON (rejected_key) * FROM landed_rejected ORDER BY rejected_key, observed_at_utc
    ) s ON t.rejected_key = s.rejected_key
    WHEN NOT MATCHED THEN INSERT ({", ".join(TABLES["rejected_records"][1].names)})
        VALUES ({", ".join(f"s.{name}" for name in TABLES["rejected_records"][1].names)})
"""  # noqa: S608
