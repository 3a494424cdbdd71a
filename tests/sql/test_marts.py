"""The marts against oracles: statsmodels for curves and intervals, the sandbox's truth for the answer."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import duckdb
import numpy as np
import pytest
from statsmodels.duration.survfunc import CumIncidenceRight, SurvfuncRight
from statsmodels.stats.proportion import proportion_confint

from airflow_provider_trackingmore.api import TrackingMoreClient
from airflow_provider_trackingmore.sandbox import Sandbox
from airflow_provider_trackingmore.store import run_models
from airflow_provider_trackingmore.sync import sync

CAUSES = {"open": 0, "delivered": 1, "returned": 2, "lost": 3, "expired": 4}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A warehouse with 4,000 trackings of the sandbox, and what will really become of them."""
    warehouse = str(tmp_path_factory.mktemp("marts") / "warehouse.duckdb")
    now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    with Sandbox(trackings=4000, seed=11, now=now, frozen=True, rate_limit=False) as box:
        with TrackingMoreClient("sandbox-key", "v4", box.url, requests_per_second=1000) as client:
            sync(client, warehouse)
        truth = {row["courier_code"]: row for row in box.world.truth()["carriers"]}
    run_models(warehouse)
    with duckdb.connect(warehouse) as connection:
        yield connection, truth


def followed(connection, courier: str) -> tuple[np.ndarray, np.ndarray]:
    rows = connection.execute(
        "SELECT duration_days, outcome FROM int_shipment_groups WHERE grouping_name = 'carrier'"
        " AND timing_quality = 'ok' AND courier_code = ?",
        [courier],
    ).fetchall()
    return np.array([days for days, _ in rows]), np.array([CAUSES[outcome] for _, outcome in rows])


def curve(connection, courier: str, column: str) -> tuple[np.ndarray, np.ndarray]:
    rows = connection.execute(
        f"SELECT days_since_pickup, {column} FROM mart_delivery_survival"
        " WHERE grouping_name = 'carrier' AND courier_code = ? ORDER BY 1",
        [courier],
    ).fetchall()
    return np.array([days for days, _ in rows]), np.array([share for _, share in rows])


@pytest.mark.parametrize("courier", ["dhl", "china-post"])
def test_the_open_share_is_the_kaplan_meier_estimate(world, courier):
    days, causes = followed(world[0], courier)
    oracle = SurvfuncRight(days, causes > 0)
    ours = dict(zip(*curve(world[0], courier, "share_open"), strict=True))
    assert max(abs(ours[t] - s) for t, s in zip(oracle.surv_times, oracle.surv_prob, strict=True)) < 1e-9


@pytest.mark.parametrize("courier", ["dhl", "china-post"])
@pytest.mark.parametrize("cause", ["delivered", "returned", "lost", "expired"])
def test_the_share_of_each_end_is_the_aalen_johansen_estimate(world, courier, cause):
    days, causes = followed(world[0], courier)
    oracle = CumIncidenceRight(days, causes)
    ours = dict(zip(*curve(world[0], courier, f"share_{cause}"), strict=True))
    expected = oracle.cinc[CAUSES[cause] - 1]
    assert max(abs(ours[t] - c) for t, c in zip(oracle.times, expected, strict=True)) < 1e-9


def test_a_quantile_is_the_first_day_at_which_the_curve_reaches_it(world):
    days, share = curve(world[0], "dhl", "share_delivered")
    ((p50, p90),) = (
        world[0]
        .execute(
            "SELECT p50_days, p90_days FROM mart_delivery_time_quantiles"
            " WHERE grouping_name = 'carrier' AND courier_code = 'dhl'"
        )
        .fetchall()
    )
    assert p50 == days[np.argmax(share >= 0.5)]
    assert p90 == days[np.argmax(share >= 0.9)]


def test_a_quantile_that_is_not_reached_yet_is_null(world):
    rows = (
        world[0]
        .execute(
            "SELECT q.p99_days, max(s.share_delivered) FROM mart_delivery_time_quantiles q"
            " JOIN mart_delivery_survival s USING (grouping_name, courier_code, lane) GROUP BY ALL"
        )
        .fetchall()
    )
    for p99, reached in rows:
        assert (p99 is None) == (reached < 0.99)


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


def test_intervals_of_rates_are_wilsons(world):
    rows = world[0].execute(
        "SELECT n_ever, n_shipments, ever_rate_lower95, ever_rate_upper95 FROM mart_exception_rates"
    )
    for ever, shipments, lower, upper in rows.fetchall():
        expected = proportion_confint(ever, shipments, alpha=0.05, method="wilson")
        assert math.isclose(lower, expected[0], abs_tol=1e-12)
        assert math.isclose(upper, expected[1], abs_tol=1e-12)


def test_lanes_of_a_carrier_add_up_to_the_carrier(world):
    rows = (
        world[0]
        .execute(
            "SELECT courier_code, sum(n_shipments) FILTER (grouping_name = 'carrier'),"
            " sum(n_shipments) FILTER (grouping_name = 'carrier_lane'), count(*)"
            " FROM mart_exception_rates GROUP BY 1"
        )
        .fetchall()
    )
    assert all(carrier == lanes for _, carrier, lanes, _ in rows)
    assert max(count for *_, count in rows) > 2


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Asia/Shanghai"])
def test_results_do_not_depend_on_the_session_time_zone(world, zone):
    sql = "SELECT tracking_key, duration_days, delivered_at_utc FROM int_shipment_outcomes ORDER BY 1"
    expected = world[0].execute(sql).fetchall()
    cursor = world[0].cursor()
    cursor.execute(f"SET TimeZone = '{zone}'")
    model = "int_shipment_outcomes"
    from airflow_provider_trackingmore.resources import sql_folder

    text = (sql_folder() / "models" / "intermediate" / f"{model}.sql").read_text()
    found = cursor.execute(
        f"SELECT tracking_key, duration_days, delivered_at_utc FROM ({text}) ORDER BY 1"
    ).fetchall()
    assert found == expected
