"""The operator that builds the report: where it writes, what it returns, and what ends it for good."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_trackingmore.api import TrackingMoreClient
from airflow_provider_trackingmore.operators.report import BuildReportOperator
from airflow_provider_trackingmore.sandbox import Sandbox
from airflow_provider_trackingmore.store import publish, run_models
from airflow_provider_trackingmore.sync import sync

CONFIGURED = "AIRFLOW__TRACKINGMORE__REPORT"


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    folder = tmp_path_factory.mktemp("published")
    warehouse, published = str(folder / "warehouse.duckdb"), str(folder / "analytics.duckdb")
    now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    with (
        Sandbox(trackings=60, seed=7, now=now, frozen=True, rate_limit=False) as box,
        TrackingMoreClient("sandbox-key", base_url=box.url) as client,
    ):
        sync(client, warehouse)
    run_models(warehouse)
    publish(warehouse, published)
    return published


def test_it_writes_beside_the_published_file_and_returns_paths_and_counts(published):
    done = BuildReportOperator(task_id="report", published=published).execute({})
    path = Path(published).with_name("report.html")
    assert done == {"path": str(path), "bytes": path.stat().st_size, "charts": 5, "images": 0}
    assert len(json.dumps(done)) < 300


def test_the_configuration_says_where_unless_the_task_does(published, tmp_path, monkeypatch):
    monkeypatch.setenv(CONFIGURED, str(tmp_path / "configured.html"))
    BuildReportOperator(task_id="report", published=published).execute({})
    BuildReportOperator(task_id="report", published=published, report=str(tmp_path / "own.html")).execute({})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["configured.html", "own.html"]


def test_a_configured_path_is_held_to_the_same_rules(published, monkeypatch):
    monkeypatch.setenv(CONFIGURED, "reports/../report.html")
    with pytest.raises(AirflowFailException, match=r"ConfigurationError: \[trackingmore\] report "):
        BuildReportOperator(task_id="report", published=published).execute({})


def test_an_empty_path_ends_the_task_with_the_way_out():
    with pytest.raises(AirflowFailException, match="published is empty; give the path"):
        BuildReportOperator(task_id="report", published="").execute({})


def test_nothing_published_ends_the_task_with_the_way_out(tmp_path):
    task = BuildReportOperator(task_id="report", published=str(tmp_path / "analytics.duckdb"))
    with pytest.raises(AirflowFailException, match="publish first"):
        task.execute({})


@pytest.mark.parametrize("missing", ["altair", "vl_convert"])
def test_without_the_extra_the_task_ends_for_good_and_names_it(published, missing):
    code = (
        f"import sys; sys.modules[{missing!r}] = None\n"
        "from airflow.providers.common.compat.sdk import AirflowFailException\n"
        "from airflow_provider_trackingmore.operators.report import BuildReportOperator\n"
        "try:\n"
        f"    BuildReportOperator(task_id='report', published={published!r}).execute({{}})\n"
        "except AirflowFailException as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert f"the report needs {missing}" in done.stdout
    assert "pip install 'airflow-provider-trackingmore[report]'" in done.stdout
