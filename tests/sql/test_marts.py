"""The marts against oracles: lifelines and scikit-survival for curves, statsmodels for rates."""

from __future__ import annotations

from datetime import UTC, datetime

import duckdb
import numpy as np
import pytest
from lifelines import AalenJohansenFitter, KaplanMeierFitter
from sksurv.nonparametric import cumulative_incidence_competing_risks
from statsmodels.stats.proportion import proportion_confint

from airflow_provider_trackingmore.api import TrackingMoreClient
from airflow_provider_trackingmore.sandbox import Sandbox
from airflow_provider_trackingmore.store import run_models
from airflow_provider_trackingmore.sync import sync

CAUSES = {"open": 0, "reached": 1, "returned": 2, "lost": 3, "expired": 4}
# For the oracle of competing ends these are too many, or have no two ends.
ALONE = [
    ("delivery", "all|all|all|all|all"),
    ("first_scan", "carrier|usps|all|all|all"),
    ("first_scan", "lane|all|US->US|all|all"),
]
GROUPS = [
    ("delivery", "carrier|dhl|all|all|all"),
    ("delivery", "carrier|china-post|all|all|all"),
    ("delivery", "lane|all|US->US|all|all"),
    ("resolution", "all|all|all|all|all"),
    ("resolution", "carrier_lane|china-post|CN->US|all|all"),
]


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory):
    """A warehouse with 4,000 trackings of the sandbox, and what will really become of them."""
    path = str(tmp_path_factory.mktemp("marts") / "warehouse.duckdb")
    now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    with Sandbox(trackings=4000, seed=11, now=now, frozen=True, rate_limit=False) as box:
        with TrackingMoreClient("sandbox-key", "v4", box.url, requests_per_second=1000) as client:
            sync(client, path)
        truth = {row["courier_code"]: row for row in box.world.truth()["carriers"]}
    run_models(path)
    return path, truth


@pytest.fixture(scope="module")
def world(warehouse):
    path, truth = warehouse
    with duckdb.connect(path, read_only=True) as connection:
        yield connection, truth


def waits(connection, clock: str, group: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return days, end and day of entry of every wait of a group."""
    rows = connection.execute(
        "SELECT elapsed_days, ending, from_days FROM int_clocks WHERE clock = ? AND group_key = ?"
        " ORDER BY ALL",
        [clock, group],
    ).fetchall()
    assert len(rows) > 50
    days, ends, entries = zip(*rows, strict=True)
    return np.array(days), np.array([CAUSES[end] for end in ends]), np.array(entries)


def curve(connection, clock: str, group: str, *columns: str) -> dict[str, np.ndarray]:
    """Return columns of a full curve, null as not-a-number."""
    names = ("elapsed_days", *columns)
    found = connection.execute(
        f"SELECT {', '.join(names)} FROM int_curves WHERE clock = ? AND group_key = ? ORDER BY 1",
        [clock, group],
    ).fetchnumpy()
    return {name: np.ma.filled(found[name].astype(float), np.nan) for name in names}


def agree(ours: np.ndarray, theirs: np.ndarray) -> None:
    """Compare where both know a figure; an oracle may divide by nothing at the very last step."""
    known = ~np.isnan(ours)
    assert known.sum() > 10
    assert np.isnan(theirs[known]).sum() <= 1
    known &= ~np.isnan(theirs)
    np.testing.assert_allclose(ours[known], theirs[known], rtol=0, atol=1e-9)


@pytest.mark.parametrize(("clock", "group"), ALONE + GROUPS)
def test_the_open_share_and_its_band_are_kaplan_meiers(world, clock, group):
    days, ends, _ = waits(world[0], clock, group)
    ours = curve(
        world[0], clock, group, "share_open", "share_open_lower95", "share_open_upper95", "n_at_risk"
    )
    oracle = KaplanMeierFitter().fit(days, ends > 0)
    at = ours["elapsed_days"]
    agree(ours["share_open"], oracle.survival_function_.loc[at].to_numpy()[:, 0])
    lower, upper = oracle.confidence_interval_survival_function_.loc[at].to_numpy().T
    agree(ours["share_open_lower95"], lower)
    agree(ours["share_open_upper95"], upper)
    agree(ours["n_at_risk"], oracle.event_table.loc[at, "at_risk"].to_numpy().astype(float))


def competing(connection, clock: str, group: str) -> tuple[np.ndarray, dict[str, np.ndarray], np.ndarray]:
    """Return an oracle's days, shares of the ends that happened, and band of the share reached."""
    days, ends, _ = waits(connection, clock, group)
    # Where nobody is left after the last step the oracle divides by nothing, so it is compared without that.
    ends[days == days.max()] = CAUSES["open"]
    happened = sorted(set(ends) - {0})
    codes = np.array([happened.index(end) + 1 if end else 0 for end in ends])
    times, shares, band = cumulative_incidence_competing_risks(
        codes, days, conf_type="log-log", var_type="Dinse_Approx"
    )
    named = {
        name: shares[happened.index(cause) + 1] if cause in happened else np.zeros(len(times))
        for name, cause in CAUSES.items()
        if cause
    }
    return times, named, band[happened.index(CAUSES["reached"]) + 1]


@pytest.mark.parametrize(("clock", "group"), GROUPS)
def test_the_share_reached_is_aalen_johansens_and_its_band_has_their_variance(world, clock, group):
    # Dinse and Larson's approximation is the delta method that lifelines has, made for ties too.
    times, shares, band = competing(world[0], clock, group)
    ours = curve(world[0], clock, group, "share_reached", "share_reached_lower95", "share_reached_upper95")
    ours = {name: column[:-1] for name, column in ours.items()}
    at = np.searchsorted(times, ours["elapsed_days"])
    assert (times[at] == ours["elapsed_days"]).all()
    agree(ours["share_reached"], shares["reached"][at])
    agree(ours["share_reached_lower95"], band[0, at])
    agree(ours["share_reached_upper95"], band[1, at])


@pytest.mark.parametrize("group", [group for clock, group in GROUPS if clock == "delivery"])
def test_the_published_shares_of_the_ends_are_aalen_johansens(world, group):
    times, shares, _ = competing(world[0], "delivery", group)
    ours = (
        world[0]
        .execute(
            "SELECT days_since_pickup, share_delivered, share_returned, share_lost, share_expired"
            " FROM mart_delivery_survival WHERE group_key = ? ORDER BY 1",
            [group],
        )
        .fetchnumpy()
    )
    at = np.searchsorted(times, ours["days_since_pickup"])[:-1]
    for end, share in {**shares, "delivered": shares["reached"]}.items():
        if end != "reached":
            agree(ours[f"share_{end}"][:-1], share[at])
    assert ours["share_returned"][-1] > 0
    assert ours["share_expired"][-1] > 0


def test_without_ties_share_and_variance_are_those_of_lifelines(world):
    group = "carrier|4px|all|all|all"  # its scans have seconds
    days, ends, _ = waits(world[0], "delivery", group)
    assert len(set(days)) == len(days)
    oracle = AalenJohansenFitter(calculate_variance=True).fit(days, ends, event_of_interest=1)
    ours = curve(world[0], "delivery", group, "share_reached", "variance_reached")
    agree(ours["share_reached"], oracle.cumulative_density_.loc[ours["elapsed_days"]].to_numpy()[:, 0])
    agree(ours["variance_reached"], oracle.variance_.loc[ours["elapsed_days"]].to_numpy())


def test_the_published_curve_is_the_last_step_of_every_three_hours(world):
    full = (
        world[0]
        .execute(
            "SELECT max(elapsed_days), max_by(share_reached, elapsed_days) FROM int_curves"
            " WHERE clock = 'delivery' GROUP BY group_key, floor(elapsed_days * 8) ORDER BY ALL"
        )
        .fetchall()
    )
    published = (
        world[0]
        .execute("SELECT days_since_pickup, share_delivered FROM mart_delivery_survival ORDER BY ALL")
        .fetchall()
    )
    assert published == full


def test_the_published_ends_add_up_to_all_of_them(world):
    connection, _ = world
    found = connection.execute(
        "SELECT group_key, sum(n_delivered), sum(n_ended) >= sum(n_delivered) FROM mart_delivery_survival"
        " GROUP BY 1 ORDER BY 1"
    ).fetchall()
    assert len(found) > 50
    assert (
        found
        == connection.execute(
            "SELECT group_key, count(*) FILTER (ending = 'reached'), true FROM int_clocks"
            " WHERE clock = 'delivery' GROUP BY 1 ORDER BY 1"
        ).fetchall()
    )


def test_a_quantile_is_the_first_day_at_which_the_curve_reaches_it(world):
    ours = curve(world[0], "delivery", "carrier|dhl|all|all|all", "share_reached")
    quantiles = world[0].execute(
        "SELECT p50_days, p80_days, p90_days FROM mart_delivery_time_quantiles"
        " WHERE group_key = 'carrier|dhl|all|all|all'"
    )
    expected = [ours["elapsed_days"][np.argmax(ours["share_reached"] >= p)] for p in (0.5, 0.8, 0.9)]
    assert list(quantiles.fetchone()) == expected


def test_the_limits_of_a_quantile_invert_the_band(world):
    band = curve(
        world[0],
        "delivery",
        "carrier|china-post|all|all|all",
        *("share_reached", "share_reached_lower95", "share_reached_upper95"),
    )
    found = world[0].execute(
        "SELECT p50_lower95, p50_upper95, p80_lower95, p80_upper95 FROM mart_delivery_time_quantiles"
        " WHERE group_key = 'carrier|china-post|all|all|all'"
    )
    expected = [
        band["elapsed_days"][np.argmax(np.nan_to_num(band[f"share_reached_{side}95"]) >= p)]
        for p in (0.5, 0.8)
        for side in ("upper", "lower")
    ]
    assert list(found.fetchone()) == expected


def test_a_quantile_that_is_not_reached_yet_is_null(world):
    rows = (
        world[0]
        .execute(
            "SELECT p90_days, delivered_share_so_far FROM mart_delivery_time_quantiles"
            " WHERE delivered_share_so_far IS NOT NULL"
        )
        .fetchall()
    )
    assert {p90 is None for p90, _ in rows} == {True, False}
    for p90, reached in rows:
        assert (p90 is None) == (reached < 0.9 - 1e-12)


def test_quantiles_are_close_to_the_worlds_truth_though_parcels_are_still_open(world):
    rows = (
        world[0]
        .execute(
            "SELECT courier_code, n_shipments, p50_days FROM mart_delivery_time_quantiles"
            " WHERE grouping_name = 'carrier'"
        )
        .fetchall()
    )
    for courier, shipments, p50 in rows:
        truth = world[1][courier]
        assert abs(shipments - truth["n_picked_up"]) <= 3
        assert p50 == pytest.approx(truth["p50"], rel=0.08), courier


def test_exception_rates_count_what_really_happened_by_now(world):
    rows = (
        world[0]
        .execute("SELECT courier_code, ever_rate FROM mart_exception_rates WHERE grouping_name = 'carrier'")
        .fetchall()
    )
    assert len(rows) == len(world[1])
    for courier, rate in rows:
        assert rate == pytest.approx(world[1][courier]["exception_share_by_now"], abs=0.006), courier


def test_the_wait_for_the_first_scan_is_that_of_the_world_on_every_continent(world):
    # Every label of the sandbox waits for a lognormal time with a median of 13.5 hours.
    rows = (
        world[0]
        .execute(
            "SELECT courier_code, p50_days * 24, n_labels FROM mart_first_scan_latency"
            " WHERE grouping_name = 'carrier' AND n_labels > 150"
        )
        .fetchall()
    )
    assert {"china-post", "usps", "dhl"} <= {courier for courier, *_ in rows}
    for courier, hours, _ in rows:
        assert hours == pytest.approx(13.5, rel=0.15), courier


def test_intervals_of_all_rates_are_wilsons(world):
    found = (
        world[0]
        .execute("SELECT n_hits, n_of, rate, rate_lower95, rate_upper95 FROM int_rates ORDER BY ALL")
        .fetchnumpy()
    )
    assert len(found["rate"]) > 1000
    lower, upper = proportion_confint(found["n_hits"], found["n_of"], alpha=0.05, method="wilson")
    np.testing.assert_allclose(found["rate"], found["n_hits"] / found["n_of"], rtol=0, atol=1e-12)
    np.testing.assert_allclose(found["rate_lower95"], lower, rtol=0, atol=1e-12)
    np.testing.assert_allclose(found["rate_upper95"], upper, rtol=0, atol=1e-12)


def test_lanes_and_weeks_of_a_carrier_add_up_to_the_carrier(world):
    rows = (
        world[0]
        .execute(
            "SELECT courier_code, sum(n_shipments) FILTER (grouping_name = 'carrier'),"
            " sum(n_shipments) FILTER (grouping_name = 'carrier_lane'),"
            " sum(n_shipments) FILTER (grouping_name = 'carrier_week'), count(*)"
            " FROM mart_exception_rates WHERE courier_code <> 'all' GROUP BY 1"
        )
        .fetchall()
    )
    assert all(carrier == lanes == weeks for _, carrier, lanes, weeks, _ in rows)
    assert max(count for *_, count in rows) > 2


@pytest.mark.parametrize(("apart", "by"), [("lane", "lane"), ("week", "pickup_week")])
def test_a_lane_and_a_week_of_all_carriers_are_those_of_each_carrier_together(world, apart, by):
    rows = (
        world[0]
        .execute(
            f"SELECT {by}, list(n_shipments) FILTER (grouping_name = '{apart}'),"
            f" sum(n_shipments) FILTER (grouping_name = 'carrier_{apart}'), count(DISTINCT courier_code)"
            f" FROM mart_delivery_time_quantiles WHERE grouping_name IN ('{apart}', 'carrier_{apart}')"
            " GROUP BY 1"
        )
        .fetchall()
    )
    assert all(together == [apart] for _, together, apart, _ in rows)
    assert max(carriers for *_, carriers in rows) > 2
