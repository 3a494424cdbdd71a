"""Exception episodes: where one begins, what ends it, and how long it took."""

from __future__ import annotations

import pytest
from factories import record, scan
from stories import DELIVERED, FAILED, HUB, LOST, OUT, PICKED_UP, RETURNING, ask, told

STATES = ("exception_type", "episode_state", "episode_days")


def states(warehouse, *scans, **other):
    rows = told(warehouse, "int_exception_episodes", record("x", *scans, **other))
    return [tuple(row[name] for name in STATES) for row in sorted(rows, key=lambda row: row["episode_no"])]


def test_scans_that_follow_each_other_are_one_episode_and_a_later_one_is_the_second(warehouse):
    held = scan("2026-11-02T10:00:00", "exception", "exception006")
    still = scan("2026-11-02T16:00:00", "exception", "exception005")
    moving = scan("2026-11-02T22:00:00", "transit", "transit005")
    assert states(warehouse, PICKED_UP, held, still, moving, OUT, FAILED, DELIVERED) == [
        ("customs_hold", "resolved", 0.5),
        ("attempt_failed", "resolved", pytest.approx(22 / 24)),
    ]


def test_an_exception_that_was_the_last_scan_is_open_until_the_end_of_what_is_known(warehouse):
    trouble = scan("2026-11-18T00:00:00", "exception", "exception005")
    assert states(warehouse, PICKED_UP, trouble) == [("exception_other", "open", 2.0)]


def test_an_episode_of_both_legs_is_told_once(warehouse):
    both = {"destination_info": {"courier_code": "usps", "trackinfo": [DELIVERED, FAILED]}}
    assert states(warehouse, PICKED_UP, FAILED, DELIVERED, **both) == [
        ("attempt_failed", "resolved", pytest.approx(22 / 24))
    ]


def test_an_episode_of_rows_told_twice_has_each_scan_once(warehouse):
    rows = told(
        warehouse, "int_exception_episodes", record("x", PICKED_UP, FAILED, FAILED, DELIVERED, DELIVERED)
    )
    assert [(row["n_scans"], row["episode_state"]) for row in rows] == [(1, "resolved")]


def test_an_episode_that_ends_with_the_parcel_back_at_the_sender_was_not_resolved(warehouse):
    home = scan("2026-11-14T10:00:00", "delivered", "delivered001")
    assert states(warehouse, PICKED_UP, FAILED, RETURNING, home) == [
        ("attempt_failed", "ended_returned", pytest.approx(11 - 2 / 24))
    ]


def test_a_scan_on_the_way_back_resolves_nothing(warehouse):
    hub = scan("2026-11-08T10:00:00", "transit", "transit002")
    home = scan("2026-11-14T10:00:00", "delivered", "delivered001")
    assert states(warehouse, PICKED_UP, FAILED, RETURNING, hub, home) == [
        ("attempt_failed", "ended_returned", pytest.approx(11 - 2 / 24))
    ]


def test_a_scan_listed_after_the_way_back_began_is_on_it_although_both_tell_one_moment(warehouse):
    hub = scan(RETURNING["checkpoint_date"], "transit", "transit002")
    held = scan("2026-11-08T10:00:00", "exception", "exception005")
    home = scan("2026-11-14T10:00:00", "delivered", "delivered001")
    assert states(warehouse, PICKED_UP, FAILED, RETURNING, hub, held, home) == [
        ("attempt_failed", "ended_returned", pytest.approx(11 - 2 / 24))
    ]


def test_a_scan_listed_before_the_way_back_of_one_moment_resolves(warehouse):
    hub = scan(RETURNING["checkpoint_date"], "transit", "transit002")
    home = scan("2026-11-14T10:00:00", "delivered", "delivered001")
    assert states(warehouse, PICKED_UP, FAILED, hub, RETURNING, home) == [
        ("attempt_failed", "resolved", 2.0),
        ("returning", "ended_returned", pytest.approx(9 - 2 / 24)),
    ]


def test_a_return_is_one_episode_with_scans_on_the_way(warehouse):
    hub = scan("2026-11-08T10:00:00", "transit", "transit002")
    closed = scan("2026-11-10T10:00:00", "undelivered", "undelivered002")
    again = scan("2026-11-11T10:00:00", "transit", "transit002")
    home = scan("2026-11-14T10:00:00", "exception", "exception010")
    assert states(warehouse, PICKED_UP, FAILED, RETURNING, hub, closed, again, home) == [
        ("attempt_failed", "ended_returned", pytest.approx(11 - 2 / 24))
    ]


def test_what_goes_wrong_once_it_is_back_begins_nothing(warehouse):
    home = scan("2026-11-09T10:00:00", "exception", "exception010")
    hub = scan("2026-11-10T10:00:00", "transit", "transit002")
    held = scan("2026-11-11T10:00:00", "exception", "exception005")
    assert states(warehouse, PICKED_UP, home, hub, held) == [("returned", "ended_returned", 0.0)]


def test_what_was_resolved_before_the_way_back_is_an_episode_of_its_own(warehouse):
    hub = scan("2026-11-04T10:00:00", "transit", "transit002")
    later = scan("2026-11-08T10:00:00", "transit", "transit002")
    home = scan("2026-11-14T10:00:00", "exception", "exception010")
    assert states(warehouse, PICKED_UP, FAILED, hub, RETURNING, later, home) == [
        ("attempt_failed", "resolved", pytest.approx(22 / 24)),
        ("returning", "ended_returned", pytest.approx(9 - 2 / 24)),
    ]


def test_a_parcel_on_its_way_back_is_in_an_unresolved_exception(warehouse):
    hub = scan("2026-11-08T10:00:00", "transit", "transit002")
    rows = told(warehouse, "fct_shipments", record("x", PICKED_UP, FAILED, RETURNING, hub))
    assert [(row["outcome"], row["has_unresolved_exception"]) for row in rows] == [("open", True)]


def test_a_loss_ends_its_episode_unresolved(warehouse):
    assert states(warehouse, PICKED_UP, LOST) == [("lost_damaged", "ended_lost", 0.0)]


def test_scans_of_one_minute_keep_the_order_in_which_the_source_tells_them(warehouse):
    # Twenty parcels, as a hash decides nothing twenty times in a row.
    held = scan("2026-11-02T10:00:00", "exception", "exception006")
    parcels = [
        record(
            f"{n}", PICKED_UP, held, HUB, **{"tracking_number": f"N{n}", "update_at": "2026-11-03T00:00:00Z"}
        )
        for n in range(20)
    ]
    rows = told(warehouse, "int_exception_episodes", *parcels)
    assert {(row["episode_state"], row["episode_days"]) for row in rows} == {("resolved", 0.0)}


def test_of_date_only_scans_a_failed_attempt_is_resolved_by_the_delivery_of_the_same_day(warehouse):
    day = "2026-11-03"
    parcels = [
        record(
            f"{n}",
            PICKED_UP,
            scan(day, "pickup", "pickup001"),
            scan(day, "undelivered", "undelivered002"),
            scan(day, "delivered", "delivered001"),
        )
        for n in range(20)
    ]
    rows = told(warehouse, "int_exception_episodes", *parcels)
    assert {(row["episode_no"], row["episode_state"], row["episode_days"]) for row in rows} == {
        (1, "resolved", 0.0)
    }


def test_an_episode_that_ended_at_an_unknown_moment_has_no_days_and_runs_no_clock(warehouse):
    by_header = record("x", PICKED_UP, FAILED, delivery_status="delivered")
    (episode,) = told(warehouse, "int_exception_episodes", by_header)
    assert (episode["episode_state"], episode["episode_days"]) == ("ended_delivered", None)
    assert ask(warehouse, "FROM int_clocks WHERE clock = 'resolution'") == []


def test_an_exception_after_the_delivery_was_not_ended_by_it_and_runs_no_clock(warehouse):
    hold = scan("2026-11-05T10:00:00", "exception", "exception004")
    delivered = record("x", PICKED_UP, DELIVERED, hold, delivery_status="delivered")
    (episode,) = told(warehouse, "fct_exception_episodes", delivered)
    assert (episode["episode_state"], episode["episode_days"]) == ("ended_delivered", None)
    assert ask(warehouse, "FROM int_clocks WHERE clock = 'resolution'") == []
