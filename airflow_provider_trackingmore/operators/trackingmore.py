"""Operators that bring TrackingMore's trackings into the warehouse, and from there to Parquet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import BaseOperator

from airflow_provider_trackingmore.hooks.trackingmore import TrackingMoreHook
from airflow_provider_trackingmore.operators.paths import checked_path
from airflow_provider_trackingmore.operators.support import WarehouseConnection, final_errors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow.providers.common.compat.sdk import Context


class TrackingMoreToDuckDBOperator(BaseOperator):
    """Brings a DuckDB warehouse up to date with a TrackingMore account.

    Without a window it goes on from the watermark, and on an empty warehouse reads everything the
    service keeps. A retry goes on with the windows that the try before had finished. Give all tasks of
    one account the same pool with one slot: the service counts requests per account.

    Returns (XCom) the window, the warehouse's path and counts: ``requests``, ``received``, ``new``,
    ``changed``, ``unchanged``, ``rejected``, ``complete`` and the like.

    :param warehouse: path of the DuckDB file (templated); None means the database of the DuckDB connection.
    :param updated_from: start of the window as ISO 8601 with offset, or a zoned datetime (templated);
        empty means from the watermark.
    :param updated_to: end of the window likewise (templated); empty means now.
    :param landing_root: path or URL for landing files that all workers see (templated); None means a
        folder beside the warehouse.
    :param include_personal_data: keep names, e-mail addresses and the like; by default they never land.
    :param dry_run: plan and log only.
    :param trackingmore_conn_id: connection that holds the API key (templated).
    :param duckdb_conn_id: connection with DuckDB's settings; the default one need not exist when
        ``warehouse`` is given.
    """

    template_fields: Sequence[str] = (
        "warehouse",
        "updated_from",
        "updated_to",
        "landing_root",
        "trackingmore_conn_id",
        "duckdb_conn_id",
    )
    ui_color = "#d7ecf5"

    def __init__(
        self,
        *,
        warehouse: str | None = None,
        updated_from: str | None = None,
        updated_to: str | None = None,
        landing_root: str | None = None,
        include_personal_data: bool = False,
        dry_run: bool = False,
        trackingmore_conn_id: str = TrackingMoreHook.default_conn_name,
        duckdb_conn_id: str = "duckdb_default",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.warehouse = warehouse
        self.updated_from = updated_from
        self.updated_to = updated_to
        self.landing_root = landing_root
        self.include_personal_data = include_personal_data
        self.plan_only = dry_run
        self.trackingmore_conn_id = trackingmore_conn_id
        self.duckdb_conn_id = duckdb_conn_id

    def execute(self, context: Context) -> dict[str, Any]:
        """Sync, and return counts only."""
        from airflow_provider_trackingmore.sync import require_complete, sync, zoned

        with final_errors(), TrackingMoreHook(self.trackingmore_conn_id).get_conn() as client:
            store = WarehouseConnection(self.warehouse, self.duckdb_conn_id)
            result = sync(
                client,
                store.connect,
                zoned("updated_from", self.updated_from),
                zoned("updated_to", self.updated_to),
                landing_root=checked_path("landing_root", self.landing_root, url=True)
                or store.beside("landing"),
                include_personal_data=self.include_personal_data,
                dry_run=self.plan_only,
            )
            require_complete(result)
        return result | {"warehouse": store.path}


class TrackingMoreToParquetOperator(BaseOperator):
    """Writes what the warehouse holds of TrackingMore to Parquet, partitions with changes only.

    ``trackings`` and ``checkpoints`` stand below the root as ``source=.../created_month=.../data.parquet``;
    each file appears as a whole. Run it after :class:`TrackingMoreToDuckDBOperator`, which asks the
    service once for both.

    Returns (XCom) the path and how many partitions and trackings were written.

    :param parquet_root: path or URL of the copy (templated); None means a folder beside the warehouse.
    :param warehouse: path of the DuckDB file (templated); None means the database of the DuckDB connection.
    :param duckdb_conn_id: connection with DuckDB's settings.
    """

    template_fields: Sequence[str] = ("parquet_root", "warehouse", "duckdb_conn_id")
    ui_color = "#d7ecf5"

    def __init__(
        self,
        *,
        parquet_root: str | None = None,
        warehouse: str | None = None,
        duckdb_conn_id: str = "duckdb_default",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.parquet_root = parquet_root
        self.warehouse = warehouse
        self.duckdb_conn_id = duckdb_conn_id

    def execute(self, context: Context) -> dict[str, Any]:
        """Write, and return path and counts only."""
        from airflow_provider_trackingmore.store import write_parquet

        with final_errors():
            store = WarehouseConnection(self.warehouse, self.duckdb_conn_id)
            root = checked_path("parquet_root", self.parquet_root, url=True) or store.beside("parquet")
            return write_parquet(store.connect, root, "trackingmore")
