"""Published files to report: of an ordinary world, a hostile one, one without promises, and emptier ones."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime

import duckdb
import pytest
from hostile_texts import HOSTILE

from airflow_provider_trackingmore.api import TrackingMoreClient
from airflow_provider_trackingmore.report import build_report
from airflow_provider_trackingmore.sandbox import Sandbox
from airflow_provider_trackingmore.store import publish, run_models
from airflow_provider_trackingmore.sync import sync

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def loaded(tmp_path_factory):
    """A warehouse with a world of 700 parcels, without models."""
    warehouse = str(tmp_path_factory.mktemp("loaded") / "warehouse.duckdb")
    with (
        Sandbox(trackings=700, seed=11, now=NOW, frozen=True, rate_limit=False) as box,
        TrackingMoreClient("sandbox-key", "v4", box.url, requests_per_second=1000) as client,
    ):
        sync(client, warehouse)
    return warehouse


def publish_changed(loaded: str, folder, *changes: str) -> str:
    """Return a published file of the same world after changes to what was loaded."""
    warehouse, published = str(folder / "warehouse.duckdb"), str(folder / "analytics.duckdb")
    with duckdb.connect(warehouse) as connection:
        connection.execute(f"ATTACH '{loaded}' AS loaded (READ_ONLY)")
        connection.execute("COPY FROM DATABASE loaded TO warehouse")
        for change in changes:
            connection.execute(change)
    run_models(warehouse)
    publish(warehouse, published)
    return published


@pytest.fixture(scope="session")
def published(loaded, tmp_path_factory):
    return publish_changed(loaded, tmp_path_factory.mktemp("ordinary"))


@pytest.fixture(scope="session")
def hostile(loaded, tmp_path_factory):
    """Every carrier has a hostile name, and every scan a hostile text."""
    names = ", ".join("'" + name.replace("'", "''") + "'" for name in HOSTILE)
    before = "t.courier_code < trackings.courier_code"
    earlier = f"SELECT count(DISTINCT courier_code) FROM loaded.trackings t WHERE {before}"
    name = f"[{names}][1 + ({earlier}) % {len(HOSTILE)}]"
    text = f"[{names}][1 + CAST(hash(checkpoint_key) % {len(HOSTILE)} AS INTEGER)]"
    return publish_changed(
        loaded,
        tmp_path_factory.mktemp("hostile"),
        f"UPDATE trackings SET courier_code = {name}, order_number = {name}, tracking_number = {name}"
        " || tracking_number",
        f"UPDATE checkpoints SET description = {text}, location = {text}",
        # One of the checks that only warn: a scan from the future.
        "UPDATE checkpoints SET event_at_utc = TIMESTAMP '2030-01-01' WHERE checkpoint_key ="
        " (SELECT min(checkpoint_key) FROM checkpoints WHERE event_type = 'departed')",
    )


@pytest.fixture(scope="session")
def promising_nothing(loaded, tmp_path_factory):
    return publish_changed(
        loaded,
        tmp_path_factory.mktemp("promising-nothing"),
        "UPDATE trackings SET promised_date = NULL, first_promised_date = NULL",
    )


@pytest.fixture(scope="session")
def empty(loaded, tmp_path_factory):
    return publish_changed(
        loaded, tmp_path_factory.mktemp("empty"), "DELETE FROM trackings", "DELETE FROM checkpoints"
    )


@pytest.fixture(scope="session")
def unread(loaded, tmp_path_factory):
    """No window was read completely, though some records of it are there."""
    return publish_changed(loaded, tmp_path_factory.mktemp("unread"), "UPDATE loads SET is_complete = false")


def _of_another_account(count: int) -> str:
    """Gives the first ``count`` trackings to another account."""
    some = f"SELECT tracking_key FROM trackings ORDER BY tracking_key LIMIT {count}"
    return f"UPDATE trackings SET account = 'another' WHERE tracking_key IN ({some})"


@pytest.fixture(scope="session")
def half_read(loaded, tmp_path_factory):
    """Seven trackings are of an account of which no window was read completely."""
    return publish_changed(loaded, tmp_path_factory.mktemp("half-read"), _of_another_account(7))


@pytest.fixture(scope="session")
def left_behind(loaded, tmp_path_factory):
    """Some trackings are of an account that is read no more."""
    return publish_changed(
        loaded,
        tmp_path_factory.mktemp("left-behind"),
        _of_another_account(70),
        "INSERT INTO loads BY NAME SELECT * REPLACE ('another' AS account,"
        " date_trunc('month', window_to_utc) AS window_to_utc) FROM loads LIMIT 1",
    )


@pytest.fixture(scope="session")
def labelled(loaded, tmp_path_factory):
    """Labels only: nothing was ever scanned."""
    return publish_changed(
        loaded,
        tmp_path_factory.mktemp("labelled"),
        "DELETE FROM checkpoints",
        "UPDATE trackings SET status = 'pending', substatus = 'pending001', checkpoint_count = 0",
    )


@pytest.fixture(scope="session")
def undelivered(loaded, tmp_path_factory):
    """Everything is on the road, came back or was lost."""
    return publish_changed(
        loaded,
        tmp_path_factory.mktemp("undelivered"),
        "DELETE FROM trackings WHERE status = 'delivered' OR tracking_key IN"
        " (SELECT tracking_key FROM checkpoints WHERE event_type = 'delivered')",
        "DELETE FROM checkpoints WHERE tracking_key NOT IN (SELECT tracking_key FROM trackings)",
    )


@pytest.fixture
def report_after(published, tmp_path):
    """Builds the report, with pictures beside it, of the ordinary world after changes to its marts."""

    def build(*changes: str):
        copy = tmp_path / "changed.duckdb"
        shutil.copy(published, copy)
        copy.chmod(0o644)
        with duckdb.connect(str(copy)) as connection:
            for change in changes:
                connection.execute(change)
        build_report(copy, tmp_path / "report.html", images=tmp_path)
        return tmp_path / "report.html"

    return build


@pytest.fixture(scope="session")
def report(published, tmp_path_factory):
    """The report of the ordinary world with its pictures: the HTML file, the folder, what was returned."""
    folder = tmp_path_factory.mktemp("report")
    done = build_report(published, folder / "report.html", images=folder / "charts")
    return folder / "report.html", folder / "charts", done


@pytest.fixture(scope="session")
def hostile_report(hostile, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile-report")
    build_report(hostile, folder / "report.html", images=folder / "charts")
    return folder / "report.html"
