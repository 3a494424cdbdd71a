"""The world's clock: starts anywhere, runs with real time or stands still, and can be moved."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime


class Clock:
    """Tell the sandbox what time it is; never the host's time once it has been moved.

    :param now: where the clock starts; the present when left out.
    :param frozen: stand still until moved.
    """

    def __init__(self, now: datetime | None = None, *, frozen: bool = False) -> None:
        self._lock = threading.Lock()
        self._frozen = frozen
        self.set(now or datetime.now(UTC))

    def now(self) -> datetime:
        """Return the world's time in whole seconds, with its zone (UTC)."""
        return datetime.fromtimestamp(self.epoch(), UTC)

    def epoch(self) -> int:
        """Return the world's time as unix seconds."""
        with self._lock:
            elapsed = 0.0 if self._frozen else time.monotonic() - self._set_at
            return int(self._base + elapsed)

    def set(self, moment: datetime) -> None:
        """Move the clock to a moment, which must carry its zone."""
        if moment.tzinfo is None:
            raise ValueError("the clock needs a moment with a zone, such as 2026-11-21T12:00:00+00:00")
        with self._lock:
            self._base = int(moment.timestamp())
            self._set_at = time.monotonic()

    def advance(
        self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0
    ) -> datetime:
        """Move the clock on (or back, with negative numbers) and return the new time."""
        step = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        self.set(self.now() + step)
        return self.now()

    def http_date(self, *, ahead: int = 0) -> str:
        """Return the world's time, or ``ahead`` seconds later, in the form of an HTTP ``Date`` header."""
        return format_datetime(self.now() + timedelta(seconds=ahead), usegmt=True)


def iso(epoch: int) -> str:
    """Return unix seconds as the service writes record times: ISO 8601 with ``+00:00``."""
    return datetime.fromtimestamp(epoch, UTC).isoformat()
