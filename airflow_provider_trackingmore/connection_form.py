"""The connection forms, written down once each.

Airflow 3.2 and later read a form from the provider metadata, older versions ask the hook; both views are
made from the same data, so they cannot disagree. Nothing here imports Airflow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

HIDDEN = ["login", "schema", "port"]


@dataclass(frozen=True)
class ConnectionForm:
    """What a connection of one type asks for.

    ``labels`` and ``placeholders`` are those of Airflow's own fields, ``extras`` the fields it adds.
    """

    conn_type: str
    hook_name: str
    hook_class_name: str
    labels: dict[str, str]
    placeholders: dict[str, str]
    extras: dict[str, dict[str, Any]]

    def declarative(self) -> dict[str, Any]:
        """Return the entry of ``connection-types`` in the provider metadata."""
        return {
            "connection-type": self.conn_type,
            "hook-class-name": self.hook_class_name,
            "hook-name": self.hook_name,
            "ui-field-behaviour": {
                "hidden-fields": HIDDEN,
                "relabeling": self.labels,
                "placeholders": self.placeholders,
            },
            "conn-fields": self.extras,
        }

    def for_hook(self) -> dict[str, Any]:
        """Return the same in the spelling that Airflow before 3.2 asks the hook for."""
        return {"hidden_fields": HIDDEN, "relabeling": self.labels, "placeholders": self.placeholders}

    def widgets(self) -> dict[str, Any]:
        """Return the extra fields as form widgets, for Airflow before 3.2."""
        from flask_babel import lazy_gettext
        from wtforms import IntegerField, PasswordField, StringField
        from wtforms.validators import Optional

        def widget(field: dict[str, Any]) -> Any:
            schema = field["schema"]
            kind = IntegerField if "integer" in schema["type"] else StringField
            kind = PasswordField if schema.get("format") == "password" else kind
            return kind(lazy_gettext(field["label"]), [Optional()], description=field["description"])

        return {name: widget(field) for name, field in self.extras.items()}


def _field(label: str, description: str, kind: str, **schema: Any) -> dict[str, Any]:
    # No "default": the form would store it in every connection it saves. Null: left empty.
    return {"label": label, "description": description, "schema": {"type": [kind, "null"], **schema}}


def _page_size(most: int) -> dict[str, Any]:
    return _field(
        "Page size",
        "Trackings asked for per request; empty means what the version is known to allow.",
        "integer",
        minimum=1,
        maximum=most,
    )


_ACCOUNT = _field(
    "Account label",
    "Part of every key in the warehouse; keep it once data is loaded. Empty means default.",
    "string",
)
_SHARED = {
    "proxy": _field("Proxy", "URL of a proxy; empty means what the environment says.", "string"),
    "user_agent": _field("User agent", "Replaces the provider's own.", "string"),
    "ca_bundle": _field("CA bundle", "Path of a CA bundle on the workers.", "string"),
    "largest_answer": _field(
        "Largest answer",
        "Bytes an answer may have once it is unpacked; empty means 268435456 (256 MB).",
        "integer",
        minimum=1,
        maximum=1024**4,
    ),
}
_HOOKS = "airflow_provider_trackingmore.hooks"
_ANY_HOST = {"host": "leave empty for the public service"}

TRACKINGMORE = ConnectionForm(
    conn_type="trackingmore",
    hook_name="TrackingMore",
    hook_class_name=f"{_HOOKS}.trackingmore.TrackingMoreHook",
    labels={"password": "API key", "host": "Base URL"},
    placeholders=_ANY_HOST,
    extras={
        "api_version": _field(
            "API version", "v2, v3 or v4; empty means v4.", "string", enum=["v2", "v3", "v4"]
        ),
        "account": _ACCOUNT,
        "page_size": _page_size(2000),
        "requests_per_second": _field(
            "Requests per second", "Empty means the version's documented limit.", "number", minimum=0.001
        ),
        "timeout": _field("Time-out", "Seconds without an answer; empty means 30.", "number", minimum=0.001),
        "retries": _field(
            "Retries", "Tries after a transient failure; empty means 5.", "integer", minimum=0, maximum=50
        ),
        **_SHARED,
    },
)

AFTERSHIP = ConnectionForm(
    conn_type="aftership",
    hook_name="AfterShip",
    hook_class_name=f"{_HOOKS}.aftership.AfterShipHook",
    labels={"password": "API key", "host": "Domain"},
    placeholders=_ANY_HOST,
    extras={
        "api_version": _field(
            "API version",
            "2024-04 to 2026-07; empty means 2026-07.",
            "string",
            enum=["2024-04", "2024-07", "2024-10", "2025-01", "2025-04", "2025-07", "2026-01", "2026-07"],
        ),
        "account": _ACCOUNT,
        "authentication_type": _field(
            "Authentication",
            "API_KEY, AES or RSA; empty means API_KEY.",
            "string",
            enum=["API_KEY", "AES", "RSA"],
        ),
        "api_secret": _field(
            "API secret",
            "For AES the secret, for RSA the private key as PEM text.",
            "string",
            format="password",
        ),
        "page_size": _page_size(200),
        "requests_per_second": _field(
            "Requests per second",
            "Of each endpoint; empty means its documented limit.",
            "number",
            minimum=0.001,
        ),
        "timeout": _field("Time-out", "Seconds without an answer; empty means 10.", "number", minimum=0.001),
        "max_retry": _field(
            "Retries", "Tries after a transient failure; empty means 2.", "integer", minimum=0, maximum=10
        ),
        **_SHARED,
    },
)

FORMS = (TRACKINGMORE, AFTERSHIP)
