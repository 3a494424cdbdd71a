"""What lists of both services do with records, under the switches: order, windows, sizes and overlaps."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from operator import ge, gt, le, lt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_provider_trackingmore.sandbox.knowledge import Record
    from airflow_provider_trackingmore.sandbox.switches import Switches
    from airflow_provider_trackingmore.sandbox.world import World

Test = Callable[["Record"], bool]
Moment = Callable[["Record"], "int | None"]


def sort_key(switches: Switches, updated: Moment) -> Callable[[Record], tuple[int, int]]:
    """Return what the account's list is sorted by: seconds, and among equal ones the id as a number."""
    match switches.list_order:
        case "oldest":
            return lambda record: (record.shipment.created_at, -int(record.shipment.id, 16))
        case "updated":
            return lambda record: (-(updated(record) or 0), int(record.shipment.id, 16))
        case "id":
            return lambda record: (0, int(record.shipment.id, 16))
    return lambda record: (record.order[0], int(record.shipment.id, 16))


def by_key(found: list[Record], switches: Switches, updated: Moment) -> list[Record]:
    """Return records, which come newest first, sorted by the key of the account's list."""
    if switches.list_order in ("created", "loose"):
        return found
    return sorted(found, key=sort_key(switches, updated))


def in_order(found: list[Record], switches: Switches, turn: int, updated: Moment) -> list[Record]:
    """Return records, which come newest first, in the order the account is listed in.

    ``turn`` tells one answer from the next, for the order that does not keep.
    """
    if switches.list_order == "loose":
        return sorted(
            found, key=lambda record: (record.order[0], zlib.crc32(f"{turn}{record.order}".encode()))
        )
    return by_key(found, switches, updated)


def window(read: Moment, low: float | None, high: float | None, switches: Switches) -> list[Test]:
    """Return a test for every bound given; records without the time pass none."""
    tests: list[Test] = []
    if low is not None:
        tests.append(_bound(read, ge if switches.lower_bound_inclusive else gt, low, switches))
    if high is not None:
        tests.append(_bound(read, le if switches.upper_bound_inclusive else lt, high, switches))
    return tests


def capped(size: int, switches: Switches) -> int:
    """Return how many records a page may hold, whatever was asked for."""
    return min(size, switches.page_cap or size)


def stride_of(size: int, switches: Switches) -> int:
    """Return how far apart pages begin; overlapping ones begin with the record the last one ended with."""
    return max(size - 1, 1) if switches.repeated_ids else size


def stir(world: World, switches: Switches, shown: list[Record]) -> None:
    """Change the world between two pages: the last record shown is updated, and one is added."""
    if switches.changing_between_pages and shown:
        world.touch(shown[-1].shipment.id)
        world.add()


def _bound(read: Moment, compare: Callable[[float, float], bool], bound: float, switches: Switches) -> Test:
    def test(record: Record) -> bool:
        second = read(record)
        if second is None:
            return False
        exact = second + _fraction(record, second) if switches.hidden_fractions else second
        return compare(exact, bound)

    return test


def _fraction(record: Record, second: int) -> float:
    """Return what a time has beyond its second: a quarter, a half, three quarters, or often nothing."""
    return zlib.crc32(f"{record.shipment.id}{second}".encode()) % 4 / 4
