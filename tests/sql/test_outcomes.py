"""Shipments with a story, and what the models must make of them (one case, one sentence)."""

from __future__ import annotations

from datetime import UTC, datetime

import duckdb
import pytest
from factories import key, record, scan
from stories import AS_OF, DELIVERED, FAILED, HUB, LABEL, LOST, OUT, PICKED_UP, RETURNING, ask, load

from airflow_provider_trackingmore.store import run_models


def both_legs(*scans):
    newest_first = list(reversed(scans))
    return {"destination_info": {"courier_code": "usps", "trackinfo": newest_first}}


CASES = {
    "newest_first": (record("x", PICKED_UP, HUB, DELIVERED), "delivered", 3.0, "ok"),
    "oldest_first": (
        record("x", DELIVERED, HUB, PICKED_UP, delivery_status="delivered"),
        "delivered",
        3.0,
        "ok",
    ),
    "every_row_twice": (record("x", PICKED_UP, PICKED_UP, DELIVERED, DELIVERED), "delivered", 3.0, "ok"),
    "both_legs_repeat_the_scans": (
        record("x", PICKED_UP, DELIVERED, **both_legs(PICKED_UP, DELIVERED)),
        "delivered",
        3.0,
        "ok",
    ),
    "delivered_then_transit_then_delivered": (
        record("x", PICKED_UP, scan("2026-11-02T10:00:00", "delivered", "delivered001"), OUT, DELIVERED),
        "delivered",
        3.0,
        "ok",
    ),
    "failed_attempt_returning_delivered_to_the_sender": (
        record("x", PICKED_UP, FAILED, RETURNING, scan("2026-11-14T10:00:00", "delivered", "delivered001")),
        "returned",
        13.0,
        "ok",
    ),
    "returned_by_its_own_code": (
        record("x", PICKED_UP, FAILED, scan("2026-11-09T10:00:00", "exception", "exception010")),
        "returned",
        8.0,
        "ok",
    ),
    "label_row_after_the_delivery": (
        record(
            "x",
            PICKED_UP,
            DELIVERED,
            scan("2026-11-04T12:00:00", "transit", "notfound001"),
            delivery_status="delivered",
        ),
        "delivered",
        3.0,
        "ok",
    ),
    "a_label_never_starts_the_clock": (record("x", LABEL, PICKED_UP, DELIVERED), "delivered", 3.0, "ok"),
    "first_scan_is_out_for_delivery": (
        record("x", OUT, scan("2026-11-03T13:00:00", "delivered", "delivered001")),
        "delivered",
        7 / 24,
        "ok",
    ),
    "label_only": (record("x", LABEL), "open", None, "never_scanned"),
    "no_scans": (record("x"), "open", None, "never_scanned"),
    "header_delivered_without_scans": (
        record("x", delivery_status="delivered"),
        "delivered",
        None,
        "delivered_without_scans",
    ),
    "delivered_scan_only": (record("x", DELIVERED), "delivered", None, "delivered_without_pickup_scan"),
    "header_in_transit_with_a_delivered_scan": (
        record("x", PICKED_UP, DELIVERED, delivery_status="transit"),
        "delivered",
        3.0,
        "ok",
    ),
    "delivered_in_the_minute_of_the_pick_up": (
        record("x", PICKED_UP, scan("2026-11-01T10:00:00", "delivered", "delivered001")),
        "delivered",
        0.0,
        "ok",
    ),
    "delivered_before_the_pick_up": (
        record(
            "x",
            scan("2026-11-01T04:00:00", "delivered", "delivered001"),
            PICKED_UP,
            delivery_status="delivered",
        ),
        "delivered",
        -0.25,
        "negative_duration",
    ),
    "lost": (record("x", PICKED_UP, LOST), "lost", 5.0, "ok"),
    "lost_and_claimed": (
        record("x", PICKED_UP, LOST, scan("2026-11-08T10:00:00", "exception", "exception005")),
        "lost",
        5.0,
        "ok",
    ),
    "lost_and_found_when_nobody_was_home": (
        record("x", PICKED_UP, LOST, scan("2026-11-08T10:00:00", "undelivered", "undelivered002")),
        "open",
        pytest.approx(18 + 14 / 24),
        "ok",
    ),
    "lost_and_said_so_twice": (
        record("x", PICKED_UP, LOST, scan("2026-11-08T10:00:00", "exception", "exception007")),
        "lost",
        5.0,
        "ok",
    ),
    "lost_found_lost_and_said_so_twice": (
        record(
            "x",
            PICKED_UP,
            LOST,
            scan("2026-11-07T10:00:00"),
            scan("2026-11-08T10:00:00", "exception", "exception007"),
            scan("2026-11-16T10:00:00", "exception", "exception007"),
        ),
        "lost",
        7.0,
        "ok",
    ),
    "delivered_and_claimed": (
        record("x", PICKED_UP, DELIVERED, scan("2026-11-06T10:00:00", "exception", "exception005")),
        "delivered",
        3.0,
        "ok",
    ),
    "delivered_and_said_to_be_damaged": (record("x", PICKED_UP, DELIVERED, LOST), "delivered", 3.0, "ok"),
    "delivered_and_brought_back": (
        record(
            "x", PICKED_UP, DELIVERED, RETURNING, scan("2026-11-09T10:00:00", "exception", "exception010")
        ),
        "returned",
        8.0,
        "ok",
    ),
    "lost_found_and_lost_again": (
        record(
            "x",
            PICKED_UP,
            scan("2026-11-03T10:00:00", "exception", "exception007"),
            scan("2026-11-05T10:00:00"),
            LOST,
        ),
        "lost",
        5.0,
        "ok",
    ),
    "found_again_after_a_loss": (
        record("x", PICKED_UP, LOST, scan("2026-11-08T10:00:00")),
        "open",
        AS_OF.timestamp() / 86400 - 20758 - 10 / 24,
        "ok",
    ),
    "open_is_censored_at_the_end_of_the_window": (record("x", PICKED_UP), "open", 18 + 14 / 24, "ok"),
    "a_scan_of_next_year_is_left_out": (
        record(
            "x",
            PICKED_UP,
            scan("2027-11-01T10:00:00", "delivered", "delivered001"),
            delivery_status="transit",
        ),
        "open",
        18 + 14 / 24,
        "ok",
    ),
    "expired_ends_thirty_days_after_the_last_scan": (
        record(
            "x",
            scan("2026-09-01T10:00:00"),
            scan("2026-09-04T10:00:00"),
            delivery_status="expired",
            created_at="2026-09-01T00:00:00+00:00",
        ),
        "expired",
        33.0,
        "ok",
    ),
    "delivered_by_its_header_after_a_pick_up": (
        record("x", PICKED_UP, delivery_status="delivered"),
        "delivered",
        None,
        "delivered_without_time",
    ),
    "an_expiry_that_was_found_out_by_a_delivery": (
        record("x", PICKED_UP, DELIVERED, delivery_status="expired"),
        "delivered",
        3.0,
        "ok",
    ),
    "date_only_scans": (
        record("x", scan("2026-11-01"), scan("2026-11-04", "delivered", "delivered001")),
        "delivered",
        3.0,
        "ok",
    ),
}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """All cases in one warehouse, by name."""
    warehouse = str(tmp_path_factory.mktemp("outcomes") / "warehouse.duckdb")
    load(warehouse, [one | {"id": f"{name:0>32}"} for name, (one, *_) in CASES.items()], last=AS_OF)
    run_models(warehouse)
    with duckdb.connect(warehouse) as connection:
        result = connection.execute("FROM int_shipment_outcomes")
        names = [column[0] for column in result.description]
        return {
            row[names.index("tracking_key")]: dict(zip(names, row, strict=True)) for row in result.fetchall()
        }


@pytest.mark.parametrize("name", CASES)
def test_outcome_days_and_timing_are_as_the_story_says(outcomes, name):
    _, outcome, days, quality = CASES[name]
    found = outcomes[key(name)]
    assert (found["outcome"], found["timing_quality"]) == (outcome, quality)
    if days is not None:
        assert found["duration_days"] == pytest.approx(days, abs=1e-9)


def test_an_expired_shipment_says_when_it_went_dark(outcomes):
    assert outcomes[key("expired_ends_thirty_days_after_the_last_scan")]["went_dark_at_days"] == 3.0


def test_a_delivery_that_was_contradicted_is_flagged(outcomes):
    assert outcomes[key("delivered_then_transit_then_delivered")]["has_status_regress"]
    assert not outcomes[key("label_row_after_the_delivery")]["has_status_regress"]


def test_a_claim_after_the_delivery_does_not_contradict_it(outcomes):
    assert not outcomes[key("delivered_and_claimed")]["has_status_regress"]


def test_a_delivery_of_unknown_zone_is_not_contradicted_by_what_the_wall_clock_says_came_before(tmp_path):
    # 08:00 in New York is 13:00 UTC; 10:00 in an unknown zone is taken for 10:00 UTC.
    out = scan("2026-11-03T08:00:00", "pickup", "pickup001", country_iso2="US", state="NY")
    done = scan("2026-11-03T10:00:00", "delivered", "delivered001", country_iso2="US", state=None)
    again = scan("2026-11-06T10:00:00", "delivered", "delivered002", country_iso2="US", state=None)
    moved_on = scan("2026-11-04T10:00:00", country_iso2="US", state="NY")
    warehouse = str(tmp_path / "warehouse.duckdb")
    told = {"clear": [out, done, again], "contradicted": [out, done, moved_on, again]}
    load(
        warehouse, [record(name, *scans) | {"id": f"{name:0>32}"} for name, scans in told.items()], last=AS_OF
    )
    run_models(warehouse)
    found = {row["tracking_key"]: row for row in ask(warehouse, "FROM int_shipment_outcomes")}
    said = {name: found[key(name)] for name in told}
    assert all(row["has_assumed_time"] for row in said.values())
    assert {name: str(row["delivered_date"]) for name, row in said.items()} == {
        "clear": "2026-11-03",
        "contradicted": "2026-11-06",
    }
    assert {name: row["has_status_regress"] for name, row in said.items()} == {
        "clear": False,
        "contradicted": True,
    }


def test_every_tracking_has_one_outcome(outcomes):
    assert len(outcomes) == len(CASES)


def test_an_expiry_that_was_witnessed_ends_when_the_source_declared_it(tmp_path):
    warehouse = str(tmp_path / "warehouse.duckdb")
    old = {"created_at": "2026-09-01T00:00:00+00:00", "update_at": "2026-09-02T00:00:00+00:00"}
    load(warehouse, [record("x", scan("2026-09-01T10:00:00"), **old)], last=datetime(2026, 9, 3, tzinfo=UTC))
    expired = {"update_at": "2026-11-01T09:00:00+00:00", "delivery_status": "expired"}
    load(warehouse, [record("x", scan("2026-09-01T10:00:00"), **old | expired)], last=AS_OF)
    run_models(warehouse)
    with duckdb.connect(warehouse) as connection:
        found = connection.execute("SELECT outcome, duration_days FROM int_shipment_outcomes").fetchall()
    assert found == [("expired", 61.0)]


def test_a_shipment_without_courier_or_countries_is_in_every_mart(tmp_path):
    warehouse = str(tmp_path / "warehouse.duckdb")
    nameless = {"courier_code": None, "origin_country": None, "destination_country": None}
    load(warehouse, [record("x", PICKED_UP, DELIVERED, **nameless), record("y", PICKED_UP)], last=AS_OF)
    assert run_models(warehouse)["warnings"] == {}
    with duckdb.connect(warehouse) as connection:
        for mart in ("mart_delivery_time_quantiles", "mart_exception_rates"):
            groups = connection.execute(
                f"SELECT courier_code, lane FROM {mart} WHERE n_shipments = 1"
            ).fetchall()
            assert ("unknown", "all") in groups
            assert ("unknown", "??->??") in groups


def test_a_header_newer_than_the_window_does_not_count_yet(tmp_path):
    warehouse = str(tmp_path / "warehouse.duckdb")
    late = {"update_at": "2026-11-20T00:10:00+00:00", "delivery_status": "delivered"}
    load(
        warehouse,
        [record("x", PICKED_UP, scan("2026-11-20T00:05:00", "delivered", "delivered001"), **late)],
        last=AS_OF,
    )
    run_models(warehouse)
    with duckdb.connect(warehouse) as connection:
        assert connection.execute("SELECT outcome FROM int_shipment_outcomes").fetchall() == [("open",)]


@pytest.mark.parametrize(("hours", "last_there"), [(-1, 0), (40, 40)])
def test_an_open_shipment_that_left_the_source_is_censored_when_it_was_last_there(
    tmp_path, hours, last_there
):
    warehouse = str(tmp_path / "warehouse.duckdb")
    load(warehouse, [record("kept", PICKED_UP), record("gone", PICKED_UP)])
    # Runs over everything that find it as it was leave a trace in loads only; the next one does not find it.
    with duckdb.connect(warehouse) as connection:
        connection.execute(
            "UPDATE loads SET started_at_utc = (SELECT max(observed_at_utc) FROM trackings) + to_hours(?)",
            [hours],
        )
    load(warehouse, [record("kept", PICKED_UP)], first=None, last=AS_OF)
    run_models(warehouse)
    with duckdb.connect(warehouse) as connection:
        found = connection.execute(
            "SELECT right(t.source_id, 4), outcome, exit_at_utc = t.observed_at_utc + to_hours(?),"
            " exit_at_utc = int_as_of.as_of_utc"
            " FROM int_shipment_outcomes JOIN stg_trackings t USING (tracking_key) CROSS JOIN int_as_of"
            " ORDER BY 1",
            [last_there],
        ).fetchall()
    assert found == [("gone", "open", True, False), ("kept", "open", False, True)]


def test_at_a_pick_up_point_the_carrier_s_clock_ends_and_the_recipient_s_begins(tmp_path):
    warehouse = str(tmp_path / "warehouse.duckdb")
    ready = scan("2026-11-03T10:00:00", "pickup", "pickup002")
    back = scan("2026-11-02T12:00:00", "exception", "exception011")
    stories = {
        "collected": (PICKED_UP, ready, DELIVERED),
        "waits": (PICKED_UP, ready),
        "to the door": (PICKED_UP, OUT, DELIVERED),
        "sent back uncollected": (PICKED_UP, ready, RETURNING),
        "ready for the sender": (PICKED_UP, back, ready),
        "on its way": (PICKED_UP, HUB),
    }
    delivered_before = record(
        "ready after its delivery",
        *(PICKED_UP, scan("2026-11-02T10:00:00", "delivered", "delivered001"), ready),
        delivery_status="delivered",
    )
    records = [record(name, *scans) for name, scans in stories.items()]
    load(warehouse, [*records, delivered_before], last=AS_OF)
    run_models(warehouse)
    rows = ask(warehouse, "SELECT tracking_number, carrier_days, waiting_days FROM fct_shipments")
    assert {row.pop("tracking_number").removeprefix("NUMBER-"): tuple(row.values()) for row in rows} == {
        "collected": (2.0, 1.0),
        "waits": (2.0, None),
        "to the door": (3.0, None),
        "sent back uncollected": (2.0, None),
        "ready for the sender": (None, None),
        "ready after its delivery": (1.0, None),
        "on its way": (None, None),
    }
