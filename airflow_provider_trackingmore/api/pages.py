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
    fetch: Callable[[int], Answer], ids: Callable[[Answer], Sequence[str]], *, max_pages: int = 100_000
) -> Iterator[Answer]:
    """Yield each page with records as soon as it is there.

    Only an empty page ends the walk. A short one does not: the service may cap the page size without
    telling. A page with the ids of the one before, which page 1 has as well, means that the page number
    is ignored, and going on would never end; if page 1 is another one, new records have only pushed the
    list on by a page. ``ids`` tells the ids of an answer's records.

    :raises PaginationError: if the service repeats a page or never stops.
    """
    previous: Sequence[str] = ()
    for number in range(1, max_pages + 1):
        answer = fetch(number)
        found = () if answer.is_empty else ids(answer)
        if not found:
            log.debug("list ended: page %d is empty", number)
            return
        if found == previous and ids(fetch(1)) == found:
            raise PaginationError(f"page {number} repeats page {number - 1}", route=answer.route)
        previous = found
        yield answer
    raise PaginationError(f"no empty page within {max_pages} pages", route="list")
