"""The account's own clock: requests start apart, and all of them rest together after a refusal."""

from __future__ import annotations

import math
import threading
import time
from typing import TYPE_CHECKING

from airflow_provider_trackingmore.exceptions import RateLimitError

if TYPE_CHECKING:
    from collections.abc import Callable

# Two requests sent exactly an interval apart can arrive a few milliseconds closer; the service counts
# arrivals, and one refusal costs two minutes.
MARGIN = 1.02


class Pacer:
    """Lets at most ``per_second`` requests start in a second, evenly, over all threads of a client.

    Spacing starts rather than sleeping after answers keeps the pace at the limit however slowly the
    service answers. A rest of more than ``longest_rest`` seconds is not waited for.
    """

    def __init__(
        self,
        per_second: float,
        *,
        longest_rest: float = math.inf,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._interval = MARGIN / per_second
        self._longest_rest = longest_rest
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._next_start = 0.0
        self._rest_ends = 0.0

    def wait_for_turn(self) -> None:
        """Return when the next request may start.

        :raises RateLimitError: if that is too far away; ``wait_seconds`` tells how far.
        """
        while True:
            with self._lock:
                now = self._clock()
                rest = self._rest_ends - now
                if rest > self._longest_rest:
                    error = RateLimitError("the account must rest for longer than a request may wait")
                    error.wait_seconds = rest
                    raise error
                wait = max(self._next_start, self._rest_ends) - now
                if wait <= 0:
                    self._next_start = now + self._interval
                    return
            self._sleep(wait)

    def rest(self, seconds: float) -> None:
        """Let no request start for ``seconds``."""
        with self._lock:
            self._rest_ends = max(self._rest_ends, self._clock() + seconds)
