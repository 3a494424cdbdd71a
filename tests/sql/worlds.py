"""A small warehouse in which every model has rows, and the comparison of what was made of it twice."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from factories import record, scan

from airflow_provider_trackingmore.api import AfterShipClient, TrackingMoreClient
from airflow_provider_trackingmore.sandbox import Sandbox
from airflow_provider_trackingmore.sync import sync

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)

# What no sandbox makes: times in no known form, dates only, words no map knows, one parcel told twice.
PICKED_UP, DELIVERED = scan("2026-11-01T10:00:00"), scan("2026-11-04", "delivered", "delivered001")
ODD = [
    record("unreadable", scan("yesterday"), scan("2026-11-03T10:00:00")),
    record("by-date", scan("2026-11-01"), DELIVERED),
    record(
        "by-date-and-hour",
        PICKED_UP,
        scan("2026-11-01", "exception", "exception006"),
        scan("2026-11-04T07:00:00", "pickup", "pickup001"),
        DELIVERED,
    ),
    record("unmapped", scan("2026-11-01T10:00:00", "walking", "walking001")),
    record("overdue", PICKED_UP, scheduled_delivery_date="2026-11-03"),
    record("not-due", PICKED_UP, scheduled_delivery_date="2026-12-24"),
    record("in-time", PICKED_UP, DELIVERED, scheduled_delivery_date="2026-11-04", order_date="2026-10-30"),
    record("late", PICKED_UP, DELIVERED, scheduled_delivery_date="2026-11-03"),
    record("nameless", PICKED_UP, courier_code=None, origin_country=None),
    record("bare", courier_code=None, destination_country=None, tracking_number=None),
    record(
        "failed", PICKED_UP, scan("2026-11-03", "undelivered", "undelivered002"), delivery_status="delivered"
    ),
    record("told", PICKED_UP, tracking_number="TWICE 1"),
    record("told-again", PICKED_UP, DELIVERED, tracking_number="twice-1"),
]


def make_world(warehouse: str, trackings: int) -> None:
    """Load odd records and stories as one account, and a world of the sandbox as both services tell it."""
    from loading import later, load
    from test_outcomes import AS_OF, CASES

    load(warehouse, [record("told-late", scan("2026-11-09T10:00:00+01:00")), record("gone", PICKED_UP)])
    # It happens after the tracking was first seen, and is seen with its next snapshot.
    news = scan(later().isoformat())
    told_late = record("told-late", news, update_at="2026-11-12T00:00:00+00:00")
    stories = [one | {"id": f"{name:0>32}", "tracking_number": name} for name, (one, *_) in CASES.items()]
    load(warehouse, [told_late, *ODD, *stories], first=None, last=AS_OF)
    with (
        Sandbox(trackings=trackings, seed=11, now=NOW, frozen=True, rate_limit=False) as box,
        TrackingMoreClient(box.key, "v4", box.url, account="sandbox", requests_per_second=1000) as one,
        AfterShipClient(box.key, None, box.url, requests_per_second=1000, clock=box.clock.now) as other,
    ):
        sync(one, warehouse)
        sync(other, warehouse)


@dataclass(frozen=True)
class Rows:
    """What a relation holds, by whatever engine."""

    columns: Sequence[str]
    rows: Iterable[Sequence[Any]]


def difference(one: Rows, other: Rows, tolerance: float) -> str | None:
    """Return in what two relations differ, if they do; order does not matter, rounding within limits."""
    if [name.lower() for name in one.columns] != [name.lower() for name in other.columns]:
        return f"columns {one.columns} against {other.columns}"
    fractions = {at for row in one.rows for at, value in enumerate(row) if isinstance(value, float)}
    ones, others = _ordered(one.rows, fractions), _ordered(other.rows, fractions)
    if len(ones) != len(others):
        return f"{len(ones)} rows against {len(others)}"
    for left, right in zip(ones, others, strict=True):
        for name, a, b in zip(one.columns, left, right, strict=True):
            if not _alike(a, b, tolerance):
                return f"{name}: {a!r} against {b!r} in {left} against {right}"
    return None


def _ordered(rows: Iterable[Sequence[Any]], fractions: set[int]) -> list[tuple[Any, ...]]:
    """Return rows by what is exact first, since fractions may differ in their last digits."""
    plain = [tuple(_plain(value, at in fractions) for at, value in enumerate(row)) for row in rows]
    return sorted(
        plain,
        key=lambda row: (
            [str(value) for at, value in enumerate(row) if at not in fractions],
            [(value is None, value or 0.0) for at, value in enumerate(row) if at in fractions],
        ),
    )


def _plain(value: Any, is_fraction: bool) -> Any:
    """Return an engine's decimals as the fractions, or the wide sums of integers, that they are."""
    if is_fraction and value is not None:
        return float(value)
    return int(value) if isinstance(value, Decimal) and value == int(value) else value


def _alike(a: Any, b: Any, tolerance: float) -> bool:
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=tolerance, abs_tol=tolerance)
    return type(a) is type(b) and bool(a == b)
