"""The open copy: ``trackings`` and ``checkpoints`` as Parquet, by source and creation month.

The month is that of the tracking and never changes, so a shipment's scans stay together and a partition
is rewritten as a whole. Each partition is one file, which appears by a rename; ``_state.json`` says what
each held, so that only partitions with changes are written again.
"""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from airflow_provider_trackingmore.store.files import Folder
from airflow_provider_trackingmore.store.warehouse import Warehouse, open_warehouse

if TYPE_CHECKING:
    import duckdb

log = logging.getLogger(__name__)

_STATE = "_state.json"
_BATCH_ROWS = 100_000
_ORDER = {
    "trackings": "tracking_key",
    "checkpoints": "tracking_key, event_at_local, checkpoint_key",
}


def write_parquet(
    warehouse: Warehouse, root: str | os.PathLike[str], source: str | None = None
) -> dict[str, Any]:
    """Bring the Parquet copy up to date and return how many partitions were written.

    Files are ``root/<table>/source=<source>/created_month=<YYYY-MM>/data.parquet``; columns are those of
    the warehouse, with microsecond moments.

    :param warehouse: path of the DuckDB file, or what opens a connection to it.
    :param root: path or URL of the copy.
    :param source: copy this source only; by default all.
    """
    top = Folder.at(root)
    before = top.read_json(_STATE) if _STATE in top.names() else {}
    with open_warehouse(warehouse, must_exist=True) as connection:
        found = _partitions(connection, source)
        changed = {name: state for name, state in found.items() if before.get(name) != state}
        for name in changed:
            for table in _ORDER:
                _write_partition(connection, top, table, *name.split("/", 1))
    # A month empties when a tracking's creation time, unknown at first, becomes known.
    gone = {name for name in before if name not in found and source in (None, name.split("/")[0])}
    for name in gone:
        for table in _ORDER:
            _partition(top, table, *name.split("/", 1)).remove()
    if changed or gone:
        kept = {name: state for name, state in before.items() if name not in gone}
        top.write_json(_STATE, kept | changed)
    rows = sum(state["trackings"] for state in changed.values())
    log.info("parquet: wrote %d of %d partitions, %d trackings, to %s", len(changed), len(found), rows, root)
    return {"path": os.fspath(root), "partitions": len(found), "written": len(changed), "trackings": rows}


def _partitions(connection: duckdb.DuckDBPyConnection, source: str | None) -> dict[str, dict[str, Any]]:
    """Return, per source and month, figures that change with any of its snapshots."""
    rows = connection.execute(
        "SELECT source, created_month, count(*), coalesce(sum(checkpoint_count), 0)::BIGINT,"
        " max(observed_at_utc)::VARCHAR FROM trackings"
        " WHERE ? IS NULL OR source = ? GROUP BY ALL ORDER BY ALL",
        [source, source],
    ).fetchall()
    return {
        f"{name}/{month}": {"trackings": trackings, "checkpoints": checkpoints, "observed_at_utc": observed}
        for name, month, trackings, checkpoints, observed in rows
    }


def _write_partition(
    connection: duckdb.DuckDBPyConnection, top: Folder, table: str, source: str, month: str
) -> None:
    folder = _partition(top, table, source, month)
    rows = connection.sql(
        f"SELECT * EXCLUDE (source, created_month) FROM {table}"  # noqa: S608
        f" WHERE source = ? AND created_month = ? ORDER BY {_ORDER[table]}",
        params=[source, month],
    ).to_arrow_reader(_BATCH_ROWS)
    with (
        folder.writing("data.parquet") as stream,
        pq.ParquetWriter(stream, rows.schema, compression="zstd") as writer,
    ):
        for batch in rows:
            writer.write_batch(batch)


def _partition(top: Folder, table: str, source: str, month: str) -> Folder:
    return top.child(table).child(f"source={source}").child(f"created_month={month}")
