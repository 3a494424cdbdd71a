"""The Dag people copy, run to its end in a real Airflow."""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path

import duckdb
import pytest

from airflow_provider_trackingmore.sandbox import Sandbox

DAGS = Path(__file__).parents[2] / "dags"
KEY = "key-for-a-dag-run-4711"


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """The daily Dag after two runs, a day apart."""
    from airflow.utils.db import initdb

    initdb()
    data = tmp_path_factory.mktemp("dag")
    os.environ["TRACKINGMORE_DATA"] = str(data)
    sys.path.insert(0, str(DAGS))
    states = []
    with Sandbox(trackings=120, seed=7, rate_limit=False, key=KEY) as box:
        connection = {"conn_type": "trackingmore", "password": KEY, "host": box.url}
        os.environ["AIRFLOW_CONN_TRACKINGMORE_DEFAULT"] = json.dumps(connection)
        for _ in range(2):
            module = importlib.reload(importlib.import_module("trackingmore_daily"))
            states.append(str(module.dag.test().state))
            box.clock.advance(days=1)
    yield states, data
    for name in ("TRACKINGMORE_DATA", "AIRFLOW_CONN_TRACKINGMORE_DEFAULT"):
        del os.environ[name]


@pytest.mark.airflow
def test_the_daily_dag_runs_to_the_end_twice(ran):
    assert [state.split(".")[-1].lower() for state in ran[0]] == ["success", "success"]


@pytest.mark.airflow
def test_it_leaves_what_analysts_open(ran):
    with duckdb.connect(str(ran[1] / "analytics.duckdb"), read_only=True) as connection:
        loads = connection.execute("SELECT n_new, is_complete FROM loads ORDER BY finished_at_utc").fetchall()
        rates = connection.execute("SELECT count(*) FROM mart_exception_rates").fetchall()
    assert loads[0] == (120, True)
    assert loads[1][1] is True
    assert rates[0][0] > 0
    assert list((ran[1] / "parquet").rglob("data.parquet"))


@pytest.mark.airflow
def test_the_key_is_nowhere_in_what_the_run_leaves_behind(ran):
    home = Path(os.environ["AIRFLOW_HOME"])
    left = [path for folder in (home, ran[1]) for path in folder.rglob("*") if path.is_file()]
    assert any(path.suffix == ".db" for path in left)
    holding = [path for path in left if KEY.encode() in path.read_bytes()]
    assert holding == []


@pytest.mark.airflow
def test_every_dag_of_the_folder_loads_and_is_documented(ran):
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(str(DAGS))
    assert bag.import_errors == {}
    assert len(bag.dags) == len(list(DAGS.glob("*.py")))
    assert all(dag.doc_md and dag.tags for dag in bag.dags.values())
