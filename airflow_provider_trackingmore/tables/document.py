"""One JSON document as Python values, with nothing lost on the way.

The parser of the standard library resolves three things without a word, and here they leave a trace: names
that stand twice in an object, numbers it cannot hold, and halves of surrogate pairs.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

from airflow_provider_trackingmore.exceptions import ResponseShapeError
from airflow_provider_trackingmore.tables.limits import MOST_DEPTH, MOST_OBJECTS

REPEATED = "_repeated"
TOO_DEEP = "_too_deep"

# A text that never ends is one, up to the end: searching on inside it would take for ever.
_SIGNS = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)
_ID_FIRST = re.compile(r'\{\s*("id"\s*:\s*(?:"[^"\\]*"|\d+)\s*,)')


class Repeating(dict[str, Any]):
    """An object in which a name stood more than once: the last value counts, as in most parsers.

    ``earlier`` holds, by name, the values before it that differ; they also stand under ``_repeated``, by
    their own names, so that they travel with whatever else is unknown and personal ones are left out.
    """

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        values: dict[str, list[Any]] = {}
        for name, value in pairs:
            values.setdefault(name, []).append(value)
        super().__init__({name: several[-1] for name, several in values.items()})
        differing = {
            name: [value for value in several[:-1] if not _same(value, several[-1])]
            for name, several in values.items()
        }
        self.earlier = {name: several for name, several in differing.items() if several}
        if self.earlier:
            theirs = {REPEATED: values[REPEATED]} if REPEATED in values else {}
            self[REPEATED] = self.earlier | theirs


class _Decimal(float):
    """A number that remembers how it was written: of an id or a weight every digit counts."""

    def __init__(self, digits: str) -> None:
        self._digits = digits

    def __str__(self) -> str:
        return self._digits


def read_document(body: bytes) -> Any:
    """Return the one JSON document of a body; invalid UTF-8 becomes replacement characters.

    :raises ResponseShapeError: if the body is anything else.
    """
    try:
        return json.loads(
            body.decode("utf-8-sig", "replace"),
            strict=False,
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_decimal,
            parse_constant=str,
        )
    except ValueError as error:
        raise ResponseShapeError(f"the page is not one JSON document: {_place(error)}") from None


def without_depth(body: bytes) -> bytes:
    """Return a page with each record that is nested too deeply as one text under ``_too_deep``.

    A record is a member of the outermost list. Its id stays where it is what the record begins with.
    """
    text = body.decode("utf-8-sig", "replace")
    parts: list[str] = []
    depth = outermost = start = done = deepest = 0
    for sign in _SIGNS.finditer(text):
        if sign[0] in ("[", "{"):
            if outermost and depth == outermost:
                start, deepest = sign.start(), 0
            depth += 1
            deepest = max(deepest, depth - outermost)
            if not outermost and sign[0] == "[":
                outermost = depth
            if depth > MOST_OBJECTS:
                return body
        elif sign[0] in ("]", "}"):
            depth -= 1
            if outermost and depth == outermost and deepest > MOST_DEPTH:
                parts += text[done:start], _as_text(text[start : sign.end()])
                done = sign.end()
            elif depth < outermost:
                outermost = 0
    return "".join([*parts, text[done:]]).encode("utf-8", "replace")


def _as_text(record: str) -> str:
    known = _ID_FIRST.match(record)
    return f'{{{known[1] if known else ""}"{TOO_DEEP}": {json.dumps(record)}}}'


def text_safe(value: Any) -> Any:
    """Return ``value`` with lone surrogates in texts replaced: they cannot be written as UTF-8."""
    if isinstance(value, str):
        return (
            value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        )
    if isinstance(value, dict):
        return {key: text_safe(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [text_safe(inner) for inner in value]
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if not "".join(found).isascii():
        # Before comparing names: two may differ only in what cannot be written.
        pairs = [(text_safe(name), value) for name, value in pairs]
        found = dict(pairs)
    return found if len(found) == len(pairs) else Repeating(pairs)


def _same(one: Any, other: Any) -> bool:
    """Return whether two values say the same; to Python ``true`` equals 1, so types count too."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(value, other[name]) for name, value in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return str(one) == str(other)


def _integer(digits: str) -> int | str:
    # Python refuses to convert thousands of digits; as text they travel in extra.
    return int(digits) if len(digits) < 400 else digits


def _decimal(digits: str) -> float | str:
    # JSON has no infinity: in extra it would make the whole column unreadable.
    return number if math.isfinite(number := _Decimal(digits)) else digits


def _place(error: ValueError) -> str:
    return (
        f"{error.msg} at character {error.pos}" if isinstance(error, json.JSONDecodeError) else "bad number"
    )
