"""Runs beside each other, runs with a limit of requests, and runs over everything."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import Mock

import duckdb
import pytest
from comparing import rows, served_ids, stored_ids

from airflow_provider_trackingmore.api import TrackingMoreClient
from airflow_provider_trackingmore.api.pace import MARGIN
from airflow_provider_trackingmore.exceptions import ConfigurationError, WarehouseBusyError
from airflow_provider_trackingmore.sandbox import Sandbox
from airflow_provider_trackingmore.store.landing import Run
from airflow_provider_trackingmore.store.locks import only_run
from airflow_provider_trackingmore.store.warehouse import open_warehouse
from airflow_provider_trackingmore.sync import require_complete, sync

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def box():
    with Sandbox(trackings=300, seed=7, now=NOW, frozen=True, rate_limit=False) as sandbox:
        yield sandbox


def client(box: Sandbox, version: str = "v4", **options) -> TrackingMoreClient:
    options = {"requests_per_second": 500} | options
    return TrackingMoreClient("sandbox-key", version, box.url, **options)


RUN = """
import logging, sys
from airflow_provider_trackingmore.api import TrackingMoreClient
from airflow_provider_trackingmore.sync import sync
logging.basicConfig(level=logging.INFO, format="%(message)s")
url, warehouse = sys.argv[1:]
with TrackingMoreClient("sandbox-key", base_url=url, page_size=20, requests_per_second=100) as client:
    sync(client, warehouse, patience=300)
"""


def test_eight_runs_at_once_wait_for_each_other_and_lose_and_double_nothing(box, warehouse):
    command = [sys.executable, "-c", RUN, box.url, warehouse]
    runs = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(8)]
    told = [run.communicate(timeout=300)[1] for run in runs]
    assert [run.returncode for run in runs] == [0] * 8, told
    assert stored_ids(warehouse) == served_ids(box)
    assert rows(warehouse, "SELECT count(*), sum(n_new), bool_and(is_complete) FROM loads") == [
        (8, 300, True)
    ]
    waited = [text for text in told if "by another run (process " in text and "waiting up to 300 s" in text]
    # Some may have come when the one before had just ended.
    assert waited
    assert "going on: the other run has ended" in waited[0]


def test_a_run_that_waits_too_long_fails_as_transient_and_says_for_whom(box, warehouse):
    lock = Path(warehouse).with_name(".warehouse.duckdb.trackingmore.default.lock")
    with only_run(lock, "the account", 1.0):
        failed = []

        def second() -> None:
            with pytest.raises(WarehouseBusyError, match="account 'default' is being read into") as caught:
                sync(client(box), warehouse, patience=0.2)
            failed.append(caught.value)

        thread = threading.Thread(target=second)
        thread.start()
        thread.join(timeout=60)
    assert failed[0].transient
    assert failed[0].wait_seconds > 0
    assert box.requests == []


def test_a_warehouse_held_for_a_while_is_waited_for(warehouse, caplog):
    caplog.set_level(logging.INFO, "airflow_provider_trackingmore")
    with open_warehouse(warehouse):
        pass
    hold = (
        "import duckdb, sys, time; c = duckdb.connect(sys.argv[1]); print('held', flush=True);"
        "sys.stdin.readline(); c.close(); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold, warehouse], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "held\n"
        threading.Timer(0.3, lambda: print(file=other.stdin, flush=True)).start()
        with open_warehouse(warehouse, patience=60):
            pass
        other.kill()
    assert f"is open in another process ({other.pid})" in caplog.text
    assert "waiting up to 60 s" in caplog.text
    assert caplog.messages[-1] == "going on: the other run has ended"


def test_a_run_out_of_requests_stops_keeps_what_it_has_and_says_what_is_left(box, warehouse, caplog):
    caplog.set_level(logging.INFO, "airflow_provider_trackingmore")
    result = sync(client(box, page_size=20), warehouse, most_requests=20)
    assert len(box.requests) == result["requests"] == 20
    assert (result["complete"], result["out_of_requests"]) == (False, True)
    assert re.fullmatch("the window of created times from 1999-.* to 2026-.* UTC", result["missing"])
    assert "stopped after 20 requests" in caplog.messages[-1]
    assert rows(warehouse, "SELECT count(*) FROM loads") == [(0,)]
    require_complete(result)
    tries = 1
    while not (result := sync(client(box, page_size=20), warehouse, most_requests=10))["complete"]:
        assert result["requests"] <= 10
        tries += 1
        assert tries < 30
    assert tries > 1
    assert stored_ids(warehouse) == served_ids(box)


@pytest.mark.parametrize("limit", [3, 4])
def test_a_run_under_a_small_limit_finishes_what_was_begun_and_leaves_what_came_since_to_the_next(
    box, warehouse, limit
):
    sync(client(box), warehouse)
    box.clock.advance(days=1)
    box.world.add(tracking_number="BEFORE")
    assert not sync(client(box), warehouse, most_requests=2)["complete"]
    box.clock.advance(days=1)
    box.world.add(tracking_number="SINCE")
    assert sync(client(box), warehouse, most_requests=limit)["complete"]
    assert set(served_ids(box)) - set(stored_ids(warehouse))
    sync(client(box), warehouse, most_requests=2)
    assert sync(client(box), warehouse, most_requests=limit)["complete"]
    assert stored_ids(warehouse) == served_ids(box)


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_no_limit_of_requests_is_too_small_to_be_kept(box, warehouse, limit):
    result = sync(client(box), warehouse, most_requests=limit)
    assert len(box.requests) == result["requests"] == limit
    assert not result["complete"]


def test_retries_count_as_requests(box, warehouse):
    box.faults.add("http_500", times=None, route="list", after=2)
    result = sync(client(box, sleep=lambda seconds: None), warehouse, most_requests=4)
    assert (len(box.requests), result["complete"]) == (4, False)


@pytest.mark.parametrize("limit", [0, -1, 1.5, True])
def test_a_limit_that_is_no_count_is_refused(box, warehouse, limit):
    with pytest.raises(ConfigurationError, match="most_requests"):
        sync(client(box), warehouse, most_requests=limit)


def test_a_run_over_everything_marks_what_left_the_service_and_erases_nothing(box, warehouse):
    sync(client(box), warehouse)
    left = {record.shipment.id for record in box.world.records()[::7]}
    for name in left:
        box.world.delete(name)
    box.clock.advance(days=1)
    assert sync(client(box), warehouse)["gone"] == 0
    result = sync(client(box), warehouse, everything=True)
    assert (result["complete"], result["gone"]) == (True, len(left))
    marked = rows(warehouse, "SELECT source_id FROM trackings WHERE gone_at_utc IS NOT NULL")
    assert {name for (name,) in marked} == left
    assert set(stored_ids(warehouse)) == left | set(served_ids(box))
    assert rows(warehouse, "SELECT max(n_gone) FROM loads") == [(len(left),)]
    assert sync(client(box), warehouse, everything=True)["gone"] == 0


def test_a_tracking_that_comes_back_loses_its_mark(box, warehouse):
    sync(client(box), warehouse)
    name = box.world.records()[5].shipment.id
    with duckdb.connect(warehouse) as connection:
        connection.execute("UPDATE trackings SET gone_at_utc = '2026-01-01' WHERE source_id = ?", [name])
    box.clock.advance(seconds=5)
    box.world.touch(name)
    sync(client(box), warehouse)
    assert rows(warehouse, "SELECT count(*) FROM trackings WHERE gone_at_utc IS NOT NULL") == [(0,)]


def test_what_was_loaded_while_everything_was_read_is_not_taken_for_gone(box, warehouse):
    sync(client(box), warehouse)
    # Another run has seen this one since; its row is newer than the run over everything.
    name = box.world.records()[3].shipment.id
    box.world.delete(name)
    with duckdb.connect(warehouse) as connection:
        connection.execute("UPDATE trackings SET observed_at_utc = '2100-01-01' WHERE source_id = ?", [name])
    box.clock.advance(hours=1)
    assert sync(client(box), warehouse, everything=True)["gone"] == 0


def test_an_incomplete_run_over_everything_marks_nothing(box, warehouse):
    sync(client(box), warehouse)
    box.world.delete(box.world.records()[50].shipment.id)
    for number in range(60):
        box.world.add(tracking_number=f"BURST{number}")
    box.before_request = lambda route, query: box.world.add()
    result = sync(client(box, page_size=10), warehouse, everything=True)
    assert (result["complete"], result["gone"]) == (False, 0)
    assert "did not hold still for 10 passes" in result["missing"]
    assert rows(warehouse, "SELECT missing FROM loads WHERE NOT is_complete") == [(result["missing"],)]


def test_an_incomplete_run_that_was_killed_before_it_was_marked_as_merged_is_followed_by_a_new_one(
    box, warehouse, monkeypatch
):
    sync(client(box), warehouse)
    box.world.delete(box.world.records()[50].shipment.id)
    for number in range(60):
        box.world.add(tracking_number=f"BURST{number}")
    box.before_request = lambda route, query: box.world.add()
    with monkeypatch.context() as patch:
        patch.setattr(Run, "mark_merged", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            sync(client(box, page_size=10), warehouse, everything=True)
    box.before_request = None
    result = sync(client(box), warehouse, everything=True)
    assert (result["complete"], result["gone"]) == (True, 1)
    assert rows(warehouse, "SELECT is_complete FROM loads ORDER BY rowid") == [(True,), (False,), (True,)]
    assert set(stored_ids(warehouse)) >= set(served_ids(box))


def test_everything_leaves_no_choice_of_a_window(box, warehouse):
    with pytest.raises(ConfigurationError, match="everything leaves no choice"):
        sync(client(box), warehouse, NOW - timedelta(days=1), everything=True)


def test_a_run_over_everything_goes_on_as_such_and_not_as_the_daily_one(box, warehouse):
    sync(client(box), warehouse)
    box.clock.advance(days=1)
    assert not sync(client(box), warehouse, everything=True, most_requests=3)["complete"]
    assert sync(client(box), warehouse)["updated_from"] is not None
    result = sync(client(box), warehouse, everything=True)
    assert (result["complete"], result["updated_from"]) == (True, None)


@pytest.mark.parametrize("version", ["v3", "v4"])
def test_a_page_size_that_shrinks_while_a_run_reads_loses_nothing(warehouse, version):
    with Sandbox(trackings=900, seed=7, now=NOW, frozen=True, rate_limit=False) as box:
        served = iter(range(10_000))

        def shrink(route: str, query: dict) -> None:
            if next(served) == 9:
                box.switches.page_cap = 30

        box.before_request = shrink
        assert sync(client(box, version, page_size=100), warehouse)["complete"]
        assert stored_ids(warehouse) == served_ids(box)


def test_a_page_size_that_shrank_since_the_last_run_is_noticed(warehouse, caplog):
    caplog.set_level(logging.INFO, "airflow_provider_trackingmore")
    with Sandbox(trackings=1500, seed=7, now=NOW, frozen=True, rate_limit=False) as box:
        sync(client(box), warehouse)
        box.switches.page_cap = 40
        box.clock.advance(days=2)
        assert sync(client(box), warehouse)["complete"]
        assert stored_ids(warehouse) == served_ids(box)
    assert "the list begins with a page of 40 now, not of 100 as before" in caplog.text


PACE = """
import sys, time
from airflow_provider_trackingmore.api import TrackingMoreClient
with TrackingMoreClient("sandbox-key", base_url=sys.argv[1], requests_per_second=20) as client:
    for _ in range(10):
        client.list_page(size=1)
"""


def test_all_processes_of_a_machine_keep_one_pace_for_an_account():
    with Sandbox(trackings=5, rate_limit=False) as box:
        runs = [subprocess.Popen([sys.executable, "-c", PACE, box.url]) for _ in range(3)]
        assert [run.wait(timeout=120) for run in runs] == [0] * 3
        moments = sorted(served.at for served in box.requests)
    # Thirty starts, each an interval after the one before, whoever made it.
    assert moments[-1] - moments[0] >= 29 * MARGIN / 20 * 0.98


def test_a_refusal_rests_the_account_in_other_processes_too(box):
    box.faults.add("http_429", times=1)
    with client(box, longest_wait=1.0) as first, client(box, longest_wait=1.0) as second:
        with pytest.raises(Exception, match="asked too often"):
            first.list_page()
        with pytest.raises(Exception, match="must rest") as caught:
            second.list_page()
    assert 100 < caught.value.wait_seconds <= 120
    assert len(box.requests) == 1
