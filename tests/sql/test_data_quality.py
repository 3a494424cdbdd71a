"""Data quality, stalled parcels and tracking latency: what is counted, and what is listed."""

from __future__ import annotations

from datetime import datetime

import duckdb
import pytest
from factories import record, scan
from stories import AS_OF, DELIVERED, HUB, LABEL, PICKED_UP, ask, load, tell

from airflow_provider_trackingmore.store import run_models

QUALITIES = {
    "never_scanned": [record("a", LABEL)],
    "delivered_without_pickup_scan": [record("a", DELIVERED)],
    "delivered_without_scans": [record("a", delivery_status="delivered")],
    "delivered_without_time": [record("a", PICKED_UP, delivery_status="delivered")],
    "negative_duration": [
        record(
            "a",
            scan("2026-11-01T04:00:00", "delivered", "delivered001"),
            PICKED_UP,
            delivery_status="delivered",
        )
    ],
    "status_regress": [record("a", PICKED_UP, DELIVERED, scan("2026-11-05T10:00:00"))],
    "registered_late": [record("a", PICKED_UP, created_at="2026-11-05T00:00:00+00:00")],
    "picked_up_long_before": [record("a", scan("2026-07-31T10:00:00"), PICKED_UP)],
    "told_more_than_once": [
        record("a", PICKED_UP, tracking_number="XS1"),
        record("b", tracking_number="xs-1"),
    ],
    "unparsable_time": [record("a", PICKED_UP, scan("yesterday"))],
    "assumed_zone": [record("a", PICKED_UP, scan("2026-11-02T10:00:00", country_iso2="US"))],
    "date_only": [record("a", PICKED_UP, scan("2026-11-02"))],
    "impossible_time": [record("a", PICKED_UP, scan("2027-11-02T10:00:00"))],
    "repeated_scan": [record("a", PICKED_UP, PICKED_UP | {"tracking_detail": "in other words"})],
    "unmapped_event": [record("a", PICKED_UP, scan("2026-11-02T10:00:00", "teleported", "teleported001"))],
    "rejected_record": [record("a", PICKED_UP), "no record"],
}


def found(warehouse):
    return {row["measure"]: (row["n_found"], row["n_of"]) for row in ask(warehouse, "FROM mart_data_quality")}


@pytest.mark.parametrize("measure", QUALITIES)
def test_what_one_should_know_about_is_counted(warehouse, measure):
    tell(warehouse, *QUALITIES[measure], record("sound", PICKED_UP, HUB, DELIVERED))
    n_found, n_of = found(warehouse)[measure]
    assert n_found == 1
    assert n_of > 1


@pytest.mark.parametrize("measure", QUALITIES)
def test_of_sound_data_nothing_is_counted(sound, measure):
    assert sound[measure][0] == 0


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    warehouse = str(tmp_path_factory.mktemp("sound") / "warehouse.duckdb")
    label = LABEL | {"checkpoint_delivery_substatus": "inforeceived001"}
    tell(warehouse, record("sound", label, PICKED_UP, HUB, DELIVERED))
    return found(warehouse)


def test_a_label_whose_zone_is_not_known_is_not_counted(warehouse):
    label = scan("2026-11-01T08:00:00", "transit", "notfound001", country_iso2="")
    tell(warehouse, record("a", label, PICKED_UP))
    assert ask(warehouse, "SELECT DISTINCT time_basis FROM checkpoints WHERE NOT is_physical") == [
        {"time_basis": "assumed_utc"}
    ]
    (found,) = ask(warehouse, "FROM mart_data_quality WHERE measure = 'assumed_zone'")
    assert (found["n_found"], found["n_of"]) == (0, 2)


def test_a_number_used_again_is_counted_in_both_quarters(warehouse):
    again = {"tracking_number": "XS1"}
    old = record("old", DELIVERED, **again, created_at="2026-08-01T00:00:00+00:00")
    tell(warehouse, old, record("new", PICKED_UP, **again), record("sound", PICKED_UP))
    assert found(warehouse)["same_number_in_another_quarter"] == (2, 3)


def test_a_tracking_that_is_gone_is_counted(warehouse):
    load(warehouse, [record("kept", PICKED_UP), record("gone", PICKED_UP)])
    load(warehouse, [record("kept", PICKED_UP)], first=None, last=AS_OF)
    run_models(warehouse)
    assert found(warehouse)["gone_at_source"] == (1, 2)


def test_a_time_is_not_impossible_because_its_account_was_never_read_completely(warehouse):
    load(warehouse, [record("a", PICKED_UP)], last=AS_OF)
    with duckdb.connect(warehouse) as connection:
        connection.execute("UPDATE loads SET is_complete = false")
    run_models(warehouse)
    assert found(warehouse)["impossible_time"] == (0, 1)
    assert [row["reason"] for row in ask(warehouse, "FROM int_left_out_checkpoints")] == ["unread"]


def test_open_parcels_without_a_scan_for_more_than_five_days_are_listed(warehouse):
    tell(
        warehouse,
        record("stalled", PICKED_UP, HUB, scheduled_delivery_date="2026-11-10"),
        record("moving", PICKED_UP, scan("2026-11-16T00:00:00")),
        record("on_the_edge", PICKED_UP, scan("2026-11-15T00:00:00")),
        record("delivered", PICKED_UP, DELIVERED),
        record("lost", PICKED_UP, scan("2026-11-06T10:00:00", "exception", "exception007")),
        record("label_since", PICKED_UP, scan("2026-11-19T10:00:00", "transit", "notfound001")),
    )
    rows = ask(warehouse, "FROM mart_stalled_shipments ORDER BY idle_days")
    assert [(row["tracking_number"], row["idle_days"]) for row in rows] == [
        ("NUMBER-stalled", pytest.approx(17 + 14 / 24)),
        ("NUMBER-label_since", pytest.approx(18 + 14 / 24)),
    ]
    assert (rows[0]["is_overdue"], rows[0]["last_event_type"]) == (True, "arrived")
    assert rows[0]["days_since_pickup"] == pytest.approx(18 + 14 / 24)
    assert not rows[1]["is_overdue"]
    assert all(row["is_handed_over"] for row in rows)


def test_labels_that_nobody_has_scanned_for_more_than_five_days_are_listed_too(warehouse):
    cancelled = scan("2026-11-02T10:00:00", "exception", "exception008")
    tell(
        warehouse,
        record("waiting", LABEL),
        record("no_word", created_at="2026-11-03T00:00:00+00:00"),
        record("cancelled", LABEL, cancelled),
        record("on_the_edge", created_at="2026-11-15T00:00:00+00:00"),
        record("given_up", LABEL, delivery_status="expired"),
    )
    rows = ask(warehouse, "FROM mart_stalled_shipments ORDER BY idle_days")
    assert [(row["tracking_number"], row["idle_days"], row["last_event_type"]) for row in rows] == [
        ("NUMBER-no_word", 17.0, None),
        ("NUMBER-waiting", pytest.approx(18 + 16 / 24), "label_created"),
    ]
    for row in rows:
        assert (row["is_handed_over"], row["days_since_pickup"], row["last_physical_at_utc"]) == (
            False,
            None,
            None,
        )


def test_the_last_of_scans_without_a_time_of_day_is_the_one_the_source_tells_last(warehouse):
    parcels = [
        record(f"{n}", PICKED_UP, scan("2026-11-02"), scan("2026-11-02", "pickup", "pickup001"))
        for n in range(20)
    ]
    tell(warehouse, *parcels)
    rows = ask(warehouse, "FROM mart_stalled_shipments")
    assert {row["last_event_type"] for row in rows} == {"out_for_delivery"}
    assert len(rows) == 20


def test_latency_is_known_of_scans_with_their_own_offset_that_came_after_the_first_look(warehouse):
    load(warehouse, [record("x", scan("2026-11-01T10:00:00+00:00"))], last=AS_OF)
    moments = [f"2026-11-09T{hour:02}:00:00+00:00" for hour in (22, 20, 16)] + ["2026-11-09T19:00:00"]
    seen = record(
        "x", scan("2026-11-01T10:00:00+00:00"), *map(scan, moments), update_at="2026-11-10T00:00:00Z"
    )
    load(warehouse, [seen], last=AS_OF)
    with duckdb.connect(warehouse) as connection:
        first, second = datetime(2026, 11, 5), datetime(2026, 11, 10)
        connection.execute("UPDATE trackings SET first_observed_at_utc = ?", [first])
        connection.execute(
            "UPDATE checkpoints SET first_observed_at_utc = CASE WHEN event_at_utc < ? THEN ? ELSE ? END",
            [first, first, second],
        )
    run_models(warehouse)
    (row,) = ask(warehouse, "FROM mart_tracking_latency")
    assert (row["n_scans"], row["mean_hours"]) == (3, pytest.approx(14 / 3))
    assert [row[f"{name}_hours"] for name in ("p50", "p75", "p90", "max")] == [4.0, 8.0, 8.0, 8.0]
    assert row["is_small_sample"]
