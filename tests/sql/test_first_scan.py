"""From the label to the first physical scan: the clock of parcels that nobody has seen yet."""

from __future__ import annotations

import pytest
from factories import record, scan
from stories import ask, tell, told

CREATED = {"created_at": "2026-11-01T00:00:00+00:00"}
# Both at ten in the morning of their own places; Beijing is eight hours ahead.
LABEL_WITHOUT_A_PLACE = scan("2026-11-01T10:00:00", "transit", "notfound001", country_iso2=None)
LABEL_IN_CHINA = scan("2026-11-01T10:00:00", "transit", "notfound001", country_iso2="CN")
PICKED_UP_IN_CHINA = scan("2026-11-01T20:00:00", country_iso2="CN")


def unscanned(warehouse, *scans, **other):
    (row,) = told(warehouse, "fct_shipments", record("x", *scans, **CREATED | other))
    return row["unscanned_days"]


def test_the_wait_begins_with_the_label_where_its_zone_is_known(warehouse):
    assert unscanned(warehouse, LABEL_IN_CHINA, PICKED_UP_IN_CHINA) == pytest.approx(10 / 24)


def test_a_label_without_a_zone_does_not_start_the_wait_the_registration_does(warehouse):
    assert unscanned(warehouse, LABEL_WITHOUT_A_PLACE, PICKED_UP_IN_CHINA) == pytest.approx(12 / 24)


def test_without_a_label_the_wait_begins_with_the_registration(warehouse):
    assert unscanned(warehouse, PICKED_UP_IN_CHINA) == pytest.approx(12 / 24)


def test_a_label_never_scanned_waits_until_the_end_of_what_is_known(warehouse):
    assert unscanned(warehouse, LABEL_IN_CHINA) == pytest.approx(19 - 2 / 24)


def test_a_label_never_scanned_that_expired_waited_for_thirty_days(warehouse):
    old = {"created_at": "2026-09-01T00:00:00+00:00", "delivery_status": "expired"}
    assert unscanned(warehouse, **old) == 30.0


def test_never_scanned_parcels_are_in_the_funnel_and_in_no_duration(warehouse):
    waiting = [record(f"w{n}", **CREATED) for n in range(3)]
    seen = [record(f"s{n}", scan(f"2026-11-0{n + 2}T00:00:00"), **CREATED) for n in range(4)]
    tell(warehouse, *waiting, *seen)
    (row,) = ask(warehouse, "FROM mart_first_scan_latency WHERE grouping_name = 'all'")
    assert (row["n_labels"], row["n_scanned"], row["n_never_scanned"]) == (7, 4, 3)
    assert row["never_scanned_share"] == pytest.approx(3 / 7)
    # Seven labels, of which three wait for all the time: the fourth scan is the one of the half.
    assert (row["p50_days"], row["p80_days"]) == (4.0, None)
    (row,) = ask(warehouse, "FROM mart_delivery_time_quantiles WHERE grouping_name = 'all'")
    assert (row["n_shipments"], row["n_timed"]) == (4, 4)


def test_what_was_delivered_without_a_scan_before_is_no_wait(warehouse):
    delivered = scan("2026-11-03T00:00:00", "delivered", "delivered001")
    tell(warehouse, record("a", delivered, **CREATED), record("b", scan("2026-11-02T00:00:00"), **CREATED))
    (row,) = ask(warehouse, "FROM mart_first_scan_latency WHERE grouping_name = 'all'")
    assert (row["n_labels"], row["n_scanned"]) == (1, 1)


def test_what_was_scanned_before_it_was_registered_is_no_wait_but_has_been_scanned(warehouse):
    early = [record(f"e{n}", scan("2026-10-31T00:00:00"), **CREATED) for n in range(6)]
    tell(warehouse, *early, record("s", scan("2026-11-02T00:00:00"), **CREATED), record("w", **CREATED))
    (row,) = ask(warehouse, "FROM mart_first_scan_latency WHERE grouping_name = 'all'")
    assert (row["n_labels"], row["n_scanned"], row["never_scanned_share"]) == (8, 7, 1 / 8)
    assert row["p50_days"] == 1.0


def test_a_courier_of_which_nothing_was_ever_scanned_is_told(warehouse):
    waiting = [record(f"w{n}", courier_code="ghost", **CREATED) for n in range(3)]
    tell(warehouse, record("s", scan("2026-11-02T00:00:00"), **CREATED), *waiting)
    (row,) = ask(
        warehouse, "FROM mart_first_scan_latency WHERE grouping_name = 'carrier' AND courier_code = 'ghost'"
    )
    assert (row["n_labels"], row["n_never_scanned"], row["never_scanned_share"]) == (3, 3, 1.0)
    assert (row["p50_days"], row["is_small_sample"]) == (None, True)
