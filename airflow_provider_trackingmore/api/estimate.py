"""How many trackings an account holds, asked as cheaply as the version allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_trackingmore.api.envelope import has_records

if TYPE_CHECKING:
    from airflow_provider_trackingmore.api.client import Answer, TrackingMoreClient

# A first load is announced to a quarter; knowing it better would cost requests and change nothing.
CLOSE_ENOUGH = 1.25


def estimate_records(client: TrackingMoreClient, first_page: Answer, first_count: int) -> int:
    """Return about how many trackings there are; exact where the service counts them.

    v2 says it with every page, v3 by its status counts; v4 says it nowhere, so the last page is sought by
    leaping ahead and halving. ``first_page`` is an answer to page 1, ``first_count`` its records.
    """
    if first_page.total is not None:
        return first_page.total
    if first_count == 0:
        return 0
    if client.has_route("status_counts"):
        return sum(client.status_counts().values())
    full, empty = 1, 4
    while not _is_empty(client, empty):
        full, empty = empty, empty * 4
    while empty - full > 1 and empty / full > CLOSE_ENOUGH:
        middle = (full + empty) // 2
        full, empty = (full, middle) if _is_empty(client, middle) else (middle, empty)
    return first_count * (full + empty - 1) // 2


def _is_empty(client: TrackingMoreClient, page: int) -> bool:
    answer = client.list_page(page=page)
    return answer.is_empty or not has_records(answer.body, client.version)
