"""Promised dates and first attempts: what counts as kept, and what as success."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import duckdb
import pytest
from factories import record, scan
from stories import AS_OF, DELIVERED, FAILED, LOST, OUT, PICKED_UP, RETURNING, ask, load, tell, told

COLLECTED = scan("2026-11-04T10:00:00", "delivered", "delivered002")
READY = scan("2026-11-03T14:00:00", "pickup", "pickup002")
LATER_REFUSED = scan("2026-11-04T18:00:00", "exception", "exception009")
LATER_OUT = scan("2026-11-05T08:00:00", "pickup", "pickup001")
OUT_AGAIN = scan("2026-11-04T08:00:00", "pickup", "pickup001")
READY_BACK = scan("2026-11-12T14:00:00", "pickup", "pickup002")
OUT_BACK = scan("2026-11-12T08:00:00", "pickup", "pickup001")
REFUSED_BACK = scan("2026-11-12T12:00:00", "exception", "exception009")
REFUSED = scan("2026-11-03T12:00:00", "exception", "exception009")
HOME = scan("2026-11-14T10:00:00", "delivered", "delivered001")


def promised(day: str) -> dict[str, str]:
    return {"scheduled_delivery_date": day}


PROMISES = {
    "delivered_on_the_day": (
        record("x", PICKED_UP, DELIVERED, **promised("2026-11-04")),
        "on_time",
        "on_time",
    ),
    "delivered_a_day_late": (record("x", PICKED_UP, DELIVERED, **promised("2026-11-03")), "late", "late"),
    "attempted_in_time_and_delivered_late": (
        record("x", PICKED_UP, FAILED, DELIVERED, **promised("2026-11-03")),
        "late",
        "on_time",
    ),
    "open_past_its_date": (record("x", PICKED_UP, **promised("2026-11-19")), "overdue", "overdue"),
    "open_on_its_date": (record("x", PICKED_UP, **promised("2026-11-20")), "not_due", "not_due"),
    "without_a_promise": (record("x", PICKED_UP, DELIVERED), "no_promise", "no_promise"),
    "lost": (record("x", PICKED_UP, LOST, **promised("2026-11-30")), "failed", "failed"),
    "delivered_by_its_header_only": (
        record("x", PICKED_UP, delivery_status="delivered", **promised("2026-11-04")),
        "unknown",
        "unknown",
    ),
    "refused_and_delivered_to_the_sender_in_time": (
        record("x", PICKED_UP, REFUSED, RETURNING, HOME, **promised("2026-11-15")),
        "failed",
        "failed",
    ),
    "expired_past_its_date": (
        record(
            "x",
            scan("2026-09-01T10:00:00"),
            delivery_status="expired",
            created_at="2026-09-01T00:00:00+00:00",
            **promised("2026-09-08"),
        ),
        "overdue",
        "overdue",
    ),
}

# success, and success by the strict rule
ATTEMPTS = {
    "delivered_at_once": (record("x", PICKED_UP, OUT, DELIVERED), True, True),
    "no_attempt_yet": (record("x", PICKED_UP, OUT), None, None),
    "failed_first": (record("x", PICKED_UP, OUT, FAILED, DELIVERED), False, False),
    "failed_and_not_delivered_yet": (record("x", PICKED_UP, OUT, FAILED), False, False),
    "failed_and_delivered_on_one_date_without_times": (
        record(
            "x",
            PICKED_UP,
            scan("2026-11-04", "undelivered", "undelivered002"),
            scan("2026-11-04", "delivered", "delivered001"),
        ),
        False,
        False,
    ),
    "collected_from_a_pick_up_point": (record("x", PICKED_UP, OUT, READY, COLLECTED), True, False),
    "an_exception_once_it_was_out": (record("x", PICKED_UP, OUT, REFUSED, DELIVERED), True, False),
    "an_exception_before_it_was_out": (
        record("x", PICKED_UP, scan("2026-11-02T10:00:00", "exception", "exception006"), OUT, DELIVERED),
        True,
        True,
    ),
    "trouble_after_a_delivery_that_its_header_confirms": (
        record("x", PICKED_UP, OUT, DELIVERED, LATER_REFUSED, LATER_OUT, delivery_status="delivered"),
        True,
        True,
    ),
    "out_twice_more_than_a_day_apart": (record("x", PICKED_UP, OUT, OUT_AGAIN, DELIVERED), True, False),
    "out_twice_within_a_day": (
        record("x", PICKED_UP, OUT, scan("2026-11-04T06:00:00", "pickup", "pickup001"), DELIVERED),
        True,
        True,
    ),
    "waiting_at_a_pick_up_point": (record("x", PICKED_UP, OUT, READY), None, False),
    "open_with_an_exception_once_it_was_out": (record("x", PICKED_UP, OUT, REFUSED), None, False),
    "open_and_out_again_a_day_later": (record("x", PICKED_UP, OUT, OUT_AGAIN), None, False),
    "at_a_pick_up_point_on_its_way_back": (
        record("x", PICKED_UP, REFUSED, RETURNING, READY_BACK),
        None,
        None,
    ),
    "out_for_delivery_on_its_way_back": (
        record("x", PICKED_UP, REFUSED, RETURNING, OUT_BACK, REFUSED_BACK),
        None,
        None,
    ),
    "refused_and_delivered_to_the_sender": (record("x", PICKED_UP, REFUSED, RETURNING, HOME), None, None),
    "failed_and_returned": (record("x", PICKED_UP, OUT, FAILED, RETURNING, HOME), False, False),
    "failed_and_delivered_by_its_header_alone": (
        record("x", PICKED_UP, FAILED, delivery_status="delivered"),
        False,
        False,
    ),
    "told_as_returned_and_delivered_to_the_sender": (
        record(
            "x",
            PICKED_UP,
            scan("2026-11-09T10:00:00", "exception", "exception010"),
            scan("2026-11-10T06:00:00", "pickup", "pickup001"),
            scan("2026-11-10T10:00:00", "delivered", "delivered001"),
        ),
        None,
        None,
    ),
}


def shipments(tmp_path_factory, cases):
    """Return every case's shipment by its name, all told to one warehouse."""
    warehouse = str(tmp_path_factory.mktemp("promises") / "warehouse.duckdb")
    tell(
        warehouse,
        *(
            one | {"id": f"{name:0>60}", "tracking_number": f"N{number}"}
            for number, (name, (one, *_)) in enumerate(cases.items())
        ),
    )
    rows = ask(warehouse, "SELECT ltrim(split_part(tracking_key, ':', 3), '0') AS name, * FROM fct_shipments")
    return {row["name"]: row for row in rows}


@pytest.fixture(scope="module")
def promises(tmp_path_factory):
    return shipments(tmp_path_factory, PROMISES)


@pytest.fixture(scope="module")
def attempts(tmp_path_factory):
    return shipments(tmp_path_factory, ATTEMPTS)


@pytest.mark.parametrize("name", PROMISES)
def test_a_promise_is_kept_by_the_delivery_or_by_the_attempt(promises, name):
    _, by_delivery, by_attempt = PROMISES[name]
    found = promises[name]
    assert (found["promise_state"], found["promise_state_by_attempt"]) == (by_delivery, by_attempt)


@pytest.mark.parametrize("name", ATTEMPTS)
def test_the_first_attempt_succeeds_or_not_plainly_and_strictly(attempts, name):
    _, plain, strict = ATTEMPTS[name]
    found = attempts[name]
    assert (found["is_first_attempt_success"], found["is_first_attempt_success_strict"]) == (plain, strict)


def test_what_is_overdue_or_failed_is_in_the_denominator_and_what_is_not_due_is_not(warehouse):
    parcels = [
        one | {"id": f"{n:0>32}", "tracking_number": f"N{n}"} for n, (one, *_) in enumerate(PROMISES.values())
    ]
    (row,) = told(warehouse, "mart_on_time", *parcels, where="grouping_name = 'all'")
    counts = {
        name: row[f"n_{name}"] for name in ("on_time", "late", "failed", "overdue", "not_due", "no_promise")
    }
    assert counts == {"on_time": 1, "late": 2, "failed": 2, "overdue": 2, "not_due": 1, "no_promise": 1}
    assert (row["n_unknown"], row["n_shipments"], row["n_due"]) == (1, 10, 7)
    assert row["on_time_rate"] == pytest.approx(1 / 7)
    assert row["on_time_by_attempt_rate"] == pytest.approx(2 / 7)
    assert row["delivered_on_time_rate"] == pytest.approx(1 / 3)
    assert row["no_promise_share"] == pytest.approx(1 / 10)


def test_what_counts_as_a_failed_attempt_counts_while_the_parcel_is_open(warehouse):
    (row,) = told(
        warehouse,
        "mart_first_attempt",
        record("delivered", PICKED_UP, OUT, DELIVERED),
        record("waiting", PICKED_UP, OUT, READY),
        record("moving", PICKED_UP),
        where="grouping_name = 'all'",
    )
    assert (row["n_attempted"], row["first_attempt_rate"]) == (1, 1.0)
    assert (row["n_attempted_strict"], row["first_attempt_strict_rate"]) == (2, 0.5)


def test_a_rate_over_nothing_is_null(warehouse):
    tell(warehouse, record("x", PICKED_UP))
    (row,) = ask(warehouse, "FROM mart_on_time WHERE grouping_name = 'all'")
    assert (row["n_due"], row["on_time_rate"], row["on_time_rate_lower95"]) == (0, None, None)
    (row,) = ask(warehouse, "FROM mart_first_attempt WHERE grouping_name = 'all'")
    assert (row["n_attempted"], row["first_attempt_rate"]) == (0, None)


def test_what_comes_early_does_not_make_a_young_week_look_better_once_dates_count(warehouse):
    start = {"courier_code": "dhl"} | promised("2026-11-25")
    early = [record(f"e{n}", PICKED_UP, DELIVERED, **start) for n in range(3)]
    waiting = [record(f"w{n}", PICKED_UP, **start) for n in range(5)]
    passed = [record(f"p{n}", PICKED_UP, DELIVERED, **start | promised("2026-11-04")) for n in range(2)]
    overdue = [record(f"o{n}", PICKED_UP, **start | promised("2026-11-19")) for n in range(2)]
    tell(warehouse, *early, *waiting, *passed, *overdue)
    (row,) = ask(warehouse, "FROM mart_on_time WHERE grouping_name = 'all'")
    assert (row["n_due"], row["on_time_rate"]) == (7, pytest.approx(5 / 7))
    assert (row["n_passed"], row["passed_on_time_rate"]) == (4, 0.5)
    assert row["passed_on_time_rate_lower95"] < 0.5 < row["passed_on_time_rate_upper95"]


def test_a_carrier_that_moves_its_promise_has_not_kept_the_first(warehouse):
    load(warehouse, [record("x", PICKED_UP, OUT, **promised("2026-11-03"))], last=AS_OF - timedelta(days=9))
    late = record("x", PICKED_UP, OUT, DELIVERED, update_at="2026-11-05T00:00:00+00:00")
    tell(warehouse, late | promised("2026-11-04"))
    (shipment,) = ask(warehouse, "FROM fct_shipments")
    assert (shipment["promised_date"], shipment["promise_state"]) == (date(2026, 11, 3), "late")
    (tracking,) = ask(warehouse, "FROM trackings")
    assert tracking["promised_date"] == date(2026, 11, 4)


def test_whether_a_promise_after_a_parcel_was_last_seen_was_kept_is_not_known(warehouse):
    parcels = [record(name, PICKED_UP, **promised("2026-11-18")) for name in ("kept", "gone")]
    load(warehouse, parcels, last=AS_OF)
    with duckdb.connect(warehouse) as connection:
        connection.execute("UPDATE loads SET started_at_utc = '2026-11-10'")
    tell(warehouse, parcels[0], first=None)
    rows = ask(warehouse, "SELECT tracking_number, promise_state FROM fct_shipments ORDER BY ALL")
    assert [row["promise_state"] for row in rows] == ["not_due", "overdue"]
    (on_time,) = ask(warehouse, "FROM mart_on_time WHERE grouping_name = 'all'")
    assert on_time["n_due"] == 1


def test_the_date_of_a_delivery_is_told_by_the_scan_that_tells_its_moment(warehouse):
    # 01:00 on the 4th in Singapore is 17:00 on the 3rd; a second scan in an unknown zone is later, at 20:00.
    first = scan("2026-11-04T01:00:00+08:00", "delivered", "delivered001", country_iso2="SG")
    second = scan("2026-11-03T20:00:00", "delivered", "delivered001", country_iso2=None)
    late = record("x", PICKED_UP, first, second, **promised("2026-11-03"))
    (shipment,) = told(warehouse, "fct_shipments", late)
    assert shipment["delivered_at_utc"] == datetime(2026, 11, 3, 17)
    assert (shipment["delivered_date"], shipment["promise_state"]) == (date(2026, 11, 4), "late")
