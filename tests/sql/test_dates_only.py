"""Scans that tell a date and no hour: any hour of that day may be meant."""

from __future__ import annotations

from datetime import date

import pytest
from factories import record, scan
from stories import DELIVERED, FAILED, HUB, LABEL, OUT, PICKED_UP, ask, tell, told

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
        (HELD, 2 + 2 / 24, True, ("resolved", 0.0)),
        (FAILED, 2 + 2 / 24, False, ("resolved", 0.0)),
    ],
)
@pytest.mark.parametrize("told_as", ["2026-11-03", "2026-11-03T00:00:00", "2026-11-03 00:00"])
def test_what_happened_on_the_date_of_a_delivery_came_before_it(
    warehouse, before, days, succeeded, episode, told_as
):
    delivered = scan(told_as, "delivered", "delivered001")
    found = outcome(warehouse, PICKED_UP, before, delivered)
    assert found == ("delivered", False, pytest.approx(days), THIRD, succeeded, *episode)


def test_what_moved_on_a_later_date_contradicts_the_delivery(warehouse):
    found = outcome(warehouse, PICKED_UP, DELIVERED_THAT_DAY, scan("2026-11-04T00:00:00"))
    assert found == ("open", True, None, THIRD, False, None, None)


def test_a_delivery_on_the_date_of_the_way_back_is_one_to_the_sender(warehouse):
    returning = scan("2026-11-03T09:00:00", "exception", "exception011")
    found, *_ = outcome(warehouse, PICKED_UP, returning, DELIVERED_THAT_DAY)
    assert found == "returned"


def test_a_stray_scan_on_a_later_date_leaves_the_order_of_the_delivery_s_own_day(warehouse):
    stray = scan("2026-11-05T08:00:00")
    (row,) = told(
        warehouse,
        "fct_shipments",
        record("x", PICKED_UP, HELD, DELIVERED_THAT_DAY, stray, delivery_status="delivered"),
    )
    assert (row["transit_days"], row["n_exception_episodes"]) == (pytest.approx(2 + 2 / 24), 1)
    assert row["has_status_regress"]


def test_exceptions_around_a_delivery_listed_before_them_are_one_episode(warehouse):
    # the source sorts by its own times, and a date is midnight to it
    later = scan("2026-11-03T16:00:00", "exception", "exception005")
    rows = told(warehouse, "int_exception_episodes", record("x", PICKED_UP, DELIVERED_THAT_DAY, HELD, later))
    assert [(row["n_scans"], row["episode_state"]) for row in rows] == [(2, "resolved")]
    assert rows[0]["episode_days"] == pytest.approx(4 / 24)


def test_a_delivery_that_is_told_with_its_hour_too_happened_at_that_hour(warehouse):
    at_noon = scan("2026-11-03T12:00:00", "delivered", "delivered001")
    both = {"destination_info": {"courier_code": "usps", "trackinfo": [DELIVERED_THAT_DAY]}}
    tell(
        warehouse,
        record("both legs", PICKED_UP, at_noon, **both),
        record("one leg", PICKED_UP, DELIVERED_THAT_DAY, at_noon),
    )
    for row in ask(warehouse, "FROM fct_shipments"):
        assert row["transit_days"] == pytest.approx(2 + 2 / 24)


def test_an_exception_comes_after_what_the_source_lists_before_it_on_its_date(warehouse):
    held = scan("2026-11-02", "exception", "exception006")
    tell(warehouse, record("after", PICKED_UP, HUB, held), record("before", PICKED_UP, held, HUB))
    found = ask(
        warehouse,
        "SELECT tracking_number, episode_state, hour(started_at_utc) AS hour_begun, episode_days"
        " FROM fct_exception_episodes ORDER BY 1",
    )
    assert [tuple(row.values()) for row in found] == [
        ("NUMBER-after", "open", 10, pytest.approx(17 + 14 / 24)),
        ("NUMBER-before", "resolved", 0, pytest.approx(10 / 24)),
    ]


def test_scans_of_one_kind_that_one_leg_lists_on_one_date_are_several(warehouse):
    held = scan("2026-11-05", "exception", "exception004")
    left_a, left_b = (scan("2026-11-05", tracking_detail=words) for words in ("Left A", "Left B"))
    held_again = held | {"tracking_detail": "Held again"}
    tell(
        warehouse,
        record("on its way", PICKED_UP, left_a, held, left_b),
        record("held", PICKED_UP, held, left_a, held_again),
    )
    found = ask(
        warehouse, "SELECT tracking_number, n_scans, has_unresolved_exception FROM fct_shipments ORDER BY 1"
    )
    assert [tuple(row.values()) for row in found] == [
        ("NUMBER-held", 4, True),
        ("NUMBER-on its way", 4, False),
    ]


def test_a_date_that_both_legs_tell_stands_once_as_the_destination_lists_it(warehouse):
    at_origin = [scan("2026-11-05", tracking_detail=words) for words in ("Left A", "Left B")]
    abroad = {
        "destination_info": {
            "courier_code": "usps",
            "trackinfo": [scan("2026-11-05", location="", country_iso2=None, tracking_detail="Arrived")],
        }
    }
    tell(warehouse, record("x", PICKED_UP, *at_origin, **abroad))
    found = ask(warehouse, "SELECT leg, description FROM int_checkpoints WHERE event_at_local > '2026-11-04'")
    assert [tuple(row.values()) for row in found] == [("destination", "Arrived")]


def test_a_loss_on_the_date_of_the_last_scan_is_none_only_if_that_scan_is_listed_after_it(warehouse):
    lost = scan("2026-11-02", "exception", "exception007")
    tell(warehouse, record("lost", PICKED_UP, HUB, lost), record("found", PICKED_UP, lost, HUB))
    found = ask(warehouse, "SELECT tracking_number, outcome FROM fct_shipments ORDER BY 1")
    assert [row["outcome"] for row in found] == ["open", "lost"]


def test_an_attempt_before_the_way_back_on_the_same_date_counts(warehouse):
    returning = scan("2026-11-03", "exception", "exception011")
    (row,) = told(warehouse, "fct_shipments", record("x", PICKED_UP, OUT, FAILED, returning))
    assert (row["first_attempt_date"], row["is_first_attempt_success"]) == (THIRD, False)


@pytest.mark.parametrize(("scans", "succeeded"), [("hold then out", True), ("out then hold", False)])
def test_an_exception_on_the_date_of_going_out_fails_the_attempt_only_if_listed_after_it(
    warehouse, scans, succeeded
):
    listed = {
        "hold": scan("2026-11-03", "exception", "exception006"),
        "out": scan("2026-11-03", "pickup", "pickup001"),
    }
    first, second = (listed[name] for name in scans.split(" then "))
    (row,) = told(warehouse, "fct_shipments", record("x", PICKED_UP, first, second, DELIVERED))
    assert row["is_first_attempt_success_strict"] is succeeded


def test_a_first_scan_on_the_date_of_the_registration_was_neither_awaited_nor_missed(warehouse):
    created = {"created_at": "2026-11-02T15:00:00+00:00"}
    tell(
        warehouse,
        record("same day", scan("2026-11-02"), **created),
        record("day before", scan("2026-11-01"), **created),
        record("day after", scan("2026-11-03"), **created),
        record("labelled", LABEL, scan("2026-11-01"), created_at="2026-11-01T00:00:00+00:00"),
    )
    found = ask(
        warehouse,
        "SELECT tracking_number, unscanned_days, entry_days, is_registered_late"
        " FROM fct_shipments ORDER BY tracking_number",
    )
    assert [tuple(row.values()) for row in found] == [
        ("NUMBER-day after", pytest.approx(9 / 24), 0.0, False),
        ("NUMBER-day before", pytest.approx(-1 - 15 / 24), pytest.approx(1 + 15 / 24), True),
        ("NUMBER-labelled", 0.0, 0.0, False),
        ("NUMBER-same day", 0.0, 0.0, False),
    ]
    (row,) = ask(warehouse, "FROM mart_first_scan_latency WHERE grouping_name = 'all'")
    assert (row["n_scanned"], row["p50_days"]) == (4, 0.0)


def test_dates_without_hours_are_flagged_and_their_days_are_right(warehouse):
    tell(
        warehouse,
        record("day", PICKED_UP, scan("2026-11-01T00:00", "delivered", "delivered001")),
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
