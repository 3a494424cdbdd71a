"""Parcels that are registered because they are still on the road: followed from then on, not from pick-up."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from factories import record, scan
from lifelines import KaplanMeierFitter
from stories import AS_OF, ask, load

from airflow_provider_trackingmore.resources import sql_folder
from airflow_provider_trackingmore.store import run_models

PICKED_UP = datetime(2026, 11, 1, 10, tzinfo=UTC)


@pytest.fixture
def models(tmp_path):
    """A folder of models in which the service registers parcels because they are still on the road."""
    folder = tmp_path / "sql"
    shutil.copytree(sql_folder(), folder)
    sources = folder / "seeds" / "sources.csv"
    sources.write_text(sources.read_text().replace("trackingmore,1,false", "trackingmore,1,true"))
    return folder


def deliver(warehouse, models, days, entries):
    """Load parcels that take so many days and are registered so many after their pick-up; return warnings."""
    load(
        warehouse,
        [
            record(
                f"{number}",
                scan("2026-11-01T10:00:00"),
                scan(f"{PICKED_UP + timedelta(days=day):%Y-%m-%dT%H:%M:%S}", "delivered", "delivered001"),
                created_at=(PICKED_UP + timedelta(days=entry)).isoformat(),
            )
            for number, (day, entry) in enumerate(zip(days, entries, strict=True))
        ],
        last=AS_OF,
    )
    return run_models(warehouse, models)["warnings"]


def curve(warehouse):
    """Return days, open shares and numbers at risk of all parcels."""
    group = "clock = 'delivery' AND group_key = 'all|all|all|all|all'"
    rows = ask(warehouse, f"FROM int_curves WHERE {group} ORDER BY elapsed_days")
    return ([row[name] for row in rows] for name in ("elapsed_days", "share_open", "n_at_risk"))


def test_who_is_registered_late_is_at_risk_from_then_on(warehouse, models):
    draw = np.random.default_rng(11)
    days = (draw.permutation(np.arange(1, 201)) / 12).tolist()
    entries = draw.integers(0, 10, 200).tolist()
    # registered after the delivery: never at risk
    seen = [(day, entry) for day, entry in zip(days, entries, strict=True) if entry < day]
    assert len(seen) < 190
    deliver(warehouse, models, days, entries)
    at, share_open, n_at_risk = curve(warehouse)
    oracle = KaplanMeierFitter().fit([day for day, _ in seen], entry=[entry for _, entry in seen])
    expected = oracle.survival_function_.loc[at].to_numpy()[:, 0]
    np.testing.assert_allclose(share_open, expected, rtol=0, atol=1e-9)
    assert n_at_risk == [sum(entry < moment <= day for day, entry in seen) for moment in at]


@pytest.mark.parametrize(
    "entries",
    [
        pytest.param([0, 3, 1], id="who-comes-in-the-moment-another-leaves"),
        pytest.param([2, 1, 4], id="who-comes-when-nobody-was-there"),
    ],
)
def test_who_comes_late_was_not_at_risk_before(warehouse, models, entries):
    days = [3, 5, 6]
    oracle = KaplanMeierFitter().fit(days, np.ones(3), entry=entries)
    expected = oracle.survival_function_.loc[days].to_numpy()[:, 0]
    deliver(warehouse, models, days, entries)
    _, share_open, _ = curve(warehouse)
    np.testing.assert_allclose(share_open, expected, rtol=0, atol=1e-9)


def test_a_curve_stays_at_nothing_when_others_come_after_all_have_left(warehouse, models):
    deliver(warehouse, models, [3, 5, 6], [0, 4, 4])
    _, share_open, _ = curve(warehouse)
    assert share_open == [0, 0, 0]


def test_a_curve_that_a_few_early_parcels_bend_is_warned_of(warehouse, models):
    # two are followed from their pick-up, twelve from their third day
    warnings = deliver(warehouse, models, [1, 2] + [5] * 12, [0, 0] + [3] * 12)
    curves = ask(warehouse, "SELECT DISTINCT group_key FROM int_curves WHERE clock = 'delivery'")
    assert warnings["curves_hang_on_enough"] == 2 * len(curves)


def test_a_curve_that_ends_with_few_parcels_is_not_warned_of(warehouse, models):
    assert "curves_hang_on_enough" not in deliver(warehouse, models, [*range(1, 13)], [0] * 12)
