"""The page for the person on call, executed: every instruction does what it says."""

from __future__ import annotations

import json
import logging
import os
import re
import shlex
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from airflow_provider_trackingmore.api import TrackingMoreClient
from airflow_provider_trackingmore.exceptions import (
    AuthenticationError,
    ConfigurationError,
    QuotaError,
    WarehouseBusyError,
    WarehouseError,
)
from airflow_provider_trackingmore.sandbox import Sandbox
from airflow_provider_trackingmore.store import publish, run_models, write_parquet
from airflow_provider_trackingmore.sync import sync
from airflow_provider_trackingmore.tables import decode_page

PAGE = Path(__file__).parents[2] / "docs" / "operations.md"
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE.read_text(), re.MULTILINE | re.DOTALL))
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def blocks(language: str, text: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


@pytest.fixture
def box():
    with Sandbox(trackings=150, seed=7, now=NOW, frozen=True, rate_limit=False) as sandbox:
        yield sandbox


class Place:
    """The folder of a Dag, and the page's instructions carried out in it."""

    def __init__(self, folder: Path, box: Sandbox) -> None:
        self.folder, self.box = folder, box
        self.warehouse, self.published = str(folder / "warehouse.duckdb"), str(folder / "analytics.duckdb")

    def load(self, **options) -> dict:
        options = {"landing_root": self.folder / "landing"} | options
        with TrackingMoreClient("sandbox-key", base_url=self.box.url, retries=0) as client:
            return sync(client, self.warehouse, **options)

    def do(self, section: str, number: int = 0) -> dict:
        """Run a Python block of a section and return its variables."""
        text = blocks("python", SECTIONS[section])[number]
        text = text.replace("/data/", f"{self.folder}/").replace("http://127.0.0.1:8765", self.box.url)
        scope: dict = {}
        exec(compile(text, str(PAGE), "exec"), scope)
        return scope

    def query(self, section: str | None, path: str) -> list[tuple]:
        """Run the SQL of a section, or of the top of the page."""
        (sql,) = blocks("sql", SECTIONS[section] if section else PAGE.read_text().split("\n## ")[0])
        with duckdb.connect(path, read_only=True) as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture
def place(tmp_path, box):
    return Place(tmp_path, box)


def shape(line: str) -> str:
    return re.sub(r"\d+", "0", line)


def test_the_line_at_the_end_of_a_run_is_the_one_the_page_shows(place, caplog):
    caplog.set_level(logging.INFO, "airflow_provider_trackingmore")
    place.load()
    place.box.clock.advance(hours=20)
    place.load()
    (shown,) = blocks("text", PAGE.read_text())
    assert shape(caplog.messages[-1]) == shape(shown.strip())
    run_models(place.warehouse)
    publish(place.warehouse, place.published)
    assert [row[1] for row in place.query(None, place.published)] == [True, True]


def test_the_metrics_are_those_that_are_sent():
    from airflow_provider_trackingmore.operators.service import METRICS

    named = re.findall(r"`(?:trackingmore)?\.(\w+)`", PAGE.read_text().split("\n## ")[0])
    assert tuple(named) == METRICS


def test_the_key_is_refused(place, monkeypatch, capsys):
    place.box.app.premises.key = "the-new-key"
    with pytest.raises(AuthenticationError, match=r"list: code 401 \(unauthorized\)"):
        place.load()
    connection = {"conn_type": "trackingmore", "password": "the-new-key", "host": place.box.url}
    monkeypatch.setenv("AIRFLOW_CONN_TRACKINGMORE_DEFAULT", json.dumps(connection))
    place.do("The key is refused")
    assert "(True, 'TrackingMore v4 answered')" in capsys.readouterr().out


def test_the_quota_is_used_up(place):
    place.box.faults.add("code", code=4190, times=1, route="list", after=4)
    with pytest.raises(QuotaError):
        place.load()
    assert list((place.folder / "landing").rglob("*.parquet"))
    assert place.load()["complete"]
    assert place.do("The quota is used up")["load"].most_requests == 2000


def test_the_service_asks_for_a_rest():
    from airflow.cli.cli_parser import get_parser

    commands = [
        shlex.split(line)
        for block in blocks("sh", PAGE.read_text())
        for line in block.splitlines()
        if line.startswith("airflow ")
    ]
    assert len(commands) == 3
    for _, *arguments in commands:
        assert get_parser().parse_args(arguments).func


def test_records_are_rejected(place):
    place.load()
    page = decode_page(b'{"meta": {"code": 200}, "data": [17, {"id": ""}]}')
    with duckdb.connect(place.warehouse) as connection:
        connection.register("rejected", page.rejected)
        connection.execute("INSERT INTO rejected_records BY NAME FROM rejected")
    found = place.query("Records are rejected", place.warehouse)
    assert [(kind, n) for kind, _, n, *_ in found] == [("tracking", 1), ("tracking", 1)]
    with duckdb.connect(place.warehouse) as connection:
        before = connection.execute("SELECT count(*) FROM trackings").fetchall()
    place.do("Records are rejected")
    with duckdb.connect(place.warehouse) as connection:
        assert connection.execute("SELECT count(*) FROM trackings").fetchall() == before
        windows = connection.execute("SELECT window_from_utc FROM loads ORDER BY ALL").fetchall()
    assert (datetime(2026, 10, 31, 23, 45),) in windows


def test_the_warehouse_is_busy(place):
    place.load()
    hold = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, place.warehouse],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout.readline() == "held\n"
        expected = rf"the warehouse {place.warehouse} is open in another process \({other.pid}\)"
        with pytest.raises(WarehouseBusyError, match=expected):
            run_models(place.warehouse, patience=0.1)
        other.stdin.close()


def test_the_published_file_is_stale(place):
    place.load()
    run_models(place.warehouse)
    publish(place.warehouse, place.published)
    place.box.clock.advance(days=1)
    place.load()
    section = "The published file is stale"
    assert place.query(section, place.published) < place.query(section, place.warehouse)
    place.do(section)
    assert place.query(section, place.published) == place.query(section, place.warehouse)


def test_a_window_stays_incomplete(place):
    place.load()
    place.box.clock.advance(hours=1)
    for number in range(130):
        place.box.world.touch(place.box.world.records()[number].shipment.id)
    others = iter(record.shipment.id for record in place.box.world.records())

    def touch(route: str, query: dict) -> None:
        place.box.clock.advance(seconds=1)
        place.box.world.touch(next(others))

    place.box.clock.advance(seconds=1)
    place.box.before_request = touch
    result = place.load()
    place.box.before_request = None
    assert not result["complete"]
    assert "did not hold still for 10 passes" in result["missing"]
    place.do("A window stays incomplete")
    with duckdb.connect(place.warehouse) as connection:
        newest = connection.execute(
            "SELECT is_complete, window_from_utc FROM loads ORDER BY finished_at_utc DESC LIMIT 1"
        )
        assert newest.fetchall() == [(True, None)]


def test_the_watermark_is_ahead_of_the_service(place):
    place.box.switches.seconds_shown_late = 73 * 365 * 86400
    place.load()
    place.box.switches.seconds_shown_late = 0
    place.box.clock.advance(hours=1)
    with pytest.raises(ConfigurationError, match="later than the service's clock"):
        place.load()
    place.do("The watermark is ahead of the service")
    place.box.clock.advance(hours=1)
    assert place.load()["updated_to"] < "2027"


def test_the_warehouse_is_lost(place, capsys):
    place.load()
    gone = place.box.world.records()[9].shipment.id
    place.box.world.delete(gone)
    write_parquet(place.warehouse, place.folder / "parquet")
    with duckdb.connect(place.warehouse) as connection:
        before = connection.execute("FROM trackings ORDER BY tracking_key").fetchall()
        scans = connection.execute("FROM checkpoints ORDER BY checkpoint_key").fetchall()
    os.truncate(place.warehouse, 100_000)
    with pytest.raises(WarehouseError) as caught:
        place.load()
    text = " ".join(SECTIONS["The warehouse is lost"].split())
    (shown,) = re.findall("`(the warehouse .*?)`", text)
    told = str(caught.value).replace(f"{place.folder}/", "/data/")
    assert shape(told).startswith(shape(shown))
    assert "'The warehouse is lost' in docs/operations.md" in told
    Path(place.warehouse).rename(place.folder / "aside.duckdb")
    place.do("The warehouse is lost")
    assert f"'trackings': {len(before)}" in capsys.readouterr().out
    restored = str(place.folder / "restored.duckdb")
    with duckdb.connect(restored) as connection:
        assert connection.execute("FROM trackings ORDER BY tracking_key").fetchall() == before
        assert connection.execute("FROM checkpoints ORDER BY checkpoint_key").fetchall() == scans
    Path(restored).rename(place.warehouse)
    result = place.load()
    assert (result["updated_from"], result["new"], result["gone"]) == (None, 0, 1)


def test_the_disk_fills_up(place):
    import shutil

    place.box.faults.add("http_500", route="list", after=5, times=None)
    with pytest.raises(Exception, match="trouble"):
        place.load()
    place.box.faults.clear()
    shutil.rmtree(place.folder / "landing")
    assert place.load()["new"] == 150


def test_every_section_of_the_page_has_its_test():
    tested = {name.removeprefix("test_").replace("_", " ") for name in globals()}
    assert {title.lower() for title in SECTIONS} <= tested


def test_every_file_that_is_linked_exists():
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", PAGE.read_text())
    assert [link for link in links if not (PAGE.parent / link).exists()] == []
