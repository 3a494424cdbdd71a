"""The whole sync against the sandbox: nothing lost, nothing doubled, while the world moves."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from comparing import rows, served_ids, stored_ids

from airflow_provider_trackingmore import planning
from airflow_provider_trackingmore.api import TrackingMoreClient
from airflow_provider_trackingmore.exceptions import (
    AuthenticationError,
    ConfigurationError,
    IncompleteWindowError,
    RateLimitError,
    ServerError,
)
from airflow_provider_trackingmore.sandbox import Sandbox
from airflow_provider_trackingmore.sync import require_complete, sync

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def box():
    with Sandbox(trackings=400, seed=7, now=NOW, frozen=True, rate_limit=False) as sandbox:
        yield sandbox


class Time:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


def client(box: Sandbox, version: str = "v4", **options) -> TrackingMoreClient:
    time = Time()
    options = {"monotonic": time.monotonic, "sleep": time.sleep} | options
    return TrackingMoreClient("sandbox-key", version, box.url, **options)


def list_requests(box: Sandbox) -> list:
    return [served for served in box.requests if served.route == "list"]


@pytest.mark.parametrize("version", ["v2", "v3", "v4"])
def test_a_first_sync_brings_everything_the_service_keeps(box, warehouse, version):
    result = sync(client(box, version), warehouse)
    assert stored_ids(warehouse) == served_ids(box)
    assert (result["new"], result["complete"], result["updated_from"]) == (400, True, None)


@pytest.mark.parametrize("version", ["v2", "v3", "v4"])
def test_the_versions_agree_on_the_same_world(box, warehouse, version, tmp_path):
    sync(client(box, version), warehouse)
    sync(client(box, "v4"), str(tmp_path / "v4.duckdb"))
    # v2 has fewer statuses and often no sub-status, so only what all can say is compared.
    sql = "SELECT tracking_key, checkpoint_count, status = 'delivered' FROM trackings ORDER BY ALL"
    assert rows(warehouse, sql) == rows(str(tmp_path / "v4.duckdb"), sql)


@pytest.mark.parametrize("version", ["v2", "v4"])
def test_a_later_sync_brings_what_changed_and_equals_a_fresh_one(box, warehouse, version, tmp_path):
    sync(client(box, version), warehouse)
    for _ in range(3):
        box.clock.advance(hours=20)
        result = sync(client(box, version), warehouse)
        assert result["new"] > 0
        assert result["changed"] > 0
    assert result["received"] < 200
    sync(client(box, version), str(tmp_path / "fresh.duckdb"))
    content = (
        "SELECT t.tracking_key, t.status, t.substatus, t.updated_at_utc, c.checkpoint_key, c.event_at_utc"
        " FROM trackings t LEFT JOIN checkpoints c USING (tracking_key) ORDER BY ALL"
    )
    assert rows(warehouse, content) == rows(str(tmp_path / "fresh.duckdb"), content)


def test_a_sync_without_changes_asks_little_and_changes_nothing(box, warehouse):
    sync(client(box), warehouse)
    box.clock.advance(seconds=1)
    before = len(box.requests), rows(warehouse, "FROM trackings ORDER BY ALL")
    result = sync(client(box), warehouse)
    assert len(box.requests) - before[0] == result["requests"] <= 4
    assert rows(warehouse, "FROM trackings ORDER BY ALL") == before[1]


def test_a_tracking_that_was_never_refreshed_is_found_by_its_creation(box, warehouse):
    box.switches.no_update_time_before_refresh = True
    sync(client(box), warehouse)
    fresh = box.world.add(tracking_number="FRESH1")
    box.clock.advance(seconds=5)
    assert sync(client(box), warehouse)["new"] == 1
    assert rows(
        warehouse, f"SELECT updated_at_utc FROM trackings WHERE source_id = '{fresh.shipment.id}'"
    ) == [(None,)]


@pytest.mark.parametrize("cap", [7, 40])
@pytest.mark.parametrize("version", ["v3", "v4"])
def test_a_page_size_that_is_capped_silently_loses_nothing(box, warehouse, version, cap):
    box.switches.page_cap = cap
    assert sync(client(box, version), warehouse)["complete"]
    assert stored_ids(warehouse) == served_ids(box)


@pytest.mark.parametrize("lower", [True, False])
@pytest.mark.parametrize("upper", [True, False])
def test_whether_bounds_are_inclusive_does_not_matter(box, warehouse, lower, upper):
    box.switches.lower_bound_inclusive, box.switches.upper_bound_inclusive = lower, upper
    sync(client(box), warehouse)
    box.clock.advance(hours=9)
    sync(client(box), warehouse)
    assert stored_ids(warehouse) == served_ids(box)


@pytest.mark.parametrize("count", [0, 1, 3, 60])
def test_small_accounts_are_read_completely_though_no_page_size_is_known_yet(warehouse, count):
    with Sandbox(trackings=count, seed=3, now=NOW, frozen=True, rate_limit=False) as box:
        assert sync(client(box), warehouse)["complete"]
        assert stored_ids(warehouse) == served_ids(box)


def test_more_records_in_one_second_than_fit_a_page_are_read_until_two_passes_agree(box, warehouse):
    for number in range(130):
        box.world.add(tracking_number=f"BURST{number}")
    assert sync(client(box, page_size=50), warehouse)["complete"]
    assert stored_ids(warehouse) == served_ids(box)


def test_records_that_are_refreshed_added_and_deleted_between_requests_are_not_lost(box, warehouse, tmp_path):
    sync(client(box), warehouse)
    box.clock.advance(days=2)
    victims = iter([record.shipment.id for record in box.world.records()][::9])
    deleted: set[str] = set()

    def move(route: str, query: dict) -> None:
        box.clock.advance(seconds=1)
        box.world.touch(next(victims))
        box.world.add()
        gone = next(victims)
        box.world.delete(gone)
        deleted.add(gone)

    box.before_request = move
    at_the_end = {record.shipment.id for record in box.world.records()}
    result = sync(client(box, page_size=20), warehouse)
    box.before_request = None
    assert result["complete"]
    assert at_the_end - deleted <= set(stored_ids(warehouse))
    # What moved during the run is due in the next one.
    box.clock.advance(seconds=1)
    sync(client(box), warehouse)
    assert {record.shipment.id for record in box.world.records()} <= set(stored_ids(warehouse))
    fresh = str(tmp_path / "fresh.duckdb")
    sync(client(box), fresh)
    states = "SELECT source_id, updated_at_utc, status, checkpoint_count FROM trackings"
    assert set(rows(fresh, states)) <= set(rows(warehouse, states))
    assert rows(warehouse, "SELECT count(*) - count(DISTINCT tracking_key) FROM trackings") == [(0,)]


def test_a_window_that_never_holds_still_is_incomplete_and_does_not_move_the_watermark(box, warehouse):
    box.world.touch(box.world.records()[0].shipment.id)
    for number in range(30):
        box.world.add(tracking_number=f"BURST{number}")
    box.before_request = lambda route, query: box.world.add()
    result = sync(client(box, page_size=10), warehouse)
    assert result["complete"] is False
    with pytest.raises(IncompleteWindowError) as caught:
        require_complete(result)
    assert caught.value.transient
    box.before_request = None
    assert sync(client(box), warehouse)["updated_from"] is None
    assert stored_ids(warehouse) == served_ids(box)


def test_a_killed_run_goes_on_with_the_windows_it_has(box, warehouse, monkeypatch):
    box.faults.add("http_500", route="list", after=40, times=None)
    with pytest.raises(ServerError):
        sync(client(box, retries=0, page_size=20), warehouse, in_flight=1)
    box.faults.clear()
    before = len(list_requests(box))
    box.clock.advance(minutes=3)
    result = sync(client(box, page_size=20), warehouse)
    again = len(list_requests(box)) - before
    assert result["complete"]
    assert stored_ids(warehouse) == served_ids(box)
    assert 2 < again < result["windows"] - 10
    # What came since the run was begun is read as one more window.
    assert datetime.fromisoformat(result["updated_to"]) == NOW + timedelta(minutes=3)
    assert rows(warehouse, "SELECT count(*) FROM loads") == [(2,)]


def test_a_lost_warehouse_is_read_anew_though_an_increment_was_left_unfinished(box, warehouse):
    sync(client(box), warehouse)
    box.clock.advance(days=3)
    box.faults.add("http_500", route="list", after=2, times=None)
    with pytest.raises(ServerError):
        sync(client(box, retries=0), warehouse)
    box.faults.clear()
    Path(warehouse).unlink()
    assert sync(client(box), warehouse)["updated_from"] is None
    assert stored_ids(warehouse) == served_ids(box)


def test_a_window_given_by_hand_first_does_not_hide_what_is_older(box, warehouse):
    sync(client(box), warehouse, NOW - timedelta(days=20), NOW - timedelta(days=10))
    assert sync(client(box), warehouse)["updated_from"] is None
    assert stored_ids(warehouse) == served_ids(box)


@pytest.mark.parametrize("version", ["v3", "v4"])
def test_a_page_size_that_is_capped_lower_later_loses_nothing(warehouse, version):
    with Sandbox(trackings=1500, seed=7, now=NOW, frozen=True, rate_limit=False) as box:
        sync(client(box, version), warehouse)
        box.switches.page_cap = 40
        box.clock.advance(days=6)
        sync(client(box, version), warehouse)
        assert stored_ids(warehouse) == served_ids(box)


def test_a_run_killed_between_merge_and_its_mark_is_not_merged_twice(box, warehouse, monkeypatch):
    from airflow_provider_trackingmore.store.landing import Run

    def killed(self: Run) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Run, "mark_merged", killed)
        with pytest.raises(KeyboardInterrupt):
            sync(client(box), warehouse)
    before = rows(warehouse, "FROM trackings ORDER BY ALL")
    assert sync(client(box), warehouse)["new"] == 0
    assert rows(warehouse, "FROM trackings ORDER BY ALL") == before
    assert rows(warehouse, "SELECT sum(n_new), count(DISTINCT run_id) = count(*) FROM loads") == [(400, True)]


@pytest.mark.parametrize(
    "fault", ["http_500", "html_502", "html_503", "truncated", "short_body", "dropped", "http_429"]
)
def test_transient_faults_are_survived(box, warehouse, fault):
    box.faults.add(fault, times=2, route="list", after=3)
    assert sync(client(box), warehouse)["complete"]
    assert stored_ids(warehouse) == served_ids(box)


def test_a_rate_limit_that_does_not_end_is_transient_and_keeps_what_landed(box, warehouse):
    box.faults.add("http_429", times=None, route="list", after=12)
    with pytest.raises(RateLimitError):
        sync(client(box, retries=2), warehouse)
    assert list(Path(warehouse + ".landing").rglob("*.trackings.parquet"))
    assert rows(warehouse, "SELECT count(*) FROM loads") == [(0,)]


def test_a_wrong_key_is_final_and_leaves_an_empty_warehouse(box, warehouse):
    with TrackingMoreClient("wrong", base_url=box.url) as wrong, pytest.raises(AuthenticationError):
        sync(wrong, warehouse)
    assert rows(warehouse, "SELECT count(*) FROM loads") == [(0,)]


def test_the_window_ends_on_the_services_clock_not_on_this_machines(box, warehouse):
    assert sync(client(box), warehouse)["updated_to"] == NOW.isoformat()
    far = datetime(2100, 1, 1, tzinfo=UTC)
    box.clock.advance(hours=1)
    assert (
        sync(client(box), warehouse, updated_to=far)["updated_to"] == (NOW + timedelta(hours=1)).isoformat()
    )


def test_a_window_given_by_hand_is_read_and_nothing_else(box, warehouse):
    first, last = NOW - timedelta(days=20), NOW - timedelta(days=10)
    result = sync(client(box), warehouse, first, last)
    assert 0 < result["new"] < 400
    ((oldest, newest),) = rows(
        warehouse,
        "SELECT min(greatest(updated_at_utc, created_at_utc)), max(least(updated_at_utc, created_at_utc))"
        " FROM trackings",
    )
    slack = timedelta(seconds=2)
    assert first - slack <= oldest.replace(tzinfo=UTC)
    assert newest.replace(tzinfo=UTC) <= last + slack


def test_moments_may_have_any_zone(box, warehouse):
    zone = datetime.fromisoformat("2026-11-10T08:00:00+08:00")
    assert sync(client(box), warehouse, zone)["updated_from"] == "2026-11-09T23:45:00+00:00"


@pytest.mark.parametrize(
    ("window", "message"),
    [
        ({"updated_from": datetime(2026, 11, 1)}, "updated_from has no time zone"),
        ({"updated_to": datetime(2026, 11, 1)}, "updated_to has no time zone"),
        ({"updated_from": NOW + timedelta(days=1)}, "the window is empty"),
        ({"updated_from": NOW, "updated_to": NOW - timedelta(days=1)}, "the window is empty"),
    ],
)
def test_a_window_that_cannot_be_meant_is_refused(box, warehouse, window, message):
    with pytest.raises(ConfigurationError, match=message):
        sync(client(box), warehouse, **window)


def test_a_service_whose_clock_went_back_is_named_as_the_reason(box, warehouse):
    sync(client(box), warehouse)
    box.clock.set(NOW - timedelta(days=1))
    with pytest.raises(ConfigurationError, match="did its clock go back"):
        sync(client(box), warehouse)


def test_an_end_before_the_watermark_is_named_as_the_reason(box, warehouse):
    sync(client(box), warehouse)
    with pytest.raises(ConfigurationError, match="give updated_from to read an older window"):
        sync(client(box), warehouse, updated_to=NOW - timedelta(days=1))


def test_a_dry_run_plans_and_loads_nothing(box, warehouse, caplog):
    caplog.set_level(logging.INFO, "airflow_provider_trackingmore")
    result = sync(client(box), warehouse, dry_run=True)
    assert result["dry_run"]
    assert result["updated_to"] == NOW.isoformat()
    assert result["expected_trackings"] == pytest.approx(400, rel=0.25)
    assert result["expected_requests"] > 4
    assert len(box.requests) <= 6
    assert not Path(warehouse + ".landing").exists()
    assert "everything the service keeps, about" in caplog.text


def test_the_expected_requests_and_time_are_logged_before_the_first_window(box, warehouse, caplog):
    caplog.set_level(logging.INFO, "airflow_provider_trackingmore")
    sync(client(box, "v2", requests_per_second=500), warehouse)
    first = caplog.messages[0]
    assert "about 400 trackings: about" in first
    assert "requests" in first


def test_a_run_ends_with_a_line_a_person_understands_and_the_same_row(box, warehouse, caplog):
    caplog.set_level(logging.INFO, "airflow_provider_trackingmore")
    result = sync(client(box), warehouse)
    told = f"{result['requests']} requests, {result['received']} received, 400 trackings: 400 new, 0 changed"
    assert told in caplog.messages[-1]
    row = rows(warehouse, "SELECT n_requests, n_received, n_new, n_windows, is_complete FROM loads")
    assert row == [(result["requests"], result["received"], 400, result["windows"], True)]


def test_requests_are_few_for_what_a_page_holds(warehouse):
    with Sandbox(trackings=3000, seed=5, now=NOW, frozen=True, rate_limit=False) as box:
        result = sync(client(box), warehouse)
    # Thirty pages, and about eight requests that find out how many there are.
    assert result["requests"] <= 2 * 3000 / 100


def test_drifting_pages_are_slower_but_lose_nothing(box, warehouse):
    for switch in ("extra_keys", "odd_statuses", "numbers_as_text", "texts_as_numbers", "messy_texts"):
        setattr(box.switches, switch, True)
    box.switches.list_for_empty_object = box.switches.success_rejected = True
    result = sync(client(box), warehouse)
    assert stored_ids(warehouse) == served_ids(box)
    assert result["irregular_pages"] > 0
    assert rows(warehouse, "SELECT n_irregular_pages FROM loads") == [(result["irregular_pages"],)]
    assert rows(warehouse, "SELECT count(extra) > 0 FROM trackings") == [(True,)]


def test_personal_data_never_land_unless_asked_for(box, warehouse, tmp_path):
    sync(client(box), warehouse)
    content = b"".join(path.read_bytes() for path in Path(warehouse + ".landing").rglob("*.parquet"))
    assert b"@example" not in content
    assert "@example" not in str(rows(warehouse, "FROM trackings"))
    other = str(tmp_path / "personal.duckdb")
    sync(client(box), other, include_personal_data=True)
    assert "@example" in str(rows(other, "SELECT extra FROM trackings"))


def test_landing_files_of_merged_runs_are_removed_when_old(box, warehouse):
    sync(client(box), warehouse)
    box.clock.advance(hours=1)
    sync(client(box), warehouse, keep_landing=timedelta(0))
    assert list(Path(warehouse + ".landing").rglob("run.json")) == []


def test_a_warehouse_given_as_a_connection_needs_a_landing_root(box, warehouse):
    with pytest.raises(ConfigurationError, match="landing_root"):
        sync(client(box), lambda: duckdb.connect(warehouse))


def test_the_beginning_is_before_every_service():
    assert planning.BEGINNING.year < 2010
