"""A sample of what ``make prove-worlds`` proves: published intervals beside the truth of seeded worlds.

With forty worlds and small cohorts the bounds are loose; an estimator that forgets the open parcels, or stops
following them early, is still far outside.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
from prove_worlds import WORLDS_IN_A_WAREHOUSE, judge, see


@pytest.fixture(scope="module")
def worlds():
    size = WORLDS_IN_A_WAREHOUSE
    return [world for first in (0, size) for world in see(range(first, first + size), parcels=300)]


@pytest.fixture(scope="module")
def verdicts(worlds):
    return {verdict.percent: verdict for verdict in judge(worlds)}


def test_half_of_every_cohort_is_open_at_the_cut(worlds):
    assert len(worlds) == 40
    assert all(0.4 < world.open_share < 0.6 for world in worlds)


@pytest.mark.parametrize("percent", [50, 90])
def test_the_intervals_cover_the_truth_in_nearly_all_worlds(verdicts, percent):
    assert verdicts[percent].coverage >= 0.85


def test_the_median_is_known_at_both_ends_and_far_closer_than_the_naive_one(verdicts):
    assert verdicts[50].no_upper <= 0.05
    assert verdicts[50].error < verdicts[50].naive_error / 3


def test_the_naive_figures_would_be_days_too_early(verdicts):
    assert verdicts[50].naive_error > 1
    assert verdicts[90].naive_error > 4
