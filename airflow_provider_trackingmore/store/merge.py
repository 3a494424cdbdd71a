"""One guarded merge a run: landing files into the warehouse, in one transaction.

The latest snapshot of a tracking wins as a whole, its checkpoints with it. Newer means a later update
time; at an equal one, which has whole seconds, the later observation wins if it says something else.

What a merge costs follows the run and not the warehouse: of the big tables it reads the keys, and all else
only in the rows where a key of the run was found. Rows that change are deleted and inserted again. An
update in place would write every column of their whole row group anew, which is a hundred thousand rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_provider_trackingmore.exceptions import WarehouseError
from airflow_provider_trackingmore.store.ddl import TABLES
from airflow_provider_trackingmore.tables.schema import CHECKPOINTS, TRACKINGS

if TYPE_CHECKING:
    from collections.abc import Iterable

    import duckdb

    from airflow_provider_trackingmore.store.landing import Run

# Made and dropped by each merge, in this order.
_TEMPORARY = ("chosen", "met", "places", "compared", "decided")

# Day counters tick without a change, and how a snapshot came is not what it says.
_OUTSIDE_CONTENT = {"transit_days", "stay_days", "api_version", "observed_at_utc", "record_no"}
_TRACKING_CONTENT = [name for name in TRACKINGS.names if name not in _OUTSIDE_CONTENT]
_SCAN_CONTENT = [name for name in CHECKPOINTS.names if name not in ("observed_at_utc", "record_no")]


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
    with run.shown(connection):
        connection.execute(_CHOOSE)
        connection.execute(_MEET)
        _find_scans(connection)
        connection.execute(_compare_scans(_stretches(connection)))
        connection.execute(_DECIDE)
        for statement in _REPLACE:
            connection.execute(statement)
        connection.execute(_MERGE_REJECTED)
        ((refused,),) = connection.execute(
            "SELECT count(DISTINCT rejected_key) FROM landed_rejected"
        ).fetchall()
    counts = dict(connection.execute("SELECT action, count(*) FROM decided GROUP BY ALL").fetchall())
    ((scans,),) = connection.execute(
        "SELECT coalesce(sum(checkpoint_count), 0)::BIGINT FROM decided WHERE action <> 'unchanged'"
    ).fetchall()
    # After an error the rollback takes them away.
    for table in _TEMPORARY:
        connection.execute(f"DROP TABLE temp.{table}")
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
    with run.shown(connection):
        ((known, same),) = connection.execute(
            """
            SELECT count(*), count(*) FILTER (t.source_id = l.source_id)
            FROM landed_trackings l
            JOIN trackings t
              ON t.source = l.source AND t.account = l.account AND t.courier_code = l.courier_code
             AND t.tracking_number_norm = l.tracking_number_norm AND t.api_version <> l.api_version
            """
        ).fetchall()
    if known and not same:
        raise WarehouseError(
            f"{known} trackings are in the warehouse under other ids, read through another api_version: "
            "every tracking would double; keep to that api_version, or load into a new warehouse"
        )


def _newest(table: str) -> str:
    return f"coalesce({table}.updated_at_utc, {table}.created_at_utc, TIMESTAMP '1970-01-01')"


def _of(table: str, names: Iterable[str]) -> str:
    return ", ".join(f"{table}.{name}" for name in names)


def _row(names: list[str], table: str) -> str:
    return f"row({_of(table, names)})"


def _is_snapshot(landed: str, chosen: str) -> str:
    """Return SQL for whether a landed row belongs to the snapshot chosen for its tracking."""
    names = ("tracking_key", "page", "record_no")
    return " AND ".join(f"{landed}.{name} = {chosen}.{name}" for name in names)


# The snapshot that wins among those landed: newest, then observed last.
_CHOOSE = f"""
CREATE OR REPLACE TEMP TABLE chosen AS
SELECT tracking_key, unnest(best) FROM (
    SELECT tracking_key, max({{'newest': {_newest("l")}, 'observed_at_utc': observed_at_utc, 'page': page,
                               'record_no': record_no, 'checkpoint_count': checkpoint_count}}) AS best
    FROM landed_trackings l
    GROUP BY tracking_key
)
"""  # noqa: S608

# The columns that no snapshot brings, and what they are after a change: a column without a rule is kept.
_OWN = {name: f"d.{name}" for name in TABLES["trackings"][1].names if name not in TRACKINGS.names} | {
    "first_observed_at_utc": "coalesce(d.first_observed_at_utc, l.observed_at_utc)",
    "first_promised_date": "coalesce(d.first_promised_date, l.promised_date)",
    "status_changed_at_utc": """
        CASE WHEN d.action = 'changed' AND d.status IS DISTINCT FROM l.status
             THEN coalesce(l.updated_at_utc, l.observed_at_utc) ELSE d.status_changed_at_utc END""",
}

# How each snapshot stands to the stored one, and what is kept of that. The key is looked for in the whole
# table: looking in the months of the run would double a tracking that is stored under another month.
_MEET = f"""
CREATE OR REPLACE TEMP TABLE met AS
WITH stored AS (
    SELECT rowid AS place, tracking_key, {_newest("t")} AS newest, observed_at_utc, created_month, status,
           {", ".join(_OWN)}
    FROM trackings t
    WHERE tracking_key IN (SELECT tracking_key FROM chosen)
)
SELECT c.*, s.place, s.created_month, s.status, {_of("s", _OWN)},
       CASE WHEN s.place IS NULL THEN 'new'
            WHEN c.newest > s.newest THEN 'newer'
            WHEN c.newest = s.newest AND c.observed_at_utc > s.observed_at_utc THEN 'tied'
            ELSE 'older' END AS relation
FROM chosen c LEFT JOIN stored s ON s.tracking_key = c.tracking_key
"""  # noqa: S608


def _find_scans(connection: duckdb.DuckDBPyConnection) -> None:
    """Note where the stored scans of trackings that may change stand.

    Scans have the month of their tracking, so row groups of earlier months are not even read for their
    keys. A range is checked once for a whole row group, a list of months for every row.
    """
    (months,) = connection.execute(
        "SELECT min(created_month), max(created_month) FROM met WHERE relation IN ('newer', 'tied')"
    ).fetchall()
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE places AS
        SELECT rowid AS place FROM checkpoints
        WHERE created_month BETWEEN ? AND ?
          AND tracking_key IN (SELECT tracking_key FROM met WHERE relation IN ('newer', 'tied'))
        """,
        months,
    )


# As far as this DuckDB picks rows by an exact map of their places. Beyond, it takes a filter that errs so
# often that all columns of nearly the whole table are read.
_STRETCH = 1 << 25


def _stretches(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Return SQL for each stretch of the checkpoints in which scans were found."""
    rows = connection.execute(f"SELECT DISTINCT place // {_STRETCH} FROM places ORDER BY 1").fetchall()  # noqa: S608
    numbers = [number for (number,) in rows] or [0]
    return [f"BETWEEN {number * _STRETCH} AND {(number + 1) * _STRETCH - 1}" for number in numbers]


def _compare_scans(stretches: list[str]) -> str:
    """Return what sets the stored scans of trackings that may change beside the landed ones.

    Only where the key is on both sides and ``is_same`` holds, a scan stays as it is.
    """
    stored = " UNION ALL ".join(
        f"""
        SELECT rowid AS place, tracking_key, checkpoint_key, first_observed_at_utc,
               hash({_row(_SCAN_CONTENT, "t")}) AS content
        FROM checkpoints t
        WHERE rowid {stretch} AND rowid IN (SELECT place FROM places WHERE place {stretch})
        """  # noqa: S608
        for stretch in stretches
    )
    return f"""
    CREATE OR REPLACE TEMP TABLE compared AS
    WITH stored AS ({stored}), landed AS (
        SELECT l.tracking_key, l.checkpoint_key, hash({_row(_SCAN_CONTENT, "l")}) AS content
        FROM landed_checkpoints l JOIN met ON {_is_snapshot("l", "met")}
        WHERE met.relation IN ('newer', 'tied')
    )
    SELECT tracking_key, checkpoint_key, s.place, s.first_observed_at_utc,
           s.content IS NOT DISTINCT FROM l.content AS is_same
    FROM stored s FULL JOIN landed l USING (tracking_key, checkpoint_key)
    """  # noqa: S608


# Contents are compared only where the times do not decide: rare in a load, everything in a replay.
_DECIDE = f"""
CREATE OR REPLACE TEMP TABLE decided AS
WITH tied AS (
    SELECT * FROM met WHERE relation = 'tied'
), stored AS MATERIALIZED (
    SELECT * FROM trackings WHERE rowid IN (SELECT place FROM tied)
), differing AS (
    SELECT l.tracking_key
    FROM tied
    JOIN landed_trackings l ON {_is_snapshot("l", "tied")}
    JOIN stored t ON t.tracking_key = tied.tracking_key
    WHERE {_row(_TRACKING_CONTENT, "l")} IS DISTINCT FROM {_row(_TRACKING_CONTENT, "t")}
    UNION
    SELECT tracking_key FROM compared WHERE NOT is_same
)
SELECT *, CASE WHEN relation = 'new' THEN 'new'
               WHEN relation = 'newer' OR (relation = 'tied' AND tracking_key IN (FROM differing))
               THEN 'changed' ELSE 'unchanged' END AS action
FROM met
"""  # noqa: S608

_LANDED_TRACKING = [name for name in TRACKINGS.names if name != "record_no"]
_LANDED_SCAN = [column.name for column in TABLES["checkpoints"][1] if column.name != "first_observed_at_utc"]

_REPLACE = (
    "DELETE FROM trackings WHERE rowid IN (SELECT place FROM decided WHERE action = 'changed')",
    f"""
    INSERT INTO trackings ({", ".join([*_LANDED_TRACKING, *_OWN])})
    SELECT {_of("l", _LANDED_TRACKING)}, {", ".join(_OWN.values())}
    FROM landed_trackings l JOIN decided d ON {_is_snapshot("l", "d")}
    WHERE d.action <> 'unchanged'
    """,  # noqa: S608
    # Edited scans come again below; those that the new snapshot does not have were withdrawn.
    """
    DELETE FROM checkpoints WHERE rowid IN (
        SELECT c.place FROM compared c JOIN decided d USING (tracking_key)
        WHERE d.action = 'changed' AND c.place IS NOT NULL AND NOT c.is_same
    )
    """,
    f"""
    INSERT INTO checkpoints ({", ".join(_LANDED_SCAN)}, first_observed_at_utc)
    SELECT {_of("l", _LANDED_SCAN)}, coalesce(c.first_observed_at_utc, l.observed_at_utc)
    FROM landed_checkpoints l JOIN decided d ON {_is_snapshot("l", "d")}
    LEFT JOIN compared c ON c.checkpoint_key = l.checkpoint_key
    WHERE d.action <> 'unchanged' AND c.is_same IS DISTINCT FROM true
    """,  # noqa: S608
)

_MERGE_REJECTED = f"""
    MERGE INTO rejected_records t USING (
        SELECT DISTINCT ON (rejected_key) * FROM landed_rejected ORDER BY rejected_key, observed_at_utc
    ) s ON t.rejected_key = s.rejected_key
    WHEN NOT MATCHED THEN INSERT ({", ".join(TABLES["rejected_records"][1].names)})
        VALUES ({", ".join(f"s.{name}" for name in TABLES["rejected_records"][1].names)})
"""  # noqa: S608
