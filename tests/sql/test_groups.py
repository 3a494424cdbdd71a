"""Groups and weekly cohorts: what is small, what is mature, and what nobody can know yet."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta

import pytest
from factories import record, scan
from stories import ask, tell


def parcel(name: str, picked_up: str, days: float | None = None, **other):
    """Return a parcel that is delivered after so many days, or still open."""
    start = datetime.fromisoformat(picked_up)
    scans = [scan(start.isoformat())]
    if days is not None:
        scans.append(scan((start + timedelta(days=days)).isoformat(), "delivered", "delivered001"))
    return record(name, *scans, created_at=f"{picked_up[:10]}T00:00:00+00:00", **other)


def cohort(warehouse, week: str) -> dict[int, dict]:
    """Return a carrier's week by its horizons."""
    rows = ask(
        warehouse,
        "FROM mart_weekly_cohorts WHERE grouping_name = 'carrier_week'"
        f" AND pickup_week = DATE '{week}' ORDER BY horizon_days",
    )
    return {row["horizon_days"]: row for row in rows}


def test_a_group_under_thirty_is_flagged_and_its_p99_is_its_last_event(warehouse):
    tell(warehouse, *(parcel(f"p{n}", "2026-11-02T10:00:00", n) for n in range(1, 10)))
    (row,) = ask(warehouse, "FROM mart_delivery_time_quantiles WHERE grouping_name = 'all'")
    assert (row["n_shipments"], row["is_small_sample"]) == (9, True)
    assert (row["p50_days"], row["p80_days"], row["p99_days"]) == (5.0, 8.0, 9.0)
    # Nine parcels do not tell how long the slowest of a hundred takes.
    assert (row["p50_lower95"], row["p99_upper95"]) == (2.0, None)


@pytest.mark.parametrize(("n", "small"), [(29, True), (30, False)])
def test_thirty_are_enough(warehouse, n, small):
    tell(warehouse, *(parcel(f"p{i}", "2026-11-02T10:00:00", 3) for i in range(n)))
    for mart in ("mart_delivery_time_quantiles", "mart_exception_rates", "mart_carrier_scorecard"):
        (row,) = ask(warehouse, f"FROM {mart} WHERE grouping_name = 'carrier'")
        assert row["is_small_sample"] is small


def test_a_quantile_that_the_curve_has_not_reached_is_null_and_has_no_upper_limit(warehouse):
    delivered = [parcel(f"d{n}", "2026-11-02T10:00:00", n) for n in range(1, 7)]
    tell(warehouse, *delivered, *(parcel(f"o{n}", "2026-11-02T10:00:00") for n in range(4)))
    (row,) = ask(warehouse, "FROM mart_delivery_time_quantiles WHERE grouping_name = 'all'")
    assert (row["p50_days"], row["p80_days"], row["p80_upper95"]) == (5.0, None, None)
    assert (row["naive_p50_days"], row["naive_p90_days"], row["naive_mean_days"]) == (3.0, 6.0, 3.5)
    assert row["delivered_share_so_far"] == pytest.approx(0.6)


def test_a_week_is_that_of_the_place_of_the_pick_up(warehouse):
    # Half past eleven on a Sunday evening in London; Monday morning in China, Sunday in UTC.
    tell(
        warehouse,
        record("gb", scan("2026-11-08T23:30:00")),
        record("cn", scan("2026-11-09T07:30:00", country_iso2="CN")),
    )
    rows = ask(warehouse, "SELECT right(tracking_key, 2) AS name, pickup_week FROM fct_shipments ORDER BY 1")
    assert [tuple(row.values()) for row in rows] == [("cn", date(2026, 11, 9)), ("gb", date(2026, 11, 2))]


def test_a_week_is_mature_when_its_last_parcel_could_have_been_followed_everywhere(warehouse):
    tell(
        warehouse,
        parcel("old", "2026-11-02T10:00:00", 2),
        parcel("young", "2026-11-09T10:00:00", 2),
        # Seven days of the week, a clock up to 14 hours behind, and the horizon.
        last=datetime.fromisoformat("2026-11-19T14:00:00+00:00"),
    )
    assert {days: row["is_mature"] for days, row in cohort(warehouse, "2026-11-02").items()} == {
        3: True,
        5: True,
        7: True,
        10: True,
        14: False,
    }
    assert {days: row["is_mature"] for days, row in cohort(warehouse, "2026-11-09").items()} == {
        3: True,
        5: False,
        7: False,
        10: False,
        14: False,
    }


def test_rates_of_a_week_say_how_many_are_open_and_whether_each_was_followed_for_two_weeks(warehouse):
    start = scan("2026-11-02T10:00:00")
    held = scan("2026-11-03T10:00:00", "exception", "exception006")
    young = [scan("2026-11-09T10:00:00"), scan("2026-11-10T10:00:00", "exception", "exception006")]
    # Seven days of the week, a clock up to 14 hours behind, and 14 days to follow the last of them.
    end = datetime.fromisoformat("2026-11-23T14:00:00+00:00")
    for last, is_mature in ((end - timedelta(seconds=1), False), (end, True)):
        tell(warehouse, record("old", start, held), record("young", *young), last=last)
        for mart in (
            "mart_exception_rates", "mart_exception_types", "mart_on_time", "mart_first_attempt",
            "mart_delivery_time_quantiles", "mart_carrier_scorecard",
        ):  # fmt: skip
            rows = {
                row["pickup_week"]: (row["n_open"], row["is_mature"])
                for row in ask(warehouse, f"FROM {mart} WHERE grouping_name IN ('all', 'week')")
            }
            found = {None: (2, None), date(2026, 11, 2): (1, is_mature), date(2026, 11, 9): (1, False)}
            assert rows == found


def test_a_share_is_null_where_nothing_was_followed_for_so_long(warehouse):
    # Picked up ten days before the end of what is known; half of them delivered within four days.
    tell(warehouse, *(parcel(f"d{n}", "2026-11-10T00:00:00", 4) for n in range(5)),
         *(parcel(f"o{n}", "2026-11-10T00:00:00") for n in range(5)))  # fmt: skip
    week = cohort(warehouse, "2026-11-09")
    shares = {days: row["delivered_share"] for days, row in week.items()}
    assert shares == {3: 0.0, 5: pytest.approx(0.5), 7: pytest.approx(0.5), 10: pytest.approx(0.5), 14: None}
    assert week[14]["delivered_share_lower95"] is None
    assert week[14]["not_followed_share"] == 0.5
    assert week[10]["not_followed_share"] == 0.0
    assert week[14]["naive_delivered_share"] == 0.5


def test_a_share_is_known_beyond_the_following_once_nothing_is_open(warehouse):
    tell(warehouse, *(parcel(f"d{n}", "2026-11-10T00:00:00", 4) for n in range(5)))
    assert cohort(warehouse, "2026-11-09")[14]["delivered_share"] == 1.0


def test_open_parcels_count_for_as_long_as_they_were_followed(warehouse):
    # Of four picked up on Monday two are there after three days; of four picked up on Thursday nobody knows.
    monday = [parcel(f"m{n}", "2026-11-16T00:00:00", 3 if n < 2 else None) for n in range(4)]
    thursday = [parcel(f"t{n}", "2026-11-19T00:00:00") for n in range(4)]
    tell(warehouse, *monday, *thursday)
    (three, *_) = cohort(warehouse, "2026-11-16").values()
    assert three["delivered_share"] == pytest.approx(0.5)
    assert three["naive_delivered_share"] == pytest.approx(0.25)
    assert three["not_followed_share"] == pytest.approx(0.5)
    assert three["delivered_share_lower95"] < 0.5 < three["delivered_share_upper95"]


def test_what_was_never_scanned_is_in_no_week(warehouse):
    tell(warehouse, parcel("x", "2026-11-02T10:00:00", 2), record("never"))
    (row,) = ask(warehouse, "SELECT sum(n_shipments) AS n FROM int_group_counts WHERE pickup_week IS NOT NULL"
                 " AND grouping_name = 'carrier_week'")  # fmt: skip
    assert row["n"] == 1


def test_a_negative_duration_counts_in_rates_and_not_in_times(warehouse):
    early = scan("2026-11-01T04:00:00", "delivered", "delivered001")
    tell(
        warehouse,
        record("early", early, scan("2026-11-01T10:00:00"), delivery_status="delivered"),
        parcel("sound", "2026-11-02T10:00:00", 2),
    )
    (row,) = ask(warehouse, "FROM mart_delivery_time_quantiles WHERE grouping_name = 'all'")
    assert (row["n_shipments"], row["n_delivered"], row["n_timed"], row["p99_days"]) == (2, 2, 1, 2.0)
    (row,) = ask(warehouse, "FROM mart_exception_rates WHERE grouping_name = 'all'")
    assert row["n_shipments"] == 2


def test_ever_current_and_unresolved_are_three_different_rates(warehouse):
    held = scan("2026-11-03T10:00:00", "exception", "exception006")
    moving = scan("2026-11-04T10:00:00")
    start = scan("2026-11-02T10:00:00")
    tell(
        warehouse,
        record("resolved", start, held, moving),
        record("twice", start, held, moving, scan("2026-11-05T10:00:00", "undelivered", "undelivered002")),
        record("says_transit", start, held, delivery_status="transit"),
        record("fine", start, moving),
    )
    (row,) = ask(warehouse, "FROM mart_exception_rates WHERE grouping_name = 'all'")
    assert [row[f"n_{name}"] for name in ("ever", "current", "unresolved")] == [3, 1, 2]
    assert [row[f"{name}_rate"] for name in ("ever", "current", "unresolved")] == [0.75, 0.25, 0.5]
    types = ask(warehouse, "FROM mart_exception_types WHERE grouping_name = 'all' ORDER BY exception_type")
    assert [(row["exception_type"], row["n_with_type"], row["n_shipments"]) for row in types] == [
        ("attempt_failed", 1, 4),
        ("customs_hold", 3, 4),
    ]


def test_exceptions_that_are_never_resolved_hold_the_resolution_time_back(warehouse):
    start, held = scan("2026-11-02T10:00:00"), scan("2026-11-03T10:00:00", "exception", "exception006")
    resolved = [record(f"r{n}", start, held, scan(f"2026-11-0{n + 4}T10:00:00")) for n in range(3)]
    lost = record("lost", start, held, scan("2026-11-05T10:00:00", "exception", "exception007"))
    tell(warehouse, *resolved, lost, record("open", start, held))
    (row,) = ask(warehouse, "FROM mart_exception_resolution WHERE grouping_name = 'all'")
    assert (row["n_episodes"], row["n_resolved"], row["p50_days"], row["p80_days"]) == (5, 3, 3.0, None)
    assert math.isclose(row["resolved_share_so_far"], 0.6)


def test_a_young_week_of_which_the_first_ones_arrived_says_nothing_of_days_that_nobody_followed(warehouse):
    start = "2026-11-17T10:00:00"
    arrived = [parcel(f"d{n}", start, 2.5) for n in range(2)]
    # Picked up later, so the two above are the only ones that were followed for two days and a half.
    open_ones = [record(f"o{n}", scan("2026-11-18T10:00:00")) for n in range(8)]
    tell(warehouse, *arrived, *open_ones)
    week = cohort(warehouse, "2026-11-16")
    assert [week[days]["delivered_share"] for days in (3, 5, 7, 10, 14)] == [None] * 5


def test_returned_lost_and_expired_are_shares_of_what_was_picked_up(warehouse):
    start = scan("2026-10-01T10:00:00")
    ends = {
        "returned": [start, scan("2026-10-09T10:00:00", "exception", "exception010")],
        "lost": [start, scan("2026-10-09T10:00:00", "exception", "exception007")],
    }
    told = [record(name, *scans) for name, scans in ends.items()]
    gone_dark = [record(f"e{n}", start, delivery_status="expired") for n in range(3)]
    tell(warehouse, *told, *gone_dark, *(parcel(f"p{n}", "2026-11-02T10:00:00", 3) for n in range(5)))
    for mart in ("mart_exception_rates", "mart_carrier_scorecard"):
        (row,) = ask(warehouse, f"FROM {mart} WHERE grouping_name = 'all'")
        assert [row[f"{end}_rate"] for end in ("returned", "lost", "expired")] == [0.1, 0.1, 0.3]


def test_a_sample_is_small_where_what_a_mart_counts_is_few(warehouse):
    due = [
        parcel(f"p{n}", "2026-11-02T10:00:00", 3) | {"scheduled_delivery_date": "2026-11-06"}
        for n in range(2)
    ]
    untimed = [record(f"u{n}", scan("2026-11-02T10:00:00"), delivery_status="delivered") for n in range(40)]
    tell(warehouse, *due, *untimed)
    for mart in (
        "mart_on_time", "mart_first_attempt", "mart_delivery_time_quantiles", "mart_weekly_cohorts",
        "mart_carrier_scorecard",
    ):  # fmt: skip
        for row in ask(warehouse, f"FROM {mart} WHERE grouping_name IN ('all', 'carrier_week')"):
            assert (row["n_shipments"], row["is_small_sample"]) == (42, True)
    (row,) = ask(warehouse, "FROM mart_exception_rates WHERE grouping_name = 'all'")
    assert not row["is_small_sample"]
