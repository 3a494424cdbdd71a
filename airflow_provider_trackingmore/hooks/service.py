"""From an Airflow connection to a client: what the hooks of all services share."""

from __future__ import annotations

import json
import logging
import re
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from airflow.providers.common.compat.sdk import AirflowNotFoundException, BaseHook

from airflow_provider_trackingmore.exceptions import ConfigurationError, TrackingMoreError

if TYPE_CHECKING:
    from airflow_provider_trackingmore.api import ServiceClient
    from airflow_provider_trackingmore.connection_form import ConnectionForm

    Client = TypeVar("Client", bound=ServiceClient)
else:
    # Named only: importing the client would load its libraries into every process that reads a Dag.
    Client = TypeVar("Client")

log = logging.getLogger(__name__)

_NAME = re.compile(r"[A-Za-z_]{1,60}")


class ServiceHook(BaseHook, Generic[Client]):
    """Builds a client from an Airflow connection.

    The connection is read only when a client is asked for, so making a hook in a Dag file costs nothing
    and needs no connection to exist.
    """

    form: ClassVar[ConnectionForm]

    def __init__(self, conn_id: str) -> None:
        super().__init__()
        self.conn_id = conn_id

    @classmethod
    def get_ui_field_behaviour(cls) -> dict[str, Any]:
        """Return labels and hidden fields, for Airflow before 3.2."""
        return cls.form.for_hook()

    @classmethod
    def get_connection_form_widgets(cls) -> dict[str, Any]:
        """Return the extra fields, for Airflow before 3.2."""
        return cls.form.widgets()

    @classmethod
    def client_class(cls) -> type[Client]:
        """Return the class of the service's client; imported late, for what it loads."""
        raise NotImplementedError

    def get_conn(self) -> Client:
        """Return a client for the connection's account; close it after use.

        :raises ConfigurationError: if the connection is missing or a field of it is wrong; the text
            names it.
        """
        return self.client()

    def client(self, **overrides: Any) -> Client:
        """Return a client as :meth:`get_conn` does; ``overrides`` win over what the connection says."""
        kind = self.client_class()
        try:
            connection = self.get_connection(self.conn_id)
        except AirflowNotFoundException as error:
            raise ConfigurationError(
                f"connection {self.conn_id!r} does not exist; add one of type {self.form.hook_name}"
            ) from error
        extras = _extras(connection.extra, self.form)
        options = {
            name: _typed(self.form, name, value) for name, value in extras.items() if value not in (None, "")
        }
        options[kind.service.url_option] = connection.host or None
        return kind(connection.password or "", **(options | overrides))

    def test_connection(self) -> tuple[bool, str]:
        """Ask for one tracking, which costs no credit; for the Test button and the command line."""
        try:
            # What a task would refuse is refused here, too.
            self.get_conn().close()
            # Somebody is waiting at the button: one short try.
            quick: dict[str, Any] = {self.client_class().service.retries_option: 0, "timeout": 10.0}
            with self.client(**quick) as client:
                answer = client.list_page(size=1)
                return True, f"{client.service.label} {answer.api_version} answered"
        except TrackingMoreError as error:
            return False, f"{type(error).__name__}: {error}"
        except Exception as error:  # whatever it is, the person at the button must see that there is one
            # Not its text: only ours are known to hold no secret.
            return False, f"unexpected {type(error).__name__}"


def _extras(text: str | None, form: ConnectionForm) -> dict[str, Any]:
    """Return the connection's extras; those not known are named in the log, and stay out.

    Not ``extra_dejson``: it declares every text in it a secret, "v4" too, and warns that it is short.
    """
    try:
        extras = json.loads(text or "{}")
    except ValueError:
        extras = None
    if not isinstance(extras, dict):
        raise ConfigurationError('the connection\'s extra is no JSON object; write it as {"page_size": 100}')
    known = form.extras
    unknown = sorted(set(extras) - set(known))
    if unknown:
        # A key in the wrong place would look like no name.
        names = [name if _NAME.fullmatch(name) else "(no name)" for name in unknown]
        log.warning("connection extras %s are not known and ignored; there are: %s", names, ", ".join(known))
    return {name: value for name, value in extras.items() if name in known}


def _typed(form: ConnectionForm, name: str, value: Any) -> Any:
    """Return a number that the form stored as text as the number it is; other values as they are."""
    kinds = form.extras[name]["schema"]["type"]
    if not isinstance(value, str) or "string" in kinds:
        return value
    try:
        return int(value) if "integer" in kinds else float(value)
    except ValueError:
        return value  # the client names the field and what it expects
