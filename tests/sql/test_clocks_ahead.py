"""Scans told by a clock ahead of UTC, in a zone nobody knows: no curve may know them before their time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from factories import record, scan
from stories import ask, tell

AS_OF = datetime(2026, 11, 3, tzinfo=UTC)
FOLLOWED = pytest.approx(38 / 24)


def there(at, *status):
    """Return a scan of a country that has many zones."""
    return scan(at, *status, country_iso2="US")


@pytest.fixture
def shipments(warehouse):
    """Return a warehouse: two left together, one delivered "in four hours"; one picked up "in four hours"."""
    left = there("2026-11-01T10:00:00")
    tell(
        warehouse,
        record("fast", left, there("2026-11-03T04:00:00", "delivered", "delivered001")),
        record("open", left),
        record("young", there("2026-11-03T04:00:00")),
        last=AS_OF,
    )
    return warehouse


def test_a_shipment_tells_what_the_clock_ahead_says(shipments):
    columns = "tracking_number, outcome, timing_quality, transit_days, followed_days"
    found = [tuple(row.values()) for row in ask(shipments, f"SELECT {columns} FROM fct_shipments ORDER BY 1")]
    assert found == [
        ("NUMBER-fast", "delivered", "ok", pytest.approx(42 / 24), FOLLOWED),
        ("NUMBER-open", "open", "ok", None, FOLLOWED),
        ("NUMBER-young", "open", "ok", None, 0.0),
    ]


def test_a_curve_ends_where_all_of_its_parcels_were_followed(shipments):
    found = ask(
        shipments,
        "SELECT n_followed, followed_until_days, n_reached FROM int_quantiles"
        " WHERE clock = 'delivery' AND group_key = 'all|all|all|all|all'",
    )
    assert found == [{"n_followed": 3, "followed_until_days": FOLLOWED, "n_reached": 0}]


def test_a_week_counts_what_comes_after_as_not_delivered_yet(shipments):
    found = ask(
        shipments,
        "SELECT n_timed, naive_delivered_share, not_followed_share FROM mart_weekly_cohorts"
        " WHERE grouping_name = 'carrier_week' AND horizon_days = 3 ORDER BY pickup_week",
    )
    assert [tuple(row.values()) for row in found] == [(2, 0.0, 1.0), (1, 0.0, 1.0)]


def latest(warehouse, mart, *columns):
    (row,) = ask(warehouse, f"FROM {mart} WHERE grouping_name = 'all'")
    return tuple(row[column] for column in columns)


def test_nobody_knows_yet_of_first_scans_that_come_after(warehouse):
    registered = {"created_at": "2026-11-02T22:00:00+00:00"}
    tell(
        warehouse,
        *(record(f"ahead{n}", there("2026-11-03T04:00:00"), **registered) for n in range(5)),
        *(record(f"none{n}", **registered) for n in range(5)),
        last=AS_OF,
    )
    assert latest(warehouse, "mart_first_scan_latency", "n_labels", "p50_days") == (10, None)


def test_nobody_knows_yet_of_exceptions_that_are_over_after(warehouse):
    left = scan("2026-11-01T10:00:00")
    failed = scan("2026-11-02T23:00:00", "undelivered", "undelivered002")
    tell(
        warehouse,
        *(record(f"ahead{n}", left, failed, there("2026-11-03T04:00:00")) for n in range(5)),
        *(record(f"open{n}", left, failed) for n in range(5)),
        last=AS_OF,
    )
    found = latest(warehouse, "mart_exception_resolution", "n_episodes", "n_resolved", "p50_days")
    assert found == (10, 0, None)


def test_what_nobody_picked_up_was_followed_for_no_time_that_is_known(warehouse):
    tell(warehouse, record("arrived", there("2026-11-03T04:00:00", "delivered", "delivered001")), last=AS_OF)
    (row,) = ask(warehouse, "SELECT outcome, timing_quality, followed_days FROM fct_shipments")
    assert tuple(row.values()) == ("delivered", "delivered_without_pickup_scan", None)
