"""Publishing: a finished copy that analysts open while the next load runs."""

from __future__ import annotations

import logging
import os
from glob import escape
from pathlib import Path
from typing import Any
from uuid import uuid4

from airflow_provider_trackingmore.exceptions import ConfigurationError
from airflow_provider_trackingmore.store.warehouse import Warehouse, open_warehouse, refuse_unfit_path

log = logging.getLogger(__name__)

# Analysts come with any DuckDB; every version since 1.0 opens this.
STORAGE_VERSION = "v1.0.0"


def publish(warehouse: Warehouse, published: str | os.PathLike[str]) -> dict[str, Any]:
    """Replace the published file by a copy of the warehouse and return its path and size.

    Readers that hold the old file keep their snapshot; the next one to open sees the new. The copy is
    read-only, so that nobody takes it for the warehouse.

    :param warehouse: path of the DuckDB file, or what opens a connection to it.
    :param published: path of the file for analysts, on a local disk.
    :raises ConfigurationError: if that is the warehouse itself, or no plain file path.
    :raises WarehouseError: if there is no warehouse yet.
    """
    target = Path(published).absolute()
    refuse_unfit_path("published", target)
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_name(f".{target.name}.{uuid4().hex}.building")
    try:
        with open_warehouse(warehouse, must_exist=True) as connection:
            _remove_leftovers(target)
            _copy(connection, target, aside)
        aside.chmod(0o444)
        _sync_to_disk(aside)
        # A reader that opened the old file for writing and was killed leaves a log, which would be
        # replayed into the new file and spoil it.
        target.with_name(target.name + ".wal").unlink(missing_ok=True)
        os.replace(aside, target)
    finally:
        aside.unlink(missing_ok=True)
        aside.with_name(aside.name + ".wal").unlink(missing_ok=True)
    size = target.stat().st_size
    log.info("published %s (%.1f MB)", target, size / 1e6)
    return {"path": str(target), "bytes": size}


def _copy(connection: Any, target: Path, aside: Path) -> None:
    ((name, source),) = connection.execute(
        "SELECT database_name, path FROM duckdb_databases() WHERE database_name = current_database()"
    ).fetchall()
    if source and Path(source).resolve() == target.resolve():
        raise ConfigurationError(f"published is the warehouse itself ({target}); give another path")
    path, name = str(aside).replace("'", "''"), name.replace('"', '""')
    copy = f"published_{uuid4().hex}"
    connection.execute(f"ATTACH '{path}' AS {copy} (STORAGE_VERSION '{STORAGE_VERSION}')")
    try:
        connection.execute(f'COPY FROM DATABASE "{name}" TO {copy}')
        connection.execute(f"DROP SCHEMA {copy}.meta CASCADE")
        connection.execute(f"CHECKPOINT {copy}")
    finally:
        connection.execute(f"DETACH {copy}")


def _remove_leftovers(target: Path) -> None:
    """Remove what a killed publish left behind; call with the warehouse open, which only one can have."""
    for leftover in target.parent.glob(f".{escape(target.name)}.*.building*"):
        leftover.unlink()


def _sync_to_disk(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
