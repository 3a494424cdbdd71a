"""Paths that templates fill in cannot lead anywhere else than their author meant."""

from __future__ import annotations

import json
import os

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_trackingmore.exceptions import ConfigurationError
from airflow_provider_trackingmore.operators.paths import checked_path
from airflow_provider_trackingmore.operators.report import BuildReportOperator
from airflow_provider_trackingmore.operators.trackingmore import (
    TrackingMoreToDuckDBOperator,
    TrackingMoreToParquetOperator,
)
from airflow_provider_trackingmore.operators.warehouse import PublishOperator, RunModelsOperator
from airflow_provider_trackingmore.sandbox import Sandbox
from airflow_provider_trackingmore.store import publish
from airflow_provider_trackingmore.store.warehouse import open_warehouse
from airflow_provider_trackingmore.sync import sync

ROOTS = "AIRFLOW__TRACKINGMORE__ALLOWED_ROOTS"

HOSTILE = {
    "parent": "/data/../etc/warehouse.duckdb",
    "parent-at-the-end": "/data/..",
    "relative": "data/warehouse.duckdb",
    "relative-parent": "../warehouse.duckdb",
    "home": "~/warehouse.duckdb",
    "undefined": "None",
    "null": "/data/ware\0house.duckdb",
    "line": "/data/ware\nhouse.duckdb",
    "memory": ":memory:",
    "hosted": "md:warehouse?motherduck_token=token-0815",
    "service": "ducklake:postgres:host=db password=token-0815",
}
HOSTILE_URLS = {
    "url-with-parent": "s3://bucket/data/../../other",
    "url-with-hidden-parent": "file:///data/%2e%2e/etc",
    "url-with-password": "s3://access:token-0815@bucket/data",
    "url-with-secret": "s3://bucket/data?secret_key=token-0815",
}
FIELDS = [
    (TrackingMoreToDuckDBOperator, "warehouse"),
    (TrackingMoreToDuckDBOperator, "landing_root"),
    (TrackingMoreToParquetOperator, "warehouse"),
    (TrackingMoreToParquetOperator, "parquet_root"),
    (RunModelsOperator, "warehouse"),
    (RunModelsOperator, "sql_root"),
    (PublishOperator, "warehouse"),
    (PublishOperator, "published"),
    (BuildReportOperator, "published"),
    (BuildReportOperator, "report"),
    (BuildReportOperator, "images"),
]


def works_on(operator, file: str) -> dict[str, str]:
    return {"published" if operator is BuildReportOperator else "warehouse": file}


@pytest.fixture
def box(monkeypatch):
    with Sandbox(trackings=3, frozen=True, rate_limit=False) as sandbox:
        connection = {"conn_type": "trackingmore", "password": "sandbox-key", "host": sandbox.url}
        monkeypatch.setenv("AIRFLOW_CONN_TRACKINGMORE_DEFAULT", json.dumps(connection))
        yield sandbox


@pytest.mark.parametrize("path", [*HOSTILE.values(), *HOSTILE_URLS.values()], ids=[*HOSTILE, *HOSTILE_URLS])
@pytest.mark.parametrize(("operator", "field"), FIELDS, ids=lambda value: getattr(value, "__name__", value))
def test_an_operator_refuses_a_path_that_leads_elsewhere_and_names_the_field(
    box, warehouse, monkeypatch, operator, field, path
):
    task = operator(task_id="task", **(works_on(operator, warehouse) | {field: path}))
    with pytest.raises(AirflowFailException, match=rf"ConfigurationError: {field} ") as caught:
        task.execute({})
    assert "0815" not in str(caught.value)
    assert box.requests == []


@pytest.mark.parametrize("url", ["file:///data/landing", "s3://bucket/data", "gs://b/a..b/...", "s3://b@c/d"])
def test_urls_are_taken_where_they_work(url):
    assert checked_path("landing_root", url, url=True) == url
    with pytest.raises(ConfigurationError, match="no absolute path"):
        checked_path("warehouse", url)


@pytest.mark.parametrize("empty", [None, ""])
def test_an_empty_template_means_the_default(empty):
    assert checked_path("landing_root", empty, url=True) is None


def test_a_name_with_two_dots_in_it_is_no_way_up():
    assert checked_path("warehouse", "/data/a..b/...c.duckdb") == "/data/a..b/...c.duckdb"


class TestAllowedRoots:
    """Where the deployment names folders, everything stays below them."""

    def test_below_is_fine_and_beside_is_not(self, monkeypatch, tmp_path):
        monkeypatch.setenv(ROOTS, f"{tmp_path}/data, s3://bucket/ours")
        for path in (f"{tmp_path}/data/w.duckdb", f"{tmp_path}/data/shop/w.duckdb"):
            assert checked_path("warehouse", path) == path
        for url in ("s3://bucket/ours/landing", f"file://{tmp_path}/data/landing"):
            assert checked_path("landing_root", url, url=True) == url
        for path in ("/etc/w.duckdb", f"{tmp_path}/data2/w.duckdb", f"{tmp_path}", "/"):
            with pytest.raises(ConfigurationError, match="warehouse is not below"):
                checked_path("warehouse", path)
        for url in ("s3://bucket/ours2", "s3://bucket", "gs://bucket/ours", "file:///etc"):
            with pytest.raises(ConfigurationError, match="landing_root is not below"):
                checked_path("landing_root", url, url=True)

    def test_a_root_is_not_below_itself(self, monkeypatch, tmp_path):
        (tmp_path / "same").symlink_to(tmp_path / "data")
        monkeypatch.setenv(ROOTS, f"{tmp_path}/data, s3://bucket/ours")
        itself = (f"{tmp_path}/data", f"{tmp_path}/data/", f"{tmp_path}/same", f"file://{tmp_path}/data")
        for path in (*itself, "s3://bucket/ours", "s3://bucket/ours/"):
            with pytest.raises(ConfigurationError, match="a path in one of them, not that folder itself"):
                checked_path("parquet_root", path, url=True)
        monkeypatch.setenv(ROOTS, "/")
        with pytest.raises(ConfigurationError, match="not that folder itself"):
            checked_path("parquet_root", "/")
        assert checked_path("parquet_root", "/data") == "/data"

    def test_a_link_does_not_lead_out(self, monkeypatch, tmp_path):
        (tmp_path / "data").mkdir()
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / "data" / "link").symlink_to(tmp_path / "elsewhere")
        monkeypatch.setenv(ROOTS, str(tmp_path / "data"))
        with pytest.raises(ConfigurationError, match="not below"):
            checked_path("warehouse", str(tmp_path / "data" / "link" / "w.duckdb"))

    @pytest.mark.parametrize(
        ("operator", "field"), FIELDS, ids=lambda value: getattr(value, "__name__", value)
    )
    def test_every_templated_path_is_held_to_them(self, box, monkeypatch, tmp_path, operator, field):
        monkeypatch.setenv(ROOTS, str(tmp_path / "data"))
        inside = works_on(operator, str(tmp_path / "data" / "w.duckdb"))
        given = inside | {field: str(tmp_path / "elsewhere")}
        with pytest.raises(AirflowFailException, match=rf"{field} is not below"):
            operator(task_id="task", **given).execute({})

    def test_a_copy_at_a_root_would_stand_beside_it_and_is_refused(self, monkeypatch, tmp_path):
        root = tmp_path / "root"
        root.mkdir()
        with open_warehouse(root / "w.duckdb"):
            pass
        monkeypatch.setenv(ROOTS, str(root))
        task = TrackingMoreToParquetOperator(
            task_id="task", warehouse=str(root / "w.duckdb"), parquet_root=str(root)
        )
        with pytest.raises(AirflowFailException, match="parquet_root is not below"):
            task.execute({})
        assert not root.is_symlink()
        assert os.listdir(tmp_path) == ["root"]

    @pytest.mark.parametrize(
        ("operator", "field"),
        [
            (TrackingMoreToDuckDBOperator, "landing_root"),
            (TrackingMoreToParquetOperator, "parquet_root"),
            (PublishOperator, "published"),
            (BuildReportOperator, "report"),
        ],
        ids=lambda value: getattr(value, "__name__", value),
    )
    def test_a_default_beside_a_link_that_leads_in_is_held_to_them(
        self, box, monkeypatch, tmp_path, operator, field
    ):
        (tmp_path / "data").mkdir()
        with open_warehouse(tmp_path / "data" / "w.duckdb"):
            pass
        (tmp_path / "outside.duckdb").symlink_to(tmp_path / "data" / "w.duckdb")
        monkeypatch.setenv(ROOTS, str(tmp_path / "data"))
        task = operator(task_id="task", **works_on(operator, str(tmp_path / "outside.duckdb")))
        with pytest.raises(AirflowFailException, match=rf"{field} \(by default beside the .*\) is not below"):
            task.execute({})
        assert sorted(os.listdir(tmp_path)) == ["data", "outside.duckdb"]

    def test_without_any_every_absolute_path_is_fine(self, tmp_path):
        assert checked_path("warehouse", str(tmp_path)) == str(tmp_path)


def test_every_templated_field_that_is_a_path_is_among_those_tested():
    plain = {"updated_from", "updated_to", "everything", "trackingmore_conn_id", "duckdb_conn_id"}
    templated = {(op, field) for op, _ in FIELDS for field in op.template_fields if field not in plain}
    assert templated == set(FIELDS)


@pytest.mark.parametrize("database", ["data.duckdb", "ducklake:postgres:password=token-0815", "md:w"])
def test_a_database_of_the_connection_that_is_no_file_is_refused_and_told_to_nobody(
    box, monkeypatch, database
):
    connection = {"conn_type": "duckdb", "host": database}
    monkeypatch.setenv("AIRFLOW_CONN_DUCKDB_DEFAULT", json.dumps(connection))
    with pytest.raises(AirflowFailException, match="no warehouse file") as caught:
        TrackingMoreToDuckDBOperator(task_id="load").execute({})
    assert database not in str(caught.value)


@pytest.mark.parametrize("name", ["a?b.duckdb", "a\\b.duckdb", "meta.duckdb"])
def test_a_path_with_which_duckdb_would_take_another_file_is_refused(box, tmp_path, warehouse, name):
    from airflow_provider_trackingmore.api import TrackingMoreClient

    task = TrackingMoreToDuckDBOperator(task_id="load", warehouse=str(tmp_path / name))
    with pytest.raises(AirflowFailException, match="ConfigurationError: warehouse"):
        task.execute({})
    with TrackingMoreClient("sandbox-key", base_url=box.url) as client:
        with pytest.raises(ConfigurationError, match="warehouse"):
            sync(client, str(tmp_path / name))
        sync(client, warehouse)
    with pytest.raises(ConfigurationError, match="published"):
        publish(warehouse, tmp_path / name)
    assert [path.name for path in tmp_path.iterdir() if name in path.name] == []
