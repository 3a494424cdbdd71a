"""What Airflow 3 adds to its UI: the report of the shipments, for whoever is logged in.

Every Airflow process imports this module, and Airflow 2.11 too, which passes over what it does not know;
the application behind it is imported by the first request to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowPlugin

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    Scope = MutableMapping[str, Any]

_PREFIX = "/trackingmore"


async def _application(
    scope: Scope, receive: Callable[[], Awaitable[Scope]], send: Callable[[Scope], Awaitable[None]]
) -> None:
    from airflow_provider_trackingmore.view import app

    await app(scope, receive, send)


class TrackingMorePlugin(AirflowPlugin):
    """Shows the report in a frame of the UI."""

    name = "trackingmore"
    fastapi_apps = [{"app": _application, "url_prefix": _PREFIX, "name": "TrackingMore report"}]  # noqa: RUF012
    external_views = [  # noqa: RUF012
        {
            "name": "Shipments",
            # Without a slash in front: it stands below the UI's own address, wherever that is.
            "href": f"{_PREFIX.lstrip('/')}/report",
            "destination": "nav",
            "url_route": "shipments",
        }
    ]
