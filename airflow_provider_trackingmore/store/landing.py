"""Landing files: what a run has received, kept from request to merge.

Each page becomes three small Parquet files at once, so memory stays flat and a killed run goes on with
the windows it has. Files are named by window, not by try; a window is done when its manifest is there.
The root is a path or a URL that every worker sees.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow_provider_trackingmore.store.files import Folder
from airflow_provider_trackingmore.tables.schema import CHECKPOINTS, REJECTED, TRACKINGS

if TYPE_CHECKING:
    import duckdb

    from airflow_provider_trackingmore.store.state import Account
    from airflow_provider_trackingmore.tables import Page

_SCHEMAS = {"trackings": TRACKINGS, "checkpoints": CHECKPOINTS, "rejected": REJECTED}


@dataclass(frozen=True)
class Range:
    """The run's window: zoned moments; ``first`` is None for everything the service keeps."""

    first: datetime | None
    last: datetime


class Run:
    """The landing folder of one run, under ``root/source/account/version/``."""

    def __init__(self, files: Folder, about: dict[str, Any]) -> None:
        self.files = files
        self.run_id: str = about["run_id"]
        self.range = Range(_moment(about["first"]), _required(about["last"]))
        self.started_at = _required(about["started_at"])

    def land(self, name: str, page: Page) -> None:
        """Keep one decoded page under the name of its window."""
        tables = {"trackings": page.trackings, "checkpoints": page.checkpoints, "rejected": page.rejected}
        for kind, table in tables.items():
            if table.num_rows:
                self.files.write_parquet(f"{name}.{kind}.parquet", table)

    def finish_window(self, name: str, facts: dict[str, Any]) -> None:
        """Say that everything of this window has landed."""
        self.files.write_json(f"{name}.json", facts)

    def finished_windows(self) -> list[dict[str, Any]]:
        """Return the facts of the windows that are done."""
        names = [name for name in self.files.names() if name.endswith(".json") and name not in _MARKS]
        return [self.files.read_json(name) for name in names]

    def landed(self, connection: duckdb.DuckDBPyConnection, kind: str) -> Any:
        """Return all landed rows of ``trackings``, ``checkpoints`` or ``rejected``, for DuckDB to query."""
        names = [name for name in self.files.names() if name.endswith(f".{kind}.parquet")]
        return self.files.relation(connection, names, _SCHEMAS[kind])

    def mark_merged(self) -> None:
        """Say that the warehouse holds all of this run."""
        self.files.write_json("merged.json", {"at": datetime.now(UTC).isoformat()})


_MARKS = ("run.json", "merged.json")


def start_run(
    root: str, account: Account, first: datetime | None, last: datetime | None, found: Range
) -> Run:
    """Return a new run for the window ``found``; ``first`` and ``last`` are what the caller asked for."""
    about: dict[str, Any] = {
        "run_id": uuid.uuid4().hex,
        "asked": [_text(first), _text(last)],
        "first": _text(found.first),
        "last": _text(found.last),
        "started_at": datetime.now(UTC).isoformat(),
    }
    folder = _account_folder(root, account).child(f"{found.last:%Y%m%dT%H%M%SZ}-{about['run_id'][:8]}")
    folder.write_json("run.json", about)
    return Run(folder, about)


def unfinished_run(root: str, account: Account, first: datetime | None, last: datetime | None) -> Run | None:
    """Return the run that was asked for with the same window and was never merged, if there is one."""
    for folder, about in _runs(root, account):
        if about["asked"] == [_text(first), _text(last)] and "merged.json" not in folder.names():
            return Run(folder, about)
    return None


def clean_landing(root: str, account: Account, older_than: timedelta) -> int:
    """Remove merged runs of more than this age; return how many."""
    removed = 0
    for folder, about in _runs(root, account):
        old = datetime.now(UTC) - _required(about["started_at"]) > older_than
        if old and "merged.json" in folder.names():
            folder.remove()
            removed += 1
    return removed


def _runs(root: str, account: Account) -> list[tuple[Folder, dict[str, Any]]]:
    parent = _account_folder(root, account)
    folders = [parent.child(name) for name in parent.folders()]
    return [(folder, folder.read_json("run.json")) for folder in folders if "run.json" in folder.names()]


def _account_folder(root: str, account: Account) -> Folder:
    return Folder.at(root).child(account.source).child(account.account).child(account.api_version)


def _text(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat() if moment else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _required(text: str) -> datetime:
    return datetime.fromisoformat(text)
