"""Cutting a range of time into windows that one request each can read, and proving that it did.

Paging through a list that changes skips records: one that is refreshed meanwhile leaves the window, and
every later one moves up a place. A window that fits one page cannot tear. All here is pure arithmetic on
whole seconds; nothing is sent.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime

# Whether the service includes the bounds of a window, and how it compares fractions of a second, is
# unknown; asking for a second more on both sides is right either way, and keys remove the doubles.
OVERLAP = 1


@dataclass(frozen=True, order=True)
class Window:
    """Whole seconds since 1970, both included, on the axis ``created`` or ``updated``."""

    axis: str
    first: int
    last: int

    @property
    def length(self) -> int:
        """Return the number of seconds in the window."""
        return self.last - self.first + 1

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        """Return the moments to ask for."""
        return _moment(self.first - OVERLAP), _moment(self.last + OVERLAP)


def _moment(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def is_whole(count: int, asked: int, largest_page: int, total: int | None) -> bool:
    """Return whether one answer of ``count`` records holds all of its window.

    Where the answer tells the total, that decides. Elsewhere only this proves it: the page holds fewer
    records than were asked for and than the largest page this service has been seen to give, because it
    may cap sizes without telling. An empty page is whole under any cap.
    """
    if total is not None:
        return count >= total
    return count == 0 or count < min(asked, largest_page)


@dataclass
class Planner:
    """Hands out the windows of one range, newest first, sized by the density just seen.

    ``capacity`` is how many records a request can be expected to bring.
    """

    axis: str
    first: int
    last: int
    capacity: int
    density: float | None = None
    _pending: list[tuple[int, int]] = field(init=False)

    def __post_init__(self) -> None:
        self._pending = [(self.first, self.last)] if self.first <= self.last else []

    def skip(self, done: list[Window]) -> None:
        """Leave out what an earlier try has read."""
        for window in done:
            if window.axis == self.axis:
                self._pending = [part for span in self._pending for part in _without(span, window)]

    def take(self) -> Window | None:
        """Return the next window to read, or None if there is none left to hand out."""
        if not self._pending:
            return None
        first, last = self._pending.pop()
        length = self._length()
        if length is not None and length < last - first + 1:
            self._pending.append((first, last - length))
            first = last - length + 1
        return Window(self.axis, first, last)

    def proved(self, window: Window, count: int) -> None:
        """Learn from a window that was whole; after an empty one the whole rest may well be empty."""
        self.density = count / window.length if count else None

    def cut(self, window: Window, at_least: int) -> None:
        """Take back a window of ``at_least`` records that did not fit; its parts come next."""
        self.density = max(2 * at_least / window.length, 2 * (self.density or 0.0))
        middle = window.first + window.length // 2
        self._pending += [(window.first, middle - 1), (middle, window.last)]

    @property
    def seconds_left(self) -> int:
        """Return how many seconds have not been handed out."""
        return sum(last - first + 1 for first, last in self._pending)

    def _length(self) -> int | None:
        if not self.density:
            return None
        # Room for chance: a count that is 70 on average exceeds 100 about once in 3,000 windows.
        fill = min(0.9, max(0.5, 1 - 3 / math.sqrt(max(self.capacity, 1))))
        return max(1, int(fill * self.capacity / self.density))


def _without(span: tuple[int, int], window: Window) -> list[tuple[int, int]]:
    first, last = span
    left = (first, min(last, window.first - 1))
    right = (max(first, window.last + 1), last)
    return [part for part in (left, right) if part[0] <= part[1]]
