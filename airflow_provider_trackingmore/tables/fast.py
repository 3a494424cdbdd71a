"""The fast reader: Arrow's own JSON reader with the version's schema, trusted only when all is regular."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import json as arrow_json

from airflow_provider_trackingmore.tables.columns import blank_to_null
from airflow_provider_trackingmore.tables.limits import (
    LARGE_BODY,
    LONGEST_NAME,
    MOST_OBJECTS,
    MOST_RECORDS,
    MOST_SCANS,
)

if TYPE_CHECKING:
    from airflow_provider_trackingmore.tables.mapping import FieldMap

_NO_NUMBER = re.compile(rb"[:,\[]\s*-?(NaN|Inf)")

# Where the first record of a page is looked for; one takes a tenth of it.
_HEAD = 2**16


def read_regular(body: bytes, fields: FieldMap) -> pa.StructArray | None:
    """Return the records of a page, or None where anything is not exactly as the map says.

    No Python object is made per value.
    """
    # A document that begins with null ends the whole process inside Arrow (26.0).
    if not body[:64].lstrip().startswith(b"{"):
        return None
    # Arrow takes these for numbers, although JSON has none of them.
    if fields.holds_fractions and _NO_NUMBER.search(body):
        return None
    # Tiny records by the million would take sixty times their bytes as columns, before anything is known.
    if len(body) > LARGE_BODY and body.count(b"{") > MOST_OBJECTS:
        return None
    # Arrow finds a field at once where it stands as in the record before, and searches for every value once
    # a field is missing or out of its order. So the first try is with the fields of the first record alone.
    first = _as_written(fields.record_type, _first_record(body, fields.list_path[-1]))
    for record_type in dict.fromkeys((first, fields.record_type)):
        records = _read(body, fields, record_type)
        if records is not None:
            records = _completed(records, fields.record_type)
            return records if _is_regular(records, fields) else None
    return None


def _first_record(body: bytes, list_name: str) -> Any:
    """Return the first record of a page, or None where it does not lie in plain sight."""
    head = body[:_HEAD].decode("utf-8", "replace")
    opening = re.search(rf'"{list_name}"\s*:\s*\[\s*', head)
    try:
        return json.JSONDecoder().raw_decode(head, opening.end())[0] if opening else None
    except (ValueError, RecursionError):
        return None


def _as_written(kind: pa.DataType, value: Any) -> pa.DataType:
    """Return an object's type with just the fields that ``value`` has, in their order."""
    if not pa.types.is_struct(kind) or not isinstance(value, dict):
        return kind
    types = {field.name: field.type for field in kind}
    written = [(name, _as_written(types[name], inner)) for name, inner in value.items() if name in types]
    return pa.struct(written) if written else kind


def _completed(column: pa.StructArray, kind: pa.StructType) -> pa.StructArray:
    """Return objects with all fields of ``kind`` in their order, null where ``column`` has none."""
    if column.type == kind:
        return column
    children = [
        pa.nulls(len(column), field.type)
        if column.type.get_field_index(field.name) < 0
        else _completed(column.field(field.name), field.type)
        for field in kind
    ]
    mask = column.is_null() if column.null_count else None
    return pa.StructArray.from_arrays(children, fields=list(kind), mask=mask)


def _read(body: bytes, fields: FieldMap, record_type: pa.StructType) -> pa.StructArray | None:
    """Return the records of a page where all are of this type.

    Arrow takes invalid UTF-8, documents set one after another and a missing list without a word, so a
    result counts only after a full validation.
    """
    try:
        table = arrow_json.read_json(
            pa.BufferReader(body),
            read_options=arrow_json.ReadOptions(use_threads=False, block_size=len(body) + 64),
            parse_options=arrow_json.ParseOptions(
                explicit_schema=fields.document_schema(record_type),
                unexpected_field_behavior="error",
            ),
        )
        if table.num_rows != 1:
            return None
        column: pa.Array = table.column(fields.list_path[0]).chunk(0)
        for name in fields.list_path[1:]:
            if column.null_count:
                return None
            column = column.field(name)
        if column.null_count:
            return None
        records = column.values
        # Texts of an ASCII body are valid whatever they hold; checking them costs a twentieth of the reading.
        records.validate(full=not body.isascii())
    except pa.ArrowInvalid:
        return None
    return records


def _is_regular(records: pa.StructArray, fields: FieldMap) -> bool:
    """Return whether there is a full record with a usable id at every place, and a full scan likewise."""
    if len(records) > MOST_RECORDS or records.null_count:
        return False
    id_name = next(field.path[0] for field in fields.record if field.column == "source_id")
    ids = records.field(id_name)
    if blank_to_null(ids).null_count or not _are_names(ids):
        return False
    if pc.any(pc.utf8_is_space(ids)).as_py() or pc.any(pc.match_substring(ids, "\ufffd")).as_py():
        return False
    holders = fields.scan_holders(records)
    scans = [holder.field(fields.checkpoints_name).values for holder in holders]
    return (
        all(one.null_count == 0 for one in scans)
        and sum(map(len, scans)) <= MOST_SCANS
        and all(_are_names(holder.field(fields.courier_name)) for holder in holders)
    )


def _are_names(texts: pa.StringArray) -> bool:
    """Return whether all texts are short enough to be repeated for every scan."""
    return (pc.max(pc.binary_length(texts)).as_py() or 0) <= LONGEST_NAME
