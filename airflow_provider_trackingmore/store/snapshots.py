"""A path that readers open and that changes in one step: a link to the newest of its snapshots.

``parquet`` is a link to ``.parquet.snapshots/<stamp>/parquet``, and so is a file. A snapshot never changes
once it is shown, so whoever has resolved the link (:func:`os.path.realpath`) has one whole state in hand.
DuckDB since 1.5 resolves it on opening, which also keeps the log of a writer beside the snapshot that it
belongs to. The last snapshot stays for the readers it still has; older ones go at the next change.
"""

from __future__ import annotations

import fcntl
import logging
import os
import re
import shutil
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from airflow_provider_trackingmore.exceptions import ConfigurationError
from airflow_provider_trackingmore.store.files import to_disk
from airflow_provider_trackingmore.store.locks import only_run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta

log = logging.getLogger(__name__)

_DRAFT = ".draft"
_STAMP = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}(\.draft)?")
_MOST_LINKS = 40


@dataclass(frozen=True)
class Snapshots:
    """The snapshots of one path.

    :param path: what readers open; links given by people are followed, so that it stands where they lead.
    :param keep: how long a snapshot stays after another has taken its place.
    """

    path: Path
    keep: timedelta

    @classmethod
    def at(cls, path: str | os.PathLike[str], argument: str, keep: timedelta) -> Snapshots:
        """Return those of a path; ``argument`` is what the caller names it, for errors.

        :raises ConfigurationError: if it is a URL, or links lead in a circle.
        """
        text = os.fspath(path)
        if "://" in text:
            raise ConfigurationError(f"{argument} is {text!r}; give a path on a local disk")
        found = Path(os.path.abspath(text))
        for _ in range(_MOST_LINKS):
            found = found.parent.resolve() / found.name
            if not found.is_symlink() or _is_ours(found):
                return cls(found, keep)
            found = found.parent / found.readlink()
        raise ConfigurationError(f"{argument} is {text!r}, where links lead in a circle; give another path")

    @property
    def home(self) -> Path:
        """Return the folder of the snapshots."""
        return _home(self.path)

    def shown(self) -> Path | None:
        """Return what readers see now, links resolved; None if there is nothing."""
        return self.path.resolve() if self.path.exists() else None

    @contextmanager
    def draft(self, patience: float) -> Iterator[Draft]:
        """Give a place for the next snapshot; what is not shown there is removed at the end.

        Only one run at a time has a draft, others wait for it. Whoever needs the warehouse as well opens it
        inside: nobody holds the warehouse while waiting here, and no two wait for each other.

        :param patience: seconds to wait for another run that has its draft.
        :raises ConfigurationError: if this user may not write there, or the path is a mounted volume.
        :raises WarehouseBusyError: if another run has its draft for longer.
        """
        if self.path.is_mount():
            raise ConfigurationError(
                f"{self.path} is a mounted volume, which no link can replace; give a path below it"
            )
        with self._explained():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._make(self.home)
        with only_run(self.home / "lock", f"{self.path} is being changed", patience):
            self._remove_old()
            folder = self.home / f"{_stamp()}{_DRAFT}"
            self._make(folder)
            draft = Draft(self, folder / self.path.name)
            try:
                yield draft
            finally:
                for made in (folder, draft.whole):
                    if made.exists() and made / self.path.name != self.shown():
                        _remove(made)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (PermissionError, NotADirectoryError, FileExistsError) as error:
            raise ConfigurationError(
                f"cannot write {self.path}: {error.strerror} ({error.filename}); "
                "give a path in a folder that this user may write"
            ) from error

    def _make(self, folder: Path) -> None:
        """Make a folder that is as open to others as the one that readers look into."""
        try:
            folder.mkdir()
        except FileExistsError:
            # Another run may have made it in this moment; looking first would not tell.
            if not folder.is_dir():
                raise
        else:
            shutil.copymode(self.path.parent, folder)

    def _remove_old(self) -> None:
        """Remove what killed runs left, and snapshots whose time is over."""
        shown = self.shown()
        for folder in self.home.iterdir():
            snapshot = folder / self.path.name
            if not _STAMP.fullmatch(folder.name) or snapshot == shown:
                continue
            is_over = time.time() - folder.stat().st_mtime > self.keep.total_seconds()
            if folder.name.endswith(_DRAFT) or (is_over and not _is_open_in_duckdb(snapshot)):
                _remove(folder)


@dataclass(frozen=True)
class Draft:
    """The next snapshot, as long as nobody sees it; write a file or folder at ``path``."""

    snapshots: Snapshots
    path: Path

    @property
    def whole(self) -> Path:
        """Return the folder that it gets when it is shown."""
        return self.path.parent.with_name(self.path.parent.name.removesuffix(_DRAFT))

    def show(self) -> None:
        """Make it what readers see, in one step and durably."""
        path, home, before = self.snapshots.path, self.snapshots.home, self.snapshots.shown()
        _sync_to_disk(self.path.parent)
        self.path.parent.rename(self.whole)
        link = home / "link"
        link.unlink(missing_ok=True)
        link.symlink_to(Path(home.name, self.whole.name, path.name))
        if before and path.is_symlink():
            # Its time begins to run now, not when it was made.
            os.utime(before.parent)
        elif before and before.is_dir():
            # A real folder, as earlier versions wrote it, becomes a snapshot like any other. For a moment
            # readers find nothing: no call that Python has swaps a folder and a link.
            folder = home / _stamp()
            folder.mkdir()
            before.rename(folder / path.name)
        os.replace(link, path)
        to_disk(home)
        to_disk(path.parent)


def link_tree(source: Path, target: Path) -> None:
    """Make ``target`` a folder with the same files, as hard links; hidden ones are unfinished, left out."""
    for folder, _, names in os.walk(source):
        into = target / Path(folder).relative_to(source)
        into.mkdir()
        for name in names:
            if not name.startswith("."):
                os.link(Path(folder, name), into / name)


def _home(path: Path) -> Path:
    return path.with_name(f".{path.name}.snapshots")


def _is_ours(path: Path) -> bool:
    return path.readlink().parts[:1] == (_home(path).name,)


def _stamp() -> str:
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{uuid4().hex[:8]}"


def _is_open_in_duckdb(file: Path) -> bool:
    """Say whether a reader has it open: removing it would free nothing, and take the folder it spills to."""
    if not file.is_file():
        return False
    try:
        file.chmod(0o644)
        with file.open("r+b") as opened:
            fcntl.lockf(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return True
    return False


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        log.warning("could not remove the old snapshot %s", folder)


def _sync_to_disk(top: Path) -> None:
    for folder, _, names in os.walk(top):
        for name in names:
            # What is linked from an earlier snapshot has been on disk since then.
            if os.stat(path := Path(folder, name)).st_nlink == 1:
                to_disk(path)
        to_disk(folder)
