"""Taking people and credentials out of what is kept as it came (``extra``, rejected records)."""

from __future__ import annotations

import json
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
    r"customer|consignee|recipient|receiver|sender|shipper|contact|buyer|person|neighbou?r"
    r"|^name$|(^|_)(full|first|last|user|given|family|middle|nick)_?name|surname"
    r"|signat|(^|_)signe[er]|(sign|sing|receiv)ed_?by"
    r"|(hand|deliver|collect|giv|left|pick)(ed|en)?_(over_|up_)?(to|with|by)($|_)"
    r"|e_?mail|phone|mobile|whats_?app|we_?chat|(^|_)(tel|fax|cell|sms(es)?)($|_)"
    r"|address|street|instruction|(gate|door|access|entry)_?code"
    r"|(^|_)(gps|geo|lat|lng|lon)($|_)|latitude|longitude|coordinates"
    r"|birth|passport|(^|_)(ssn|vat|iban|dob)($|_)|(tax|national|identity|id_?card)_?(id|no|number|code)?($|_)"
    r"|(^|_)notes?($|_)|comment|remark|proof|(^|_)pod($|_)|photo|picture|image"
    r"|order_?(id_?)?(url|link|path)"
)
_SECRET = re.compile(
    r"(tracking|api|access|private)_?key|account_?number|courier_?account|passw|(^|_)(pass|pwd)($|_)|secret"
    r"|token|credential|authori[sz]ation|bearer|cookie"
)
_PLAIN = re.compile(
    r"post_?(al_?)?code|(^|_)zip($|_)|country|state$|^(courier_)?phone$|^(signature_requirement|return_to_sender)$"
)


def is_secret(name: str) -> bool:
    """Return whether a field of this name may hold a credential."""
    return name.lower() in _KNOWN[Care.SECRET] or bool(_SECRET.search(_words(name)))


def is_personal(name: str) -> bool:
    """Return whether a field of this name may hold personal data."""
    if name.lower() in _KNOWN[Care.PERSONAL]:
        return True
    words = _words(name)
    return bool(_PERSONAL.search(words)) and not _PLAIN.search(words)


def _words(name: str) -> str:
    """Return a name in lower case with ``_`` between its words, however it was written."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"[\W_]+", "_", apart).strip("_").lower()


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
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        return _cleaned_json(value, include_personal_data=include_personal_data)
    return value


def _cleaned_json(text: str, *, include_personal_data: bool) -> str:
    """Return a text that may be JSON itself, as some services nest it, cleaned likewise."""
    try:
        inner = json.loads(text)
        kept = cleaned(inner, include_personal_data=include_personal_data)
    except (ValueError, RecursionError):
        return text
    return text if kept == inner else json.dumps(kept, ensure_ascii=False)
