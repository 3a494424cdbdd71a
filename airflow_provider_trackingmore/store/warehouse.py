"""Opening the warehouse: one DuckDB database with plain tables, created and migrated on the way in."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from errno import EACCES, EEXIST, EISDIR, ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR, EPERM, EROFS
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias
from uuid import uuid4

import duckdb

from airflow_provider_trackingmore.exceptions import (
    ConfigurationError,
    WarehouseBusyError,
    WarehouseError,
)
from airflow_provider_trackingmore.store import ddl
from airflow_provider_trackingmore.store.locks import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

# A path, or what opens a connection (an Airflow hook's get_conn).
Warehouse: TypeAlias = "str | os.PathLike[str] | Callable[[], duckdb.DuckDBPyConnection]"

SETTINGS: dict[str, str | bool] = {
    # The oldest that packs texts well; DuckDB 1.5 and 2.0 both open it.
    "storage_compatibility_version": "v1.5.0",
    # Rows of a load may stand in any order, which lets every core write.
    "preserve_insertion_order": False,
    # Merging and the models spill beyond this; models of a million parcels take three. A connection may
    # say otherwise.
    "memory_limit": "4GB",
    # Of it, what DuckDB keeps for its next blocks instead of giving each back to the system, which makes the
    # models a little faster. The system has it back when the connection closes.
    "block_allocator_memory": "4GB",
}

SCHEMA_VERSION = 4

# What leads from the schema version before to each one, as statements. A new warehouse is made in the
# newest form at once and needs none of them.
MIGRATIONS: dict[int, tuple[str, ...]] = {
    2: (
        *ddl.added_column("trackings", "gone_at_utc"),
        *ddl.added_column("loads", "n_gone"),
        *ddl.added_column("loads", "missing"),
    ),
    3: (ddl.BUILT,),
    4: (
        *ddl.added_column("trackings", "first_promised_date"),
        "UPDATE trackings SET first_promised_date = promised_date",
    ),
}


# How many seconds a run waits for another one that holds the warehouse, or reads the same account.
PATIENCE = 600.0


# DuckDB's words for a file that is none of its own, is damaged, or was written by a later version.
_NO_DATABASE = re.compile(r"not a valid DuckDB|corrupt database|enough bytes|version number", re.IGNORECASE)

# What the system says of a path that is wrong or not for this user. Anything else, such as a full disk, may
# pass before the next try.
_WRONG_PATH = [
    os.strerror(number)
    for number in (EACCES, EEXIST, EISDIR, ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR, EPERM, EROFS)
]


def refuse_unfit_path(name: str, path: str | os.PathLike[str]) -> None:
    r"""Refuse a path with which DuckDB would work on another file, or on none.

    It takes what follows a ``?`` as options when it names its log, ``\`` as a separator, a word before ``:``
    as a service, and cannot tell a database ``meta`` from the schema of that name in it.

    :raises ConfigurationError: naming the argument.
    """
    text = os.fspath(path)
    if any(mark in text for mark in "?\\\0") or ":" in text.split("/")[0]:
        raise ConfigurationError(f"{name} holds '?', ':', a backslash or a null; give a plain file path")
    if Path(text).stem == "meta":
        raise ConfigurationError(f"{name} is called 'meta', like a schema in it; give it another name")


@contextmanager
def open_warehouse(
    warehouse: Warehouse, *, must_exist: bool = False, patience: float = PATIENCE
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the warehouse for writing, with its tables in the newest form; closed on leaving.

    Keep it short: while a process holds the file, no other can open it. ``must_exist`` is for what makes
    no sense before the first load.

    :raises ConfigurationError: if the database would live in memory only, or its path is no plain one.
    :raises WarehouseBusyError: if another process holds the file for longer than ``patience`` seconds.
    :raises WarehouseError: if a newer version of this package has migrated it, if it is a published copy, no
        database or a damaged one, if its path is wrong, or if it must exist and does not.
    """
    if must_exist and not callable(warehouse) and not Path(warehouse).exists():
        raise WarehouseError(
            f"there is no warehouse at {os.fspath(warehouse)}; check the path, or load first"
        )
    connection = wait_for(lambda: _connect(warehouse), patience)
    try:
        # It would be drawn into the log of a task.
        connection.execute("SET enable_progress_bar = false")
        _refuse_memory(connection)
        _migrate(connection, must_exist)
        yield connection
    finally:
        connection.close()


def _connect(warehouse: Warehouse) -> duckdb.DuckDBPyConnection:
    if callable(warehouse):
        with explained():
            return warehouse()
    path = _checked(warehouse)
    with explained(path):
        make_room(path)
        return duckdb.connect(path, config=dict(SETTINGS))


@contextmanager
def explained(path: str = "") -> Iterator[None]:
    """Turn what DuckDB and the system say of a warehouse that does not open into what to do about it.

    :param path: its path; without one, DuckDB's own words tell it, if they do.
    :raises WarehouseBusyError: if another process holds it.
    :raises WarehouseError: if it is no database that this DuckDB can open, or its path is wrong.
    """
    try:
        yield
    except (duckdb.Error, OSError) as error:
        meaning = _meaning(error, path)
        if meaning is None:
            raise
        raise meaning from error


def _meaning(error: duckdb.Error | OSError, path: str) -> WarehouseError | None:
    told = str(error)
    quoted = re.search(r'file "(.+)"(?:: | exists)', told)
    named = f"the warehouse {path or (quoted[1] if quoted else '')}".rstrip()
    if 'lock on file "' in told:
        holder = re.search(r"PID (\d+)", told)
        return WarehouseBusyError(
            f"{named} is open in another process"
            f"{f' ({holder[1]})' if holder else ''}; close it, or query the published file"
        )
    if _NO_DATABASE.search(told):
        return WarehouseError(
            f"{named} is no database that DuckDB {duckdb.__version__} can open: it is damaged, of a later "
            "version, or something else; check the path, or see 'The warehouse is lost' in docs/operations.md"
        )
    said = error.strerror if isinstance(error, OSError) else told.rpartition(": ")[2]
    if said in _WRONG_PATH:
        where = f" ({error.filename})" if isinstance(error, OSError) and error.filename else ""
        return WarehouseError(
            f"{named} cannot be opened: {said}{where}; give the path of a file that this user may write"
        )
    return None


def _checked(warehouse: str | os.PathLike[str]) -> str:
    path = os.fspath(warehouse)
    if path in ("", ":memory:"):
        raise ConfigurationError("the warehouse is ':memory:', which forgets every load; give a file path")
    refuse_unfit_path("warehouse", path)
    return path


def warehouse_path(warehouse: Warehouse, patience: float = PATIENCE) -> Path:
    """Return the path of the warehouse's file.

    :raises ConfigurationError: if the database would live in memory only, or its path is no plain one.
    :raises WarehouseBusyError: if only opening it would tell, and another process holds it for too long.
    """
    if not callable(warehouse):
        return Path(_checked(warehouse)).absolute()
    with open_warehouse(warehouse, patience=patience) as connection:
        ((path,),) = connection.execute(
            "SELECT path FROM duckdb_databases() WHERE database_name = current_database()"
        ).fetchall()
    return Path(path).absolute()


def make_room(path: str | os.PathLike[str], settings: Mapping[str, str | bool] = SETTINGS) -> None:
    """Make the folder of a warehouse and, where there is none, an empty database that is whole.

    DuckDB writes a new file in several steps, and refuses for ever one that a process was killed in making.
    """
    place = Path(path)
    place.parent.mkdir(parents=True, exist_ok=True)
    for leftover in place.parent.glob(f".{escape(place.name)}.*.making"):
        leftover.unlink(missing_ok=True)
    if place.exists():
        return
    aside = place.with_name(f".{place.name}.{uuid4().hex}.making")
    duckdb.connect(aside, config=dict(settings)).close()
    # A link never replaces what another process made meanwhile. Where there are no links, or that process
    # took ours for a leftover, DuckDB makes the file itself.
    with suppress(OSError):
        os.link(aside, place)
    aside.unlink(missing_ok=True)


def _refuse_memory(connection: duckdb.DuckDBPyConnection) -> None:
    (row,) = connection.execute(
        "SELECT path, type FROM duckdb_databases() WHERE database_name = current_database()"
    ).fetchall()
    if row[0] is None and row[1] == "duckdb":
        raise ConfigurationError(
            "the DuckDB connection opens an in-memory database, which forgets every load; "
            "set its host to a file path, or give the operator a warehouse"
        )


def _migrate(connection: duckdb.DuckDBPyConnection, must_exist: bool) -> None:
    found = _schema_version(connection)
    if found > SCHEMA_VERSION:
        raise WarehouseError(
            f"the warehouse has schema version {found}, this package knows up to {SCHEMA_VERSION}; "
            "install the version of airflow-provider-trackingmore that wrote it, or a newer one"
        )
    if found == SCHEMA_VERSION:
        return
    if found == 0 and _has_trackings(connection):
        raise WarehouseError("this is a published copy, not a warehouse; give the warehouse's path")
    if found == 0 and must_exist:
        raise WarehouseError("there is no warehouse at this path yet; check the path, or load first")
    steps = range(found + 1, SCHEMA_VERSION + 1)
    todo = [one for step in steps for one in MIGRATIONS[step]] if found else list(ddl.statements())
    with transaction(connection):
        for statement in todo:
            connection.execute(statement)
        connection.execute(
            "INSERT INTO meta.schema_version VALUES (?, ?)",
            [SCHEMA_VERSION, datetime.now(UTC).replace(tzinfo=None)],
        )


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Commit what is done inside, all of it or nothing."""
    connection.begin()
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def _has_trackings(connection: duckdb.DuckDBPyConnection) -> bool:
    found = connection.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'trackings'"
    ).fetchall()
    return bool(found[0][0])


def _schema_version(connection: duckdb.DuckDBPyConnection) -> int:
    present = connection.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE database_name = current_database()"
        " AND schema_name = 'meta' AND table_name = 'schema_version'"
    ).fetchall()
    if not present[0][0]:
        return 0
    ((version,),) = connection.execute("SELECT max(version) FROM meta.schema_version").fetchall()
    return int(version)
