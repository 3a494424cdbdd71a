"""Rate limits: TrackingMore's token buckets, with a rest after every breach, and AfterShip's seconds."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_trackingmore.sandbox.trackingmore.dialects import Dialect

REST_SECONDS = 120.0


@dataclass(slots=True)
class Window:
    """A stretch of time in which so many calls may come: when it began, and how many came so far."""

    since: float
    calls: int = 0


class RateLimiter:
    """Say whether a call may pass.

    Time here is real time, not the world's: the limits are about how fast calls come. ``speed`` makes
    everything that much quicker, the rest as well as the refill.
    """

    def __init__(
        self, *, enabled: bool = True, speed: float = 1.0, timer: Callable[[], float] = time.monotonic
    ) -> None:
        self.enabled, self.speed, self.timer = enabled, speed, timer
        self._buckets: dict[tuple[str, str, bool], tuple[float, float]] = {}
        self._rests_until: dict[str, float] = {}
        self._windows: dict[tuple[str, str], Window] = {}

    def allows(self, key: str, dialect: Dialect, *, creates: bool) -> bool:
        """Return whether this call passes; a breach stops every call of the key for two minutes."""
        if not self.enabled:
            return True
        now = self.timer() * self.speed
        if now < self._rests_until.get(key, float("-inf")):
            return False
        special = dialect.creates_per_second if creates else None
        rate = special or dialect.per_second
        # Room for two, so that a caller who keeps exactly the pace is not refused through jitter.
        capacity = max(rate, 2.0)
        bucket = (key, dialect.name, special is not None)
        left, since = self._buckets.get(bucket, (capacity, now))
        left = min(capacity, left + (now - since) * rate)
        if left < 1:
            self._rests_until[key] = now + REST_SECONDS
            return False
        self._buckets[bucket] = (left - 1, now)
        return True

    def window(self, key: str, endpoint: str) -> Window:
        """Count a call in the second it falls into, and return that second."""
        now = self.timer() * self.speed
        window = self._windows.get((key, endpoint))
        if window is None or now - window.since >= 1:
            window = self._windows[key, endpoint] = Window(now)
        window.calls += 1
        return window
