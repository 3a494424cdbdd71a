"""What a long read says while it works: rarely enough for a log, often enough for a person."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)


class Progress:
    """Logs a line now and then: the second after a second, later ones ever further apart."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._started = clock()
        self._due = 1.0

    def tell(self, axis: str, requests: int, trackings: int, checkpoints: int, share: float | None) -> None:
        """Log a line if one is due; ``share`` is how much of the axis has been read, from 0 to 1."""
        elapsed = self._clock() - self._started
        if elapsed < self._due:
            return
        self._due = max(elapsed * 1.25, elapsed + 1.0)
        left = f"about {elapsed * (1 - share) / share:.0f} s left" if share else "time left unknown"
        log.info(
            "reading by time %s: %d requests, %d trackings, %d checkpoints, %.0f s elapsed, %s",
            *(axis, requests, trackings, checkpoints, elapsed, left),
        )
