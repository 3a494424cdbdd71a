"""One parcel told by several trackings: two services, two accounts, a number registered twice."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import duckdb
import pytest
from factories import record, scan
from stories import AS_OF, DELIVERED, HUB, LABEL, LOST, PICKED_UP, RETURNING, ask, load

from airflow_provider_trackingmore.store import run_models


def as_source(warehouse, name, source, account="default"):
    """Let another service or account have told a tracking, and its load."""
    with duckdb.connect(warehouse) as connection:
        old, new = f"trackingmore:default:{name:0>32}", f"{source}:{account}:{name:0>32}"
        connection.execute(
            "UPDATE trackings SET tracking_key = ?, source = ?, account = ? WHERE tracking_key = ?",
            [new, source, account, old],
        )
        connection.execute(
            "UPDATE checkpoints SET tracking_key = ?, source = ?, checkpoint_key = ? || checkpoint_key"
            " WHERE tracking_key = ?",
            [new, source, source + account, old],
        )
        connection.execute(
            "INSERT INTO loads BY NAME SELECT * REPLACE (? AS source, ? AS account) FROM loads"
            " WHERE source = 'trackingmore' AND account = 'default' LIMIT 1",
            [source, account],
        )


def shipments(warehouse):
    run_models(warehouse)
    return ask(warehouse, "SELECT * FROM fct_shipments ORDER BY tracking_key")


@pytest.fixture
def told_twice(warehouse):
    """The same parcel in two services, the number written differently; the second one knows more."""
    first = record("1", PICKED_UP, DELIVERED, tracking_number="XS1")
    second = record("2", PICKED_UP, DELIVERED, scan("2026-11-04T12:00:00"), tracking_number="xs-1")
    load(warehouse, [first, second | {"delivery_status": "delivered"}], last=AS_OF)
    as_source(warehouse, "2", "aftership")
    return warehouse


def test_a_parcel_told_by_two_services_is_one_shipment(told_twice):
    (row,) = shipments(told_twice)
    assert (row["outcome"], row["transit_days"], row["n_trackings"]) == ("delivered", 3.0, 2)


def test_the_service_with_priority_speaks_for_it(told_twice):
    (row,) = shipments(told_twice)
    assert row["source"] == "trackingmore"


def test_a_service_with_scans_speaks_rather_than_one_without(warehouse):
    load(
        warehouse,
        [record("1", tracking_number="XS1"), record("2", PICKED_UP, tracking_number="XS1")],
        last=AS_OF,
    )
    as_source(warehouse, "2", "aftership")
    (row,) = shipments(warehouse)
    assert (row["source"], row["n_scans"]) == ("aftership", 1)


def test_a_service_that_saw_the_parcel_speaks_rather_than_one_with_a_label_and_later_news(warehouse):
    label, story = record("1", LABEL, tracking_number="XS1"), record("2", PICKED_UP, tracking_number="XS1")
    load(warehouse, [label | {"update_at": "2026-11-10T00:00:00+00:00"}, story], last=AS_OF)
    (row,) = shipments(warehouse)
    assert (row["picked_up_at_utc"] is None, row["n_trackings"]) == (False, 2)


def test_a_service_that_still_has_it_speaks_rather_than_one_from_which_it_is_gone(told_twice):
    with duckdb.connect(told_twice) as connection:
        connection.execute("UPDATE trackings SET gone_at_utc = observed_at_utc WHERE source = 'trackingmore'")
    (row,) = shipments(told_twice)
    assert row["source"] == "aftership"


def test_a_service_that_saw_it_delivered_speaks_rather_than_one_that_lost_track(warehouse):
    dark = record("1", PICKED_UP, tracking_number="XS1", delivery_status="expired")
    load(warehouse, [dark, record("2", PICKED_UP, DELIVERED, tracking_number="XS1")], last=AS_OF)
    as_source(warehouse, "2", "aftership")
    (row,) = shipments(warehouse)
    assert (row["source"], row["outcome"], row["transit_days"]) == ("aftership", "delivered", 3.0)


HOME = scan("2026-11-14T10:00:00", "delivered", "delivered001")
SEEN_AGAIN = scan("2026-11-08T10:00:00", "transit", "transit002")
COMPLAINT = scan("2026-11-08T10:00:00", "exception", "exception004")


@pytest.mark.parametrize(
    ("first", "second", "outcome"),
    [
        pytest.param(
            (PICKED_UP, HOME), (PICKED_UP, RETURNING, HOME), "returned", id="took_the_sender_for_the_customer"
        ),
        pytest.param((PICKED_UP, HOME), (PICKED_UP, RETURNING), "open", id="was_not_told_of_the_way_back"),
        pytest.param((PICKED_UP, HUB), (PICKED_UP, LOST), "lost", id="did_not_hear_of_the_loss"),
        pytest.param((PICKED_UP, SEEN_AGAIN), (PICKED_UP, LOST), "open", id="saw_what_the_other_lost"),
        pytest.param((PICKED_UP, LOST), (PICKED_UP, LOST, SEEN_AGAIN), "open", id="lost_what_the_other_saw"),
        pytest.param((PICKED_UP, LOST), (PICKED_UP, COMPLAINT), "lost", id="the_other_heard_of_the_claim"),
    ],
)
def test_of_a_parcel_told_twice_the_right_end_counts_where_the_service_with_priority(
    warehouse, first, second, outcome
):
    same = {"tracking_number": "XS1", "delivery_status": "transit"}
    load(warehouse, [record("1", *first, **same), record("2", *second, **same)], last=AS_OF)
    as_source(warehouse, "2", "aftership")
    (row,) = shipments(warehouse)
    assert row["outcome"] == outcome


def test_a_service_that_saw_the_delivery_speaks_rather_than_one_whose_header_alone_tells_it(warehouse):
    same = {"tracking_number": "XS1", "delivery_status": "delivered"}
    load(
        warehouse,
        [record("1", PICKED_UP, **same), record("2", PICKED_UP, DELIVERED, **same)],
        last=AS_OF,
    )
    as_source(warehouse, "2", "aftership")
    (row,) = shipments(warehouse)
    assert (row["source"], row["transit_days"]) == ("aftership", 3.0)


def test_a_delivery_that_its_own_tracking_contradicts_is_none_to_speak_of(warehouse):
    back = record("1", PICKED_UP, DELIVERED, SEEN_AGAIN, tracking_number="XS1", delivery_status="transit")
    told = record("2", PICKED_UP, tracking_number="XS1", delivery_status="delivered")
    load(warehouse, [back, told], last=AS_OF)
    as_source(warehouse, "2", "aftership")
    (row,) = shipments(warehouse)
    assert (row["source"], row["outcome"]) == ("aftership", "delivered")


def test_of_two_deliveries_the_one_whose_time_is_known_speaks(warehouse):
    half, whole = record("1", DELIVERED), record("2", PICKED_UP, DELIVERED)
    load(warehouse, [row | {"tracking_number": "XS1"} for row in (half, whole)], last=AS_OF)
    as_source(warehouse, "2", "aftership")
    (row,) = shipments(warehouse)
    assert (row["source"], row["timing_quality"], row["transit_days"]) == ("aftership", "ok", 3.0)


def test_an_open_parcel_is_followed_as_far_as_any_account_that_saw_it_was_read(warehouse):
    """Else those that arrive are followed for longer than those that do not, and times come out too short."""
    same = {"tracking_number": "XS1"}
    load(warehouse, [record("1", PICKED_UP, **same), record("2", PICKED_UP, **same)], last=AS_OF)
    as_source(warehouse, "2", "aftership")
    with duckdb.connect(warehouse) as connection:
        connection.execute(
            "UPDATE loads SET window_to_utc = window_to_utc - INTERVAL 4 DAY WHERE source = 'trackingmore'"
        )
    (row,) = shipments(warehouse)
    assert (row["source"], row["as_of_utc"]) == ("aftership", AS_OF.replace(tzinfo=None))


def test_of_two_accounts_read_on_the_same_day_that_with_priority_speaks(warehouse):
    same = {"tracking_number": "XS1"}
    load(warehouse, [record("1", PICKED_UP, **same), record("2", PICKED_UP, **same)], last=AS_OF)
    as_source(warehouse, "2", "aftership")
    with duckdb.connect(warehouse) as connection:
        connection.execute(
            "UPDATE loads SET window_to_utc = window_to_utc + INTERVAL 4 HOUR WHERE source = 'aftership'"
        )
    (row,) = shipments(warehouse)
    assert row["source"] == "trackingmore"


@pytest.mark.parametrize("status", ["transit", "expired"])
def test_while_it_is_open_the_service_that_saw_it_last_speaks(warehouse, status):
    same = {"tracking_number": "XS1"}
    older = record("1", PICKED_UP, **same, delivery_status=status)
    load(warehouse, [older, record("2", PICKED_UP, SEEN_AGAIN, **same)], last=AS_OF)
    as_source(warehouse, "2", "aftership")
    (row,) = shipments(warehouse)
    assert (row["source"], row["outcome"], row["n_scans"]) == ("aftership", "open", 2)


def test_what_one_service_does_not_tell_of_the_order_another_one_does(warehouse):
    same = {"tracking_number": "XS1"}
    bare = record("1", PICKED_UP, **same, created_at="2026-11-01T00:00:00+00:00")
    load(
        warehouse, [bare, record("2", PICKED_UP, **same, created_at="2026-10-30T00:00:00+00:00")], last=AS_OF
    )
    as_source(warehouse, "2", "aftership")
    told = {
        "order_number": "A-17",
        "promised_date": date(2026, 11, 5),
        "order_placed_at_local": datetime(2026, 10, 29, 8),
        "service_code": "express",
        "origin_country": "CN",
        "destination_country": "DE",
    }
    with duckdb.connect(warehouse) as connection:
        for column, value in told.items():
            connection.execute(
                f"UPDATE trackings SET {column} = CASE WHEN source = 'aftership' THEN ? END", [value]
            )
        connection.execute("UPDATE trackings SET first_promised_date = promised_date")
    (row,) = shipments(warehouse)
    assert {column: row[column] for column in told} == told
    assert (row["source"], row["lane"], row["promise_state"]) == ("trackingmore", "CN->DE", "overdue")
    # Registered on 30 October by the other one, picked up on 1 November at ten.
    assert row["unscanned_days"] == pytest.approx(2 + 10 / 24)


def test_what_the_service_that_speaks_tells_of_the_order_counts(warehouse):
    ours, theirs = (
        record(name, PICKED_UP, tracking_number="XS1", scheduled_delivery_date=f"2026-11-{day}")
        for name, day in (("1", "12"), ("2", "10"))
    )
    load(warehouse, [ours, theirs], last=AS_OF)
    as_source(warehouse, "2", "aftership")
    (row,) = shipments(warehouse)
    assert row["promised_date"] == date(2026, 11, 12)


def test_trackings_without_a_letter_or_digit_in_their_number_are_no_one_parcel(warehouse):
    load(
        warehouse,
        [record("1", PICKED_UP, tracking_number="-"), record("2", PICKED_UP, tracking_number="--")],
        last=AS_OF,
    )
    assert len(shipments(warehouse)) == 2


def test_an_account_that_is_read_no_more_makes_no_week_of_another_one_immature(warehouse):
    weeks = [record("1", PICKED_UP, courier_code="dhl"), record("2", PICKED_UP, courier_code="ups")]
    load(warehouse, weeks, last=AS_OF)
    as_source(warehouse, "2", "trackingmore", "other")
    with duckdb.connect(warehouse) as connection:
        connection.execute(
            "UPDATE loads SET window_to_utc = window_to_utc - INTERVAL 15 DAY WHERE account = 'other'"
        )
    run_models(warehouse)
    mature = ask(
        warehouse,
        "SELECT courier_code, is_mature FROM mart_weekly_cohorts"
        " WHERE grouping_name = 'carrier_week' AND horizon_days = 7 ORDER BY 1",
    )
    assert [tuple(row.values()) for row in mature] == [("dhl", True), ("ups", False)]


def test_a_service_whose_reading_was_never_complete_does_not_silence_the_other(told_twice):
    with duckdb.connect(told_twice) as connection:
        connection.execute("UPDATE loads SET is_complete = false WHERE source = 'trackingmore'")
    (row,) = shipments(told_twice)
    assert (row["source"], row["n_trackings"]) == ("aftership", 1)


def test_couriers_under_two_names_are_one(warehouse):
    post = {"tracking_number": "XS1", "courier_code": "deutsche-post"}
    load(
        warehouse,
        [record("1", PICKED_UP, **post), record("2", PICKED_UP, **post | {"courier_code": "deutsch-post"})],
        last=AS_OF,
    )
    as_source(warehouse, "2", "aftership")
    (row,) = shipments(warehouse)
    assert (row["courier_code"], row["n_trackings"]) == ("deutsche-post", 2)


@pytest.mark.parametrize(
    ("other", "n"),
    [
        ({"courier_code": "usps"}, 2),
        ({"created_at": "2026-09-30T23:59:59+00:00"}, 2),
        ({"created_at": "2026-10-01T00:00:00+00:00"}, 1),
    ],
)
def test_a_number_of_another_courier_or_quarter_is_another_parcel(warehouse, other, n):
    same = {"tracking_number": "XS1"}
    load(warehouse, [record("1", PICKED_UP, **same), record("2", PICKED_UP, **same | other)], last=AS_OF)
    assert len(shipments(warehouse)) == n


def test_two_accounts_are_followed_each_as_far_as_it_was_read(warehouse):
    load(warehouse, [record("1", PICKED_UP), record("2", PICKED_UP)], last=AS_OF)
    as_source(warehouse, "2", "trackingmore", "other")
    with duckdb.connect(warehouse) as connection:
        connection.execute(
            "UPDATE loads SET window_to_utc = window_to_utc - INTERVAL 4 DAY WHERE account = 'other'"
        )
    first, second = shipments(warehouse)
    assert first["exit_at_utc"] - second["exit_at_utc"] == timedelta(days=4)


def test_parcels_told_more_than_once_are_counted(told_twice):
    run_models(told_twice)
    rows = ask(
        told_twice,
        "SELECT source, n_found, n_of FROM mart_data_quality"
        " WHERE measure = 'told_more_than_once' ORDER BY 1",
    )
    assert [tuple(row.values()) for row in rows] == [("aftership", 1, 1), ("trackingmore", 0, 1)]


def test_of_two_that_are_alike_the_one_with_the_latest_news_speaks(warehouse):
    old = record("1", PICKED_UP, delivery_status="expired", update_at="2026-11-02T00:00:00+00:00")
    new = record("2", PICKED_UP, DELIVERED, update_at="2026-11-05T00:00:00+00:00")
    load(warehouse, [new | {"tracking_number": "XS1"}], [old | {"tracking_number": "XS1"}], last=AS_OF)
    (row,) = shipments(warehouse)
    assert (row["outcome"], row["n_trackings"]) == ("delivered", 2)
