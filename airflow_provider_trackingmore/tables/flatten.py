"""Records as a reader gave them, to the two canonical tables."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from airflow_provider_trackingmore.tables.columns import (
    blank_to_null,
    blanks_to_null,
    by_distinct,
    child,
    coded,
    constant,
    running_numbers,
)
from airflow_provider_trackingmore.tables.mapping import Care
from airflow_provider_trackingmore.tables.places import country_code
from airflow_provider_trackingmore.tables.privacy import cleaned
from airflow_provider_trackingmore.tables.scans import Owners, flatten_checkpoints
from airflow_provider_trackingmore.tables.schema import LEG, MOMENT, TRACKINGS
from airflow_provider_trackingmore.tables.times import parse_times
from airflow_provider_trackingmore.tables.tolerant import EXTRA
from airflow_provider_trackingmore.tables.words import meanings

if TYPE_CHECKING:
    from datetime import datetime

    from airflow_provider_trackingmore.tables.mapping import Field, FieldMap

_CODED = pa.dictionary(pa.int32(), pa.string())
_NOT_WORDS = r"[^0-9A-Za-z]+"


@dataclass(frozen=True)
class Origin:
    """Where and when a page was read."""

    account: str
    observed_at: datetime
    include_personal_data: bool


def flatten(records: pa.StructArray, fields: FieldMap, origin: Origin) -> tuple[pa.Table, pa.Table]:
    """Return ``trackings`` and ``checkpoints`` of one page."""
    found = {field.column: _leaf(records, field) for field in fields.record if field.column}
    columns = _Columns(found, len(records))
    keys = joined_keys(fields.service, origin.account, columns.text("source_id"))
    created, updated = _record_times(columns)
    month = _month(created)
    owners = Owners(keys, month, fields.service, origin.observed_at)
    checkpoints, counts = flatten_checkpoints(records, fields, owners)
    destination = _leg(records, fields, 1)
    trackings = _trackings(columns, fields) | {
        "tracking_key": keys,
        "source": constant(fields.service, len(records)),
        "account": constant(origin.account, len(records)),
        "origin_leg": _leg(records, fields, 0),
        "destination_leg": destination,
        "destination_courier_code": destination.field("courier_code"),
        "created_at_utc": created,
        "updated_at_utc": updated,
        "checkpoint_count": counts,
        "extra": _extra(records, fields, origin, _unread(records, fields, created, updated)),
        "created_month": month,
        "api_version": constant(fields.version, len(records)),
        "observed_at_utc": pa.repeat(
            pa.scalar(origin.observed_at.replace(tzinfo=None), MOMENT), len(records)
        ),
        "record_no": running_numbers(len(records)),
    }
    return pa.table([trackings[name] for name in TRACKINGS.names], schema=TRACKINGS), checkpoints


def joined_keys(service: str, account: str, ids: pa.StringArray) -> pa.StringArray:
    """Return ``source:account:source_id``."""
    return pc.binary_join_element_wise(f"{service}:{account}:", ids, "")


def _month(created: pa.TimestampArray) -> pa.DictionaryArray:
    months = pc.add(pc.multiply(pc.year(created), 12), pc.subtract(pc.month(created), 1))
    encoded = months.dictionary_encode(null_encoding="encode")
    names = [
        "unknown" if number is None else f"{number // 12:04d}-{number % 12 + 1:02d}"
        for number in encoded.dictionary.to_pylist()
    ]
    return coded(names, encoded.indices)


class _Columns:
    """The record's columns by our names; a name this version lacks is all null."""

    def __init__(self, found: dict[str, pa.Array], length: int) -> None:
        self._found = blanks_to_null(found)
        self._length = length

    def text(self, name: str, *alternatives: str) -> pa.StringArray:
        """Return the texts, the first set one of several names."""
        return self.other(name, pa.string(), *alternatives)

    def other(self, name: str, kind: pa.DataType, *alternatives: str) -> pa.Array:
        """Return numbers or flags."""
        having = [self._found[n] for n in (name, *alternatives) if n in self._found]
        if not having:
            return pa.nulls(self._length, kind)
        return pc.coalesce(*having) if len(having) > 1 else having[0]


def _record_times(columns: _Columns) -> tuple[pa.TimestampArray, pa.TimestampArray]:
    """Return when the records were created and updated, in UTC; both are parsed at once."""
    created, updated = columns.text("created_at"), columns.text("updated_at", "updated_at_before")
    both = parse_times(pa.concat_arrays([created, updated])).utc()
    return both.slice(0, len(created)), both.slice(len(created))


def _trackings(columns: _Columns, fields: FieldMap) -> dict[str, pa.Array]:
    out: dict[str, pa.Array] = {}
    for name in TRACKINGS.names:
        kind = TRACKINGS.field(name).type
        out[name] = columns.text(name) if kind in (pa.string(), _CODED) else columns.other(name, kind)
    out["status_raw"], out["substatus_raw"] = columns.text("status"), columns.text("substatus")
    words = meanings(out["status_raw"], out["substatus_raw"], fields.service)
    out |= {name: words[name] for name in ("status", "substatus")}
    number = columns.text("tracking_number")
    out["tracking_number_norm"] = pc.ascii_lower(pc.replace_substring_regex(number, _NOT_WORDS, ""))
    for side in ("origin", "destination"):
        given = columns.text(f"{side}_country", f"{side}_country_name")
        out[f"{side}_country"] = by_distinct(given, country_code, pa.string())
    out["is_archived"] = _archived(columns)
    out["is_updating"] = columns.other("is_updating", pa.bool_(), "is_updating_before")
    out["order_placed_raw"] = columns.text("order_placed", "order_placed_before")
    out["order_placed_at_local"] = parse_times(out["order_placed_raw"]).local
    out["promised_raw"] = pc.coalesce(_first_promise(columns), columns.text("promised"))
    out["promised_date"] = pc.cast(parse_times(out["promised_raw"]).local, pa.date32())
    out["latest_event_at_local"] = parse_times(columns.text("latest_event_time")).local
    return out


def _first_promise(columns: _Columns) -> pa.StringArray:
    """Return the first estimate, where the service tells it and it is not the service's own forecast."""
    by = columns.text("first_estimated_by")
    is_promise = pc.fill_null(pc.not_equal(by, "AfterShip EDD"), False)
    return pc.if_else(is_promise, columns.text("first_estimate"), None)


def _archived(columns: _Columns) -> pa.BooleanArray:
    """Return the flag; v4 writes a text, of which only ``tracking`` has been seen."""
    texts = columns.text("archived")
    known = {"tracking": False, "false": False, "archived": True, "true": True}
    return pc.coalesce(
        columns.other("is_archived", pa.bool_()),
        by_distinct(texts, lambda text: known.get((text or "").lower()), pa.bool_()),
    )


def _leg(records: pa.StructArray, fields: FieldMap, side: int) -> pa.StructArray:
    leg = child(records, fields.legs[side][0])
    found = blanks_to_null({field.column: _leaf(leg, field) for field in fields.leg if field.column})
    nothing = pa.nulls(len(leg), pa.string())
    children = [found.get(field.name, nothing) for field in LEG]
    present = pa.repeat(pa.scalar(False), len(leg))
    for column in children:
        if column.null_count < len(leg):
            present = pc.or_(present, pc.is_valid(column))
    return pa.StructArray.from_arrays(children, fields=list(LEG), mask=pc.invert(present))


def _unread(
    records: pa.StructArray, fields: FieldMap, created: pa.TimestampArray, updated: pa.TimestampArray
) -> dict[str, list[str | None]]:
    """Return, by the service's names, what stands in the place of the record's times and is none."""
    times = {"created_at": created, "updated_at": updated, "updated_at_before": updated}
    texts = {
        field.path[-1]: pc.if_else(
            pc.is_null(times[field.column]), blank_to_null(_leaf(records, field)), None
        )
        for field in fields.record
        if field.column in times
    }
    return {name: column.to_pylist() for name, column in texts.items() if column.null_count < len(column)}


def _extra(
    records: pa.StructArray, fields: FieldMap, origin: Origin, unread: dict[str, list[str | None]]
) -> pa.StringArray:
    names = {field.name for field in records.type}
    extra = records.field(EXTRA) if EXTRA in names else pa.nulls(len(records), pa.string())
    more = cleaned(unread, include_personal_data=origin.include_personal_data)
    if origin.include_personal_data:
        personal = [field for field in fields.record if field.care is Care.PERSONAL]
        more |= {f.path[-1]: blank_to_null(_leaf(records, f)).to_pylist() for f in personal}
    if not more:
        return extra
    rows: list[str | None] = []
    for text, *row in zip(extra.to_pylist(), *more.values(), strict=True):
        kept = {name: value for name, value in zip(more, row, strict=True) if value is not None}
        merged: dict[str, Any] = (json.loads(text) if text else {}) | kept
        rows.append(json.dumps(merged, ensure_ascii=False) if merged else None)
    return pa.array(rows, pa.string())


def _leaf(records: pa.StructArray, field: Field) -> pa.Array:
    found = records
    for name in field.path:
        found = child(found, name)
    return found
