"""A process killed anywhere: the next run leaves what an undisturbed one would have left."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from killing import Days, Outcome, all_points, any_time, pairs, some_points

SEED = 7

pytestmark = pytest.mark.skipif(
    shutil.which("cc") is None, reason="no C compiler (cc), so the shim that kills cannot be built"
)


@pytest.fixture(scope="module")
def days(tmp_path_factory):
    with Days(tmp_path_factory.mktemp("days")) as days:
        yield days


@pytest.fixture(scope="module")
def outcomes(days) -> list[Outcome]:
    points = some_points(days, SEED, 120) + pairs(days, SEED, 5) + any_time(days, SEED, 5)
    return list(days.kill(points))


def test_the_run_after_a_kill_leaves_what_an_undisturbed_one_leaves(outcomes):
    assert {str(outcome.point): outcome.differences for outcome in outcomes if outcome.differences} == {}


def test_a_process_was_killed_at_every_place_that_changes_a_file(days, outcomes):
    killed = {(outcome.point.scene.step, outcome.point.site) for outcome in outcomes if outcome.killed}
    assert {(point.scene.step, point.site) for point in all_points(days)} - killed == set()
    assert sum(outcome.killed for outcome in outcomes) >= 100


def test_no_file_is_written_where_no_kill_could_be_placed(days):
    assert [site for scene in days.calls for site in days.sites(scene) if site.startswith("stream ")] == []


def test_nothing_is_vouched_for_that_a_power_failure_could_take(days):
    assert [fault for calls in days.calls.values() for fault in vouched_for_too_early(calls)] == []


def vouched_for_too_early(calls: list[tuple[str, str]]) -> list[str]:
    """Return the files that appeared, or were said to be whole, before they were on the disk."""
    faults: list[str] = []
    dirty: set[str] = set()
    unsettled: set[Path] = set()
    vouched: set[str] = set()
    for site, name in calls:
        path, operation = Path(name), site.split()[0]
        if operation in ("create", "write"):
            dirty.add(name)
        elif operation == "unlink":
            dirty.discard(name)
        elif operation == "fsync":
            dirty.discard(name)
            unsettled = {other for other in unsettled if other.parent != path}
        elif operation == "rename":
            asides = [one for one in map(Path, dirty) if one.parent == path.parent]
            faults += [name for one in asides if one.name.startswith(f".{path.name}.")]
            if path.name == "merged.json":
                faults += [name for one in dirty if one.startswith("warehouse.duckdb") and "/" not in one]
            elif path.name.startswith(("created-", "updated-")) and path.suffix == ".json":
                faults += [name for one in unsettled if one.parent == path.parent]
                vouched.add(path.stem)
            elif path.suffix == ".parquet":
                faults += [name for window in vouched if path.name.startswith(f"{window}.")]
                unsettled.add(path)
    return faults
