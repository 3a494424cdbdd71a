"""The account's own clock: requests start apart, and all of them rest together after a refusal."""

from __future__ import annotations

import logging
import math
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from airflow_provider_trackingmore.api.turns import OwnTurns
from airflow_provider_trackingmore.exceptions import RateLimitError

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_trackingmore.api.turns import SharedTurns

log = logging.getLogger(__name__)

# Two requests sent exactly an interval apart can arrive a few milliseconds closer; the service counts
# arrivals, and one refusal costs two minutes.
MARGIN = 1.02

# A start that was late by up to this share of the interval, which the margin covers, does not delay the
# ones after it: small delays would add up to a slower pace.
LATENESS = 0.01

# A shared record that says more was written by a clock that has been put back since.
LONGEST_REST = 86_400.0

# A rest of more seconds than this is said before it is waited out; shorter ones belong to the pace.
QUIET_REST = 5.0


class Pacer:
    """Lets at most ``per_second`` requests start in a second, evenly, over all who share its turns.

    Spacing starts rather than sleeping after answers keeps the pace at the limit however slowly the
    service answers. A rest of more than ``longest_rest`` seconds is not waited for.
    """

    def __init__(
        self,
        per_second: float,
        *,
        longest_rest: float = math.inf,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        turns: OwnTurns | SharedTurns | None = None,
    ) -> None:
        self._interval = MARGIN / per_second
        self._longest_rest = longest_rest
        self._clock = clock
        self._sleep = sleep
        self._turns = turns or OwnTurns()
        self._said_until = 0.0

    def wait_for_turn(self) -> None:
        """Return when the next request may start.

        :raises RateLimitError: if that is too far away; ``wait_seconds`` tells how far.
        """
        while True:
            with self._turns.taking() as turn:
                now = self._clock()
                if turn.next_start - now > LONGEST_REST or turn.rest_ends - now > LONGEST_REST:
                    turn.next_start = turn.rest_ends = 0.0
                rest = turn.rest_ends - now
                wait = max(turn.next_start, turn.rest_ends) - now
                if wait <= 0:
                    is_late = now - turn.next_start > LATENESS * self._interval
                    turn.next_start = (now if is_late else turn.next_start) + self._interval
                    return
                if rest > self._longest_rest:
                    error = RateLimitError("the account must rest for longer than a request may wait")
                    error.wait_seconds = rest
                    raise error
                self._say(rest, turn.rest_ends)
            self._sleep(wait)

    def _say(self, rest: float, ends: float) -> None:
        """Log a long rest, once for all who wait for its end; call while holding the turn."""
        if rest > QUIET_REST and ends != self._said_until:
            self._said_until = ends
            until = f"{datetime.fromtimestamp(ends, UTC):%Y-%m-%d %H:%M:%S}"
            log.info("the account must rest: waiting %.0f s, until %s UTC", rest, until)

    def keep_to(self, per_second: float) -> None:
        """Change the pace."""
        self._interval = MARGIN / per_second

    def rest(self, seconds: float) -> None:
        """Let no request start for ``seconds``."""
        with self._turns.taking() as turn:
            turn.rest_ends = max(turn.rest_ends, self._clock() + min(seconds, LONGEST_REST))
