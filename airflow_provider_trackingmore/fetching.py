"""One answer of a list: asked for by its window, decoded into a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_trackingmore.tables import decode_page

if TYPE_CHECKING:
    from airflow_provider_trackingmore.api import Answer, ServiceClient
    from airflow_provider_trackingmore.api.windows import Window
    from airflow_provider_trackingmore.tables import Page


def fetch(client: ServiceClient, window: Window) -> Answer:
    """Return the first page of a window."""
    axis = {window.axis: window.bounds}
    return client.list_page(created=axis.get("created"), updated=axis.get("updated"))


def decode(client: ServiceClient, answer: Answer, *, include_personal_data: bool = False) -> Page | None:
    """Return the page of a list's answer, or None where the code itself says that there is nothing."""
    if answer.is_empty:
        return None
    return decode_page(
        answer.body,
        client.service.name,
        answer.api_version or client.version.name,
        account=client.account,
        observed_at=answer.received_at,
        include_personal_data=include_personal_data,
    )
