"""What the operators of all services share: into the warehouse, and from there to Parquet."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.providers.common.compat.sdk import Stats

from airflow_provider_trackingmore.operators.paths import checked_path
from airflow_provider_trackingmore.operators.support import (
    SHORT_WAIT,
    RestingOperator,
    WarehouseConnection,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_trackingmore.hooks.service import ServiceHook

# What a run counts and Airflow passes on, as <service>.<name> with the account as a tag.
METRICS = ("requests", "received", "new", "changed", "unchanged", "gone", "rejected", "irregular_pages")


class ServiceToDuckDBOperator(RestingOperator):
    """Brings a DuckDB warehouse up to date with an account of a service.

    Without a window it goes on from the watermark, and on an empty warehouse reads everything the
    service keeps. A retry goes on with the windows that the try before had finished. Give all tasks of
    one account the same pool with one slot: the service counts requests per account. When the service
    asks for a rest, or another run holds the warehouse, the task waits in the triggerer.

    Returns (XCom) the window, the warehouse's path and counts: ``requests``, ``received``, ``new``,
    ``changed``, ``unchanged``, ``gone``, ``rejected``, ``complete``, ``missing`` and the like; the counts
    are also metrics (``trackingmore.received`` and so on, tagged with the account).

    :param warehouse: path of the DuckDB file (templated); None means the database of the DuckDB connection.
    :param updated_from: start of the window as ISO 8601 with offset, or a zoned datetime (templated);
        empty means from the watermark. Reading begins 15 minutes earlier, for changes that are shown late.
    :param updated_to: end of the window likewise (templated); empty means now.
    :param landing_root: path or URL for landing files that all workers see (templated); None means a
        folder beside the warehouse.
    :param include_personal_data: keep names, e-mail addresses and the like; by default they never land.
    :param everything: read all the service keeps and mark the trackings that are gone from it
        (templated; ``true`` or ``false``).
    :param most_requests: how many requests a try may send, before and after its rests together (after each
        rest at least one); when they are used up it ends with success, keeps the windows it has for the
        next run, and says in ``missing`` what is left. The next run finishes that window; what came since
        is for the one after.
    :param dry_run: plan and log only.
    :param deferrable: wait in the triggerer for what takes longer than a few seconds.
    :param duckdb_conn_id: connection with DuckDB's settings; the default one need not exist when
        ``warehouse`` is given.
    """

    template_fields: Sequence[str] = (
        "warehouse",
        "updated_from",
        "updated_to",
        "everything",
        "landing_root",
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
        everything: bool | str = False,
        most_requests: int | None = None,
        dry_run: bool = False,
        duckdb_conn_id: str = "duckdb_default",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.warehouse = warehouse
        self.updated_from = updated_from
        self.updated_to = updated_to
        self.landing_root = landing_root
        self.include_personal_data = include_personal_data
        self.everything = everything
        self.most_requests = most_requests
        self.plan_only = dry_run
        self.duckdb_conn_id = duckdb_conn_id

    @abstractmethod
    def hook(self) -> ServiceHook[Any]:
        """Return the hook of the service."""

    def work(self) -> dict[str, Any]:
        """Sync, and return counts only."""
        from airflow_provider_trackingmore.sync import require_complete, sync, yes_or_no, zoned

        waits = {"longest_wait": SHORT_WAIT} if self.deferrable else {}
        most = self.most_requests
        if most is not None and self.requests_sent:
            most = max(1, most - self.requests_sent)
        with self.hook().client(**waits) as client:
            store = WarehouseConnection(self.warehouse, self.duckdb_conn_id)
            try:
                result = sync(
                    client,
                    store.connect,
                    zoned("updated_from", self.updated_from),
                    zoned("updated_to", self.updated_to),
                    everything=yes_or_no("everything", self.everything),
                    landing_root=checked_path("landing_root", self.landing_root, url=True)
                    or store.beside("landing_root", "landing"),
                    include_personal_data=self.include_personal_data,
                    most_requests=most,
                    dry_run=self.plan_only,
                    patience=self.patience,
                )
            finally:
                self.requests_sent += client.request_count
        # A run may be the work of several tries, each of which counts the requests of its own.
        counts = result | {"requests": self.requests_sent}
        for name in METRICS:
            Stats.incr(f"{client.service.name}.{name}", counts.get(name, 0), tags={"account": client.account})
        require_complete(result)
        return result | {"warehouse": store.path}


class ServiceToParquetOperator(RestingOperator):
    """Writes what the warehouse holds of a service to Parquet, partitions with changes only.

    ``trackings`` and ``checkpoints`` stand below the root as ``source=.../created_month=.../data.parquet``;
    each file appears as a whole. Run it after the load, which asks the service once for both.

    Returns (XCom) the path and how many partitions and trackings were written.

    :param parquet_root: path or URL of the copy (templated); None means a folder beside the warehouse.
    :param warehouse: path of the DuckDB file (templated); None means the database of the DuckDB connection.
    :param duckdb_conn_id: connection with DuckDB's settings.
    :param deferrable: wait in the triggerer while another run holds the warehouse.
    """

    source: ClassVar[str]
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

    def work(self) -> dict[str, Any]:
        """Write, and return path and counts only."""
        from airflow_provider_trackingmore.store import write_parquet

        store = WarehouseConnection(self.warehouse, self.duckdb_conn_id)
        root = checked_path("parquet_root", self.parquet_root, url=True)
        root = root or store.beside("parquet_root", "parquet")
        return write_parquet(store.connect, root, self.source, patience=self.patience)
