"""The tolerant reader: any JSON page, record by record, into the shape the fast reader gives.

Values that do not fit their field travel in ``extra``; records and scans that are no objects, and
records that cannot be named, are set aside with the reason. Nothing is dropped without a trace.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from airflow_provider_trackingmore.exceptions import ResponseShapeError
from airflow_provider_trackingmore.tables.document import TOO_DEEP, Repeating, read_document, text_safe
from airflow_provider_trackingmore.tables.limits import LONGEST_NAME, MOST_RECORDS, MOST_SCANS
from airflow_provider_trackingmore.tables.mapping import Care, Field, Kind
from airflow_provider_trackingmore.tables.privacy import cleaned, may_stay

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow_provider_trackingmore.tables.mapping import FieldMap, Names

EXTRA = "_extra"
_INTEGER = re.compile(r"\s*[+-]?\d{1,18}\s*")
_NUMBER = re.compile(r"\s*[+-]?\d{1,300}(\.\d{1,300})?\s*")
_UNFIT = object()
_CODE = Field(("rejectedCode",), None, Kind.INTEGER)
_ID = Field(("id",), None)


@dataclass(frozen=True)
class Refused:
    """A record or scan set aside: where it stood, why, and what it was."""

    kind: str
    source_id: str | None
    path: str
    reason: str
    raw: Any


@dataclass
class Read:
    """What a page held: records in the fast reader's shape plus ``_extra``, and what was refused."""

    records: pa.StructArray
    refused: list[Refused] = field(default_factory=list)


def read_tolerant(body: bytes, fields: FieldMap, *, include_personal_data: bool) -> Read:
    """Return everything in a page; ``extra`` without credentials and, unless asked for, personal data.

    :raises ResponseShapeError: if the body is not one JSON document that holds the list.
    """
    items, refused = _items(read_document(body), fields)
    reader = _Reader(fields, refused, include_personal_data)
    rows = [row for place, item in enumerate(items) if (row := reader.record(item, place)) is not None]
    return Read(pa.array(rows, type=_with_extra(fields)), refused)


def _items(document: Any, fields: FieldMap) -> tuple[list[Any], list[Refused]]:
    found = document
    for depth, name in enumerate(fields.list_path):
        if not isinstance(found, dict) or name not in found:
            raise ResponseShapeError(f"the page has no {'.'.join(fields.list_path[: depth + 1])}")
        if any(isinstance(part, Repeating) for part in (found, *found.values())):
            raise ResponseShapeError("a name stands more than once around the list, so which counts is open")
        found = found[name]
    refused: list[Refused] = []
    if found is None and fields.null_is_empty:
        return [], refused
    if isinstance(found, dict) and isinstance(found.get("success"), list):
        # The sister brand's shape; unconfirmed for TrackingMore.
        rejected = found.get("rejected") or []
        for place, item in enumerate(rejected if isinstance(rejected, list) else [rejected]):
            code = _coerced(item.get("rejectedCode"), _CODE) if isinstance(item, dict) else None
            code = "unknown" if code in (None, _UNFIT) else code
            path = f"{'.'.join(fields.list_path)}.rejected[{place}]"
            refused.append(Refused("tracking", None, path, f"rejected by the service with code {code}", item))
        found = found["success"]
    if not isinstance(found, list):
        path = ".".join(fields.list_path)
        raise ResponseShapeError(f"{path} is {_type(found)}, not a list")
    if len(found) + len(refused) > MOST_RECORDS:
        raise ResponseShapeError(f"the page has more than {MOST_RECORDS:,} records")
    return found, refused


class _Reader:
    """Turns one record after another into the fast reader's shape."""

    def __init__(self, fields: FieldMap, refused: list[Refused], include_personal_data: bool) -> None:
        self.fields = fields
        self.refused = refused
        self.include_personal_data = include_personal_data
        self.names = {f.column: f.path[0] for f in fields.record if f.column}
        self.leg_names = [name for name, _ in fields.legs]
        self.scan_count = 0

    def record(self, item: Any, place: int) -> dict[str, Any] | None:
        path = f"{'.'.join(self.fields.list_path)}[{place}]"
        if not isinstance(item, dict):
            self._refuse("tracking", None, path, f"the record is {_type(item)}, not an object", item)
            return None
        if TOO_DEEP in item and item.keys() <= {"id", TOO_DEEP}:
            source_id = _coerced(item.get("id"), _ID)
            self._refuse("tracking", source_id, path, "the record is nested too deeply", item[TOO_DEEP])
            return None
        row, extra = _fit(item, self.fields.record, ignore=self.leg_names or [self.fields.checkpoints_name])
        source_id, reason = self._identify(row, item)
        if reason:
            self._refuse("tracking", None, path, reason, item)
            return None
        for name in self.leg_names:
            leg, leg_path = item.get(name), f"{path}.{name}"
            for one in _earlier(item, name):
                self._set_aside(one, leg_path, source_id, "of a leg that stands more than once")
            if isinstance(leg, dict):
                row[name], left = self._leg(leg, leg_path, source_id)
            else:
                self._set_aside(leg, leg_path, source_id, f"of a leg that is {_type(leg)}, not an object")
                row[name], left = None, {} if leg in (None, [], "", "null") else text_safe(leg)
            if left != {}:
                extra[name] = left
        if not self.leg_names:
            self._add_scans(item, row, extra, path, source_id)
        row[EXTRA] = self._extra(extra, self.fields.record_names)
        return row

    def _identify(self, row: dict[str, Any], item: dict[str, Any]) -> tuple[str, str | None]:
        """Return the record's id, and why it cannot be told from others where that is so.

        Where the version has records without an id, courier and number name them. Elsewhere that would be a
        second name for a tracking whose id is missing in one answer only.
        """
        name = self.names["source_id"]
        number, courier = row.get(self.names["tracking_number"]), row.get(self.names["courier_code"])
        if _is_blank(row.get(name)):
            if not self.fields.id_may_lack:
                return "", f"the record has no {name}, which every record of {self.fields.version} has"
            if _is_blank(number) or _is_blank(courier):
                return "", "the record has neither an id nor a number with a courier"
            row[name] = f"{courier}/{number}"
        source_id: str = row[name]
        if "\ufffd" in source_id:
            return source_id, "the id holds characters that cannot be read"
        if len(source_id.encode()) > LONGEST_NAME:
            return source_id, f"the id is longer than {LONGEST_NAME} bytes"
        return source_id, "the record has several ids" if _earlier(item, name) else None

    def _leg(self, leg: dict[str, Any], path: str, source_id: str) -> tuple[dict[str, Any], dict[str, Any]]:
        row, extra = _fit(leg, self.fields.leg, ignore=[self.fields.checkpoints_name])
        self._add_scans(leg, row, extra, path, source_id)
        return row, extra

    def _add_scans(
        self, holder: dict[str, Any], row: dict[str, Any], extra: dict[str, Any], path: str, source_id: str
    ) -> None:
        """Put into ``row`` the scans that a leg or a record holds."""
        courier, name = self.fields.courier_name, self.fields.checkpoints_name
        if len((row[courier] or "").encode()) > LONGEST_NAME:
            extra[courier], row[courier] = row[courier], None
        for scans in _earlier(holder, name):
            self._set_aside({name: scans}, path, source_id, "of a list that stands more than once")
        scans = holder.get(name)
        if isinstance(scans, list):
            row[name] = list(self._scans(self._listed(scans), f"{path}.{name}", source_id))
        else:
            self._set_aside({name: scans}, path, source_id, f"{_type(scans)}, not a list")
            row[name] = None

    def _set_aside(self, leg: Any, path: str, source_id: str, reason: str) -> None:
        """Refuse every scan of a leg that is not decoded, whatever it is."""
        name = self.fields.checkpoints_name
        if isinstance(leg, list):
            for place, one in enumerate(leg):
                self._set_aside(one, f"{path}[{place}]", source_id, reason)
        elif isinstance(leg, dict):
            for scans in (*_earlier(leg, name), leg.get(name)):
                for scan in self._listed(scans):
                    self._refuse("checkpoint", source_id, f"{path}.{name}", reason, scan)

    def _listed(self, scans: Any) -> list[Any]:
        """Return the scans of a leg; what is no list counts as one."""
        no_list = [] if scans in (None, {}, "", "null") else [scans]
        listed: list[Any] = scans if isinstance(scans, list) else no_list
        self.scan_count += len(listed)
        if self.scan_count > MOST_SCANS:
            raise ResponseShapeError(f"the page has more than {MOST_SCANS:,} checkpoints")
        return listed

    def _scans(self, scans: list[Any], path: str, source_id: str) -> Iterable[dict[str, Any]]:
        for place, scan in enumerate(scans):
            if isinstance(scan, dict):
                row, extra = _fit(scan, self.fields.checkpoint)
                row[EXTRA] = self._extra(extra, self.fields.checkpoint_names)
                yield row
            else:
                reason = f"the checkpoint is {_type(scan)}, not an object"
                self._refuse("checkpoint", source_id, f"{path}[{place}]", reason, scan)

    def _extra(self, extra: dict[str, Any], names: Names) -> str | None:
        kept = may_stay(extra, names, include_personal_data=self.include_personal_data)
        return json.dumps(kept, ensure_ascii=False) if kept else None

    def _refuse(self, kind: str, source_id: str | None, path: str, reason: str, raw: Any) -> None:
        self.refused.append(Refused(kind, source_id, path, reason, raw))


def _earlier(item: dict[str, Any], name: str) -> list[Any]:
    """Return the values that stood under a name before the last one, and differ from it."""
    return item.earlier.get(name, []) if isinstance(item, Repeating) else []


def _fit(
    item: dict[str, Any], fields: tuple[Field, ...], *, ignore: Iterable[str] = ()
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the known fields coerced to their kinds, and everything else."""
    row: dict[str, Any] = {}
    extra = {key: text_safe(value) for key, value in item.items() if key not in ignore}
    nested = set()
    for known in fields:
        holder, left = (row, extra)
        for step in known.path[:-1]:
            nested.add(step)
            inner = left.get(step)
            if inner in (None, [], "", "null"):
                extra.pop(step, None)
            left = inner if isinstance(inner, dict) else {}
            holder = holder.setdefault(step, {})
        name = known.path[-1]
        value = _coerced(left.get(name), known)
        if known.care is not Care.PLAIN and known.kind is Kind.TEXT and value is _UNFIT:
            # Never into extra under its own name; credentials inside not even as text.
            value = json.dumps(cleaned(left[name], include_personal_data=True), ensure_ascii=False)
        holder[name] = None if value is _UNFIT else value
        if value is not _UNFIT:
            left.pop(name, None)
    return row, {key: value for key, value in extra.items() if value != {} or key not in nested}


def _coerced(value: Any, known: Field) -> Any:
    kind = known.kind
    if value is None or (kind is not Kind.TEXT and value in ("", "null")):
        return None
    if kind is Kind.TEXT:
        if isinstance(value, bool):
            return "true" if value else "false"
        return str(value) if isinstance(value, str | int | float) else _UNFIT
    if kind is Kind.INTEGER:
        if isinstance(value, str) and _INTEGER.fullmatch(value):
            value = int(value)
        if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
            value = int(value)
        fits = isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63
        return value if fits else _UNFIT
    if kind is Kind.NUMBER:
        return _number(value)
    if kind is Kind.BOOLEAN:
        known_as = {True: True, False: False, "true": True, "false": False, "1": True, "0": False}
        key = value.lower() if isinstance(value, str) else value
        return known_as.get(key, _UNFIT) if isinstance(key, str | int) else _UNFIT
    if kind in (Kind.TEXTS, Kind.RECORDS):
        return _several(value, known)
    return {} if kind is Kind.OWN and value == {} else _UNFIT


def _number(value: Any) -> Any:
    """Return a number as a column of fractions holds it."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number and not (isinstance(value, str) and _NUMBER.fullmatch(value)):
        return _UNFIT
    try:
        number = float(value)
    except OverflowError:
        return _UNFIT
    return number if math.isfinite(number) else _UNFIT


def _several(value: Any, known: Field) -> Any:
    """Return a list whose members all fit, as a list of what they are coerced to."""
    if not isinstance(value, list):
        return _UNFIT
    if known.kind is Kind.TEXTS:
        return value if all(one is None or isinstance(one, str) for one in value) else _UNFIT
    rows = [_fit(one, known.inner) if isinstance(one, dict) else ({}, {"": one}) for one in value]
    return _UNFIT if any(rest for _, rest in rows) else [row for row, _ in rows]


def _with_extra(fields: FieldMap) -> pa.StructType:
    """Return the record type with ``_extra`` beside the fields of records and checkpoints."""
    extra = pa.field(EXTRA, pa.string())
    scans = pa.field(fields.checkpoints_name, pa.list_(pa.struct([*fields.checkpoint_type, extra])))

    def holding_scans(holder: pa.StructType) -> list[pa.Field]:
        return [*(inner for inner in holder if inner.name != fields.checkpoints_name), scans]

    if not fields.legs:
        return pa.struct([*holding_scans(fields.record_type), extra])
    legs = dict(fields.legs)
    columns = [
        pa.field(column.name, pa.struct(holding_scans(column.type))) if column.name in legs else column
        for column in fields.record_type
    ]
    return pa.struct([*columns, extra])


def _is_blank(value: Any) -> bool:
    return value is None or not str(value).strip() or value == "null"


def _type(value: Any) -> str:
    return "null" if value is None else type(value).__name__
