"""JSON as it stands in the text: objects are lists of pairs, since a dictionary cannot hold a name twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any


class Pairs(list[tuple[str, Any]]):
    """An object as it stands in the text."""


class Raw(str):
    """JSON text that is written as it is."""


def parsed(body: bytes) -> Any:
    return json.loads(body, object_pairs_hook=Pairs)


def text_of(value: Any, *, ascii_only: bool = True, comma: str = ",", colon: str = ":") -> str:
    """Return the JSON text of a tree of pairs."""

    def text(value: Any) -> str:
        if isinstance(value, Raw):
            return value
        if isinstance(value, Pairs):
            members = (
                f"{json.dumps(name, ensure_ascii=ascii_only)}{colon}{text(inner)}" for name, inner in value
            )
            return "{" + comma.join(members) + "}"
        if isinstance(value, list):
            return "[" + comma.join(map(text, value)) + "]"
        return json.dumps(value, ensure_ascii=ascii_only)

    return text(value)


def objects_in(tree: Any) -> Iterator[Pairs]:
    """Yield every object of a tree, the outermost first."""
    if isinstance(tree, Pairs):
        yield tree
    for inner in tree if isinstance(tree, list) else ():
        yield from objects_in(inner[1] if isinstance(tree, Pairs) else inner)


def as_pairs(value: Any) -> Any:
    if isinstance(value, Pairs):
        return Pairs((name, as_pairs(inner)) for name, inner in value)
    if isinstance(value, dict):
        return Pairs((name, as_pairs(inner)) for name, inner in value.items())
    return [as_pairs(inner) for inner in value] if isinstance(value, list) else value


def repeated(one: dict[str, Any], name: str, *before: Any) -> Pairs:
    """Return an object in which a name stands again, with these values before its own."""
    return Pairs([*((name, value) for value in before), *one.items()])
