"""What the report says where there is little to tell: nothing that was not counted, and no empty frame."""

from __future__ import annotations

import re

import pytest

from airflow_provider_trackingmore.report import build_report


def said(path, section: str | None = None) -> str:
    """Return the words of a report, or of one of its sections, as one line."""
    page = path.read_text().split("<main>")[1].split("</main>")[0]
    if section:
        page = page.split(f'<section id="{section}">')[1].split("</section>")[0]
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


@pytest.fixture
def built(tmp_path):
    """Builds the report of a published file, and tells how many charts it has."""

    def build(published: str):
        done = build_report(published, tmp_path / "report.html")
        return tmp_path / "report.html", done["charts"]

    return build


def test_nothing_is_said_of_what_no_complete_window_holds(built, unread):
    path, charts = built(unread)
    page = said(path)
    assert charts == 0
    assert "No window has been read completely yet, and nothing is counted until one is." in page
    assert "What is here so far: 700 trackings." in page
    assert "picked up" not in said(path, "stalled").split("What is meant")[0]
    assert "passed" not in page
    assert "never scanned" not in page
    assert page.index("No window has been read") < page.index("How long does a delivery take?")


def test_an_account_that_was_not_read_completely_is_told_beside_one_that_was(built, half_read):
    path, charts = built(half_read)
    assert charts == 5
    assert "Not counted: 7 trackings of an account of which no window has been read completely yet." in said(
        path
    )


def test_nothing_is_told_as_not_counted_where_all_was_read(report):
    assert "read completely" not in said(report[0])


def test_an_account_that_is_read_no_more_is_told_and_does_not_make_the_others_old(built, left_behind):
    path, _ = built(left_behind)
    assert "UTC (of one account only up to 1 " in said(path).split(" picked up by ")[0]


def test_only_what_was_picked_up_is_said_to_have_been_scanned(built, labelled):
    path, charts = built(labelled)
    assert charts == 0
    assert "No shipment has been picked up yet. Registered: 700." in said(path)
    waiting = said(path, "stalled")
    assert "labels without a scan by a carrier for more than five days" in waiting
    assert "Open shipments without a scan" not in waiting


def test_an_empty_account_has_no_open_shipment_to_speak_of(built, empty):
    path, _ = built(empty)
    assert "There is no shipment yet." in said(path, "stalled")
    assert "None:" not in said(path)
    assert "passed" not in said(path)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            "UPDATE fct_shipments SET outcome = 'delivered'",
            "None: no shipment is on the road, and no label waits",
        ),
        (
            "DELETE FROM mart_delivery_time_quantiles; UPDATE fct_shipments SET picked_up_at_utc = NULL",
            "None: no shipment has been picked up yet, and no label",
        ),
        (
            "SELECT 1",
            "None: every open shipment that its source still has was scanned, or registered, within",
        ),
    ],
)
def test_it_says_of_which_shipments_none_needs_a_call(report_after, change, sentence):
    assert sentence in said(report_after("DELETE FROM mart_stalled_shipments", change), "stalled")


def test_where_nothing_is_delivered_a_sentence_stands_instead_of_empty_frames(built, undelivered):
    path, charts = built(undelivered)
    assert charts == 3
    assert "No delivery has been timed so far." in said(path, "delivery")
    assert "No delivery has been timed so far, so there are no weeks to compare." in said(path, "cohorts")


def test_an_upper_limit_that_is_not_reached_is_told_as_such(report_after):
    path = report_after(
        "UPDATE mart_delivery_time_quantiles SET p50_days = 3, p50_lower95 = 2.1, p50_upper95 = NULL"
    )
    assert "Half are delivered within 3.0 days 2.1 or more days, 95&nbsp;%&nbsp;sure" in said(
        path, "headline"
    )


def test_one_is_not_told_as_many(report_after):
    path = report_after(
        "UPDATE mart_delivery_time_quantiles SET n_shipments = 1",
        "UPDATE fct_shipments SET courier_code = 'dhl'",
        "UPDATE checks SET is_passed = false, n_rows = 1",
    )
    assert "1 shipment picked up by 1 carrier," in said(path)
    assert "is not so, 1 time:" in said(path)


def test_rates_that_may_still_rise_are_told_as_so_far(report):
    told = said(report[0], "headline")
    for title in ("Met an exception so far", "Came back so far", "Were lost so far", "Went dark so far"):
        assert title in told
    assert "which may still do so; the limits tell of chance, not of that." in told


def test_a_stalled_shipment_stands_beside_what_is_usual_on_its_lane_as_far_as_that_is_known(report_after):
    change = (
        "UPDATE mart_stalled_shipments SET lane_p50_days = {}, lane_p90_days = {}, lane_p90_upper95 = NULL"
    )
    found = {
        (half, most): said(report_after(change.format(half, most)), "stalled")
        for half, most in (("4.25", "9.75"), ("4.25", "NULL"), ("NULL", "NULL"))
    }
    assert ", 90 % in 9.8 days or more" in found["4.25", "9.75"]
    assert ", half in 4.2 days" in found["4.25", "NULL"]
    assert ", half in" not in found["NULL", "NULL"]
    bounded = "UPDATE mart_stalled_shipments SET lane_p90_days = 9.75, lane_p90_upper95 = 12"
    assert "days or more" not in said(report_after(bounded), "stalled")


def test_labels_that_were_never_handed_over_are_a_list_of_their_own(report_after):
    path = report_after(
        "DELETE FROM mart_stalled_shipments WHERE NOT is_handed_over",
        "UPDATE mart_stalled_shipments SET has_unresolved_exception = true, idle_days = 6",
        "INSERT INTO mart_stalled_shipments BY NAME SELECT * EXCLUDE (n) REPLACE (false AS is_handed_over,"
        " 'label-' || n AS tracking_number, NULL AS days_since_pickup, NULL AS last_event_type,"
        " 6 + n AS idle_days) FROM (FROM mart_stalled_shipments LIMIT 1), range(12) AS numbers(n)",
    )
    listed = said(path, "stalled")
    carried, waiting = listed.split("Never handed over", 1)
    assert "label-" not in carried
    assert "10 of 12." in waiting
    assert waiting.index("label-11") < waiting.index("label-2 ")
    assert "label-1 " not in waiting
    assert "and 12 labels never handed over" in said(path, "headline")


def test_of_the_stalled_shipments_those_in_an_exception_are_counted_among_themselves(report_after):
    path = report_after(
        "UPDATE mart_stalled_shipments SET has_unresolved_exception = (stalled.n <= 2)"
        " FROM (SELECT shipment_key, row_number() OVER (ORDER BY is_handed_over DESC, shipment_key) AS n"
        " FROM mart_stalled_shipments) AS stalled"
        " WHERE mart_stalled_shipments.shipment_key = stalled.shipment_key",
        "UPDATE mart_exception_rates SET n_unresolved = 77",
    )
    assert "the list ; 2 of them in an unresolved exception" in said(path, "headline")


def test_a_share_of_promises_says_of_how_many_and_how_many_have_none(report_after):
    path = report_after(
        "UPDATE mart_on_time SET n_due = 1234, no_promise_share = 0.616, passed_on_time_rate = 0.5"
    )
    told = "1,234 due; 61.6&nbsp;% of all carry no promise; promises past their date: 50.0&nbsp;%"
    assert told in said(path, "headline")


def test_a_lane_on_which_nothing_was_picked_up_takes_no_place_in_the_map(report_after):
    path = report_after(
        "INSERT INTO dim_lane SELECT one.* REPLACE ('lane ' || n AS lane, 1000000 AS n_shipments)"
        " FROM (FROM dim_lane LIMIT 1) AS one, range(12) AS numbers(n)"
    )
    assert re.search(r'"lane_rank": ?1\D', path.read_text())
