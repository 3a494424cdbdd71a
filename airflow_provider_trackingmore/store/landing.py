"""Landing files: what a run has received, kept from request to merge.

Each page becomes three small Parquet files at once, so memory stays flat and a killed run goes on with
the windows it has. Files are named by window, not by try; a window is done when its manifest is there.
The root is a path or a URL that every worker sees.
"""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from airflow_provider_trackingmore.store.files import Folder
from airflow_provider_trackingmore.tables.schema import CHECKPOINTS, REJECTED, TRACKINGS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    import duckdb

    from airflow_provider_trackingmore.store.state import Account
    from airflow_provider_trackingmore.tables import Page

# Which page a row came with; moments cannot tell snapshots apart, because clocks stand still and go back.
_PAGE = pa.field("page", pa.string())
_SCHEMAS = {
    kind: schema.append(_PAGE)
    for kind, schema in {"trackings": TRACKINGS, "checkpoints": CHECKPOINTS, "rejected": REJECTED}.items()
}

# A dictionary of these would be begun, and given up half-way, in every file.
_UNLIKE = {"checkpoint_key", "event_time_raw", "event_at_local", "event_at_utc"}


@dataclass(frozen=True)
class Range:
    """The run's window: zoned moments; ``first`` is None for everything the service keeps."""

    first: datetime | None
    last: datetime


@dataclass(frozen=True)
class Asked:
    """What a caller asked for; only a run that was asked for likewise is gone on with."""

    first: datetime | None
    last: datetime | None
    include_personal_data: bool = False
    everything: bool = False

    def as_list(self) -> list[str | bool | None]:
        """Return it as JSON can keep it."""
        return [_text(self.first), _text(self.last), self.include_personal_data, self.everything]


class Run:
    """The landing folder of one run, under ``root/source/account/version/``."""

    def __init__(self, files: Folder, about: dict[str, Any]) -> None:
        self.files = files
        self.run_id: str = about["run_id"]
        self.range = Range(_moment(about["first"]), _required(about["last"]))
        self.started_at = _required(about["started_at"])

    def land(self, name: str, page: Page) -> None:
        """Keep one decoded page under the name of its window.

        A page is never overwritten, and its trackings come last: a page of which only a part was written
        when the process died has no trackings, so its checkpoints belong to nothing.
        """
        tables = {"rejected": page.rejected, "checkpoints": page.checkpoints, "trackings": page.trackings}
        mark = uuid.uuid4().hex[:12]
        for kind, table in tables.items():
            if table.num_rows:
                landed = table.append_column(_PAGE, pa.repeat(mark, table.num_rows))
                self.files.write_parquet(f"{name}.{mark}.{kind}.parquet", landed, _UNLIKE)

    def finish_window(self, name: str, facts: dict[str, Any]) -> None:
        """Say that everything of this window has landed."""
        # What vouches for files must not outlive them.
        self.files.to_disk()
        self.files.write_json(f"{name}.json", facts)

    def reopen_window(self, name: str) -> None:
        """Say that this window has to be read again; what has landed stays."""
        self.files.delete(f"{name}.json")

    def finished_windows(self) -> list[dict[str, Any]]:
        """Return the facts of the windows that are done."""
        names = [name for name in self.files.names() if name.endswith(".json") and name not in _MARKS]
        return [self.files.read_json(name) for name in names]

    def landed(self, connection: duckdb.DuckDBPyConnection, kind: str) -> Any:
        """Return all landed rows of ``trackings``, ``checkpoints`` or ``rejected``, for DuckDB to query.

        Beside the columns of the table each has a mark of its ``page``.
        """
        names = [name for name in self.files.names() if name.endswith(f".{kind}.parquet")]
        return self.files.relation(connection, names, _SCHEMAS[kind])

    @contextmanager
    def shown(self, connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
        """Let the connection query what has landed as ``landed_trackings`` and the like inside.

        Call inside a transaction: after an error its rollback takes the names away.
        """
        for kind in _SCHEMAS:
            connection.register(f"landed_{kind}", self.landed(connection, kind))
        yield
        for kind in _SCHEMAS:
            connection.unregister(f"landed_{kind}")

    def mark_merged(self) -> None:
        """Say that the warehouse holds all of this run."""
        self.files.write_json("merged.json", {"at": datetime.now(UTC).isoformat()})


_MARKS = ("run.json", "merged.json")

# Nobody writes one landing file for longer: what was begun before was left by a process that was killed.
_WRITING_AT_MOST = timedelta(hours=1)


def start_run(root: str, account: Account, asked: Asked, found: Range) -> Run:
    """Return a new run for the window ``found``, where the caller asked for ``asked``."""
    about: dict[str, Any] = {
        "run_id": uuid.uuid4().hex,
        "asked": asked.as_list(),
        "first": _text(found.first),
        "last": _text(found.last),
        "started_at": datetime.now(UTC).isoformat(),
    }
    folder = _account_folder(root, account).child(f"{found.last:%Y%m%dT%H%M%SZ}-{about['run_id'][:8]}")
    folder.write_json("run.json", about)
    return Run(folder, about)


def unfinished_run(
    root: str,
    account: Account,
    asked: Asked,
    watermark: datetime | None,
    loaded: Collection[str] = (),
) -> Run | None:
    """Return the run that was asked for likewise and was never merged, if it fits the warehouse.

    An increment fits only where everything before it is: a lost or another warehouse starts anew. A run among
    those ``loaded`` died before it was marked, and is marked now: what it still read could not be merged.
    """
    for folder, about in _runs(root, account):
        run = Run(folder, about)
        is_merged = "merged.json" in folder.names()
        if run.run_id in loaded and not is_merged:
            run.mark_merged()
            is_merged = True
        increment_from = run.range.first if asked.first is None else None
        fits = increment_from is None or (watermark is not None and increment_from <= watermark)
        if about["asked"] == asked.as_list() and not is_merged and fits:
            return run
    return None


def clean_landing(root: str, account: Account, older_than: timedelta) -> int:
    """Remove runs of more than this age, merged or abandoned, and what killed ones left; return how many.

    A run that is not merged ages from the moment something in it was last written: with few requests a day it
    may take weeks.
    """
    now = datetime.now(UTC)
    removed = 0
    for folder, about in _runs(root, account):
        since = _required(about["started_at"])
        if "merged.json" not in folder.names():
            since = max(since, folder.written_at())
        if now - since > older_than:
            # Without this file it is no run, so that nobody goes on with what is left of it.
            folder.delete("run.json")
            folder.remove()
            removed += 1
    for folder in _folders(root, account):
        if "run.json" not in folder.names() and now - folder.written_at() > _WRITING_AT_MOST:
            folder.remove()
        folder.sweep(before=now - _WRITING_AT_MOST)
    return removed


def _runs(root: str, account: Account) -> list[tuple[Folder, dict[str, Any]]]:
    folders = [folder for folder in _folders(root, account) if "run.json" in folder.names()]
    return [(folder, folder.read_json("run.json")) for folder in folders]


def _folders(root: str, account: Account) -> list[Folder]:
    parent = _account_folder(root, account)
    return [parent.child(name) for name in parent.folders()]


def _account_folder(root: str, account: Account) -> Folder:
    return Folder.at(root).child(account.source).child(account.account).child(account.api_version)


def _text(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat() if moment else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _required(text: str) -> datetime:
    return datetime.fromisoformat(text)
