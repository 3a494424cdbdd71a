"""Taking people and credentials out of what is kept as it came (``extra``, rejected records)."""

from __future__ import annotations

import re
from typing import Any

from airflow_provider_trackingmore.tables.fields import FIELD_MAPS, Care

_KNOWN = {
    care: {f.path[-1].lower() for m in FIELD_MAPS.values() for f in m.record if f.care is care}
    for care in Care
}

# Fields that appear over time are judged by their name; better one column too few than a name too many.
# Postcodes and the couriers' own phone numbers stay.
_PERSONAL = re.compile(
    r"customer|consignee|recipient|receiver|sender|shipper|contact|buyer|signature|(sign|sing|receiv)ed_?by"
    r"|(^|_)(full|first|last|user)_?name|e_?mail|phone|mobile|(^|_)sms(es)?($|_)|address|street"
    r"|(^|_)notes?($|_)|comment|remark|proof|(^|_)pod($|_)|order_?(id_?)?(url|link|path)"
)
_SECRET = re.compile(
    r"tracking_?key|account_?number|courier_?account|password|secret|token|credential|api_?key"
)
_PLAIN = re.compile(r"post_?(al_?)?code|(^|_)zip($|_)|country|state$|^(courier_)?phone$")


def is_secret(name: str) -> bool:
    """Return whether a field of this name may hold a credential."""
    return name.lower() in _KNOWN[Care.SECRET] or bool(_SECRET.search(name.lower()))


def is_personal(name: str) -> bool:
    """Return whether a field of this name may hold personal data."""
    lower = name.lower()
    if lower in _KNOWN[Care.PERSONAL]:
        return True
    return bool(_PERSONAL.search(lower)) and not _PLAIN.search(lower)


def cleaned(value: Any, *, include_personal_data: bool) -> Any:
    """Return ``value`` without credentials and, unless asked for, personal data, at every depth."""
    if isinstance(value, dict):
        return {
            key: cleaned(inner, include_personal_data=include_personal_data)
            for key, inner in value.items()
            if not is_secret(key) and (include_personal_data or not is_personal(key))
        }
    if isinstance(value, list):
        return [cleaned(inner, include_personal_data=include_personal_data) for inner in value]
    return value
