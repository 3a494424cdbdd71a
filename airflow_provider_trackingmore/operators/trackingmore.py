"""Operators that bring TrackingMore's trackings into the warehouse, and from there to Parquet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_trackingmore.hooks.trackingmore import TrackingMoreHook
from airflow_provider_trackingmore.operators.service import ServiceToDuckDBOperator, ServiceToParquetOperator

if TYPE_CHECKING:
    from collections.abc import Sequence


class TrackingMoreToDuckDBOperator(ServiceToDuckDBOperator):
    """Brings a DuckDB warehouse up to date with a TrackingMore account.

    All else is said of :class:`.ServiceToDuckDBOperator`.

    :param trackingmore_conn_id: connection that holds the API key (templated).
    """

    template_fields: Sequence[str] = (*ServiceToDuckDBOperator.template_fields, "trackingmore_conn_id")

    def __init__(
        self, *, trackingmore_conn_id: str = TrackingMoreHook.default_conn_name, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.trackingmore_conn_id = trackingmore_conn_id

    def hook(self) -> TrackingMoreHook:
        """Return the hook of the connection."""
        return TrackingMoreHook(self.trackingmore_conn_id)


class TrackingMoreToParquetOperator(ServiceToParquetOperator):
    """Writes what the warehouse holds of TrackingMore to Parquet; see :class:`.ServiceToParquetOperator`."""

    source = "trackingmore"
