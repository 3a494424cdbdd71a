"""The TrackingMore connection form, written down once.

Airflow 3.2 and later read it from the provider metadata, older versions ask the hook; both views are
made from the constants below, so they cannot disagree. Nothing here imports Airflow.
"""

from __future__ import annotations

from typing import Any

CONN_TYPE = "trackingmore"
HOOK_NAME = "TrackingMore"
HIDDEN = ["login", "schema", "port"]
LABELS = {"password": "API key", "host": "Base URL"}
PLACEHOLDERS = {"host": "leave empty for the public service"}


def _field(label: str, description: str, kind: str, **schema: Any) -> dict[str, Any]:
    # No "default": the form would store it in every connection it saves. Null: left empty.
    return {"label": label, "description": description, "schema": {"type": [kind, "null"], **schema}}


EXTRAS: dict[str, dict[str, Any]] = {
    "api_version": _field("API version", "v2, v3 or v4; empty means v4.", "string", enum=["v2", "v3", "v4"]),
    "account": _field(
        "Account label",
        "Part of every key in the warehouse; keep it once data is loaded. Empty means default.",
        "string",
    ),
    "page_size": _field(
        "Page size",
        "Trackings asked for per request; empty means what the version is known to allow.",
        "integer",
        minimum=1,
        maximum=2000,
    ),
    "requests_per_second": _field(
        "Requests per second", "Empty means the version's documented limit.", "number", minimum=0.001
    ),
    "timeout": _field("Time-out", "Seconds without an answer; empty means 30.", "number", minimum=0.001),
    "retries": _field(
        "Retries", "Tries after a transient failure; empty means 5.", "integer", minimum=0, maximum=50
    ),
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


def declarative() -> dict[str, Any]:
    """Return the entry of ``connection-types`` in the provider metadata."""
    return {
        "connection-type": CONN_TYPE,
        "hook-class-name": "airflow_provider_trackingmore.hooks.trackingmore.TrackingMoreHook",
        "hook-name": HOOK_NAME,
        "ui-field-behaviour": {
            "hidden-fields": HIDDEN,
            "relabeling": LABELS,
            "placeholders": PLACEHOLDERS,
        },
        "conn-fields": EXTRAS,
    }


def for_hook() -> dict[str, Any]:
    """Return the same in the spelling that Airflow before 3.2 asks the hook for."""
    return {"hidden_fields": HIDDEN, "relabeling": LABELS, "placeholders": PLACEHOLDERS}


def widgets() -> dict[str, Any]:
    """Return the extra fields as form widgets, for Airflow before 3.2."""
    from flask_babel import lazy_gettext
    from wtforms import IntegerField, StringField
    from wtforms.validators import Optional

    def widget(field: dict[str, Any]) -> Any:
        kind = IntegerField if "integer" in field["schema"]["type"] else StringField
        return kind(lazy_gettext(field["label"]), [Optional()], description=field["description"])

    return {name: widget(field) for name, field in EXTRAS.items()}
