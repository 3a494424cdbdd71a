"""Publishing: a finished copy that analysts open while the next load runs."""

from __future__ import annotations

import logging
import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from airflow_provider_trackingmore.exceptions import ConfigurationError
from airflow_provider_trackingmore.store.ddl import TABLES, quoted
from airflow_provider_trackingmore.store.model_files import CHECKS
from airflow_provider_trackingmore.store.snapshots import Snapshots
from airflow_provider_trackingmore.store.warehouse import (
    PATIENCE,
    Warehouse,
    open_warehouse,
    refuse_unfit_path,
    transaction,
)

if TYPE_CHECKING:
    import duckdb

log = logging.getLogger(__name__)

# Analysts come with any DuckDB; every version since 1.0 opens this.
STORAGE_VERSION = "v1.0.0"

# For a reader that has resolved the link and not opened the file yet; one that has it open keeps it.
_KEEP = timedelta(minutes=1)


def publish(
    warehouse: Warehouse, published: str | os.PathLike[str], *, patience: float = PATIENCE
) -> dict[str, Any]:
    """Replace the published file by a copy of the warehouse and return its path and size.

    In it are the canonical tables, the checks, and the models people ask; steps on the way (``stg_``,
    ``int_``) and seeds stay in the warehouse. Everything is a table, so that nothing is missing.

    Readers that hold the old file keep their snapshot; the next one to open sees the new. The copy is
    read-only, so that nobody takes it for the warehouse. The path is a link into the hidden folder beside
    it; what somebody writes into a copy nevertheless stays with that copy.

    :param warehouse: path of the DuckDB file, or what opens a connection to it.
    :param published: path of the file for analysts, on a local disk.
    :param patience: seconds to wait for another run that holds the warehouse, or publishes to the same path.
    :raises ConfigurationError: if that is the warehouse itself, a folder, or where this user may not write.
    :raises WarehouseBusyError: if the other run takes longer.
    :raises WarehouseError: if there is no warehouse yet.
    """
    target = Path(os.path.abspath(published))
    refuse_unfit_path("published", target)
    snapshots = Snapshots.at(published, "published", _KEEP)
    if target.is_dir():
        raise ConfigurationError(f"published is a folder ({target}); give the path of a file in it")
    with (
        snapshots.draft(patience) as draft,
        open_warehouse(warehouse, must_exist=True, patience=patience) as connection,
    ):
        name = _refuse_itself(connection, target)
        _copy(connection, name, draft.path)
        draft.path.chmod(0o444)
        # DuckDB before 1.5 keeps the log of a writer beside the link and would replay it into the next
        # copy. A writer that still lives may put it back until the link has changed.
        _remove_log(snapshots.path)
        draft.show()
        _remove_log(snapshots.path)
    size = target.stat().st_size
    log.info("published %s (%.1f MB)", target, size / 1e6)
    return {"path": str(target), "bytes": size}


def _refuse_itself(connection: duckdb.DuckDBPyConnection, target: Path) -> str:
    """Return the warehouse's name in DuckDB, if its file is not what is to be replaced."""
    ((name, source),) = connection.execute(
        "SELECT database_name, path FROM duckdb_databases() WHERE database_name = current_database()"
    ).fetchall()
    if source and Path(source).resolve() == target.resolve():
        raise ConfigurationError(f"published is the warehouse itself ({target}); give another path")
    return str(name)


def _copy(connection: duckdb.DuckDBPyConnection, name: str, file: Path) -> None:
    path, name = str(file).replace("'", "''"), name.replace('"', '""')
    copy = f"published_{uuid4().hex}"
    connection.execute(f"ATTACH '{path}' AS {copy} (STORAGE_VERSION '{STORAGE_VERSION}')")
    try:
        # One state of all tables, also while another thread of this process loads.
        with transaction(connection):
            for table in _for_analysts(connection):
                connection.execute(f'CREATE TABLE {copy}."{table}" AS FROM "{name}".main."{table}"')
            for comment in _comments(connection, copy):
                connection.execute(comment)
        connection.execute(f"CHECKPOINT {copy}")
    finally:
        connection.execute(f"DETACH {copy}")


def _for_analysts(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Return what analysts ask: the canonical tables, the checks, and the models that are no mere steps."""
    built = connection.execute(
        "SELECT name FROM meta.built WHERE name NOT LIKE 'stg\\_%' ESCAPE '\\'"
        " AND name NOT LIKE 'int\\_%' ESCAPE '\\' ORDER BY name"
    ).fetchall()
    present = connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main'"
        " AND database_name = current_database() AND table_name = ?",
        [CHECKS],
    ).fetchall()
    return [*TABLES, *(name for (name,) in (*present, *built))]


def _comments(connection: duckdb.DuckDBPyConnection, copy: str) -> list[str]:
    """Return what tells the copy the meaning of its tables and columns."""
    here = "schema_name = 'main' AND database_name = current_database() AND comment IS NOT NULL"
    tables = connection.execute(
        f"SELECT table_name, comment FROM duckdb_tables() WHERE {here}"  # noqa: S608
        f" UNION ALL SELECT view_name, comment FROM duckdb_views() WHERE {here}"
    ).fetchall()
    columns = connection.execute(
        f"SELECT table_name, column_name, comment FROM duckdb_columns() WHERE {here}"  # noqa: S608
    ).fetchall()
    shown = set(_for_analysts(connection))
    return [
        f"COMMENT ON TABLE {copy}.\"{table}\" IS '{quoted(text)}'" for table, text in tables if table in shown
    ] + [
        f'COMMENT ON COLUMN {copy}."{table}"."{column}" IS \'{quoted(text)}\''
        for table, column, text in columns
        if table in shown
    ]


def _remove_log(target: Path) -> None:
    target.with_name(target.name + ".wal").unlink(missing_ok=True)
