"""AfterShip in Airflow: its connection, its operators, and a Dag for both services and one warehouse."""

from __future__ import annotations

import importlib
import json
import os
import pickle
import sys
from pathlib import Path

import duckdb
import pytest

from airflow_provider_trackingmore.exceptions import ConfigurationError
from airflow_provider_trackingmore.hooks.aftership import AfterShipHook
from airflow_provider_trackingmore.hooks.service import ServiceHook
from airflow_provider_trackingmore.hooks.trackingmore import TrackingMoreHook
from airflow_provider_trackingmore.operators.aftership import (
    AfterShipToDuckDBOperator,
    AfterShipToParquetOperator,
)
from airflow_provider_trackingmore.sandbox import Sandbox

DAGS = Path(__file__).parents[2] / "dags"
KEY, SECRET = "asat_key-for-a-test-4711", "secret-for-a-test-0815"


@pytest.fixture
def connect(monkeypatch):
    """Set the default connection."""

    def set_connection(**fields):
        value = json.dumps({"conn_type": "aftership", "password": KEY} | fields)
        monkeypatch.setenv("AIRFLOW_CONN_AFTERSHIP_DEFAULT", value)
        return AfterShipHook()

    return set_connection


def rows(path: str, sql: str) -> list[tuple]:
    with duckdb.connect(path, read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_a_connection_with_a_key_alone_is_enough(connect):
    client = connect().get_conn()
    assert (client.version.name, client.base_url) == ("2026-07", "https://api.aftership.com")
    assert (client.account, client._limits.tries) == ("default", 3)


def test_every_field_of_the_form_reaches_the_client(connect):
    extra = {
        "api_version": "2024-10", "account": "shop-1", "authentication_type": "AES", "api_secret": SECRET,
        "page_size": "50", "requests_per_second": "2.5", "timeout": "7", "max_retry": "10",
        "proxy": "http://proxy.example:3128", "user_agent": "shop/1", "largest_answer": 1000,
    }  # fmt: skip
    client = connect(host="http://127.0.0.1:1", extra=extra).get_conn()
    assert (client.version.name, client.account, client.page_size) == ("2024-10", "shop-1", 50)
    assert (client.base_url, client.requests_per_second) == ("http://127.0.0.1:1", 2.5)
    assert (client._limits.tries, client._timeout, client._body_limits.size) == (11, 7, 1000)
    assert client._session.auth.is_dated


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"extra": {"api_version": "v4"}}, "api_version"),
        ({"extra": {"max_retry": 11}}, "max_retry"),
        ({"extra": {"authentication_type": "aes"}}, "authentication_type"),
        ({"extra": {"authentication_type": "RSA", "api_secret": "no key"}}, "api_secret"),
        ({"extra": {"page_size": 500}}, "page_size"),
        ({"host": "http://tracking.example.com"}, "domain"),
        ({"password": ""}, "api_key"),
    ],
)
def test_a_wrong_field_is_named(connect, fields, named):
    with pytest.raises(ConfigurationError, match=f"^{named}"):
        connect(**fields).get_conn()


def test_a_connection_that_does_not_exist_is_named_with_its_type():
    with pytest.raises(
        ConfigurationError, match="connection 'nowhere' does not exist; add one of type AfterShip"
    ):
        AfterShipHook("nowhere").get_conn()


def test_the_test_button_is_told_that_the_service_answered(connect):
    with Sandbox(trackings=3, frozen=True, rate_limit=False, key=KEY, secret=SECRET) as box:
        signed = {"authentication_type": "AES", "api_secret": SECRET}
        assert connect(host=box.url, extra=signed).test_connection() == (True, "AfterShip 2026-07 answered")
        assert [served.route for served in box.requests] == ["list"]


@pytest.mark.parametrize("extra", [{"max_retry": "11"}, {"max_retry": "x"}, {"timeout": "0"}])
def test_the_test_button_refuses_what_a_task_would_refuse(connect, extra):
    with Sandbox(trackings=3, frozen=True, rate_limit=False, key=KEY) as box:
        done, told = connect(host=box.url, extra=extra).test_connection()
        assert not box.requests
    assert (done, told.split(":")[0]) == (False, "ConfigurationError")


def test_the_test_button_names_the_version_that_answered(connect):
    with Sandbox(trackings=3, frozen=True, rate_limit=False, key=KEY) as box:
        box.switches.retired_versions = True
        told = connect(host=box.url, extra={"api_version": "2024-07"}).test_connection()
    assert told == (True, "AfterShip 2025-01 answered")


def test_the_test_button_is_told_why_it_failed_in_one_try_without_key_or_secret(connect):
    with Sandbox(trackings=3, frozen=True, rate_limit=False, key=KEY) as box:
        wrong = connect(host=box.url, password="wrong-key-0815").test_connection()
        box.faults.add("http_503", times=None)
        trouble = connect(host=box.url).test_connection()
        assert len(box.requests) == 2
    assert [(done, text.split(":")[0]) for done, text in (wrong, trouble)] == [
        (False, "AuthenticationError"),
        (False, "ServerError"),
    ]
    assert "0815" not in wrong[1]


def test_no_dump_shows_key_or_secret(connect):
    hook = connect(extra={"authentication_type": "AES", "api_secret": SECRET})
    task = AfterShipToDuckDBOperator(task_id="load", warehouse="/data/warehouse.duckdb")
    with hook.get_conn() as client:
        seen = [client, client._session, client._session.auth, *client._pacers.values(), hook, task]
        text = "".join(f"{one!r} {one} {vars(one)}" for one in seen)
        assert KEY not in text
        assert SECRET not in text
        with pytest.raises((TypeError, AttributeError, pickle.PicklingError)):
            pickle.dumps(client._session.auth)


def test_the_operators_bring_warehouse_and_parquet_up_to_date(connect, tmp_path, monkeypatch):
    sent = {}
    monkeypatch.setattr(
        "airflow_provider_trackingmore.operators.service.Stats.incr",
        lambda name, count=1, rate=1, *, tags=None: sent.update({name: (count, tags)}),
    )
    warehouse = str(tmp_path / "warehouse.duckdb")
    with Sandbox(trackings=60, seed=7, frozen=True, rate_limit=False, key=KEY) as box:
        connect(host=box.url, extra={"account": "shop"})
        task = AfterShipToDuckDBOperator(task_id="load", warehouse=warehouse)
        result = task.execute({})
        assert (result["new"], result["complete"]) == (60, True)
        assert sent["aftership.new"] == (60, {"account": "shop"})
        assert "aftership_conn_id" in task.template_fields
    written = AfterShipToParquetOperator(task_id="copy", warehouse=warehouse).execute({})
    assert written["trackings"] == 60
    assert list((tmp_path / "parquet").rglob("source=aftership/*/data.parquet"))


def test_the_classes_of_the_two_services_differ_by_their_names_alone():
    """What is said of one service holds for the other: nothing but naming stands in a service's own class."""
    for hook in (TrackingMoreHook, AfterShipHook):
        own = {name for name in vars(hook) if not name.startswith("__")}
        assert own <= {
            "form",
            "conn_name_attr",
            "default_conn_name",
            "conn_type",
            "hook_name",
            "client_class",
        }
        assert issubclass(hook, ServiceHook)


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """The Dag of both services after two runs, a day apart."""
    from airflow.utils.db import initdb

    initdb()
    data = tmp_path_factory.mktemp("dag")
    os.environ["SHIPMENTS_DATA"] = str(data)
    sys.path.insert(0, str(DAGS))
    states = []
    with Sandbox(trackings=80, seed=7, rate_limit=False, key=KEY) as box:
        for name in ("trackingmore", "aftership"):
            connection = {"conn_type": name, "password": KEY, "host": box.url}
            os.environ[f"AIRFLOW_CONN_{name.upper()}_DEFAULT"] = json.dumps(connection)
        for _ in range(2):
            module = importlib.reload(importlib.import_module("shipments_daily"))
            states.append(str(module.dag.test().state))
            box.clock.advance(days=1)
    yield states, data
    for name in ("SHIPMENTS_DATA", "AIRFLOW_CONN_TRACKINGMORE_DEFAULT", "AIRFLOW_CONN_AFTERSHIP_DEFAULT"):
        del os.environ[name]


@pytest.mark.airflow
def test_the_dag_of_both_services_runs_to_the_end_twice(ran):
    assert [state.split(".")[-1].lower() for state in ran[0]] == ["success", "success"]


@pytest.mark.airflow
def test_it_leaves_both_services_in_one_published_file_and_one_parquet_copy(ran):
    published = str(ran[1] / "analytics.duckdb")
    loads = "SELECT source, count(*), bool_and(is_complete), max(n_new) FROM loads GROUP BY ALL ORDER BY 1"
    assert rows(published, loads) == [("aftership", 2, True, 80), ("trackingmore", 2, True, 80)]
    assert rows(published, "SELECT count(*) > 0 FROM mart_exception_rates") == [(True,)]
    for source in ("aftership", "trackingmore"):
        assert list((ran[1] / "parquet").rglob(f"source={source}/*/data.parquet"))


@pytest.mark.airflow
def test_the_keys_are_nowhere_in_what_the_runs_leave_behind(ran):
    home = Path(os.environ["AIRFLOW_HOME"])
    left = [path for folder in (home, ran[1]) for path in folder.rglob("*") if path.is_file()]
    assert any(path.suffix == ".db" for path in left)
    assert [path for path in left if KEY.encode() in path.read_bytes()] == []
