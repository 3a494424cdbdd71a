"""From an Airflow connection to a TrackingMore client."""

from __future__ import annotations

import json
import logging
import re
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowNotFoundException, BaseHook

from airflow_provider_trackingmore import connection_form
from airflow_provider_trackingmore.exceptions import ConfigurationError, TrackingMoreError

if TYPE_CHECKING:
    from airflow_provider_trackingmore.api import TrackingMoreClient


log = logging.getLogger(__name__)

_NAME = re.compile(r"[A-Za-z_]{1,60}")


class TrackingMoreHook(BaseHook):
    """Builds a client from an Airflow connection of type ``trackingmore``.

    The connection is read only when a client is asked for, so making a hook in a Dag file costs nothing
    and needs no connection to exist.

    :param trackingmore_conn_id: connection that holds the API key.
    """

    conn_name_attr = "trackingmore_conn_id"
    default_conn_name = "trackingmore_default"
    conn_type = connection_form.CONN_TYPE
    hook_name = connection_form.HOOK_NAME

    def __init__(self, trackingmore_conn_id: str = default_conn_name) -> None:
        super().__init__()
        self.trackingmore_conn_id = trackingmore_conn_id

    @classmethod
    def get_ui_field_behaviour(cls) -> dict[str, Any]:
        """Return labels and hidden fields, for Airflow before 3.2."""
        return connection_form.for_hook()

    @classmethod
    def get_connection_form_widgets(cls) -> dict[str, Any]:
        """Return the extra fields, for Airflow before 3.2."""
        return connection_form.widgets()

    def get_conn(self) -> TrackingMoreClient:
        """Return a client for the connection's account; close it after use.

        :raises ConfigurationError: if the connection is missing or a field of it is wrong; the text
            names it.
        """
        return self.client()

    def client(self, **overrides: Any) -> TrackingMoreClient:
        """Return a client as :meth:`get_conn` does; ``overrides`` win over what the connection says."""
        from airflow_provider_trackingmore.api import TrackingMoreClient

        try:
            connection = self.get_connection(self.trackingmore_conn_id)
        except AirflowNotFoundException as error:
            raise ConfigurationError(
                f"connection {self.trackingmore_conn_id!r} does not exist; add one of type TrackingMore"
            ) from error
        extras = _extras(connection.extra)
        options = {name: _typed(name, value) for name, value in extras.items() if value not in (None, "")}
        base_url = connection.host or None
        return TrackingMoreClient(connection.password or "", base_url=base_url, **(options | overrides))

    def test_connection(self) -> tuple[bool, str]:
        """Ask for one tracking, which costs no credit; for the Test button and the command line."""
        try:
            # Somebody is waiting at the button: one short try.
            with self.client(retries=0, timeout=10.0) as client:
                client.list_page(size=1)
                return True, f"TrackingMore {client.version.name} answered"
        except TrackingMoreError as error:
            return False, f"{type(error).__name__}: {error}"
        except Exception as error:  # whatever it is, the person at the button must see that there is one
            # Not its text: only ours are known to hold no secret.
            return False, f"unexpected {type(error).__name__}"


def _extras(text: str | None) -> dict[str, Any]:
    """Return the connection's extras; those not known are named in the log, and stay out.

    Not ``extra_dejson``: it declares every text in it a secret, "v4" too, and warns that it is short.
    """
    try:
        extras = json.loads(text or "{}")
    except ValueError:
        extras = None
    if not isinstance(extras, dict):
        raise ConfigurationError('the connection\'s extra is no JSON object; write it as {"page_size": 100}')
    known = connection_form.EXTRAS
    unknown = sorted(set(extras) - set(known))
    if unknown:
        # A key in the wrong place would look like no name.
        names = [name if _NAME.fullmatch(name) else "(no name)" for name in unknown]
        log.warning("connection extras %s are not known and ignored; there are: %s", names, ", ".join(known))
    return {name: value for name, value in extras.items() if name in known}


def _typed(name: str, value: Any) -> Any:
    """Return a number that the form stored as text as the number it is; other values as they are."""
    kinds = connection_form.EXTRAS[name]["schema"]["type"]
    if not isinstance(value, str) or "string" in kinds:
        return value
    try:
        return int(value) if "integer" in kinds else float(value)
    except ValueError:
        return value  # the client names the field and what it expects
