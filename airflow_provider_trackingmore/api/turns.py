"""When the next request of an account may start: one record, shared by all processes of a machine."""

from __future__ import annotations

import fcntl
import logging
import os
import struct
import tempfile
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

log = logging.getLogger(__name__)

_FORM = struct.Struct("<dd")


@dataclass
class Turn:
    """Moments on the clock of all who share them: the next start, and the end of a rest; 0 if none."""

    next_start: float = 0.0
    rest_ends: float = 0.0


class OwnTurns:
    """The turns of one client: its threads take them one at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turn = Turn()

    @contextmanager
    def taking(self) -> Iterator[Turn]:
        """Hold the turn; what is set on it is what the next one sees."""
        with self._lock:
            yield self._turn


class SharedTurns:
    """The turns of all clients of one account on this machine, kept in a small locked file.

    :param name: names the account; never the key itself.
    :param folder: where the files stand; by default a folder of this user among the temporary files.
    """

    def __init__(self, name: str, folder: Path | None = None) -> None:
        mine = Path(tempfile.gettempdir()) / f"airflow-provider-trackingmore-{os.getuid()}"
        self.path = (folder or mine) / f"{name}.turn"
        self._lock = threading.Lock()

    @contextmanager
    def taking(self) -> Iterator[Turn]:
        """Hold the turn; what is set on it is what the next one sees, in any process."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._lock, os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
            # Let go when the file is closed, also if the process is killed.
            fcntl.flock(file.fileno(), fcntl.LOCK_EX)
            told = os.pread(file.fileno(), _FORM.size, 0)
            turn = Turn(*_FORM.unpack(told)) if len(told) == _FORM.size else Turn()
            yield turn
            # Over the old record in one call: whoever is killed leaves the one or the other, and no rest ends
            # early.
            os.pwrite(file.fileno(), _FORM.pack(turn.next_start, turn.rest_ends), 0)
