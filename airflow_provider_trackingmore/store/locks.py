"""Waiting for what only one run may hold: one log line, a limit, then a transient error."""

from __future__ import annotations

import fcntl
import logging
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from airflow_provider_trackingmore.exceptions import WarehouseBusyError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

log = logging.getLogger(__name__)

_Held = TypeVar("_Held")

_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0


def wait_for(take: Callable[[], _Held], patience: float) -> _Held:
    """Return what ``take`` returns, calling it again while it raises ``WarehouseBusyError``.

    :param patience: seconds after which that error is let through.
    """
    until, pause = time.monotonic() + patience, _FIRST_PAUSE
    waiting = False
    while True:
        try:
            held = take()
        except WarehouseBusyError as error:
            if time.monotonic() + pause > until:
                raise
            if not waiting:
                log.info("%s; waiting up to %g s", error, patience)
            waiting = True
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
        else:
            if waiting:
                log.info("going on: the other run has ended")
            return held


@contextmanager
def only_run(lock: Path, what: str, patience: float) -> Iterator[None]:
    """Be the only run that holds the file ``lock`` inside; it is let go even if the process is killed.

    :param what: what must not be done twice at once, for the log and the error.
    :param patience: seconds to wait for the other run.
    :raises WarehouseBusyError: if it takes longer.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a+") as file:
        wait_for(lambda: _take(file.fileno(), what), patience)
        file.truncate(0)
        file.write(f"process {os.getpid()}")
        file.flush()
        yield


def _take(descriptor: int, what: str) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.pread(descriptor, 100, 0).decode(errors="replace") or "another process"
        raise WarehouseBusyError(f"{what} by another run ({holder})") from error
