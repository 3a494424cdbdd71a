"""The open copy: ``trackings`` and ``checkpoints`` as Parquet, by source and creation month.

The month is that of the tracking and never changes, so a shipment's scans stay together and a partition
is rewritten as a whole. ``_state.json`` says what each partition held, so that only those with changes are
written again.

On a local disk the root is a link to a snapshot that never changes: a folder with hard links to what was
there before and new files for what changed. Whoever resolves the root once (``os.path.realpath``) reads one
whole run, for an hour after the next one at least. Whoever goes through the link meets whole files only, but
files of two runs if it moves between listing and opening them, or none where a month has just become empty.

An object store has no links: each file appears whole, ``_state.json`` last, and until then a reader may meet
files of two runs.
"""

from __future__ import annotations

import logging
import os
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from airflow_provider_trackingmore.exceptions import ConfigurationError, WarehouseError
from airflow_provider_trackingmore.store.files import Folder
from airflow_provider_trackingmore.store.snapshots import Snapshots, link_tree
from airflow_provider_trackingmore.store.warehouse import PATIENCE, Warehouse, open_warehouse, transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    import duckdb

log = logging.getLogger(__name__)

_STATE, _DATA = "_state.json", "data.parquet"
_BATCH_ROWS = 100_000
_KEEP = timedelta(hours=1)
_ORDER = {
    "trackings": "tracking_key",
    "checkpoints": "tracking_key, event_at_local, checkpoint_key",
}


def write_parquet(
    warehouse: Warehouse,
    root: str | os.PathLike[str],
    source: str | None = None,
    *,
    patience: float = PATIENCE,
) -> dict[str, Any]:
    """Bring the Parquet copy up to date and return how many partitions were written.

    Files are ``root/<table>/source=<source>/created_month=<YYYY-MM>/data.parquet``; columns are those of
    the warehouse, with microsecond moments.

    :param warehouse: path of the DuckDB file, or what opens a connection to it.
    :param root: path of the copy, which becomes a link, or a URL (``file://`` for a disk without links).
    :param source: copy this source only; by default all.
    :param patience: seconds to wait for another run that holds the warehouse, or writes the same copy.
    :raises ConfigurationError: if the root is a file, holds other things, or cannot be written.
    :raises WarehouseBusyError: if the other run takes longer.
    :raises WarehouseError: if there is no warehouse yet, or the copy tells of trackings it never knew.
    """
    with (
        _draft(root, patience) as (top, show),
        open_warehouse(warehouse, must_exist=True, patience=patience) as connection,
    ):
        # Below a URL only the warehouse keeps writers apart.
        top.remove_unfinished()
        before = top.read_json(_STATE) if _STATE in top.names() else {}
        # One state of all partitions, also while another thread of this process loads.
        with transaction(connection):
            found = _partitions(connection, source)
            changed = {name: state for name, state in found.items() if before.get(name) != state}
            # A month empties when a tracking's creation time, unknown at first, becomes known.
            gone = {name for name in before if name not in found and source in (None, name.split("/")[0])}
            _refuse_unknown_trackings(connection, top, (*changed, *gone), root)
            for name in changed:
                for table in _ORDER:
                    _write_partition(connection, top, table, *name.split("/", 1))
        for name in gone:
            for table in _ORDER:
                _partition(top, table, *name.split("/", 1)).remove()
        if changed or gone:
            kept = {name: state for name, state in before.items() if name not in gone}
            top.write_json(_STATE, kept | changed)
            show()
    rows = sum(state["trackings"] for state in changed.values())
    log.info("parquet: wrote %d of %d partitions, %d trackings, to %s", len(changed), len(found), rows, root)
    return {"path": os.fspath(root), "partitions": len(found), "written": len(changed), "trackings": rows}


@contextmanager
def _draft(root: str | os.PathLike[str], patience: float) -> Iterator[tuple[Folder, Callable[[], None]]]:
    """Give the folder to change, as it was, and what makes the changes visible."""
    if "://" in os.fspath(root):
        yield Folder.at(root), lambda: None
        return
    snapshots = Snapshots.at(root, "the Parquet root", _KEEP)
    _refuse_others(snapshots.path)
    with snapshots.draft(patience) as draft:
        shown = snapshots.shown()
        if shown:
            link_tree(shown, draft.path)
        yield Folder.at(draft.path), draft.show


def _refuse_others(root: Path) -> None:
    """Refuse a file, and a folder with anything but a copy in it, which would be moved away with it."""
    if root.is_file():
        raise ConfigurationError(f"the Parquet root {root} is a file; give the path of a folder")
    if root.is_dir() and not root.is_symlink():
        others = {path.name for path in root.iterdir()} - {*_ORDER, _STATE}
        others = {name for name in others if not name.startswith(f".{_STATE}.")}
        if others:
            raise ConfigurationError(
                f"the Parquet root {root} holds other things ({min(others)}); give it a folder of its own"
            )


def _refuse_unknown_trackings(
    connection: duckdb.DuckDBPyConnection, top: Folder, months: Iterable[str], root: str | os.PathLike[str]
) -> None:
    """Refuse to write over trackings that the warehouse never knew; one that it knew it never forgets."""
    folders = [_partition(top, "trackings", *name.split("/", 1)) for name in months]
    files = [f"{folder.path}/{_DATA}" for folder in folders if _DATA in folder.names()]
    if not files:
        return
    connection.register("copied", top.dataset(files))
    ((unknown,),) = connection.execute(
        "SELECT count(*) FROM copied ANTI JOIN trackings USING (tracking_key)"
    ).fetchall()
    connection.unregister("copied")
    if unknown:
        raise WarehouseError(
            f"the Parquet copy at {os.fspath(root)} holds trackings that the warehouse never knew"
            f" ({unknown:,}): it is that of another warehouse, or of one that was lost; give another root, or"
            " fill a new warehouse from it with restore()"
        )


def _partitions(connection: duckdb.DuckDBPyConnection, source: str | None) -> dict[str, dict[str, Any]]:
    """Return, per source and month, figures that change with any of its snapshots, and with the columns."""
    ((columns,),) = connection.execute(
        "SELECT md5(string_agg(concat_ws(' ', table_name, column_name, data_type), ','"
        " ORDER BY table_name, column_index)) FROM duckdb_columns()"
        " WHERE database_name = current_database() AND schema_name = 'main' AND list_contains(?, table_name)",
        [list(_ORDER)],
    ).fetchall()
    # The latest observation is not enough, one that was landed earlier may be merged later; nor the number of
    # marks on what is gone, of which one may pass to another tracking. One text, because the hash of several
    # columns lets just that cancel out. Should a later DuckDB hash otherwise, all is written once more.
    rows = connection.execute(
        "SELECT source, created_month, count(*), coalesce(sum(checkpoint_count), 0)::BIGINT,"
        " bit_xor(hash(concat_ws(' ', tracking_key, observed_at_utc, gone_at_utc))) FROM trackings"
        " WHERE ? IS NULL OR source = ? GROUP BY ALL ORDER BY ALL",
        [source, source],
    ).fetchall()
    return {
        f"{name}/{month}": {
            "trackings": trackings,
            "checkpoints": checkpoints,
            "snapshots": f"{snapshots:016x}",
            "columns": columns,
        }
        for name, month, trackings, checkpoints, snapshots in rows
    }


def _write_partition(
    connection: duckdb.DuckDBPyConnection, top: Folder, table: str, source: str, month: str
) -> None:
    folder = _partition(top, table, source, month)
    query = connection.sql(
        f"SELECT * EXCLUDE (source, created_month) FROM {table}"  # noqa: S608
        f" WHERE source = ? AND created_month = ? ORDER BY {_ORDER[table]}",
        params=[source, month],
    )
    # A reader left open by an error would keep the transaction from ending, and hide the error.
    with (
        query.to_arrow_reader(_BATCH_ROWS) as rows,
        folder.writing(_DATA) as stream,
        pq.ParquetWriter(stream, rows.schema, compression="zstd") as writer,
    ):
        for batch in rows:
            writer.write_batch(batch)


def _partition(top: Folder, table: str, source: str, month: str) -> Folder:
    return top.child(table).child(f"source={source}").child(f"created_month={month}")
