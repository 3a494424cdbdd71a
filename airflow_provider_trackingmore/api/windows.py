"""Cutting a range of time into windows that one request each can read, and proving that it did.

Paging through a list that changes skips records: one that is refreshed meanwhile leaves the window, and
every later one moves up a place. A window that fits one page cannot tear. All here is pure arithmetic on
whole seconds; nothing is sent. The argument as a whole stands in ``docs/completeness.md``.
"""

from __future__ import annotations

import logging
import math
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

log = logging.getLogger(__name__)

# Whether the service includes the bounds of a window, and how it compares fractions of a second, is
# unknown; asking for a second more on both sides is right either way, and keys remove the doubles.
OVERLAP = 1

# A window this short is not cut: with the overlap, its parts would ask for nearly as much as it does.
SHORTEST = 3

# How much longer than the one before a window may be; squared after each empty one.
_GROWTH = 4.0

# How much the windows before count beside the last one, when the density is estimated.
_MEMORY = 0.7


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

    @property
    def name(self) -> str:
        """Return what files of this window are called."""
        return f"{self.axis}-{self.first}-{self.last}"

    def __str__(self) -> str:
        first, last = (f"{moment:%Y-%m-%d %H:%M:%S}" for moment in self.bounds)
        return f"the window of {self.axis} times from {first} to {last} UTC"


def _moment(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def is_whole(count: int, asked: int, largest_page: int, total: int | None) -> bool:
    """Return whether one answer of ``count`` records holds all of its window.

    Where the answer tells a total that can be true, that decides. Elsewhere only this proves it: the page
    holds fewer records than were asked for and than the largest page that came before in this run, because
    the service may cap sizes without telling. An empty page is whole under any cap.
    """
    if total is not None and total >= count:
        return count == total
    return count == 0 or count < min(asked, largest_page)


@dataclass
class Doubts:
    """Windows that their size alone proves, until a larger page comes to a request sent after them.

    They were smaller than a page that came before; if one that comes after is larger too, no page in between
    was cut short at so few. Answers overtake each other, so it counts when a request was sent: ``now`` is
    how many windows with records have been taken for whole so far.
    """

    now: int = 0
    _windows: dict[Window, tuple[int, int]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self._windows)

    def add(self, window: Window, count: int) -> None:
        """Doubt a window that was taken for whole just now, with ``count`` records."""
        if count:
            self._windows[window] = (self.now, count)
            self.now += 1

    def end(self, sent: int, page: int) -> None:
        """Doubt no longer what was finished before ``sent``, when a request brought a larger ``page``."""
        self._windows = {
            window: (place, count)
            for window, (place, count) in self._windows.items()
            if place >= sent or count >= page
        }

    def take(self) -> list[Window]:
        """Return all windows in doubt, and doubt them no longer."""
        taken = list(self._windows)
        self._windows.clear()
        return taken


# So many answers in a row that say more than came, and were not full, are no page that has become smaller.
FALSE_TOTALS = 30


@dataclass
class Totals:
    """What the totals that lists tell are worth; by its name one of v2 may as well be the page's own count.

    A total is believed once one has said more than its page held, and no longer when again and again one
    says more although its page was not full, and none fits.
    """

    _says_more: bool = False
    _misses: int = 0

    def believed(self, total: int | None, count: int, capacity: int) -> int | None:
        """Return ``total`` if it can be relied on; ``count`` records came, where ``capacity`` would fit."""
        if total is None or self._misses >= FALSE_TOTALS:
            return None
        if total > count:
            self._says_more = True
            self._misses += count < capacity
            if self._misses == FALSE_TOTALS:
                log.warning("the service's totals fit no page: going on as if it told none")
                return None
        elif total == count and self._says_more:
            self._misses = 0
        return total if self._says_more else None


def burst(seconds: Sequence[int]) -> tuple[int, float]:
    """Return the second that most records of a page share, and the share of the page that does."""
    ((second, count),) = Counter(seconds).most_common(1)
    return second, count / len(seconds)


@dataclass
class Planner:
    """Hands out the windows of one range, newest first, sized by the density just seen.

    ``capacity`` is how many records a request can be expected to bring; it may be corrected at any time.
    ``density`` is how many records a second are expected at the end of the range, if that is known.
    """

    axis: str
    first: int
    last: int
    capacity: int
    density: float | None = None
    _pending: list[tuple[int, int]] = field(init=False)
    _records: float = field(init=False, default=0.0)
    _seconds: float = field(init=False, default=0.0)
    _longest: float = field(init=False, default=math.inf)
    _growth: float = field(init=False, default=_GROWTH)
    _too_full: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self._pending = [(self.first, self.last)] if self.first <= self.last else []
        if self.density:
            self._expect(self.density, 1.0)

    def skip(self, done: Iterable[Window]) -> None:
        """Leave out what an earlier try has read."""
        for window in done:
            if window.axis == self.axis:
                self._pending = [part for span in self._pending for part in _without(span, window)]

    def take(self) -> Window | None:
        """Return the next window to read, or None if there is none left to hand out."""
        if not self._pending:
            return None
        first, last = self._pending.pop()
        span, length = last - first + 1, self._length()
        if length < span:
            # Equal parts, where few are left: a short last one would waste a request.
            length = math.ceil(span / math.ceil(span / length))
            self._pending.append((first, last - length))
            first = last - length + 1
        return Window(self.axis, first, last)

    def give_back(self, window: Window) -> None:
        """Take back a window that was handed out and not read."""
        self._pending.append((window.first, window.last))

    def proved(self, window: Window, count: int) -> None:
        """Learn from a window that was whole; an empty one tells that the density before has ended."""
        self._records = self._records * _MEMORY + count if count else 0.5
        self._seconds = self._seconds * _MEMORY + window.length + 2 * OVERLAP
        self._growth = _GROWTH if count else min(self._growth**2, 1e9)
        self._longest = self._growth * window.length
        self._too_full = 0

    def cut(self, window: Window, seconds: Sequence[int], total: int | None) -> None:
        """Take back a window that did not fit; its newest part comes next, sized to fit.

        ``seconds`` are those of the records that came, in any order: a sample of where they lie, unless
        the service gives one end of the window first. ``total`` is how many there are, where it is told.
        """
        self._too_full += 1 if self._seconds or self._too_full else 2
        there_are = total or 1.5 * len(seconds) * 2 ** (self._too_full - 1)
        share = min(0.6, self._fill() * self.capacity / there_are)
        sample = sorted(seconds)
        newest = sample[len(sample) - max(1, round(share * len(sample)))]
        if self._too_full > 1:
            # The sample has misled once; half of the time always ends.
            newest = max(newest, window.first + window.length // 2)
        newest = min(max(newest, window.first + 1), window.last)
        self._pending += [(window.first, newest - 1), (newest, window.last)]
        self._expect(self._fill() * self.capacity, window.last - newest + 1 + 2 * OVERLAP)

    def around(self, window: Window, second: int) -> Window:
        """Take back the parts of a window beside a second that holds too many; return the part with it.

        Reading until two passes agree does not care for size, so that part has a second more on both
        sides: its neighbours, which ask for one more, then do not ask for the full second again.
        """
        second = min(max(second, window.first), window.last)
        middle = Window(self.axis, max(window.first, second - 1), min(window.last, second + 1))
        self._pending += _without((window.first, window.last), middle)
        return middle

    @property
    def is_seeking(self) -> bool:
        """Return whether windows have not fitted more than once, and none has since."""
        return self._too_full > 1

    @property
    def seconds_left(self) -> int:
        """Return how many seconds have not been handed out."""
        return sum(last - first + 1 for first, last in self._pending)

    @property
    def span_left(self) -> tuple[int, int]:
        """Return the first and the last second of what has not been handed out, of which there is some."""
        return min(first for first, _ in self._pending), max(last for _, last in self._pending)

    def _expect(self, records: float, seconds: float) -> None:
        self._records, self._seconds, self._longest = records, seconds, math.inf

    def _fill(self) -> float:
        """Return how full a page should be: more would overflow too often, by chance alone."""
        return min(0.95, max(0.5, 1 - 2 / math.sqrt(max(self.capacity, 1))))

    def _length(self) -> float:
        if not self._seconds:
            return math.inf
        density = self._records / self._seconds
        return max(1, min(int(self._fill() * self.capacity / density) - 2 * OVERLAP, self._longest))


def _without(span: tuple[int, int], window: Window) -> list[tuple[int, int]]:
    first, last = span
    left = (first, min(last, window.first - 1))
    right = (max(first, window.last + 1), last)
    return [part for part in (left, right) if part[0] <= part[1]]
