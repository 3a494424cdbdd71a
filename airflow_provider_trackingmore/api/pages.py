"""Walking a list page by page, for ad hoc reading and for windows that cannot be cut further."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from airflow_provider_trackingmore.exceptions import PaginationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from airflow_provider_trackingmore.api.answer import Answer

log = logging.getLogger(__name__)


def walk(
    fetch: Callable[[int | str], Answer],
    ids: Callable[[Answer], Sequence[str]],
    *,
    max_pages: int = 100_000,
) -> Iterator[Answer]:
    """Yield each page with records as soon as it is there.

    ``fetch`` is given a page number, or the cursor of the page before where the service gives cursors. There
    a missing cursor ends the walk, elsewhere only an empty page: the service may cap the page size without
    telling. A page with the ids of the one before, which page 1 and the next one have as well, means that the
    page number is ignored, and going on would never end; if they are others, records that came or moved have
    only pushed the list on by a page. ``ids`` tells the ids of an answer's records.

    :raises PaginationError: if the service repeats a page or a cursor, or never stops.
    """

    def told(answer: Answer) -> Sequence[str]:
        return () if answer.is_empty else ids(answer)

    previous: Sequence[str] = ()
    cursors: set[str] = set()
    place: int | str = 1
    for number in range(1, max_pages + 1):
        answer = fetch(place)
        found = told(answer)
        cursor = answer.next_cursor
        if not found and not cursor:
            log.debug("list ended: page %d is empty", number)
            return
        if found == previous and (
            cursor is not None or all(told(fetch(other)) == found for other in (1, number + 1))
        ):
            raise PaginationError(f"page {number} repeats page {number - 1}", route=answer.route)
        if cursor in cursors:
            raise PaginationError(f"page {number} leads to a page before it", route=answer.route)
        previous = found
        yield answer
        if cursor == "":
            return
        cursors.update([cursor] if cursor else [])
        place = cursor or number + 1
    raise PaginationError(f"no empty page within {max_pages} pages", route="list")
