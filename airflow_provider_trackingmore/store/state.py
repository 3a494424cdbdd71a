"""What the warehouse remembers of an account: how far it has read, and what it has learnt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from airflow_provider_trackingmore.exceptions import ConfigurationError

if TYPE_CHECKING:
    import duckdb


# The service may show a change later than the time it puts on it.
LOOK_BACK = timedelta(minutes=15)


@dataclass(frozen=True)
class Account:
    """One account of one service, read through one version of its API."""

    source: str
    account: str
    api_version: str
    key_fingerprint: str


@dataclass(frozen=True)
class State:
    """How far an account has been read, and what was learnt on the way.

    ``watermark``: everything up to there is in the warehouse, on the service's clock; None if nothing is.
    ``largest_page``: the most records one answer could hold when the last run ended, 0 if none has.
    ``loaded``: the runs that are in the warehouse, by their ids.
    """

    watermark: datetime | None
    largest_page: int
    is_first_with_version: bool
    loaded: frozenset[str]


def read_state(connection: duckdb.DuckDBPyConnection, account: Account) -> State:
    """Return what is known of the account.

    :raises ConfigurationError: if this key has been loaded under another label.
    """
    _refuse_second_label(connection, account)
    known = connection.execute(
        "SELECT largest_page FROM meta.accounts WHERE source = ? AND account = ? AND api_version = ?",
        [account.source, account.account, account.api_version],
    ).fetchall()
    runs = connection.execute(
        "SELECT run_id FROM loads WHERE source = ? AND account = ?", [account.source, account.account]
    ).fetchall()
    return State(
        watermark=_watermark(connection, account),
        largest_page=known[0][0] if known else 0,
        is_first_with_version=not known,
        loaded=frozenset(name for (name,) in runs),
    )


def remember(connection: duckdb.DuckDBPyConnection, account: Account, largest_page: int) -> None:
    """Record the account and the largest page seen; call inside the load's transaction."""
    connection.execute(
        "DELETE FROM meta.accounts WHERE source = ? AND account = ? AND api_version = ?",
        [account.source, account.account, account.api_version],
    )
    connection.execute(
        "INSERT INTO meta.accounts VALUES (?, ?, ?, ?, ?)",
        [account.source, account.account, account.api_version, account.key_fingerprint, largest_page],
    )


def _watermark(connection: duckdb.DuckDBPyConnection, account: Account) -> datetime | None:
    """Return the end of the unbroken chain of complete windows that starts with everything.

    A window counts if it begins early enough for what the one before it was shown too late. A back-fill of
    an old window lies inside the chain and does not move it; a window beyond a gap does not count until the
    gap is filled; windows read before everything was read leave all older history out, so they do not start
    a chain. Everything read once more starts it anew, which mends an end that a wrong clock told.
    """
    windows = connection.execute(
        "SELECT window_from_utc, window_to_utc, started_at_utc FROM loads"
        " WHERE source = ? AND account = ? AND is_complete ORDER BY window_from_utc, window_to_utc",
        [account.source, account.account],
    ).fetchall()
    whole = [(started, last) for first, last, started in windows if first is None]
    if not whole:
        return None
    begun: datetime
    reached: datetime
    begun, reached = max(whole)
    for first, last, started in windows:
        if first is not None and started >= begun:
            if first > reached - LOOK_BACK:
                break
            reached = max(reached, last)
    return reached.replace(tzinfo=UTC)


def _refuse_second_label(connection: duckdb.DuckDBPyConnection, account: Account) -> None:
    labels = connection.execute(
        "SELECT DISTINCT account FROM meta.accounts"
        " WHERE source = ? AND key_fingerprint = ? AND account <> ?",
        [account.source, account.key_fingerprint, account.account],
    ).fetchall()
    if labels:
        raise ConfigurationError(
            f"account is {account.account!r}, but this key was loaded as {labels[0][0]!r} before: every "
            f"tracking would double; set account to {labels[0][0]!r}"
        )
