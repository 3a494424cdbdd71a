"""Scans that tell a date and no hour: any hour of that day may be meant."""

from __future__ import annotations

from datetime import date

import pytest
from factories import record, scan
from stories import DELIVERED, FAILED, OUT, PICKED_UP, ask, tell

HELD = scan("2026-11-03T12:00:00", "exception", "exception004")
THIRD = date(2026, 11, 3)
DELIVERED_THAT_DAY = scan(f"{THIRD}", "delivered", "delivered001")


def outcome(warehouse, *scans):
    """Return what is said of a parcel whose header does not know yet that it was delivered."""
    tell(warehouse, record("x", *scans, delivery_status="transit"))
    (row,) = ask(
        warehouse,
        "SELECT outcome, has_status_regress, transit_days, first_attempt_date, is_first_attempt_success,"
        " episode_state, episode_days"
        " FROM fct_shipments LEFT JOIN int_exception_episodes USING (tracking_key)",
    )
    return tuple(row.values())


@pytest.mark.parametrize(
    ("before", "days", "succeeded", "episode"),
    [
        (OUT, 1 + 20 / 24, True, (None, None)),
        (HELD, 2 + 2 / 24, True, ("ended_delivered", 0.0)),
        (FAILED, 2 + 2 / 24, False, ("ended_delivered", 0.0)),
    ],
)
def test_what_happened_on_the_date_of_a_delivery_came_before_it(warehouse, before, days, succeeded, episode):
    found = outcome(warehouse, PICKED_UP, before, DELIVERED_THAT_DAY)
    assert found == ("delivered", False, pytest.approx(days), THIRD, succeeded, *episode)


def test_what_moved_on_a_later_date_contradicts_the_delivery(warehouse):
    found = outcome(warehouse, PICKED_UP, DELIVERED_THAT_DAY, scan("2026-11-04T00:00:00"))
    assert found == ("open", True, None, THIRD, False, None, None)


def test_a_delivery_on_the_date_of_the_way_back_is_one_to_the_sender(warehouse):
    returning = scan("2026-11-03T09:00:00", "exception", "exception011")
    found, *_ = outcome(warehouse, PICKED_UP, returning, DELIVERED_THAT_DAY)
    assert found == "returned"


def test_dates_without_hours_are_flagged_and_their_days_are_right(warehouse):
    tell(
        warehouse,
        record("day", PICKED_UP, scan("2026-11-01", "delivered", "delivered001")),
        record("two", PICKED_UP, DELIVERED_THAT_DAY),
        record("hour", PICKED_UP, DELIVERED),
    )
    found = ask(
        warehouse,
        "SELECT tracking_number, has_date_only_time, transit_date_changes, timing_quality"
        " FROM fct_shipments ORDER BY 3",
    )
    assert [tuple(row.values()) for row in found] == [
        ("NUMBER-day", True, 0, "ok"),
        ("NUMBER-two", True, 2, "ok"),
        ("NUMBER-hour", False, 3, "ok"),
    ]
