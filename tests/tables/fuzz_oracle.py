"""What must come out of any page at all, counted with nothing but the standard parser."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from json_pairs import Pairs
from table_examples import LEGS, decode

from airflow_provider_trackingmore.exceptions import ResponseShapeError
from airflow_provider_trackingmore.tables import Page
from airflow_provider_trackingmore.tables.fast import read_regular
from airflow_provider_trackingmore.tables.fields import FIELD_MAPS
from airflow_provider_trackingmore.tables.tolerant import read_tolerant

BLANK: tuple[Any, ...] = (None, "", "null", [])
_TOO_DEEP = "nested too deeply"
_PLACE = re.compile(r"(?:data|data\.items)\[(\d+)\](.*)", re.DOTALL)


@dataclass(frozen=True)
class Received:
    """What a page brings: its records, how many scans each has, and how many the service itself rejected."""

    records: list[Any]
    scans: list[int]
    rejected: int


def received(body: bytes, version: str) -> Received | None:
    """Return what a page brings, or None where it is not one page. Raises RecursionError if too deep."""
    try:
        document = json.loads(
            body.decode("utf-8-sig", "replace"),
            strict=False,
            object_pairs_hook=_pairs,
            parse_int=lambda digits: ("number", digits),
            parse_float=lambda digits: ("number", digits),
        )
    except ValueError:
        return None
    found = document
    for name in ("data", "items") if version == "v2" else ("data",):
        if not isinstance(found, Pairs) or _repeats(found):
            return None
        if any(isinstance(inner, Pairs) and _repeats(inner) for _, inner in found):
            return None
        values = _all(found, name)
        if not values:
            return None
        found = values[0]
    if found is None and version == "v4":
        return Received([], [], 0)
    rejected = 0
    if isinstance(found, Pairs):
        success = _all(found, "success")
        refused = (_all(found, "rejected") or [None])[0]
        # Nothing, no, zero and blank all mean that nothing was rejected.
        nothing = refused in (None, False, "", []) or _is_zero(refused)
        rejected = 0 if nothing else len(refused) if _is_list(refused) else 1
        found = success[0] if success else None
    return Received(found, [scans_of(one) for one in found], rejected) if _is_list(found) else None


def scans_of(record: Any) -> int:
    """Return how many scans a record brings, each list that differs counted."""
    if not isinstance(record, Pairs):
        return 0
    return sum(_scans_in_leg(leg) for name in LEGS for leg in _differing(record, name))


def check(version: str, body: bytes) -> str:
    """Return which reader took a page, or ``refused``; an AssertionError is a finding."""
    try:
        expected = received(body, version)
        deep = False
    except RecursionError:
        expected, deep = None, True
    try:
        page = decode(body, version)
    except ResponseShapeError as error:
        if expected is not None and _TOO_DEEP not in str(error):
            raise AssertionError(f"a page was refused: {error}") from None
        return "refused"
    if deep:
        # Counting, too, gives up somewhere, and not at the depth where decoding does.
        return page.reader
    assert expected is not None, "something that is no page was accepted"
    _account(page, expected)
    if page.reader == "fast":
        _compare_readers(body, version)
    return page.reader


def _compare_readers(body: bytes, version: str) -> None:
    """Hold what both readers took from a page against each other, before it becomes tables.

    Making the tables twice would double the time of the whole; that equal records give equal tables is a
    test of its own.
    """
    fields = FIELD_MAPS["trackingmore", version]
    fast = read_regular(body, fields)
    tolerant = read_tolerant(body, fields, include_personal_data=True)
    assert fast is not None
    assert not tolerant.refused, "the tolerant reader refuses what the fast one takes"
    assert _set(fast.to_pylist()) == _set(tolerant.records.to_pylist()), "the readers differ"


def _account(page: Page, expected: Received) -> None:
    """Hold every record and scan against a row: decoded, or set aside at the place it came from."""
    set_aside: set[int] = set()
    too_deep: set[int] = set()
    scans_aside = dict.fromkeys(range(len(expected.records)), 0)
    by_service = 0
    for one in page.rejected.to_pylist():
        kind, path = one["kind"], one["path"]
        match = _PLACE.fullmatch(path)
        if match is None:
            assert (kind, ".rejected[" in path) == ("tracking", True), path
            by_service += 1
        elif kind == "tracking":
            assert not match[2]
            assert int(match[1]) not in set_aside
            set_aside.add(int(match[1]))
            if _TOO_DEEP in one["reason"]:
                too_deep.add(int(match[1]))
        else:
            scans_aside[int(match[1])] += 1
    decoded = [place for place in range(len(expected.records)) if place not in set_aside]
    assert by_service == expected.rejected
    assert page.received == len(expected.records) + expected.rejected == len(page.marks())
    assert page.trackings.num_rows == len(decoded)
    counts = page.trackings["checkpoint_count"].to_pylist()
    assert sum(counts) == page.checkpoints.num_rows
    for place, count in zip(decoded, counts, strict=True):
        assert count + scans_aside[place] == expected.scans[place], f"scans of record {place}"
    for place in set_aside:
        assert scans_aside[place] == 0
        is_named = _has_plain_id(expected.records[place]) and place not in too_deep
        assert not is_named, f"record {place} has an id and was set aside"
    for table in (page.trackings, page.checkpoints):
        for extra in table["extra"].drop_null().to_pylist():
            json.loads(extra, parse_constant=_no_constant)


def _set(value: Any) -> Any:
    """Return what is set in a record: objects without anything in them are the same as none."""
    if isinstance(value, dict):
        return {name: kept for name, inner in value.items() if (kept := _set(inner)) is not None} or None
    return [_set(inner) for inner in value] if isinstance(value, list) else value


def _pairs(pairs: list[tuple[str, Any]]) -> Pairs:
    # Names that can be told apart only by halves of surrogate pairs are written alike.
    return Pairs((_writable(name), value) for name, value in pairs)


def _writable(name: str) -> str:
    return name.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and not isinstance(value, Pairs)


def _is_zero(value: Any) -> bool:
    return isinstance(value, tuple) and float(value[1]) == 0


def _repeats(found: Pairs) -> bool:
    return len({name for name, _ in found}) < len(found)


def _all(found: Pairs, name: str) -> list[Any]:
    return [inner for key, inner in found if key == name]


def _differing(found: Pairs, name: str) -> list[Any]:
    """Return the value that counts, the last, and those before it that differ from it."""
    values = _all(found, name)
    return values[-1:] + [one for one in values[:-1] if _frozen(one) != _frozen(values[-1])]


def _frozen(value: Any) -> Any:
    """Return a value in which order and equal repeats do not show, and ``true`` is not 1."""
    if isinstance(value, Pairs):
        names = {name for name, _ in value}
        return ("object", frozenset((name, *map(_frozen, _differing(value, name))) for name in names))
    if isinstance(value, list):
        return ("list", *map(_frozen, value))
    return (type(value).__name__, value)


def _scans_in_leg(leg: Any) -> int:
    if isinstance(leg, Pairs):
        return sum(
            len(scans) if _is_list(scans) else int(scans not in BLANK)
            for scans in _differing(leg, "trackinfo")
        )
    return sum(map(_scans_in_leg, leg)) if isinstance(leg, list) else 0


def _has_plain_id(record: Any) -> bool:
    ids = _all(record, "id") if isinstance(record, Pairs) else []
    return len(ids) == 1 and isinstance(ids[0], str) and bool(re.fullmatch(r"[0-9a-f]{1,64}", ids[0]))


def _no_constant(name: str) -> None:
    raise AssertionError(f"{name} is not JSON")
