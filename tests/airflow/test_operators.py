"""The operators: thin, templated, and clear about what ends a task for good."""

from __future__ import annotations

import json
import os

import duckdb
import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_trackingmore.exceptions import ServerError
from airflow_provider_trackingmore.operators.trackingmore import (
    TrackingMoreToDuckDBOperator,
    TrackingMoreToParquetOperator,
)
from airflow_provider_trackingmore.operators.warehouse import PublishOperator, RunModelsOperator
from airflow_provider_trackingmore.sandbox import Sandbox

ALL = [TrackingMoreToDuckDBOperator, TrackingMoreToParquetOperator, RunModelsOperator, PublishOperator]


@pytest.fixture
def box(monkeypatch):
    with Sandbox(trackings=60, seed=7, frozen=True, rate_limit=False) as sandbox:
        connect(monkeypatch, sandbox.url)
        yield sandbox


def connect(monkeypatch, url: str, **fields) -> None:
    connection = {"conn_type": "trackingmore", "password": "sandbox-key", "host": url}
    monkeypatch.setenv("AIRFLOW_CONN_TRACKINGMORE_DEFAULT", json.dumps(connection | fields))


def test_the_four_operators_make_one_pipeline(box, warehouse, tmp_path):
    loaded = TrackingMoreToDuckDBOperator(task_id="load", warehouse=warehouse).execute({})
    assert (loaded["new"], loaded["complete"], loaded["warehouse"]) == (60, True, warehouse)
    assert RunModelsOperator(task_id="models", warehouse=warehouse).execute({})["models"] > 5
    published = PublishOperator(task_id="publish", warehouse=warehouse).execute({})
    assert published["path"] == str(tmp_path / "analytics.duckdb")
    parquet = TrackingMoreToParquetOperator(task_id="parquet", warehouse=warehouse).execute({})
    assert parquet["path"] == str(tmp_path / "parquet")
    with duckdb.connect(published["path"], read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM trackings").fetchall() == [(60,)]


def test_what_goes_to_xcom_is_small_and_plain(box, warehouse):
    results = [
        TrackingMoreToDuckDBOperator(task_id="load", warehouse=warehouse).execute({}),
        RunModelsOperator(task_id="models", warehouse=warehouse).execute({}),
        PublishOperator(task_id="publish", warehouse=warehouse).execute({}),
        TrackingMoreToParquetOperator(task_id="parquet", warehouse=warehouse).execute({}),
    ]
    text = json.dumps(results)
    assert len(text) < 2000
    assert "sandbox-key" not in text
    assert "@example" not in text


def test_the_warehouse_may_come_from_the_duckdb_connection(box, warehouse, monkeypatch):
    settings = {"memory_limit": "1GB", "threads": 1}
    connection = {"conn_type": "duckdb", "host": warehouse, "extra": settings}
    monkeypatch.setenv("AIRFLOW_CONN_DUCKDB_DEFAULT", json.dumps(connection))
    assert TrackingMoreToDuckDBOperator(task_id="load").execute({})["warehouse"] == warehouse
    assert os.path.exists(warehouse)


def test_settings_of_the_connection_win_over_our_defaults(warehouse, monkeypatch):
    from airflow_provider_trackingmore.operators.support import WarehouseConnection

    connection = {"conn_type": "duckdb", "host": warehouse, "extra": {"memory_limit": "123MB"}}
    monkeypatch.setenv("AIRFLOW_CONN_DUCKDB_DEFAULT", json.dumps(connection))
    with WarehouseConnection(None, "duckdb_default").connect() as opened:
        assert opened.execute("SELECT current_setting('memory_limit')").fetchall() == [("117.3 MiB",)]


@pytest.mark.parametrize("operator", ALL)
def test_without_a_warehouse_the_task_fails_with_the_way_out(operator, box):
    with pytest.raises(AirflowFailException, match="give the operator warehouse="):
        operator(task_id="task").execute({})


def test_a_hosted_database_is_refused_and_its_token_told_to_nobody(box, monkeypatch):
    connection = {"conn_type": "duckdb", "schema": "wh", "password": "token-0815"}
    monkeypatch.setenv("AIRFLOW_CONN_DUCKDB_DEFAULT", json.dumps(connection))
    with pytest.raises(AirflowFailException, match="no warehouse file") as caught:
        TrackingMoreToDuckDBOperator(task_id="load").execute({})
    assert "0815" not in str(caught.value)


def test_a_connection_that_is_missing_fails_at_once(warehouse):
    with pytest.raises(AirflowFailException, match="connection 'trackingmore_default' does not exist"):
        TrackingMoreToDuckDBOperator(task_id="load", warehouse=warehouse).execute({})


def test_a_damaged_warehouse_fails_at_once_and_is_named(warehouse):
    with duckdb.connect(warehouse) as connection:
        connection.execute("CREATE TABLE numbers AS FROM range(100_000)")
    with open(warehouse, "r+b") as file:
        file.seek(4100)
        file.write(bytes(100))
    for operator in (RunModelsOperator, PublishOperator):
        task = operator(task_id="task", warehouse=warehouse)
        with pytest.raises(AirflowFailException, match=f"WarehouseError: the warehouse {warehouse} is "):
            task.execute({})


def test_no_log_line_speaks_of_a_database_in_memory(box, warehouse, caplog):
    TrackingMoreToDuckDBOperator(task_id="load", warehouse=warehouse).execute({})
    RunModelsOperator(task_id="models", warehouse=warehouse).execute({})
    assert "memory" not in caplog.text


@pytest.mark.parametrize("operator", ALL)
def test_paths_and_connections_are_templated(operator):
    assert {"warehouse", "duckdb_conn_id"} <= set(operator.template_fields)
    assert set(operator.template_fields) <= set(vars(operator(task_id="task")))


def test_a_window_given_as_text_is_read(box, warehouse):
    task = TrackingMoreToDuckDBOperator(
        task_id="load",
        warehouse=warehouse,
        updated_from="2020-01-01T00:00:00+00:00",
        updated_to="2021-01-01T00:00:00Z",
    )
    assert task.execute({})["new"] == 0


def test_a_window_without_a_zone_fails_at_once(box, warehouse):
    task = TrackingMoreToDuckDBOperator(task_id="load", warehouse=warehouse, updated_from="2020-01-01")
    with pytest.raises(AirflowFailException, match="updated_from has no time zone"):
        task.execute({})


def test_a_wrong_key_fails_without_a_retry_and_without_the_key(box, warehouse, monkeypatch):
    connect(monkeypatch, box.url, password="wrong-key-0815")
    with pytest.raises(AirflowFailException, match="AuthenticationError") as caught:
        TrackingMoreToDuckDBOperator(task_id="load", warehouse=warehouse).execute({})
    assert "0815" not in str(caught.value)


def test_trouble_of_the_service_is_left_to_airflows_retries(box, warehouse, monkeypatch):
    connect(monkeypatch, box.url, extra={"retries": 0})
    box.faults.add("http_503", times=1)
    with pytest.raises(ServerError):
        TrackingMoreToDuckDBOperator(task_id="load", warehouse=warehouse).execute({})


def test_a_dry_run_loads_nothing(box, warehouse):
    result = TrackingMoreToDuckDBOperator(task_id="load", warehouse=warehouse, dry_run=True).execute({})
    assert result["dry_run"]
    with duckdb.connect(warehouse) as connection:
        assert connection.execute("SELECT count(*) FROM trackings").fetchall() == [(0,)]
