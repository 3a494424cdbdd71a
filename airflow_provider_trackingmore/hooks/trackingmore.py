"""From an Airflow connection to a TrackingMore client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_trackingmore import connection_form
from airflow_provider_trackingmore.hooks.service import ServiceHook

if TYPE_CHECKING:
    from airflow_provider_trackingmore.api import TrackingMoreClient


class TrackingMoreHook(ServiceHook["TrackingMoreClient"]):
    """Builds a client from an Airflow connection of type ``trackingmore``.

    :param trackingmore_conn_id: connection that holds the API key.
    """

    form = connection_form.TRACKINGMORE
    conn_name_attr = "trackingmore_conn_id"
    default_conn_name = "trackingmore_default"
    conn_type = form.conn_type
    hook_name = form.hook_name

    def __init__(self, trackingmore_conn_id: str = default_conn_name) -> None:
        super().__init__(trackingmore_conn_id)
        self.trackingmore_conn_id = trackingmore_conn_id

    @classmethod
    def client_class(cls) -> type[TrackingMoreClient]:
        """Return the client; imported late, for what it loads."""
        from airflow_provider_trackingmore.api import TrackingMoreClient

        return TrackingMoreClient
