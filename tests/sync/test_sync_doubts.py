"""A service that is not as it says, or not for long: totals, page sizes and clocks that are wrong."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from comparing import rows, served_ids, stored_ids

from airflow_provider_trackingmore.api import TrackingMoreClient
from airflow_provider_trackingmore.exceptions import ConfigurationError, ServerError
from airflow_provider_trackingmore.sandbox import Sandbox
from airflow_provider_trackingmore.sync import sync

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def box():
    with Sandbox(trackings=200, seed=7, now=NOW, frozen=True, rate_limit=False) as sandbox:
        yield sandbox


def client(box: Sandbox, version: str = "v4", **options) -> TrackingMoreClient:
    options = {"requests_per_second": 1000, "sleep": lambda seconds: None} | options
    return TrackingMoreClient("sandbox-key", version, box.url, **options)


def at_request(box: Sandbox, number: int, action) -> None:
    """Do something once, just before the list is asked for the ``number``-th time."""
    served = iter(range(1_000_000))

    def before(route: str, query: dict[str, str]) -> None:
        if route == "list" and next(served) == number:
            action()

    box.before_request = before


def totals(box: Sandbox, told) -> None:
    """Let each answer of a list tell ``told(total, items)`` instead of its total."""

    def edit(route: str, version: str, body: bytes) -> bytes:
        document = json.loads(body)
        data = document.get("data")
        if isinstance(data, dict) and data.get("items"):
            data["total"] = str(told(int(data["total"]), len(data["items"])))
        return json.dumps(document).encode()

    box.edit_answer = edit


@pytest.mark.parametrize("falls_at", range(10, 14))
def test_a_page_size_that_falls_in_a_run_that_dies_loses_nothing_when_it_is_gone_on_with(
    box, warehouse, falls_at
):
    box.switches.page_cap = 20
    at_request(box, falls_at, lambda: setattr(box.switches, "page_cap", 10))
    box.faults.add("http_500", route="list", after=falls_at + 1, times=None)
    with pytest.raises(ServerError):
        sync(client(box, retries=0), warehouse, in_flight=1)
    box.faults.clear()
    box.before_request = None
    assert sync(client(box), warehouse)["complete"]
    assert stored_ids(warehouse) == served_ids(box)


@pytest.mark.parametrize(("cap", "page_size"), [(7, 100), (None, 7)])
def test_pages_of_few_records_are_cut_like_any_others_where_records_leave_before_each_request(
    box, warehouse, cap, page_size
):
    sync(client(box), warehouse)
    for number, known in enumerate(box.world.records()):
        box.clock.advance(minutes=1)
        box.world.add(tracking_number=f"NEW{number}")
        box.world.touch(known.shipment.id)
    box.switches.page_cap = cap
    leaving = iter(box.world.records()[20:])

    def leave(route: str, query: dict[str, str]) -> None:
        if route == "list" and (record := next(leaving, None)):
            box.clock.advance(seconds=1)
            box.world.touch(record.shipment.id)

    box.before_request = leave
    assert sync(client(box, page_size=page_size), warehouse)["complete"]
    sync(client(box), warehouse)
    assert stored_ids(warehouse) == served_ids(box)


@pytest.mark.parametrize("version", ["v2", "v3", "v4"])
@pytest.mark.parametrize("grows_at", range(1, 6))
def test_pages_that_grow_in_the_middle_of_a_walk_pass_nothing_over(warehouse, version, grows_at):
    with Sandbox(trackings=0, seed=7, now=NOW, frozen=True, rate_limit=False) as box:
        for number in range(12):
            box.world.add(tracking_number=f"BURST{number}")
        box.clock.advance(minutes=1)
        box.switches.page_cap = 3
        at_request(box, grows_at, lambda: setattr(box.switches, "page_cap", 6))
        assert sync(client(box, version), warehouse, in_flight=1)["complete"]
        assert stored_ids(warehouse) == served_ids(box)


@pytest.mark.parametrize("version", ["v2", "v3", "v4"])
def test_two_walks_that_pass_the_same_records_over_for_different_reasons_are_not_believed(warehouse, version):
    with Sandbox(trackings=0, seed=7, now=NOW, frozen=True, rate_limit=False) as box:
        for number in range(17):
            box.world.add(tracking_number=f"BURST{number}")
        box.clock.advance(minutes=1)
        box.switches.page_cap = 2
        leaving = [record.shipment.id for record in box.world.records()][:4]
        walks = []

        def grow_then_leave(route: str, query: dict[str, str]) -> None:
            page = int(query.get("pages_amount") or query["page"])
            if len(query) > 2 and page == 1:
                walks.append(page)
            if (len(walks), page) == (1, 3):
                box.switches.page_cap = 4
            while (len(walks), page) == (2, 2) and leaving:
                box.world.delete(leaving.pop())

        box.before_request = grow_then_leave
        assert sync(client(box, version), warehouse, in_flight=1, most_requests=1000)["complete"]
        box.before_request = None
        assert not leaving
        assert set(served_ids(box)) <= set(stored_ids(warehouse))


def test_crowded_seconds_are_read_under_a_limit_that_is_too_small_for_all_that_stands_behind_them(warehouse):
    with Sandbox(trackings=0, seed=7, now=NOW, frozen=True, rate_limit=False) as box:
        for crowd in range(20):
            for number in range(30):
                box.world.add(tracking_number=f"CROWD{crowd}N{number}")
            box.clock.advance(hours=1)
        tries = 1
        while not sync(client(box, page_size=20), warehouse, most_requests=25)["complete"]:
            tries += 1
            assert tries <= 10
        assert stored_ids(warehouse) == served_ids(box)


def items_of(document: dict) -> list:
    """Return the records of an answer's list, to be changed in place."""
    data = document.get("data")
    return data.get("items") or [] if isinstance(data, dict) else data or []


@pytest.mark.parametrize("version", ["v2", "v4"])
@pytest.mark.parametrize(("cap", "crowd", "others"), [(7, 0, 50), (10, 0, 50), (40, 130, 150)])
def test_page_numbers_that_count_in_the_size_asked_for_although_pages_are_smaller_pass_nothing_over(
    warehouse, version, cap, crowd, others
):
    with Sandbox(trackings=0, seed=7, now=NOW, frozen=True, rate_limit=False) as box:
        for number in range(crowd):
            box.world.add(tracking_number=f"CROWD{number}")
        for number in range(others):
            box.clock.advance(minutes=5)
            box.world.add(tracking_number=f"OTHER{number}")
        box.clock.advance(minutes=5)

        def cut(route: str, version: str, body: bytes) -> bytes:
            document = json.loads(body)
            del items_of(document)[cap:]
            return json.dumps(document).encode()

        box.edit_answer = cut
        assert sync(client(box, version, page_size=100), warehouse)["complete"]
        assert stored_ids(warehouse) == served_ids(box)


@pytest.mark.parametrize("cap", [None, 10])
def test_totals_that_count_no_further_than_to_a_bound_end_no_walk(warehouse, cap):
    with Sandbox(trackings=0, seed=7, now=NOW, frozen=True, rate_limit=False) as box:
        sync(client(box), warehouse)
        for number in range(200):
            box.clock.advance(minutes=5)
            box.world.add(tracking_number=f"BEFORE{number}")
        for number in range(20):
            box.world.add(tracking_number=f"CROWD{number}")
        box.clock.advance(minutes=5)
        box.switches.page_cap = cap
        totals(box, lambda total, items: min(total, 40))
        assert sync(client(box, "v2", page_size=20), warehouse)["complete"]
        assert stored_ids(warehouse) == served_ids(box)


def test_a_total_that_is_the_count_of_its_page_proves_nothing(box, warehouse):
    box.switches.page_cap = 20
    totals(box, lambda total, items: items)
    assert sync(client(box, "v2"), warehouse)["complete"]
    assert stored_ids(warehouse) == served_ids(box)


@pytest.mark.parametrize("told", [lambda total, items: total + 1, lambda total, items: 200])
def test_totals_that_never_fit_are_given_up_on(box, warehouse, told, caplog):
    box.switches.page_cap = 20
    totals(box, told)
    result = sync(client(box, "v2"), warehouse)
    assert result["complete"]
    assert stored_ids(warehouse) == served_ids(box)
    assert result["requests"] < 150
    assert "totals fit no page" in caplog.text


def test_one_date_that_is_ahead_does_not_end_the_window_where_nothing_was_read(box, warehouse, caplog):
    sync(client(box), warehouse)
    box.clock.advance(days=1)
    box.switches.seconds_shown_late = 6 * 3600
    at_request(box, 1, lambda: setattr(box.switches, "seconds_shown_late", 0))
    result = sync(client(box), warehouse)
    assert datetime.fromisoformat(result["updated_to"]) == NOW + timedelta(days=1)
    assert rows(warehouse, "SELECT max(window_to_utc) FROM loads") == [(datetime(2026, 11, 22, 12),)]
    assert "later answers bear" in caplog.text


def test_a_watermark_that_a_wrong_clock_has_set_is_mended_by_reading_everything(box, warehouse):
    sync(client(box), warehouse)
    box.switches.seconds_shown_late = 73 * 365 * 86400
    sync(client(box), warehouse)
    box.switches.seconds_shown_late = 0
    box.clock.advance(days=1)
    with pytest.raises(ConfigurationError, match="Reading everything once more"):
        sync(client(box), warehouse)
    assert sync(client(box), warehouse, everything=True)["complete"]
    box.clock.advance(days=1)
    result = sync(client(box), warehouse)
    assert result["updated_from"] == (NOW + timedelta(days=1, minutes=-15)).isoformat()


def test_a_window_given_by_hand_begins_early_enough_for_what_is_shown_late(box, warehouse):
    sync(client(box), warehouse)
    box.clock.advance(hours=6)
    result = sync(client(box), warehouse, updated_from=NOW)
    assert result["updated_from"] == (NOW - timedelta(minutes=15)).isoformat()
    box.clock.advance(hours=6)
    # So it has moved the watermark.
    assert sync(client(box), warehouse)["updated_from"] == (NOW + timedelta(hours=5.75)).isoformat()


def test_a_pass_over_everything_up_to_a_moment_says_nothing_of_what_was_created_later(box, warehouse):
    sync(client(box), warehouse, NOW - timedelta(days=10))
    newer = rows(warehouse, "SELECT count(*) FROM trackings WHERE created_at_utc > '2026-11-16'")
    assert newer[0][0] > 5
    result = sync(client(box), warehouse, updated_to=NOW - timedelta(days=5))
    assert (result["updated_from"], result["complete"], result["gone"]) == (None, True, 0)


def test_a_pass_over_everything_that_was_left_days_ago_is_followed_by_a_new_one(box, warehouse):
    sync(client(box), warehouse)
    sync(client(box, page_size=20), warehouse, everything=True, most_requests=8)
    (about,) = (
        path
        for path in Path(f"{warehouse}.landing").rglob("run.json")
        if not path.with_name("merged.json").exists()
    )
    found = json.loads(about.read_text())
    found["started_at"] = (datetime.fromisoformat(found["started_at"]) - timedelta(days=2)).isoformat()
    about.write_text(json.dumps(found))
    box.clock.advance(days=2)
    box.world.delete(box.world.records()[50].shipment.id)
    result = sync(client(box, page_size=20), warehouse, everything=True)
    assert result["updated_to"] == (NOW + timedelta(days=2)).isoformat()
    assert rows(warehouse, "SELECT count(*) FROM trackings WHERE gone_at_utc IS NOT NULL") == [(1,)]


def test_few_requests_are_spent_on_reading_and_not_on_knowing_how_much_there_is(box, warehouse, caplog):
    caplog.set_level(logging.INFO, "airflow_provider_trackingmore")
    tries = 1
    while not sync(client(box, page_size=20), warehouse, most_requests=6)["complete"]:
        tries += 1
        assert tries < 30
    assert stored_ids(warehouse) == served_ids(box)


def test_a_run_under_a_limit_ends_although_pages_have_shrunk_since_the_last_one(warehouse):
    with Sandbox(trackings=600, seed=7, now=NOW, frozen=True, rate_limit=False) as box:
        sync(client(box), warehouse)
        box.clock.advance(days=1)
        box.switches.page_cap = 40
        tries = 1
        while not sync(client(box), warehouse, everything=True, most_requests=20)["complete"]:
            tries += 1
            assert tries < 5
        assert stored_ids(warehouse) == served_ids(box)


@pytest.mark.parametrize("shrinks_at", [4, 7, 10])
def test_a_run_that_is_gone_on_with_by_smaller_pages_loses_nothing(box, warehouse, shrinks_at):
    at_request(box, shrinks_at, lambda: box.switches.update({"page_cap": 10}))
    limit = shrinks_at + 2
    assert not sync(client(box, page_size=20), warehouse, in_flight=1, most_requests=limit)["complete"]
    assert sync(client(box, page_size=8), warehouse, in_flight=1)["complete"]
    assert stored_ids(warehouse) == served_ids(box)


def test_a_clock_that_was_ahead_when_a_run_began_is_remembered_by_who_goes_on_with_it(box, warehouse):
    sync(client(box), warehouse)
    box.clock.advance(hours=1)
    before = len(box.requests)

    def set_right(route: str, query: dict[str, str]) -> None:
        box.switches.seconds_shown_late = 6 * 3600 if len(box.requests) == before else 0

    box.before_request = set_right
    assert not sync(client(box), warehouse, in_flight=1, most_requests=3)["complete"]
    box.clock.advance(hours=5)
    box.world.add(tracking_number="BETWEEN")
    box.clock.advance(hours=3)
    assert sync(client(box), warehouse)["complete"]
    sync(client(box), warehouse)
    assert stored_ids(warehouse) == served_ids(box)


def test_a_limit_that_finishes_no_window_says_that_it_is_too_low(warehouse):
    with Sandbox(trackings=0, seed=7, now=NOW, frozen=True, rate_limit=False) as box:
        for number in range(60):
            box.world.add(tracking_number=f"BURST{number}")
        result = sync(client(box, page_size=10), warehouse, in_flight=1, most_requests=5)
    assert "5 were too few to finish one window, so allow more" in result["missing"]
