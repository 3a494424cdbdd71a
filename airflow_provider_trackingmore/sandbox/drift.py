"""Changes of type and of keys that an answer may drift into, at every level."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_provider_trackingmore.sandbox.switches import Switches

# Texts that stay texts even where a careless encoder turns digits into numbers.
_ALWAYS_TEXT = ("id", "tracking_number")


def drift(value: Any, switches: Switches, key: str = "") -> Any:
    """Return an answer with the wanted changes of type and extra keys, at every level."""
    if isinstance(value, dict):
        changed = {name: drift(inner, switches, name) for name, inner in value.items()}
        if switches.extra_keys:
            changed["new_key"] = {"since": "tomorrow", "level": [1, None]}
        return changed
    if isinstance(value, list):
        return [drift(inner, switches, key) for inner in value]
    if switches.numbers_as_text and type(value) is int and key not in ("code", "errorCode"):
        return str(value)
    if switches.texts_as_numbers and isinstance(value, str) and key not in _ALWAYS_TEXT:
        return int(value) if value.isdigit() and str(int(value)) == value else value
    return value
