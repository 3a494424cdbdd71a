"""Operators that bring AfterShip's trackings into the warehouse, and from there to Parquet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_trackingmore.hooks.aftership import AfterShipHook
from airflow_provider_trackingmore.operators.service import ServiceToDuckDBOperator, ServiceToParquetOperator

if TYPE_CHECKING:
    from collections.abc import Sequence


class AfterShipToDuckDBOperator(ServiceToDuckDBOperator):
    """Brings a DuckDB warehouse up to date with an AfterShip account.

    All else is said of :class:`.ServiceToDuckDBOperator`.

    :param aftership_conn_id: connection that holds the API key (templated).
    """

    template_fields: Sequence[str] = (*ServiceToDuckDBOperator.template_fields, "aftership_conn_id")

    def __init__(self, *, aftership_conn_id: str = AfterShipHook.default_conn_name, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.aftership_conn_id = aftership_conn_id

    def hook(self) -> AfterShipHook:
        """Return the hook of the connection."""
        return AfterShipHook(self.aftership_conn_id)


class AfterShipToParquetOperator(ServiceToParquetOperator):
    """Writes what the warehouse holds of AfterShip to Parquet; see :class:`.ServiceToParquetOperator`."""

    source = "aftership"
