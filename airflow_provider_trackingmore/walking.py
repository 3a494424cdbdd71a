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

    def walk(self, window: Window, begun: Answer, passes: int, *, is_first_page: bool) -> int | None:
        """Return how many records a window holds, or None if no two of ``passes`` walks agree.

        ``begun`` is the answer that called for it. A record can be skipped only when another one left, and
        one that left is missing from the next pass: two equal passes prove that nothing moved. So nothing
        may enter the window between pages.
        """
        first = begun if is_first_page else None
        if begun.service_time and (open_for := window.bounds[1] - begun.service_time) >= timedelta(0):
            # Longer only if the clock that told the window's end was wrong, and then it ends earlier anyway.
            self._client.pause(min(open_for.total_seconds() + 1, 2))
        before: Seen | None = None
        for _ in range(passes):
            seen = self._pass(window, first, before)
            first = None
            if seen is not None and seen == before:
                return len(seen.marks)
            before = seen
        return None

    def _pass(self, window: Window, first: Answer | None, before: Seen | None) -> Seen | None:
        """Return what one walk saw, which ends when nothing more or all that was seen ``before`` came.

        None if a record came twice: where one is shown again, another one may have been passed over.
        """
        seen: set[str] = set()
        largest = 0
        came: dict[int, tuple[list[str], list[str]]] = {}
        opening: Answer | None = None

        def next_page(page: int | str) -> Answer:
            nonlocal opening
            if opening is not None:
                return self._client.another_page(opening, page)
            opening = first or fetch(self._client, window)
            return opening

        def marks_of(answer: Answer) -> list[str]:
            # The page that was read before is in the landing folder already.
            page = self._decode(answer) if answer is first else self._keep(window, answer)
            marks = page.marks() if page else []
            came[id(answer)] = marks, page.keys() if page else []
            return marks

        for answer in walk(next_page, marks_of):
            marks, keys = came.pop(id(answer), ([], []))
            if not seen.isdisjoint(keys):
                return None
            seen.update(marks)
            largest = max(largest, len(marks))
            # Where a cursor leads on, a total may be capped.
            total = None if answer.next_cursor else self._totals.believed(answer.total, len(seen), 0)
            is_last = len(marks) < largest and answer.next_cursor is None and total is None
            if is_last or Seen(seen, largest) == before or (total is not None and len(seen) >= total):
                break
        return Seen(seen, largest)
