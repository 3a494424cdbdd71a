"""The checkpoints of a page: both legs of every tracking, one row per scan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from airflow_provider_trackingmore.exceptions import ConfigurationError
from airflow_provider_trackingmore.tables.columns import (
    blank_to_null,
    child,
    coded,
    constant,
    distinct_pairs,
    running_numbers,
)
from airflow_provider_trackingmore.tables.keys import checkpoint_keys
from airflow_provider_trackingmore.tables.places import country_code, offset_on, zone_of
from airflow_provider_trackingmore.tables.schema import CHECKPOINTS, MOMENT
from airflow_provider_trackingmore.tables.times import minus_minutes, parse_times
from airflow_provider_trackingmore.tables.tolerant import EXTRA
from airflow_provider_trackingmore.tables.words import meanings

if TYPE_CHECKING:
    from datetime import datetime

    from airflow_provider_trackingmore.tables.mapping import FieldMap
    from airflow_provider_trackingmore.tables.times import Times


@dataclass(frozen=True)
class Owners:
    """What every scan takes from its tracking."""

    tracking_keys: pa.StringArray
    created_month: pa.DictionaryArray
    service: str
    observed_at: datetime


def flatten_checkpoints(
    records: pa.StructArray, fields: FieldMap, owners: Owners
) -> tuple[pa.Table, pa.Int64Array]:
    """Return ``checkpoints``, and how many each record has."""
    count = pa.scalar(len(records), pa.int32())
    # Both legs of all records in one column, first all origins.
    legs = pa.concat_arrays([records.field(name) for name, _ in fields.legs])
    lists = child(legs, fields.checkpoints_name)
    scans = pc.list_flatten(lists)
    owner = pc.cast(pc.list_parent_indices(lists), pa.int32())
    leg = pc.divide(owner, count)
    record_no = pc.subtract(owner, pc.multiply(leg, count))
    lengths = pc.fill_null(pc.list_value_length(lists), 0)
    courier = next(field.path[0] for field in fields.leg if field.column == "courier_code")
    columns = _columns(scans, fields, owners.service)
    columns |= {
        "tracking_key": owners.tracking_keys.take(record_no),
        "source": constant(owners.service, len(scans)),
        "leg": coded([name for _, name in fields.legs], leg),
        # A scan may name its courier itself.
        "leg_courier_code": pc.coalesce(
            columns["leg_courier_code"], blank_to_null(child(legs, courier)).take(owner)
        ),
        "source_seq": _from_the_oldest(lengths, owner, columns["event_at_local"]),
        "created_month": owners.created_month.take(record_no),
        "observed_at_utc": pa.repeat(pa.scalar(owners.observed_at.replace(tzinfo=None), MOMENT), len(scans)),
        "record_no": record_no,
    }
    columns["checkpoint_key"] = checkpoint_keys(columns, owners.tracking_keys, record_no)
    table = pa.table([columns[name] for name in CHECKPOINTS.names], schema=CHECKPOINTS)
    return table, pc.cast(pc.add(lengths[: len(records)], lengths[len(records) :]), pa.int64())


def _from_the_oldest(lengths: pa.Int32Array, owner: pa.Int32Array, local: pa.TimestampArray) -> pa.Int32Array:
    """Return 1 for the oldest scan of each list, 2 for the next, in the order of the list.

    Lists are newest first (trackingmore.md, 4.2), but for those whose dates say otherwise.
    """
    places, ends = running_numbers(len(owner)), pc.cumulative_sum(lengths)
    starts, dates = pc.subtract(ends, lengths), pc.cast(local, pa.date32())
    is_told = pc.greater(lengths, 0)
    first = dates.take(pc.if_else(is_told, starts, None))
    last = dates.take(pc.if_else(is_told, pc.subtract(ends, 1), None))
    is_oldest_first = pc.fill_null(pc.less(first, last), False)
    return pc.if_else(
        is_oldest_first.take(owner),
        pc.add(pc.subtract(places, starts.take(owner)), 1),
        pc.subtract(ends.take(owner), places),
    )


def _columns(scans: pa.StructArray, fields: FieldMap, service: str) -> dict[str, pa.Array]:
    length = len(scans)
    nothing = pa.nulls(length, pa.string())
    found = {
        field.column: blank_to_null(scans.field(field.path[0]))
        for field in fields.checkpoint
        if field.column and field.arrow == pa.string()
    }
    out = {name: found.get(name, nothing) for name in CHECKPOINTS.names}
    out["extra"] = scans.field(EXTRA) if EXTRA in {field.name for field in scans.type} else nothing
    out["status_raw"], out["substatus_raw"] = found.get("status", nothing), found.get("substatus", nothing)
    out |= meanings(out["status_raw"], out["substatus_raw"], service)
    out["event_time_raw"] = found.get("time", nothing)
    times = parse_times(_as_clocked(out["event_time_raw"], service))
    out["event_at_local"], out["utc_offset_minutes"] = times.local, times.offset_minutes
    out["time_precision"] = times.precision
    return out | _places(times, out["country"], out["state"])


def _as_clocked(texts: pa.StringArray, service: str) -> pa.StringArray:
    """Return the times without a ``Z`` that may stand after a carrier's local time.

    AfterShip documents it as an offset (aftership.md, 16). TrackingMore does not (trackingmore.md, 9), and
    what carriers hand on often has one after the clock of the place.
    """
    return texts if service == "aftership" else pc.replace_substring_regex(texts, r"[Zz]\s*$", "")


def _places(times: Times, country: pa.StringArray, state: pa.StringArray) -> dict[str, pa.Array]:
    """Return the country, the instants and what they rest on.

    That is the time's own offset, else the place's one zone, else UTC, assumed.
    """
    pairs, places = distinct_pairs(country, state)
    countries = [country_code(name) for name, _ in pairs]
    names = [zone_of(code, pair[1]) for code, pair in zip(countries, pairs, strict=True)]
    zones = sorted({name for name in names if name})
    zone = pa.array([zones.index(name) if name else None for name in names], pa.int16()).take(places)
    # A place says nothing where the time carries its own offset, or is no time.
    applies = pc.and_(pc.is_null(times.offset_minutes), pc.is_valid(times.local))
    zone = pc.if_else(applies, zone, None)
    offset = _offsets(times.local, zone, zones)
    utc = minus_minutes(times.local, pc.coalesce(times.offset_minutes, offset, pa.scalar(0, pa.int16())))
    changing = pc.and_(pc.is_valid(zone), pc.is_null(offset))
    if pc.any(changing).as_py():
        zoned = _by_zone(times.local.filter(changing), zone.filter(changing), zones)
        utc = pc.replace_with_mask(utc, changing, zoned)
    basis = pc.case_when(
        pc.make_struct(pc.is_null(utc), pc.is_valid(times.offset_minutes), pc.is_valid(zone)),
        *(pa.scalar(code, pa.int32()) for code in range(4)),
    )
    return {
        "country": coded(countries, places),
        "event_at_utc": utc,
        "time_basis": coded(["unparsable", "explicit_offset", "location_inferred", "assumed_utc"], basis),
    }


def _offsets(local: pa.TimestampArray, zone: pa.Int16Array, zones: list[str]) -> pa.Int16Array:
    """Return the minutes to take off each time, looked up once per zone and day.

    Null where there is no zone, and on the few days on which its clocks change.
    """
    width = len(zones)
    days = pc.cast(pc.cast(local, pa.date32()).view(pa.int32()), pa.int64())
    marks = pc.add(pc.multiply(days, width), pc.cast(zone, pa.int64()))
    distinct = marks.dictionary_encode()
    minutes = [offset_on(zones[mark % width], mark // width) for mark in distinct.dictionary.to_pylist()]
    return pa.array(minutes, pa.int16()).take(distinct.indices)


def _by_zone(local: pa.TimestampArray, zone: pa.Int16Array, zones: list[str]) -> pa.TimestampArray:
    """Return the instants of times that each have a zone, one zone after the other."""
    utc = local
    for code in pc.unique(zone).to_pylist():
        here = pc.equal(zone, code)
        zoned = _in_zone(local.filter(here), zones[code])
        utc = pc.replace_with_mask(utc, here, zoned.view(pa.int64()).view(MOMENT))
    return utc


def _in_zone(local: pa.TimestampArray, zone: str) -> pa.TimestampArray:
    """Return instants; of a time that the clocks showed twice the first, after a gap the next one."""
    try:
        return pc.assume_timezone(local, zone, ambiguous="earliest", nonexistent="latest")
    except pa.ArrowInvalid as error:
        raise ConfigurationError(
            f"this machine's time zone data do not know {zone}; install the system package tzdata"
        ) from error
