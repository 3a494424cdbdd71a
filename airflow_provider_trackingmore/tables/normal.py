"""Records whose checkpoints stand in one list, brought to the form of two legs that the tables are made from.

The record's own courier has the origin leg, whoever else scans the parcel the destination leg. All by
column: names become ours, of several fields for one column the first that is set counts, and what has no
column is put into ``_extra``.
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from airflow_provider_trackingmore.tables.columns import blank_to_null, by_distinct, child
from airflow_provider_trackingmore.tables.mapping import Care, Field, FieldMap, Kind
from airflow_provider_trackingmore.tables.privacy import cleaned
from airflow_provider_trackingmore.tables.tolerant import EXTRA
from airflow_provider_trackingmore.tables.words import is_known_substatus

if TYPE_CHECKING:
    from collections.abc import Iterable

# Columns by where they stand in ``extra``.
_Kept = dict[tuple[str, ...], pa.Array]

_LEG = ("courier_code", "weblink", "milestone_picked_up", "milestone_delivered")
_SCANS = "checkpoints"
# What a column is put together from, and where a part stands in ``extra`` while others are missing.
_PARTS = (
    ("weight", "weight_value", ("shipment_weight", "value")),
    ("weight", "weight_unit", ("shipment_weight", "unit")),
    *(("dimension", side, ("shipment_dimensions", side)) for side in ("length", "width", "height")),
    ("dimension", "dimension_unit", ("shipment_dimensions", "unit")),
)


def normalised(
    records: pa.StructArray, fields: FieldMap, *, include_personal_data: bool
) -> tuple[pa.StructArray, FieldMap]:
    """Return the records in the form of two legs, and its map; as they are where that is their form."""
    if fields.legs:
        return records, fields
    columns = _columns(records, fields.record)
    lists = child(records, fields.checkpoints_name)
    scans = _scans(lists.flatten(), fields, include_personal_data=include_personal_data)
    firsts, later = _next_couriers(columns["next_couriers"])
    next_slug, next_number, next_link = _next_courier(columns, firsts)
    own, others = _by_courier(lists, scans, columns["courier_code"])
    nothing = pa.nulls(len(records), pa.string())
    legs = {
        "origin_info": _leg(
            own, columns["courier_code"], columns["weblink"], columns["picked_up"], columns["delivered"]
        ),
        "destination_info": _leg(others, next_slug, next_link, nothing, nothing),
    }
    columns |= {
        "destination_tracking_number": next_number,
        "weight": _joined([_as_text(columns["weight_value"]), columns["weight_unit"]], " "),
        "weight_kg": _kilograms(columns["weight_value"], columns["weight_unit"]),
        "dimension": _dimension(columns),
    }
    more: _Kept = {path: _only(pc.is_null(columns[whole]), columns[part]) for whole, part, path in _PARTS}
    for name in ("source", "courier_redirect_link"):
        more["last_mile", name] = _texts(firsts, name)
    more["next_couriers",] = later
    columns[EXTRA] = _extra(records, fields.record, more, include_personal_data=include_personal_data)
    plain = {name: column for name, column in columns.items() if not pa.types.is_nested(column.type)}
    return pa.StructArray.from_arrays([*plain.values(), *legs.values()], names=[*plain, *legs]), _normal_map(
        fields, plain, scans
    )


def _normal_map(fields: FieldMap, columns: dict[str, pa.Array], scans: pa.StructArray) -> FieldMap:
    """Return the map of the normal form, in which every field has its column's name."""
    kinds = {pa.string(): Kind.TEXT, pa.int64(): Kind.INTEGER, pa.bool_(): Kind.BOOLEAN}

    def named(types: Iterable[tuple[str, pa.DataType]]) -> tuple[Field, ...]:
        return tuple(Field((n,), n, kinds[t]) for n, t in types if n != EXTRA and t in kinds)

    return FieldMap(
        service=fields.service,
        version=fields.version,
        list_path=fields.list_path,
        beside_list=None,
        envelope=(),
        record=named((name, column.type) for name, column in columns.items()),
        leg=named((name, pa.string()) for name in _LEG),
        checkpoint=named((field.name, field.type) for field in scans.type),
        checkpoints_name=_SCANS,
    )


def _columns(parent: pa.StructArray, fields: Iterable[Field]) -> dict[str, pa.Array]:
    """Return our columns, each the first of its fields that is set."""
    found: dict[str, list[pa.Array]] = {}
    for field in fields:
        if field.column:
            found.setdefault(field.column, []).append(_leaf(parent, field))
    return {
        name: pc.coalesce(*several) if len(several) > 1 else several[0] for name, several in found.items()
    }


def _scans(scans: pa.StructArray, fields: FieldMap, *, include_personal_data: bool) -> pa.StructArray:
    columns = _columns(scans, fields.checkpoint)
    is_known = by_distinct(columns["substatus"], partial(is_known_substatus, fields.service), pa.bool_())
    # Elsewhere these say again what the country's code and the sub-tag say.
    more: _Kept = {
        ("country_region_name",): _only(pc.is_null(columns["country"]), columns.pop("country_name")),
        ("subtag_message",): _only(pc.invert(is_known), columns.pop("substatus_info")),
    }
    columns[EXTRA] = _extra(scans, fields.checkpoint, more, include_personal_data=include_personal_data)
    return pa.StructArray.from_arrays(list(columns.values()), names=list(columns))


def _next_couriers(several: pa.ListArray) -> tuple[list[dict[str, Any]], pa.ListArray]:
    """Return the first of the couriers that take over, and those after it.

    A list in which one is null stays whole, as the tolerant reader leaves it.
    """
    lists = [many or [] for many in several.to_pylist()]
    firsts = [many[0] if many and None not in many else {} for many in lists]
    later = [many if None in many else many[1:] for many in lists]
    return firsts, pa.array(later, several.type)


def _texts(objects: list[dict[str, Any]], name: str) -> pa.StringArray:
    return blank_to_null(pa.array([one.get(name) for one in objects], pa.string()))


def _next_courier(columns: dict[str, pa.Array], firsts: list[dict[str, Any]]) -> list[pa.Array]:
    """Return slug, number and link of the courier that takes over."""

    def either(ours: str, theirs: str) -> pa.StringArray:
        return pc.coalesce(columns[ours], _texts(firsts, theirs))

    return [
        either("next_courier_code", "slug"),
        either("destination_tracking_number", "tracking_number"),
        either("next_weblink", "courier_tracking_link"),
    ]


def _by_courier(
    lists: pa.ListArray, scans: pa.StructArray, couriers: pa.StringArray
) -> tuple[pa.ListArray, pa.ListArray]:
    """Return the scans of the record's own courier and those of others, newest first as in other services."""
    owner = pc.list_parent_indices(lists)
    lengths = pc.fill_null(pc.cast(pc.list_value_length(lists), pa.int64()), 0)
    ends = pc.cumulative_sum(lengths)
    # Place i of a list from a to b becomes place a + b - i.
    both_ends = pc.subtract(pc.subtract(pc.multiply(ends, 2), lengths), 1)
    order = pc.subtract(both_ends.take(owner), pa.array(range(len(owner)), pa.int64()))
    scans = scans.take(order)
    is_other = pc.fill_null(pc.not_equal(scans.field("leg_courier_code"), couriers.take(owner)), False)
    return tuple(
        _listed(scans.filter(mask), owner.filter(mask), len(lists))
        for mask in (pc.invert(is_other), is_other)
    )


def _listed(scans: pa.StructArray, owner: pa.Int64Array, count: int) -> pa.ListArray:
    """Return one list for each of so many records; ``owner``, which rises, says whose each scan is."""
    held = [0] * count
    for place in owner.to_pylist():
        held[place] += 1
    offsets = [0]
    for number in held:
        offsets.append(offsets[-1] + number)
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), scans)


def _leg(scans: pa.ListArray, *texts: pa.StringArray) -> pa.StructArray:
    return pa.StructArray.from_arrays([*texts, scans], names=[*_LEG, _SCANS])


def _as_text(numbers: pa.DoubleArray) -> pa.StringArray:
    return pa.array([None if one is None else str(_slim(one)) for one in numbers.to_pylist()], pa.string())


def _joined(columns: list[pa.StringArray], separator: str) -> pa.StringArray:
    """Return the texts side by side; null where one is missing."""
    return pc.binary_join_element_wise(*columns, separator)


def _kilograms(values: pa.DoubleArray, units: pa.StringArray) -> pa.StringArray:
    return pc.if_else(pc.equal(pc.utf8_lower(units), "kg"), _as_text(values), None)


def _dimension(columns: dict[str, pa.Array]) -> pa.StringArray:
    sides = [_as_text(columns[side]) for side in ("length", "width", "height")]
    return _joined([_joined(sides, " x "), columns["dimension_unit"]], " ")


def _only(mask: pa.BooleanArray, column: pa.Array) -> pa.Array:
    """Return the values where ``mask`` is true."""
    return pc.if_else(mask, column, pa.scalar(None, column.type))


def _extra(
    parent: pa.StructArray,
    fields: Iterable[Field],
    more: _Kept,
    *,
    include_personal_data: bool,
) -> pa.StringArray:
    """Return what has no column as JSON, with ``more`` and what the reader did not know."""
    may_travel = (Care.PLAIN, Care.PERSONAL) if include_personal_data else (Care.PLAIN,)
    kept = [field for field in fields if field.kept and field.care in may_travel]
    paths = [*(field.kept for field in kept), *more]
    values = [_plain(_leaf(parent, field)) for field in kept]
    values += [cleaned(_plain(one), include_personal_data=include_personal_data) for one in more.values()]
    names = {field.name for field in parent.type}
    unknown = parent.field(EXTRA).to_pylist() if EXTRA in names else [None] * len(parent)
    rows: list[str | None] = []
    for text, *row in zip(unknown, *values, strict=True):
        found: dict[str, Any] = {}
        for path, value in zip(paths, row, strict=True):
            if value not in (None, [], {}):
                holder = found
                for step in path[:-1]:
                    holder = holder.setdefault(step, {})
                holder.setdefault(path[-1], value)
        if text:
            _add(found, json.loads(text))
        rows.append(json.dumps(found, ensure_ascii=False) if found else None)
    return pa.array(rows, pa.string())


def _add(found: dict[str, Any], more: dict[str, Any]) -> None:
    """Put in what is unknown; of a nested object beside what is known, of another shape behind it."""
    for name, value in more.items():
        known = found.get(name)
        if isinstance(known, dict) and isinstance(value, dict):
            _add(known, value)
        else:
            found[name] = value if known is None else [known, value]


def _plain(column: pa.Array) -> list[Any]:
    """Return Python values: no blank texts, no nulls inside objects, whole numbers as such."""
    column = blank_to_null(column) if column.type == pa.string() else column
    return [_slim(value) for value in column.to_pylist()]


def _slim(value: Any) -> Any:
    if isinstance(value, list):
        return [_slim(one) for one in value]
    if isinstance(value, dict):
        return {name: slim for name, one in value.items() if (slim := _slim(one)) not in (None, {}, [])}
    is_whole = isinstance(value, float) and value.is_integer() and abs(value) < 2**53
    return int(value) if is_whole else value


def _leaf(parent: pa.StructArray, field: Field) -> pa.Array:
    found = parent
    for name in field.path:
        found = child(found, name)
    return blank_to_null(found) if found.type == pa.string() else found
