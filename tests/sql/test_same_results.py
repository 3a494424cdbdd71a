"""The same data give the same rows: in any session time zone, order of input, number of loads and DuckDB.

The older DuckDB stands in an environment of its own, which ``make duckdb`` brings.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from worlds import NOW, Rows, difference, make_world

from airflow_provider_trackingmore.api import TrackingMoreClient
from airflow_provider_trackingmore.resources import sql_folder
from airflow_provider_trackingmore.sandbox import Sandbox
from airflow_provider_trackingmore.store import run_models
from airflow_provider_trackingmore.store.models import read_models
from airflow_provider_trackingmore.sync import sync

sys.path.insert(0, str(Path(__file__).parents[1] / "store"))

ROOT = Path(__file__).parents[2]
OLDER = ROOT / ".tools" / "duckdb" / "bin" / "python"
MODELS = [model.name for model in read_models(sql_folder())]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    """A warehouse with data, and no models yet."""
    path = str(tmp_path_factory.mktemp("same") / "warehouse.duckdb")
    make_world(path, 300)
    return path


@pytest.fixture(scope="module")
def expected(loaded, tmp_path_factory):
    path = str(tmp_path_factory.mktemp("expected") / "warehouse.duckdb")
    shutil.copy(loaded, path)
    run_models(path)
    return contents(path)


@pytest.fixture
def copy(loaded, warehouse):
    shutil.copy(loaded, warehouse)
    return warehouse


def contents(path: str) -> dict[str, Rows]:
    with duckdb.connect(path, read_only=True) as connection:
        found = {}
        for name in MODELS:
            result = connection.execute(f"FROM {name}")
            found[name] = Rows([column[0] for column in result.description], result.fetchall())
        return found


def assert_same(path: str, expected: dict[str, Rows], tolerance: float = 0.0) -> None:
    found = contents(path)
    differing = {name: difference(expected[name], found[name], tolerance) for name in MODELS}
    assert {name: what for name, what in differing.items() if what} == {}
    assert all(rows.rows for rows in found.values())


@pytest.mark.parametrize("zone", ["UTC", "America/Los_Angeles", "Asia/Shanghai"])
def test_the_time_zone_of_the_session_changes_nothing(copy, expected, zone):
    def opened():
        connection = duckdb.connect(copy)
        connection.execute(f"SET TimeZone = '{zone}'")
        return connection

    run_models(opened)
    assert_same(copy, expected)


def test_the_order_in_which_rows_stand_changes_nothing(copy, expected):
    with duckdb.connect(copy) as connection:
        for table in ("trackings", "checkpoints", "loads", "rejected_records"):
            connection.execute(f"CREATE TEMP TABLE shuffled AS FROM {table} ORDER BY md5({table}::VARCHAR)")
            connection.execute(f"DELETE FROM {table}; INSERT INTO {table} FROM shuffled; DROP TABLE shuffled")
    run_models(copy)
    assert_same(copy, expected)


def test_running_the_models_again_changes_nothing(copy, expected):
    for again in ({}, {}, {"rebuild": True}):
        run_models(copy, **again)
    assert_same(copy, expected)


def test_loading_the_same_again_changes_nothing(copy, expected):
    with (
        Sandbox(trackings=300, seed=11, now=NOW, frozen=True, rate_limit=False) as box,
        TrackingMoreClient(box.key, "v4", box.url, account="sandbox", requests_per_second=1000) as client,
    ):
        for everything in (True, False):
            assert sync(client, copy, everything=everything)["changed"] == 0
    run_models(copy)
    assert_same(copy, expected)


def test_an_older_duckdb_makes_the_same_rows(copy, expected):
    if not OLDER.exists() and not os.environ.get("CI"):
        pytest.skip("the older DuckDB is not there; `make duckdb` brings it")
    code = (
        "import duckdb, sys; assert duckdb.__version__.startswith('1.5.');"
        " from airflow_provider_trackingmore.store import run_models; run_models(sys.argv[1])"
    )
    done = subprocess.run(
        [str(OLDER), "-c", code, copy],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert_same(copy, expected, tolerance=1e-9)
