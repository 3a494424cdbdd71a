"""Taking people and credentials out of what is kept as it came (``extra``, rejected records).

Credentials go by the names of fields, always. People go by the names, too; and as no list of names is
complete, of what the field map does not know only such values stay as cannot be a person's.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from airflow_provider_trackingmore.exceptions import ResponseShapeError
from airflow_provider_trackingmore.tables.document import REPEATED, read_document
from airflow_provider_trackingmore.tables.fields import FIELD_MAPS, Care, Field, Kind

if TYPE_CHECKING:
    from airflow_provider_trackingmore.tables.mapping import Names

_KNOWN = {
    care: {f.path[-1].lower() for m in FIELD_MAPS.values() for f in m.record if f.care is care}
    for care in Care
}

# Fields that appear over time are judged by their name; better one column too few than a name too many.
# Postcodes and the couriers' own phone numbers stay; so does what only sounds like a person.
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
    r"post_?(al_?)?code|(^|_)zip($|_)|country|state$|^courier_phone$|^(signature_requirement|return_to_sender)$"
)

# Since 2010: nobody who orders has been born since.
_DATE = re.compile(
    r"20[1-9]\d-(0[1-9]|1[0-2])-([0-2]\d|3[01])"
    r"([T ][0-2]\d:[0-5]\d(:[0-5]\d(\.\d{1,9})?)?( ?(Z|[+-]\d\d:?\d\d))?)?"
)
# Phone numbers have more, and so has a place on the map to less than some hundred metres.
_MOST_DIGITS = 6
# Objects may be keyed by what is a value elsewhere.
_FIELD_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,59}|\d{1,6}")
_TYPES: dict[Kind, Any] = {
    Kind.TEXT: str | int | float,
    Kind.INTEGER: int | float,
    Kind.NUMBER: int | float,
    Kind.BOOLEAN: int | float,
}


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


def may_stay(item: Any, names: Names, *, include_personal_data: bool) -> Any:
    """Return what may be kept of an object of which the field map knows these names.

    Values of known fields stay, and of others true, false, null, dates since 2010, numbers of up to six
    digits and plain field names; in the place of anything else stands what it was.
    """
    return cleaned(item, include_personal_data=True) if include_personal_data else _judged(item, names)


def _judged(value: Any, known: Field | Names | None) -> Any:
    if isinstance(known, Field) and _fits(value, known):
        return cleaned(value, include_personal_data=False)
    names = known if isinstance(known, dict) else {}
    if isinstance(value, dict):
        return _judged_object(value, names)
    if isinstance(value, list):
        return [_judged(one, names) for one in value]
    return value if _is_nobodys(value) else _withheld(value)


def _judged_object(item: dict[str, Any], names: Names) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for place, (name, value) in enumerate(item.items()):
        # An object keyed by numbers is a list, as PHP writes one with gaps.
        known = names if name.isdecimal() else names.get(name)
        if is_secret(name) or _is_left_out(name, known):
            continue
        shown = name if _FIELD_NAME.fullmatch(name) else f"withheld: name {place} of {len(name)} characters"
        if name == REPEATED and isinstance(value, dict):
            kept[shown] = _judged_earlier(value, names)
        else:
            kept[shown] = _judged(value, known)
    return kept


def _judged_earlier(earlier: dict[str, Any], names: Names) -> dict[str, Any]:
    """Return the values that stood before the one that counts, each judged as if it did."""
    kept: dict[str, Any] = {}
    for name, several in earlier.items():
        if not isinstance(several, list):
            return _judged_object(earlier, {})
        for one in several:
            for shown, value in _judged_object({name: one}, names).items():
                kept.setdefault(shown, []).append(value)
    return kept


def _is_left_out(name: str, known: Field | Names | None) -> bool:
    if isinstance(known, Field):
        return known.care is not Care.PLAIN
    return known is None and is_personal(name)


def _fits(value: Any, known: Field) -> bool:
    if known.kind is Kind.TEXTS:
        return isinstance(value, list) and all(one is None or isinstance(one, str) for one in value)
    return isinstance(value, _TYPES.get(known.kind, ()))


def _is_nobodys(value: Any) -> bool:
    """Return whether a value cannot be a person's, whatever its field means."""
    if isinstance(value, str):
        return not value.strip() or bool(_DATE.fullmatch(value))
    return value is None or isinstance(value, bool) or _digits(value) <= _MOST_DIGITS


def _withheld(value: Any) -> str:
    if isinstance(value, str):
        return f"withheld: text of {len(value)} characters"
    return f"withheld: number of {_digits(value)} digits"


def _digits(number: float) -> int:
    return sum(map(str.isdigit, str(number)))


def cleaned(value: Any, *, include_personal_data: bool) -> Any:
    """Return ``value`` without what its names say is a credential or, unless asked for, personal data."""
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
        inner = read_document(text.encode("utf-8", "replace"))
        kept = cleaned(inner, include_personal_data=include_personal_data)
        return text if kept == inner else json.dumps(kept, ensure_ascii=False)
    except ResponseShapeError:
        return text
    except RecursionError:
        # What nobody can look into may hold a credential.
        return _withheld(text)
