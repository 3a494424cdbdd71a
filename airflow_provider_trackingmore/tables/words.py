"""Statuses and sub-statuses in one vocabulary, and what they mean: one versioned map, sub-status first.

The vocabulary is TrackingMore's; the map says how another service tells the same.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import pyarrow as pa

from airflow_provider_trackingmore.resources import sql_folder
from airflow_provider_trackingmore.tables.columns import coded, distinct_pairs

_CODE = re.compile(r"([a-z]+)0*(\d{1,3})")
_Key = tuple[str, str | None, str | None]


@dataclass(frozen=True)
class Meaning:
    """What a pair of status and sub-status says about the parcel."""

    status: str | None
    substatus: str | None
    event_type: str
    is_physical: bool
    is_exception: bool


def meaning_of(source: str, status: str | None, substatus: str | None) -> Meaning:
    """Return the meaning of a pair as it came; ``unknown`` where the map knows neither part.

    Spelling drifts (``InfoReceived``, ``exception0010``), so both are normalised first. An unknown pair
    counts as a physical scan: a parcel that moves under a new code is not a parcel that stands still.
    """
    clean_status = re.sub(r"\s+", "", status or "").lower() or None
    clean_substatus = _normal_substatus(substatus)
    by_substatus = _map().get((source, "", clean_substatus))
    by_status = _map().get((source, clean_status, ""))
    known = by_substatus or by_status or _Told(None, None, ("unknown", True, False))
    return Meaning(
        by_status.status if by_status else clean_status,
        by_substatus.substatus if by_substatus else clean_substatus,
        *known.event,
    )


def is_known_substatus(source: str, substatus: str | None) -> bool:
    """Return whether the map has the sub-status as the source tells it."""
    return (source, "", _normal_substatus(substatus)) in _map()


def meanings(status: pa.StringArray, substatus: pa.StringArray, source: str) -> dict[str, pa.Array]:
    """Return the columns of :class:`Meaning`, looked up once per distinct pair."""
    pairs, places = distinct_pairs(status, substatus)
    found = [meaning_of(source, *pair) for pair in pairs]

    def texts(name: str) -> pa.DictionaryArray:
        return coded([getattr(meaning, name) for meaning in found], places)

    def flags(name: str) -> pa.BooleanArray:
        return pa.array([getattr(meaning, name) for meaning in found], pa.bool_()).take(places)

    return {
        "status": texts("status"),
        "substatus": texts("substatus"),
        "event_type": texts("event_type"),
        "is_physical": flags("is_physical"),
        "is_exception": flags("is_exception"),
    }


def _normal_substatus(text: str | None) -> str | None:
    clean = re.sub(r"\s+", "", text or "").lower()
    match = _CODE.fullmatch(clean)
    return f"{match[1]}{int(match[2]):03d}" if match else clean or None


class _Told(NamedTuple):
    """What a row of the map says; its event as type, whether it is physical, whether it is an exception."""

    status: str | None
    substatus: str | None
    event: tuple[str, bool, bool]


@cache
def _map() -> dict[_Key, _Told]:
    with (sql_folder() / "seeds" / "status_map.csv").open(encoding="utf-8", newline="") as file:
        return {
            (
                row["source"],
                row["told_status"] or row["status"],
                row["told_substatus"] or row["substatus"],
            ): _Told(
                row["status"],
                row["substatus"],
                (row["event_type"], row["is_physical"] == "true", row["is_exception"] == "true"),
            )
            for row in csv.DictReader(file)
        }
