"""Operators that turn a loaded warehouse into what analysts open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_trackingmore.operators.paths import checked_path
from airflow_provider_trackingmore.operators.support import RestingOperator, WarehouseConnection

if TYPE_CHECKING:
    from collections.abc import Sequence


class RunModelsOperator(RestingOperator):
    """Brings the SQL models of the warehouse up to date and runs their checks, in one transaction.

    What is worked out tracking by tracking is worked out again only where something changed or is open.

    A check marked ``fail`` that finds rows fails the task without a retry and leaves the models as they
    were; one marked ``warn`` is logged and counted.

    Returns (XCom) how many models and checks ran, how many trackings were worked out again (null: all), and
    the warnings by name.

    :param warehouse: path of the DuckDB file (templated); None means the database of the DuckDB connection.
    :param sql_root: folder with ``models``, ``checks`` and ``seeds`` (templated); None means the provider's.
    :param rebuild: work out every tracking again.
    :param duckdb_conn_id: connection with DuckDB's settings.
    :param deferrable: wait in the triggerer while another run holds the warehouse.
    """

    template_fields: Sequence[str] = ("warehouse", "sql_root", "duckdb_conn_id")
    ui_color = "#e3f1da"

    def __init__(
        self,
        *,
        warehouse: str | None = None,
        sql_root: str | None = None,
        rebuild: bool = False,
        duckdb_conn_id: str = "duckdb_default",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.warehouse = warehouse
        self.sql_root = sql_root
        self.rebuild = rebuild
        self.duckdb_conn_id = duckdb_conn_id

    def work(self) -> dict[str, Any]:
        """Run the models, and return counts only."""
        from airflow_provider_trackingmore.store import run_models

        store = WarehouseConnection(self.warehouse, self.duckdb_conn_id)
        sql_root = checked_path("sql_root", self.sql_root)
        return run_models(store.connect, sql_root, rebuild=self.rebuild, patience=self.patience)


class PublishOperator(RestingOperator):
    """Replaces the file that analysts open by a copy of the warehouse, without making any reader wait.

    Returns (XCom) the path and its size in bytes.

    :param published: path of the file for analysts (templated); None means ``analytics.duckdb`` beside the
        warehouse.
    :param warehouse: path of the DuckDB file (templated); None means the database of the DuckDB connection.
    :param duckdb_conn_id: connection with DuckDB's settings.
    :param deferrable: wait in the triggerer while another run holds the warehouse.
    """

    template_fields: Sequence[str] = ("published", "warehouse", "duckdb_conn_id")
    ui_color = "#e3f1da"

    def __init__(
        self,
        *,
        published: str | None = None,
        warehouse: str | None = None,
        duckdb_conn_id: str = "duckdb_default",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.published = published
        self.warehouse = warehouse
        self.duckdb_conn_id = duckdb_conn_id

    def work(self) -> dict[str, Any]:
        """Publish, and return path and size only."""
        from airflow_provider_trackingmore.store import publish

        store = WarehouseConnection(self.warehouse, self.duckdb_conn_id)
        published = checked_path("published", self.published)
        published = published or store.beside("published", "analytics.duckdb")
        return publish(store.connect, published, patience=self.patience)
