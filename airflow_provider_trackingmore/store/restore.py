"""A lost warehouse, made again from its Parquet copy."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pyarrow as pa

from airflow_provider_trackingmore.exceptions import WarehouseError
from airflow_provider_trackingmore.store.ddl import TABLES
from airflow_provider_trackingmore.store.files import Folder
from airflow_provider_trackingmore.store.warehouse import Warehouse, open_warehouse, transaction

if TYPE_CHECKING:
    import os

    from pyarrow.dataset import Dataset

log = logging.getLogger(__name__)

_COPIED = ("trackings", "checkpoints")


def restore(warehouse: Warehouse, parquet_root: str | os.PathLike[str]) -> dict[str, int]:
    """Fill a new warehouse from the Parquet copy of a lost one and return the rows per table.

    What only the warehouse knew, how far it had read, is not in the copy: the next sync reads everything
    the service keeps. What the service no longer keeps is there again, which is what this is for.

    :param warehouse: path of the new DuckDB file, or what opens a connection to it.
    :param parquet_root: path or URL of the copy.
    :raises WarehouseError: if the warehouse holds trackings, or the copy none.
    """
    counts = {}
    with open_warehouse(warehouse) as connection, transaction(connection):
        ((present,),) = connection.execute("SELECT count(*) FROM trackings").fetchall()
        if present:
            raise WarehouseError(f"the warehouse holds {present} trackings; restore into a new one")
        for table in _COPIED:
            columns = ", ".join(TABLES[table][1].names)
            connection.register("copied", _copy_of(parquet_root, table))
            ((counts[table],),) = connection.execute(
                f"INSERT INTO {table} ({columns}) SELECT {columns} FROM copied"  # noqa: S608
            ).fetchall()
            connection.unregister("copied")
        if not counts["trackings"]:
            raise WarehouseError(f"the Parquet copy at {parquet_root} holds no trackings; check the path")
    log.info("restored %d trackings and %d checkpoints from %s", *counts.values(), parquet_root)
    return counts


def _copy_of(parquet_root: str | os.PathLike[str], table: str) -> Dataset:
    # Late, as in Folder.dataset.
    from pyarrow.dataset import HivePartitioning

    folder = Folder.at(parquet_root).child(table)
    parts = HivePartitioning(pa.schema([("source", pa.string()), ("created_month", pa.string())]))
    # A month that an earlier version wrote lacks the columns that came later.
    wanted = pa.schema([(one.name, getattr(one.type, "value_type", one.type)) for one in TABLES[table][1]])
    try:
        return folder.dataset(folder.path, schema=wanted, partitioning=parts)
    except FileNotFoundError:
        raise WarehouseError(
            f"there is no Parquet copy of {table} at {parquet_root}; check the path"
        ) from None
