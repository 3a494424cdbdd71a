"""What all operators share: which warehouse, which errors end a task for good, and where they wait."""

from __future__ import annotations

import os
from abc import abstractmethod
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.providers.common.compat.sdk import (
    AirflowFailException,
    AirflowNotFoundException,
    BaseHook,
    BaseOperator,
)

from airflow_provider_trackingmore.exceptions import ConfigurationError, TrackingMoreError, TransientError
from airflow_provider_trackingmore.operators.paths import checked_path, refuse_outside_roots

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow.providers.common.compat.sdk import Context

# What a task waits in its worker's slot; a longer wait is left to the triggerer.
SHORT_WAIT = 5.0

# What a task rests in all before its own retries have a say: the longest wait the client believes a service.
LONGEST_REST = 86_400.0

DEFAULT_CONN_ID = "duckdb_default"


class Fate(Enum):
    """What Airflow does with a task that ends in an error of this package."""

    DEFERS = "defers"  # waits as long as the service asks, in no worker, then tries again
    RETRIES = "retries"  # if the task has retries left
    FAILS = "fails"  # at once: a retry would end the same way


def fate(error: TrackingMoreError | type[TrackingMoreError]) -> Fate:
    """Return what Airflow does with a task that ends in ``error``."""
    if not error.transient:
        return Fate.FAILS
    return Fate.DEFERS if getattr(error, "wait_seconds", None) else Fate.RETRIES


@contextmanager
def final_errors() -> Iterator[None]:
    """Turn errors that would come again into ones that Airflow does not retry."""
    try:
        yield
    except TrackingMoreError as error:
        if fate(error) is not Fate.FAILS:
            raise
        raise AirflowFailException(f"{type(error).__name__}: {error}") from error


def rest_before_next(
    error: TrackingMoreError,
    rests: int,
    rested: float,
    *,
    most_rests: int = 60,
    longest: float = LONGEST_REST,
) -> float | None:
    """Return the seconds a task should rest before its work goes on, or None to let the error through.

    ``rests`` is how often it has rested already, ``rested`` for how many seconds in all. Only an error that
    says how long to wait is worth a rest; any other is left to the task's own retries, of which a long wait
    would use up one after the other.
    """
    if not error.transient or error.wait_seconds is None or rests >= most_rests:
        return None
    return error.wait_seconds if rested + error.wait_seconds <= longest else None


def say_when(error: TrackingMoreError, now: datetime) -> None:
    """Add to the error's text how long the service asks to wait, if it does, and until when."""
    if isinstance(error, TransientError) and error.wait_seconds:
        until = now.astimezone(UTC) + timedelta(seconds=error.wait_seconds)
        error.args = (
            f"{error}; the service asks to wait {error.wait_seconds:.0f} s: "
            f"try again after {until:%Y-%m-%d %H:%M:%S} UTC",
        )


class RestingOperator(BaseOperator):
    """Does its ``work``, and rests in the triggerer where a wait would only hold a worker's slot.

    After the rest the work is done again from its beginning; what it keeps on the way (landing files) it
    finds again.

    ``requests_sent`` is how many requests the work has sent before it rested.

    :param deferrable: rest in the triggerer; without one running, say False, and waits block the worker.
    """

    requests_sent = 0

    def __init__(self, *, deferrable: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.deferrable = deferrable

    @abstractmethod
    def work(self) -> dict[str, Any]:
        """Return what goes to XCom."""

    def execute(self, context: Context) -> dict[str, Any]:
        """Do the work, and return paths and counts only."""
        return self.execute_rested(context)

    def execute_rested(
        self,
        context: Context,
        event: Any = None,
        *,
        rests: int = 0,
        rested: float = 0.0,
        requests_sent: int = 0,
    ) -> dict[str, Any]:
        """Do the work after so many rests of so many seconds in all, and so many requests."""
        self.requests_sent = requests_sent
        try:
            with final_errors():
                return self.work()
        except TrackingMoreError as error:
            wait = rest_before_next(error, rests, rested) if self.deferrable else None
            if wait is None:
                say_when(error, datetime.now(UTC))
                raise
            self.log.warning("%s; resting for %.0f s without a worker (rest %d)", error, wait, rests + 1)
            so_far = {"rests": rests + 1, "rested": rested + wait, "requests_sent": self.requests_sent}
            self._rest(wait, so_far)

    def _rest(self, seconds: float, so_far: dict[str, Any]) -> NoReturn:
        from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger

        trigger = TimeDeltaTrigger(timedelta(seconds=seconds))
        self.defer(trigger=trigger, method_name="execute_rested", kwargs=so_far)
        raise AssertionError("defer always raises")

    @property
    def patience(self) -> float:
        """Return for how many seconds to wait in the worker for another run to end."""
        from airflow_provider_trackingmore.store.warehouse import PATIENCE

        return SHORT_WAIT if self.deferrable else PATIENCE


class WarehouseConnection:
    """The warehouse file behind a connection of the official DuckDB provider.

    :param warehouse: path of the file; None means the connection's database.
    :param duckdb_conn_id: connection with the database and its settings; the default one need not exist
        when ``warehouse`` is given.
    :raises ConfigurationError: if neither names a file by its whole path: an in-memory database would forget
        every load, and a hosted one has no place for landing files beside it.
    """

    def __init__(self, warehouse: str | None, duckdb_conn_id: str) -> None:
        from airflow_provider_trackingmore.store.warehouse import SETTINGS, refuse_unfit_path

        options: dict[str, Any] = {
            "duckdb_conn_id": duckdb_conn_id,
            "database": checked_path("warehouse", warehouse),
        }
        options["connection"] = _connection(duckdb_conn_id)
        found = _hook(**options)
        self.path = str(found.get_database())
        if not os.path.isabs(self.path):
            raise ConfigurationError(
                "no warehouse file: give the operator warehouse='/path/warehouse.duckdb', or set the host "
                f"of connection {duckdb_conn_id!r} to such a path"
            )
        refuse_unfit_path("warehouse", self.path)
        # What the connection says wins over our defaults.
        given = found.settings | ({"memory_limit": found.memory_limit} if found.memory_limit else {})
        self._settings = SETTINGS | given
        self._hook = _hook(**options, settings=self._settings)

    def connect(self) -> Any:
        """Open the warehouse, as :func:`.open_warehouse` wants it.

        :raises WarehouseError: if it is busy, no database that this DuckDB can open, or its path is wrong.
        """
        from airflow_provider_trackingmore.store.warehouse import explained, make_room

        with explained(self.path):
            make_room(self.path, self._settings)
            return self._hook.get_conn()

    def beside(self, field: str, name: str) -> str:
        """Return the path of a file or folder next to the warehouse file, for a field that is empty.

        :raises ConfigurationError: if the deployment does not allow it.
        """
        path = os.path.join(os.path.dirname(os.path.abspath(self.path)), name)
        refuse_outside_roots(f"{field} (by default beside the warehouse)", path)
        return path


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
