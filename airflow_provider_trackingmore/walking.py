"""Walking a window that cannot be cut, page by page, until two walks agree.

Why that is enough, although records leave the window between two requests, stands in
``docs/completeness.md``.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from airflow_provider_trackingmore.api.pages import walk
from airflow_provider_trackingmore.fetching import fetch

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_trackingmore.api import Answer, ServiceClient
    from airflow_provider_trackingmore.api.windows import Totals, Window
    from airflow_provider_trackingmore.tables import Page

# How often a window that cannot be cut is read until two passes agree; one that can be cut is read twice.
MOST_PASSES = 10


class Seen(NamedTuple):
    """What one walk of a window saw: the marks of its records, and how many its largest page held.

    Pages that have grown between two requests pass records over, so only walks of pages of one size compare.
    """

    marks: set[str]
    largest_page: int


class _ScatteredError(Exception):
    """More than a page lies outside the seconds that were to hold nearly everything."""


class Walker:
    """Walks windows; ``decode`` reads an answer that is kept already, ``keep`` keeps it as well."""

    def __init__(
        self,
        client: ServiceClient,
        totals: Totals,
        decode: Callable[[Answer], Page | None],
        keep: Callable[[Window, Answer], Page | None],
    ) -> None:
        self._client = client
        self._totals = totals
        self._decode = decode
        self._keep = keep

    def walk(
        self, window: Window, begun: Answer, passes: int, *, is_first_page: bool, mostly: range | None = None
    ) -> int | None:
        """Return how many records a window holds, or None if no two of ``passes`` walks agree.

        ``begun`` is the answer that called for it. ``mostly`` are the seconds in which nearly everything is
        expected: when more than a page lies elsewhere, the walk is given up, because cutting is cheaper.

        A record can be skipped only when another one left, and one that left is missing from the next pass:
        two equal passes prove that nothing moved. So nothing may enter the window between pages.
        """
        first = begun if is_first_page else None
        if begun.service_time and (open_for := window.bounds[1] - begun.service_time) >= timedelta(0):
            # Longer only if the clock that told the window's end was wrong, and then it ends earlier anyway.
            self._client.pause(min(open_for.total_seconds() + 1, 2))
        before: Seen | None = None
        for _ in range(passes):
            try:
                seen = self._pass(window, first, before, mostly)
            except _ScatteredError:
                return None
            first = None
            if seen is not None and seen == before:
                return len(seen.marks)
            before = seen
        return None

    def _pass(
        self, window: Window, first: Answer | None, before: Seen | None, mostly: range | None
    ) -> Seen | None:
        """Return what one walk saw, which ends when nothing more or all that was seen ``before`` came.

        Every numbered page is asked for in the size that the first one has: then none can grow, and it does
        not matter whether numbers count in the size asked for or in the one given. None if a record came
        twice, or a page is larger all the same: others may have been passed over then. A cursor passes none
        over, and may be good for no other size.
        """
        seen: set[str] = set()
        largest = received = elsewhere = 0
        came: dict[int, tuple[list[str], list[str]]] = {}
        opening: Answer | None = None

        def next_page(page: int | str) -> Answer:
            nonlocal opening
            if opening is not None:
                size = largest if isinstance(page, int) and largest else None
                return self._client.another_page(opening, page, size=size)
            opening = first or fetch(self._client, window)
            return opening

        def marks_of(answer: Answer) -> list[str]:
            nonlocal elsewhere
            # The page that was read before is in the landing folder already.
            page = self._decode(answer) if answer is first else self._keep(window, answer)
            marks = page.marks() if page else []
            came[id(answer)] = marks, page.keys() if page else []
            if page and mostly is not None:
                elsewhere += sum(second not in mostly for second in page.seconds(window.axis))
            return marks

        for answer in walk(next_page, marks_of):
            marks, keys = came.pop(id(answer), ([], []))
            has_grown = 0 < largest < len(marks) and answer.next_cursor is None
            if has_grown or not seen.isdisjoint(keys):
                return None
            seen.update(marks)
            received += len(marks)
            largest = max(largest, len(marks))
            if elsewhere > largest:
                raise _ScatteredError
            # A total may be capped, so it ends no walk after a full page, nor where a cursor leads on.
            total = self._totals.believed(answer.total, received, 0)
            is_short = len(marks) < largest and not answer.next_cursor
            is_last = is_short and (received >= total if total is not None else answer.next_cursor is None)
            if is_last or Seen(seen, largest) == before:
                break
        return Seen(seen, largest)
