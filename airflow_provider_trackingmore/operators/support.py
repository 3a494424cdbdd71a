"""What all operators share: which warehouse, and which errors end a task for good."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_trackingmore.exceptions import ConfigurationError, TrackingMoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MEMORY = ":memory:"


@contextmanager
def final_errors() -> Iterator[None]:
    """Turn errors that would come again into ones that Airflow does not retry."""
    try:
        yield
    except TrackingMoreError as error:
        if error.transient:
            raise
        raise AirflowFailException(f"{type(error).__name__}: {error}") from error


class WarehouseConnection:
    """The warehouse behind a connection of the official DuckDB provider.

    :param warehouse: path of the file; None means the connection's database.
    :param duckdb_conn_id: connection with the database and its settings; the default one need not exist
        when ``warehouse`` is given.
    :raises ConfigurationError: if neither names a database: an in-memory one would forget every load.
    """

    def __init__(self, warehouse: str | None, duckdb_conn_id: str) -> None:
        from airflow.providers.duckdb.hooks.duckdb import DuckDBHook

        from airflow_provider_trackingmore.store.warehouse import SETTINGS

        options: dict[str, Any] = {"duckdb_conn_id": duckdb_conn_id, "database": warehouse}
        hook = DuckDBHook(**options)
        # What the connection says wins over our defaults.
        self._hook = DuckDBHook(**options, settings=SETTINGS | _given(hook))
        self.path = self._hook.get_database()
        if self.path == MEMORY:
            raise ConfigurationError(
                f"no warehouse: give the operator warehouse='/path/warehouse.duckdb', or set the host of "
                f"connection {duckdb_conn_id!r} to that path; an in-memory database forgets every load"
            )

    @property
    def connect(self) -> Callable[[], Any]:
        """Return what opens the warehouse."""
        folder = os.path.dirname(self.path)
        if folder and "://" not in self.path:
            os.makedirs(folder, exist_ok=True)
        connect: Callable[[], Any] = self._hook.get_conn
        return connect

    def beside(self, name: str) -> str:
        """Return the path of a file or folder next to the warehouse file."""
        return os.path.join(os.path.dirname(self.path), name)


def _given(hook: Any) -> dict[str, Any]:
    given: dict[str, Any] = dict(hook.settings)
    if hook.memory_limit:
        given["memory_limit"] = hook.memory_limit
    return given
