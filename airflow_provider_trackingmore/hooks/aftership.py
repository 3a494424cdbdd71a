"""From an Airflow connection to an AfterShip client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_trackingmore import connection_form
from airflow_provider_trackingmore.hooks.service import ServiceHook

if TYPE_CHECKING:
    from airflow_provider_trackingmore.api import AfterShipClient


class AfterShipHook(ServiceHook["AfterShipClient"]):
    """Builds a client from an Airflow connection of type ``aftership``.

    :param aftership_conn_id: connection that holds the API key.
    """

    form = connection_form.AFTERSHIP
    conn_name_attr = "aftership_conn_id"
    default_conn_name = "aftership_default"
    conn_type = form.conn_type
    hook_name = form.hook_name

    def __init__(self, aftership_conn_id: str = default_conn_name) -> None:
        super().__init__(aftership_conn_id)
        self.aftership_conn_id = aftership_conn_id

    @classmethod
    def client_class(cls) -> type[AfterShipClient]:
        """Return the client; imported late, for what it loads."""
        from airflow_provider_trackingmore.api import AfterShipClient

        return AfterShipClient
