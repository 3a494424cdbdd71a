"""What a field map is made of: fields, their kinds, and how far their values may travel.

A field is (the service's name, our name, kind). Our name is None for what is read and left out: names
of people, their addresses and notes (``PERSONAL``), and credentials the service echoes (``SECRET``).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Any

import pyarrow as pa


class Kind(Enum):
    """The type a field must have for the fast reader; the tolerant one coerces to it."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TEXTS = "texts"
    RECORDS = "records"  # a list of objects, whose fields are the field's ``inner`` ones
    NOTHING = "nothing"  # known to be always null; a value would be news
    OWN = "own"  # an object of the caller's own names; a name in it would be news


# What stands under each name of an object: a field, or the names inside.
Names = dict[str, Any]


class Care(Enum):
    """How far a value may travel."""

    PLAIN = "plain"
    PERSONAL = "personal"
    SECRET = "secret"  # noqa: S105


@dataclass(frozen=True)
class Field:
    """One field of the service; nested fields have a path of two names.

    ``kept`` is where a field without a column stands in ``extra``, by its newest name.
    """

    path: tuple[str, ...]
    column: str | None
    kind: Kind = Kind.TEXT
    care: Care = Care.PLAIN
    inner: tuple[Field, ...] = ()
    kept: tuple[str, ...] = ()

    @property
    def arrow(self) -> pa.DataType:
        """Return the Arrow type of the value."""
        if self.kind is Kind.RECORDS:
            return pa.list_(struct_of(self.inner))
        return _ARROW[self.kind]


_ARROW = {
    Kind.TEXT: pa.string(),
    Kind.INTEGER: pa.int64(),
    Kind.NUMBER: pa.float64(),
    Kind.BOOLEAN: pa.bool_(),
    Kind.TEXTS: pa.list_(pa.string()),
    Kind.NOTHING: pa.null(),
    Kind.OWN: pa.struct([]),
}


@dataclass(frozen=True)
class FieldMap:
    """One version's map: ``list_path`` leads to the records of a page.

    ``null_is_empty`` says that null in the place of the list means a page without records, ``id_may_lack``
    that records may come without an id, and that courier and number then name them. Where ``legs`` is empty,
    the checkpoints stand in the record itself, oldest first.
    """

    service: str
    version: str
    list_path: tuple[str, ...]
    beside_list: pa.StructType | None
    envelope: tuple[pa.Field, ...]
    record: tuple[Field, ...]
    leg: tuple[Field, ...]
    checkpoint: tuple[Field, ...]
    legs: tuple[tuple[str, str], ...] = (("origin_info", "origin"), ("destination_info", "destination"))
    checkpoints_name: str = "trackinfo"
    null_is_empty: bool = False
    id_may_lack: bool = False

    @cached_property
    def checkpoint_type(self) -> pa.StructType:
        """Return the Arrow type of one checkpoint as the service writes it."""
        return struct_of(self.checkpoint)

    @cached_property
    def record_type(self) -> pa.StructType:
        """Return the Arrow type of one tracking as the service writes it."""
        scans = pa.field(self.checkpoints_name, pa.list_(self.checkpoint_type))
        if not self.legs:
            return pa.struct([*struct_of(self.record), scans])
        leg = pa.struct([*struct_of(self.leg), scans])
        return pa.struct([*struct_of(self.record), *(pa.field(name, leg) for name, _ in self.legs)])

    @cached_property
    def checkpoint_names(self) -> Names:
        """Return the names that a checkpoint may have."""
        return names_of(self.checkpoint)

    @cached_property
    def record_names(self) -> Names:
        """Return the names that a tracking may have, at every depth."""
        scans = {self.checkpoints_name: self.checkpoint_names}
        legs = {name: names_of(self.leg) | scans for name, _ in self.legs}
        return names_of(self.record) | (legs or scans)

    @cached_property
    def holds_fractions(self) -> bool:
        """Return whether a field of a record or checkpoint may be a fraction."""
        return any(field.kind is Kind.NUMBER for field in (*self.record, *self.checkpoint))

    @property
    def courier_name(self) -> str:
        """Return the name of the courier in what holds a list of checkpoints."""
        holder = self.leg if self.legs else self.record
        return next(field.path[0] for field in holder if field.column == "courier_code")

    def scan_holders(self, records: pa.StructArray) -> list[pa.StructArray]:
        """Return what holds lists of checkpoints: the legs, or the records themselves."""
        return [records.field(name) for name, _ in self.legs] if self.legs else [records]

    def document_schema(self, record_type: pa.StructType) -> pa.Schema:
        """Return the Arrow schema of a whole page of such records."""
        records = pa.field(self.list_path[-1], pa.list_(record_type))
        if len(self.list_path) == 1:
            return pa.schema([*self.envelope, records])
        assert self.beside_list is not None  # noqa: S101
        return pa.schema([*self.envelope, pa.field("data", pa.struct([*self.beside_list, records]))])


def struct_of(fields: tuple[Field, ...]) -> pa.StructType:
    """Return the Arrow type of an object with these fields."""
    nested: dict[str, list[pa.Field]] = {}
    plain: list[pa.Field] = []
    for field in fields:
        leaf = pa.field(field.path[-1], field.arrow)
        if len(field.path) == 1:
            plain.append(leaf)
        else:
            nested.setdefault(field.path[0], []).append(leaf)
    return pa.struct([*plain, *(pa.field(name, pa.struct(leaves)) for name, leaves in nested.items())])


def names_of(fields: tuple[Field, ...]) -> Names:
    """Return the names of an object with these fields."""
    names: Names = {}
    for field in fields:
        *outer, name = field.path
        holder = names.setdefault(outer[0], {}) if outer else names
        holder[name] = names_of(field.inner) if field.inner and field.care is Care.PLAIN else field
    return names


def texts(**columns: str) -> tuple[Field, ...]:
    """Return text fields from ``ours="theirs"``."""
    return tuple(Field((theirs,), ours) for ours, theirs in columns.items())


def typed(kind: Kind, **columns: str) -> tuple[Field, ...]:
    """Return fields of a kind from ``ours="theirs"``."""
    return tuple(Field((theirs,), ours, kind) for ours, theirs in columns.items())


def left_out(care: Care, *names: str) -> tuple[Field, ...]:
    """Return text fields that are read and left out."""
    return tuple(Field((name,), None, Kind.TEXT, care) for name in names)
