"""A task that has to wait gives its worker back, and goes on with what it has."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from airflow.providers.common.compat.sdk import AirflowFailException, TaskDeferred

from airflow_provider_trackingmore.api import judge
from airflow_provider_trackingmore.exceptions import (
    AuthenticationError,
    IncompleteWindowError,
    RateLimitError,
    ServerError,
    WarehouseBusyError,
)
from airflow_provider_trackingmore.operators import support
from airflow_provider_trackingmore.operators.trackingmore import TrackingMoreToDuckDBOperator
from airflow_provider_trackingmore.operators.warehouse import RunModelsOperator
from airflow_provider_trackingmore.sandbox import Sandbox


@pytest.fixture
def box(monkeypatch):
    with Sandbox(trackings=300, seed=7, frozen=True, rate_limit=False) as sandbox:
        connection = {
            "conn_type": "trackingmore",
            "password": "sandbox-key",
            "host": sandbox.url,
            "extra": {"page_size": 20, "requests_per_second": 200},
        }
        monkeypatch.setenv("AIRFLOW_CONN_TRACKINGMORE_DEFAULT", json.dumps(connection))
        yield sandbox


@pytest.fixture
def busy(warehouse):
    """The warehouse held by another process."""
    hold = (
        f"import duckdb, sys; c = duckdb.connect({warehouse!r}); print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "held\n"
        yield warehouse
        other.stdin.close()


@pytest.fixture
def short_rests(monkeypatch):
    """Rests short enough to wait for, and still too long for a worker."""
    monkeypatch.setattr(judge, "SHORTEST_REST", 0.3)
    monkeypatch.setattr(support, "SHORT_WAIT", 0.1)
    monkeypatch.setattr("airflow_provider_trackingmore.operators.service.SHORT_WAIT", 0.1)


def done_after_rests(task, **rests):
    """What the task returns, and with what it came back last."""
    while True:
        try:
            return task.execute_rested({}, None, **rests), rests
        except TaskDeferred as still:
            rests = still.kwargs


def rows(warehouse: str, sql: str) -> list[tuple]:
    with duckdb.connect(warehouse, read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_after_a_429_the_task_rests_in_the_triggerer_and_goes_on_with_its_windows(box, warehouse):
    box.faults.add("http_429", times=1, route="list", after=12)
    task = TrackingMoreToDuckDBOperator(task_id="load", warehouse=warehouse)
    with pytest.raises(TaskDeferred) as deferred:
        task.execute({})
    assert deferred.value.trigger.serialize()[0].endswith("DateTimeTrigger")
    assert deferred.value.kwargs == {
        "rests": 1,
        "rested": pytest.approx(120, abs=1),
        "requests_sent": len(box.requests),
    }
    asked = len(box.requests)
    # The account's clock is shared: whoever comes back too early is sent away without asking the service.
    with pytest.raises(TaskDeferred) as again:
        getattr(task, deferred.value.method_name)({}, None, **deferred.value.kwargs)
    assert (again.value.kwargs["rests"], again.value.kwargs["requests_sent"]) == (2, asked)
    assert len(box.requests) == asked


def test_a_rest_of_hours_is_waited_for_in_the_triggerer(box, warehouse, monkeypatch):
    monkeypatch.setattr(judge, "SHORTEST_REST", 7200.0)
    box.faults.add("http_429", times=1, route="list", after=3)
    with pytest.raises(TaskDeferred) as deferred:
        TrackingMoreToDuckDBOperator(task_id="load", warehouse=warehouse).execute({})
    assert deferred.value.kwargs == {"rests": 1, "rested": pytest.approx(7200, abs=1), "requests_sent": 4}


@pytest.mark.parametrize("deferrable", [True, False])
def test_a_rest_that_no_task_waits_for_ends_in_an_error_that_says_when_to_try_again(
    box, warehouse, monkeypatch, deferrable
):
    monkeypatch.setattr(judge, "SHORTEST_REST", 7200.0)
    box.faults.add("http_429", times=1, route="list", after=3)
    task = TrackingMoreToDuckDBOperator(task_id="load", warehouse=warehouse, deferrable=deferrable)
    with pytest.raises(RateLimitError) as caught:
        task.execute_rested({}, None, rests=1, rested=80_000.0)
    told = re.fullmatch(
        r"list: asked too often; the account must rest; "
        r"the service asks to wait 7200 s: try again after (.{19}) UTC",
        str(caught.value),
    )
    due = datetime.fromisoformat(told[1]).replace(tzinfo=UTC) - datetime.now(UTC)
    assert due.total_seconds() == pytest.approx(7200, abs=30)
    assert caught.value.transient


def test_a_rest_that_is_over_lets_the_run_go_on(box, warehouse, short_rests):
    box.faults.add("http_429", times=1, route="list", after=25)
    task = TrackingMoreToDuckDBOperator(task_id="load", warehouse=warehouse)
    with pytest.raises(TaskDeferred) as deferred:
        task.execute({})
    result, _ = done_after_rests(task, **deferred.value.kwargs)
    assert result["complete"]
    assert result["new"] == 300
    # What had landed before the rest was not asked for again, and is counted.
    windows, requests = rows(warehouse, "SELECT sum(n_windows), sum(n_requests) FROM loads")[0]
    assert windows <= requests <= len(box.requests) < windows * 1.5
    assert rows(warehouse, "SELECT n_received >= n_distinct FROM loads ORDER BY n_new DESC")[0] == (True,)


def test_a_limit_of_requests_is_that_of_a_try_with_all_its_rests(box, warehouse, short_rests):
    box.faults.add("http_429", times=1, route="list", after=4)
    task = TrackingMoreToDuckDBOperator(task_id="load", warehouse=warehouse, most_requests=10)
    sent = len(box.requests)
    result, rests = done_after_rests(task)
    assert rests
    assert result["out_of_requests"]
    assert len(box.requests) - sent == 10


def test_a_task_that_may_not_defer_waits_where_it_is_or_fails_as_transient(box, warehouse, monkeypatch):
    monkeypatch.setattr(judge, "SHORTEST_REST", 2000.0)
    box.faults.add("http_429", times=1, route="list", after=3)
    task = TrackingMoreToDuckDBOperator(task_id="load", warehouse=warehouse, deferrable=False)
    with pytest.raises(RateLimitError) as caught:
        task.execute({})
    assert caught.value.transient


@pytest.mark.parametrize("operator", [RunModelsOperator, TrackingMoreToDuckDBOperator])
def test_a_busy_warehouse_is_waited_for_in_the_triggerer(box, busy, monkeypatch, operator):
    monkeypatch.setattr(support, "SHORT_WAIT", 0.1)
    with pytest.raises(TaskDeferred) as deferred:
        operator(task_id="task", warehouse=busy).execute({})
    assert deferred.value.kwargs == {"rests": 1, "rested": 30.0, "requests_sent": 0}


def test_a_warehouse_that_stays_busy_is_named_and_fails_as_transient_in_the_end(busy, monkeypatch):
    monkeypatch.setattr(support, "SHORT_WAIT", 0.1)
    expected = rf"the warehouse {re.escape(busy)} is open in another process \(\d+\); close it"
    with pytest.raises(WarehouseBusyError, match=expected) as caught:
        RunModelsOperator(task_id="models", warehouse=busy).execute_rested({}, None, rests=99, rested=9e9)
    assert caught.value.transient


def test_a_final_error_is_not_rested_for(box, warehouse):
    box.key = "another"
    box.app.premises.key = "another"
    with pytest.raises(AirflowFailException, match="AuthenticationError"):
        TrackingMoreToDuckDBOperator(task_id="load", warehouse=warehouse).execute({})


LIMITED = RateLimitError("asked too often")


def told(error, seconds):
    error.wait_seconds = seconds
    return error


@pytest.mark.parametrize(
    ("error", "rests", "rested", "expected"),
    [
        pytest.param(LIMITED, 0, 0, 120, id="as-long-as-the-error-says"),
        pytest.param(LIMITED, 3, 360, None, id="not-more-often-than-allowed"),
        pytest.param(LIMITED, 1, 900, None, id="not-longer-in-all-than-allowed"),
        pytest.param(told(ServerError("busy"), 900), 1, 100, 900, id="trouble-that-says-how-long"),
        pytest.param(IncompleteWindowError("moved"), 0, 0, None, id="no-rest-helps-here"),
        pytest.param(AuthenticationError("refused"), 0, 0, None, id="a-final-error"),
    ],
)
def test_how_long_a_task_rests(error, rests, rested, expected):
    assert support.rest_before_next(error, rests, rested, most_rests=3, longest=1000) == expected


@pytest.mark.parametrize(
    ("seconds", "rested", "expected"), [(86_400, 0, 86_400), (86_400, 1, None), (7200, 79_200, 7200)]
)
def test_a_task_rests_for_a_day_in_all(seconds, rested, expected):
    assert support.rest_before_next(told(RateLimitError("asked too often"), seconds), 1, rested) == expected


def test_counts_are_passed_on_as_metrics_of_the_account(box, warehouse, monkeypatch):
    sent = {}

    def incr(name, count=1, rate=1, *, tags=None):
        sent[name] = (count, tags)

    monkeypatch.setattr("airflow_provider_trackingmore.operators.service.Stats.incr", incr)
    result = TrackingMoreToDuckDBOperator(task_id="load", warehouse=warehouse).execute({})
    assert sent["trackingmore.new"] == (300, {"account": "default"})
    assert sent["trackingmore.requests"] == (result["requests"], {"account": "default"})


def test_a_run_over_everything_marks_what_was_deleted(box, warehouse):
    TrackingMoreToDuckDBOperator(task_id="load", warehouse=warehouse).execute({})
    gone = box.world.records()[17].shipment.id
    box.world.delete(gone)
    box.clock.advance(seconds=timedelta(hours=1).seconds)
    weekly = TrackingMoreToDuckDBOperator(task_id="weekly", warehouse=warehouse, everything="True")
    assert weekly.execute({})["gone"] == 1
    with duckdb.connect(warehouse, read_only=True) as connection:
        marked = connection.execute(
            "SELECT source_id FROM trackings WHERE gone_at_utc IS NOT NULL"
        ).fetchall()
    assert marked == [(gone,)]


@pytest.mark.airflow
def test_in_a_real_dag_run_the_task_defers_and_comes_back(box, tmp_path, monkeypatch):
    from airflow.utils.db import initdb

    initdb()
    monkeypatch.setenv("TRACKINGMORE_DATA", str(tmp_path))
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "dags"))
    monkeypatch.setattr(judge, "SHORTEST_REST", 1.0)
    monkeypatch.setattr("airflow_provider_trackingmore.operators.service.SHORT_WAIT", 0.2)
    box.faults.add("http_429", times=1, route="list", after=25)
    dag = importlib.reload(importlib.import_module("trackingmore_daily")).dag
    assert str(dag.test().state).split(".")[-1].lower() == "success"
    loads = rows(str(tmp_path / "warehouse.duckdb"), "SELECT n_new, is_complete FROM loads ORDER BY n_new")
    assert loads == [(0, True), (300, True)]
    assert [served.fault for served in box.requests].count("http_429") == 1
