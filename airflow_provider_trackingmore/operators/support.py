"""What all operators share: which warehouse, and which errors end a task for good."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowFailException, AirflowNotFoundException, BaseHook

from airflow_provider_trackingmore.exceptions import ConfigurationError, TrackingMoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MEMORY = ":memory:"
DEFAULT_CONN_ID = "duckdb_default"


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
    """The warehouse file behind a connection of the official DuckDB provider.

    :param warehouse: path of the file; None means the connection's database.
    :param duckdb_conn_id: connection with the database and its settings; the default one need not exist
        when ``warehouse`` is given.
    :raises ConfigurationError: if neither names a file: an in-memory database would forget every load,
        and a hosted one has no place for landing files beside it.
    """

    def __init__(self, warehouse: str | None, duckdb_conn_id: str) -> None:
        from airflow_provider_trackingmore.store.warehouse import SETTINGS

        options: dict[str, Any] = {"duckdb_conn_id": duckdb_conn_id, "database": warehouse}
        options["connection"] = _connection(duckdb_conn_id)
        found = _hook(**options)
        self.path = str(found.get_database())
        if self.path == MEMORY or self.path.startswith("md:"):
            raise ConfigurationError(
                "no warehouse file: give the operator warehouse='/path/warehouse.duckdb', or set the host "
                f"of connection {duckdb_conn_id!r} to such a path"
            )
        # What the connection says wins over our defaults.
        given = found.settings | ({"memory_limit": found.memory_limit} if found.memory_limit else {})
        self._settings = SETTINGS | given
        self._hook = _hook(**options, settings=self._settings)

    @property
    def connect(self) -> Callable[[], Any]:
        """Return what opens the warehouse."""
        from airflow_provider_trackingmore.store.warehouse import make_room

        make_room(self.path, self._settings)
        connect: Callable[[], Any] = self._hook.get_conn
        return connect

    def beside(self, name: str) -> str:
        """Return the path of a file or folder next to the warehouse file."""
        return os.path.join(os.path.dirname(os.path.abspath(self.path)), name)


def _hook(connection: Any, **options: Any) -> Any:
    """Return the official hook with its connection.

    Left to look it up, it says that it uses a database in memory when there is none, even if it was given
    a path; the person on call would take that for a loss of data.
    """
    from airflow.providers.duckdb.hooks.duckdb import DuckDBHook

    hook = DuckDBHook(**options)
    hook.airflow_connection = connection
    return hook


def _connection(duckdb_conn_id: str) -> Any:
    """Return the DuckDB connection, or None where there is no default one."""
    try:
        return BaseHook.get_connection(duckdb_conn_id)
    except AirflowNotFoundException as error:
        if duckdb_conn_id != DEFAULT_CONN_ID:
            raise ConfigurationError(f"connection {duckdb_conn_id!r} does not exist") from error
        return None
