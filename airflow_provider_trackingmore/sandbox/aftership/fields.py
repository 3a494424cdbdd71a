"""Fields that come and go with the versions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


@dataclass(frozen=True)
class Field(Generic[T]):
    """One key of an object: where its value comes from, and which versions write it so."""

    name: str
    read: Callable[[T], Any]
    since: str = ""
    until: str = "9999-99"


@cache
def chosen(fields: tuple[Field[T], ...], version: str) -> dict[str, Callable[[T], Any]]:
    """Return the keys of a version in their order, with their readers."""
    return {field.name: field.read for field in fields if field.since <= version <= field.until}
