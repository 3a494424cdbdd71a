"""How many trackings an account holds, asked as cheaply as the version allows."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, cast

from airflow_provider_trackingmore.api.envelope import read_records
from airflow_provider_trackingmore.api.outcomes import Flaw
from airflow_provider_trackingmore.exceptions import FinalError

if TYPE_CHECKING:
    from airflow_provider_trackingmore.api.answer import Answer
    from airflow_provider_trackingmore.api.client import TrackingMoreClient
    from airflow_provider_trackingmore.api.service_client import ServiceClient

# A first load is announced to a quarter; knowing it better would cost requests and change nothing.
CLOSE_ENOUGH = 1.25


def estimate_records(client: ServiceClient, first_page: Answer, first_count: int) -> int:
    """Return about how many trackings there are; exact where the service counts them.

    v2 and AfterShip say it with every page, v3 by its status counts; v4 says it nowhere, so the last page is
    sought by leaping ahead and halving. ``first_page`` is an answer to page 1, ``first_count`` its records.
    """
    if first_page.total is not None:
        return first_page.total
    if first_count == 0:
        return 0
    if client.has_route("status_counts"):
        # Said to be refused to accounts of more than two million.
        with suppress(FinalError):
            return sum(cast("TrackingMoreClient", client).status_counts().values())
    if not client.version.page_parameter:
        return first_count
    last, on_last, empty = 1, first_count, 4
    while count := _count(client, empty):
        last, on_last, empty = empty, count, empty * 4
    while empty - last > 1 and empty / last > CLOSE_ENOUGH:
        middle = (last + empty) // 2
        if count := _count(client, middle):
            last, on_last = middle, count
        else:
            empty = middle
    return first_count * (last - 1) + on_last + first_count * (empty - 1 - last) // 2


def _count(client: ServiceClient, page: int) -> int:
    answer = client.list_page(page=page)
    if answer.is_empty:
        return 0
    try:
        records = read_records(answer.body, client.version)
    except ValueError as error:
        raise Flaw.NO_DOCUMENT.raised(answer.route) from error
    if records is None:
        raise Flaw.NO_LIST.raised(answer.route)
    return len(records)
