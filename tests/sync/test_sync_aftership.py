"""The whole sync of AfterShip against the sandbox: the same windows, by its own clock, paging and horizon."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from airflow_provider_trackingmore.api import AfterShipClient, TrackingMoreClient
from airflow_provider_trackingmore.exceptions import ConfigurationError, PaginationError, WarehouseError
from airflow_provider_trackingmore.sandbox import Sandbox
from airflow_provider_trackingmore.sync import sync

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
VERSIONS = ("2024-04", "2024-07", "2024-10", "2025-01", "2025-04", "2025-07", "2026-01", "2026-07")
every_version = pytest.mark.parametrize("version", VERSIONS)


@pytest.fixture
def box():
    with Sandbox(trackings=200, seed=7, now=NOW, frozen=True, rate_limit=False) as sandbox:
        yield sandbox


class Time:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


def client(box: Sandbox, version: str | None = None, **options) -> AfterShipClient:
    time = Time()
    options = {"monotonic": time.monotonic, "sleep": time.sleep, "clock": box.clock.now} | options
    return AfterShipClient("sandbox-key", version, box.url, **options)


def rows(warehouse: str, sql: str) -> list[tuple]:
    with duckdb.connect(warehouse, read_only=True) as connection:
        return connection.execute(sql).fetchall()


def stored(warehouse: str) -> list[str]:
    sql = "SELECT tracking_number FROM trackings WHERE source = 'aftership' ORDER BY 1"
    return [name for (name,) in rows(warehouse, sql)]


def kept(box: Sandbox) -> list[str]:
    """Return the numbers of what was created within 120 days."""
    horizon = (box.clock.now() - timedelta(days=120)).timestamp()
    records = box.world.records()
    return sorted(one.shipment.tracking_number for one in records if one.shipment.created_at >= horizon)


CONTENT = (
    "SELECT t.tracking_number, t.status, t.substatus, t.updated_at_utc, c.checkpoint_key, c.event_at_utc"
    " FROM trackings t LEFT JOIN checkpoints c USING (tracking_key) ORDER BY ALL"
)


@every_version
def test_a_first_sync_brings_everything_the_service_keeps(box, warehouse, version):
    result = sync(client(box, version), warehouse)
    assert stored(warehouse) == kept(box)
    assert (result["complete"], result["updated_from"], result["rejected"]) == (True, None, 0)
    assert result["new"] == len(kept(box))


@pytest.mark.parametrize("version", ["2024-07", "2026-07"])
def test_a_later_sync_brings_what_changed_and_equals_a_fresh_one(box, warehouse, version, tmp_path):
    sync(client(box, version), warehouse)
    for _ in range(3):
        box.clock.advance(hours=20)
        result = sync(client(box, version), warehouse)
        assert result["new"] > 0
        assert result["changed"] > 0
        assert result["complete"]
    assert result["received"] < 150
    sync(client(box, version), str(tmp_path / "fresh.duckdb"))
    fresh = rows(str(tmp_path / "fresh.duckdb"), CONTENT)
    known = {row[0] for row in fresh}
    assert [row for row in rows(warehouse, CONTENT) if row[0] in known] == fresh


def test_every_request_says_since_when_in_utc_without_fractions_and_asks_for_nothing_older(box, warehouse):
    sync(client(box), warehouse)
    box.clock.advance(hours=5)
    before = len(box.requests)
    sync(client(box), warehouse)
    lists = [served.query for served in box.requests if served.route == "list"]
    assert all("created_at_min" in query for query in lists)
    times = [value for query in lists for name, value in query.items() if name.endswith(("_min", "_max"))]
    assert all(time.endswith("+00:00") and "." not in time for time in times)
    assert min(query["created_at_min"] for query in lists) >= "2026-07-24T12:00:00+00:00"
    assert len(box.requests) - before <= 4


def test_a_window_that_fits_is_one_request_and_no_window_needs_a_cursor(box, warehouse):
    result = sync(client(box, page_size=50), warehouse)
    assert stored(warehouse) == kept(box)
    lists = [served for served in box.requests if served.route == "list"]
    assert not [served for served in lists if "cursor" in served.query]
    assert result["windows"] <= len(lists) <= 3 * len(kept(box)) / 50


@every_version
def test_a_second_that_holds_more_than_a_page_is_walked_and_nothing_is_lost(box, warehouse, version):
    sync(client(box, version), warehouse)
    box.clock.advance(hours=1)
    added = [box.world.add(tracking_number=f"BURST{number:03d}US").shipment for number in range(25)]
    box.clock.advance(hours=1)
    result = sync(client(box, version, page_size=10), warehouse)
    assert result["complete"]
    assert {one.tracking_number for one in added} <= set(stored(warehouse))
    walked = [served for served in box.requests if {"cursor"} & set(served.query)]
    paged = [served for served in box.requests if served.query.get("page", "1") != "1"]
    assert bool(walked) == (version > "2024-07")
    assert bool(paged) == (version <= "2024-07")


@every_version
def test_all_pages_of_a_walk_are_asked_for_alike_while_the_clock_runs_on(box, warehouse, version):
    with client(box, version) as one:
        sync(one, warehouse)
    box.clock.advance(hours=1)
    for number in range(25):
        box.world.add(tracking_number=f"BURST{number:03d}US")
    box.clock.advance(hours=1)
    ticks = iter(range(1, 10_000))
    ticking = {"clock": lambda: box.clock.now() + timedelta(seconds=next(ticks)), "page_size": 10}
    before = len(box.requests)
    sync(client(box, version, **ticking), warehouse)
    assert len(list(client(box, version, **ticking).trackings())) > 200
    walks, place = [], "page" if version <= "2024-07" else "cursor"
    for served in [one for one in box.requests[before:] if one.route == "list"]:
        said = {name: value for name, value in served.query.items() if name != place}
        if served.query.get(place, "1") == "1":
            walks.append([said])
        else:
            walks[-1].append(said)
    assert sum(len(walk) > 1 for walk in walks) >= 2
    assert [walk for walk in walks if any(said != walk[0] for said in walk)] == []


def test_a_cursor_that_leads_back_fails_the_run(box, warehouse):
    sync(client(box), warehouse)
    box.clock.advance(hours=1)
    for number in range(25):
        box.world.add(tracking_number=f"BURST{number:03d}US")
    box.clock.advance(hours=1)
    box.switches.stuck_cursor = True
    with pytest.raises(PaginationError):
        sync(client(box, page_size=10), warehouse)


def test_what_ages_out_of_the_service_stays_and_is_marked(box, warehouse):
    sync(client(box), warehouse)
    known = stored(warehouse)
    box.clock.advance(days=30)
    sync(client(box), warehouse)
    result = sync(client(box), warehouse, everything=True)
    aged_out = sorted(set(known) - set(kept(box)))
    assert len(aged_out) > 25
    assert result["gone"] == len(aged_out)
    gone = "SELECT tracking_number FROM trackings WHERE gone_at_utc IS NOT NULL ORDER BY 1"
    assert [name for (name,) in rows(warehouse, gone)] == aged_out
    assert set(known) <= set(stored(warehouse))


def test_a_run_after_a_very_long_pause_reads_what_is_left_and_says_what_nobody_can_read(
    box, warehouse, caplog
):
    sync(client(box), warehouse)
    assert "was never seen" not in caplog.text
    box.clock.advance(days=200)
    result = sync(client(box), warehouse)
    assert result["complete"]
    assert set(kept(box)) <= set(stored(warehouse))
    assert "the last reading ended at 2026-11-21 12:00:00" in caplog.text
    assert "keeps nothing older than 2027-02-09 12:00:00+00:00" in caplog.text


def test_a_window_from_before_what_the_service_keeps_is_refused(box, warehouse):
    with pytest.raises(ConfigurationError, match=r"updated_to is .* keeps nothing older than 2026-07-24"):
        sync(client(box), warehouse, None, NOW - timedelta(days=130))
    sync(client(box), warehouse)
    with pytest.raises(ConfigurationError, match=r"AfterShip keeps nothing older than 2026-07-24 12:00"):
        sync(client(box), warehouse, NOW - timedelta(days=130), NOW - timedelta(days=1))
    assert sync(client(box), warehouse, NOW - timedelta(days=119), NOW - timedelta(days=1))["complete"]


def test_a_clock_that_is_ahead_loses_nothing(box, warehouse, tmp_path):
    ahead = {"clock": lambda: box.clock.now() + timedelta(days=115)}
    sync(client(box, **ahead), warehouse)
    assert stored(warehouse) == kept(box)
    box.clock.advance(hours=20)
    sync(client(box, **ahead), warehouse)
    sync(client(box), str(tmp_path / "fresh.duckdb"))
    fresh = rows(str(tmp_path / "fresh.duckdb"), CONTENT)
    known = {row[0] for row in fresh}
    assert [row for row in rows(warehouse, CONTENT) if row[0] in known] == fresh


def test_a_total_that_is_too_small_is_not_believed_where_a_cursor_leads_on(box, warehouse):
    def belittled(route, version, body):
        document = json.loads(body)
        if route == "list":
            document["data"]["pagination"]["total"] = len(document["data"]["trackings"])
        return json.dumps(document).encode()

    sync(client(box), warehouse)
    for number in range(25):
        box.world.add(tracking_number=f"BURST{number:03d}US")
    box.clock.advance(hours=1)
    box.edit_answer = belittled
    sync(client(box, page_size=10), warehouse)
    assert stored(warehouse) == kept(box)


def test_a_total_that_says_more_is_not_believed_where_the_cursor_has_ended(box, warehouse):
    def exaggerated(route, version, body):
        document = json.loads(body)
        if route == "list":
            document["data"]["pagination"]["total"] += 1
        return json.dumps(document).encode()

    box.edit_answer = exaggerated
    result = sync(client(box), warehouse)
    assert stored(warehouse) == kept(box)
    assert result["requests"] < 20


@pytest.mark.parametrize("version", ["2024-04", "2024-07", "2024-10"])
def test_a_retired_version_is_read_as_the_one_that_answers(box, warehouse, version, caplog):
    caplog.set_level(logging.WARNING)
    box.switches.retired_versions = True
    result = sync(client(box, version, page_size=50), warehouse)
    assert stored(warehouse) == kept(box)
    assert result["complete"]
    assert rows(warehouse, "SELECT DISTINCT api_version FROM trackings") == [("2025-01",)]
    assert rows(warehouse, "SELECT count(destination_country) > 0 FROM trackings") == [(True,)]
    assert f"asked for {version}" in caplog.text


@every_version
def test_the_versions_agree_on_the_same_world(box, warehouse, version, tmp_path):
    sync(client(box, version), warehouse)
    sync(client(box), str(tmp_path / "newest.duckdb"))
    sql = (
        "SELECT tracking_number, status, substatus, courier_code, checkpoint_count, origin_country, weight,"
        " destination_country, created_at_utc, updated_at_utc, promised_date FROM trackings ORDER BY 1"
    )
    assert rows(warehouse, sql) == rows(str(tmp_path / "newest.duckdb"), sql)
    scans = "SELECT event_time_raw, event_type, country, leg, leg_courier_code FROM checkpoints ORDER BY ALL"
    assert rows(warehouse, scans) == rows(str(tmp_path / "newest.duckdb"), scans)


def test_both_services_stand_in_one_warehouse_beside_each_other(box, warehouse):
    sync(client(box), warehouse)
    time = Time()
    options = {"monotonic": time.monotonic, "sleep": time.sleep}
    sync(TrackingMoreClient("sandbox-key", "v4", box.url, **options), warehouse)
    counts = rows(warehouse, "SELECT source, count(*) FROM trackings GROUP BY ALL ORDER BY 1")
    assert counts == [("aftership", len(kept(box))), ("trackingmore", 200)]
    same = (
        "SELECT a.status, t.status, count(*) FROM trackings a JOIN trackings t"
        " ON a.source = 'aftership' AND t.source = 'trackingmore' AND a.courier_code = t.courier_code"
        " AND a.tracking_number = t.tracking_number WHERE a.status IS DISTINCT FROM t.status GROUP BY ALL"
    )
    # One word of AfterShip's covers two of TrackingMore's.
    assert {row[:2] for row in rows(warehouse, same)} <= {("pending", "notfound")}


def test_ids_that_changed_with_the_version_are_refused(box, warehouse):
    sync(client(box, "2024-04"), warehouse)
    with pytest.raises(WarehouseError, match="other ids"):
        sync(client(box), warehouse, everything=True)
