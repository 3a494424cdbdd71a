"""AfterShip's lists: pages and cursors, filters, windows of time, and the horizon of 120 days."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta

import pytest
from aftership_caller import BY_PAGE, HORIZON, VERSIONS, by_cursor, error_of, every_version
from sandbox_caller import NOW

STRICT = [version for version in VERSIONS if version >= "2025-01"]
LENIENT = [version for version in VERSIONS if version < "2025-01"]


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


@every_version
def test_a_walk_finds_every_tracking_once(ship, version):
    numbers = [(item["slug"], item["tracking_number"]) for item in ship.of(version).walk(limit=50)]
    assert len(numbers) == len(set(numbers)) == 240


@every_version
def test_pages_hold_100_unless_told_otherwise_and_200_at_most(ship, version):
    caller = ship.of(version)
    assert len(caller.items()) == 100
    assert len(caller.items(limit=200)) == 200
    for wrong in ("0", "201", "-1", "many", "1.5"):
        assert error_of(caller("GET", "/trackings", limit=wrong)) == (400, 4008)


@pytest.mark.parametrize("version", BY_PAGE)
def test_pages_tell_what_was_asked_for(ship, version):
    page = ship.of(version).page(
        page=2, limit=7, slug="usps,dhl", keyword="", origin="USA", return_to_sender="false"
    )
    assert (page["page"], page["limit"], page["slug"], page["origin"]) == (2, 7, "usps,dhl", ["USA"])
    assert (page["created_at_min"], page["return_to_sender"]) == (HORIZON, [False])
    assert page["count"] > 7
    assert error_of(ship.of(version)("GET", "/trackings", page=1601, limit=100)) == (400, 4008)


@by_cursor
def test_cursors_are_a_time_and_an_id_and_the_last_page_says_so(box, ship, version):
    caller = ship.of(version)
    first = caller.page(limit=200)
    milliseconds, identity = json.loads(base64.b64decode(first["pagination"]["next_cursor"]))
    assert (first["pagination"]["total"], first["pagination"]["has_next_page"]) == (240, True)
    last = first["trackings"][-1]
    assert (milliseconds, identity) == (instant(last["created_at"]).timestamp() * 1000, last["id"])
    for word, shown in (("empty", {"next_cursor": ""}), ("null", {"next_cursor": None}), ("absent", {})):
        box.switches.last_cursor = word
        page = caller.page(limit=200, cursor=first["pagination"]["next_cursor"])["pagination"]
        assert page == {"total": 240, "has_next_page": False, **shown}
    assert error_of(caller("GET", "/trackings", cursor="nonsense")) == (400, 4008)


@pytest.mark.parametrize("order", ["created", "oldest", "updated", "id", "loose"])
def test_cursors_lead_through_every_order(box, ship, order):
    box.switches.list_order = order
    items = ship.walk(limit=17)
    assert len({item["id"] for item in items}) == len(items) == 240
    times = [instant(item["updated_at" if order == "updated" else "created_at"]) for item in items]
    if order != "id":
        assert times == sorted(times, reverse=order != "oldest")


def test_a_cursor_holds_when_its_record_is_gone(box, ship):
    first = ship.page(limit=40)
    rest = ship.page(limit=200, cursor=first["pagination"]["next_cursor"])["trackings"]
    assert ship("DELETE", f"/trackings/{first['trackings'][-1]['id']}").ok
    again = ship.page(limit=200, cursor=first["pagination"]["next_cursor"])["trackings"]
    assert [item["id"] for item in again] == [item["id"] for item in rest]


def test_a_page_may_be_capped_overlap_or_lead_back_to_itself(box, ship):
    box.switches.page_cap = 30
    assert len(ship.items(limit=200)) == 30
    box.switches.repeated_ids = True
    first = ship.page()
    assert ship.items(cursor=first["pagination"]["next_cursor"])[0] == first["trackings"][-1]
    box.switches.repeated_ids, box.switches.stuck_cursor = False, True
    cursor = first["pagination"]["next_cursor"]
    assert ship.page(cursor=cursor)["pagination"]["next_cursor"] == cursor


def test_the_world_may_move_between_two_pages(box, ship):
    box.switches.changing_between_pages = True
    items = ship.walk(limit=50)
    assert len(items) == 240
    assert len(box.world.records()) > 240


@every_version
def test_every_filter_lets_through_what_it_names_and_nothing_else(ship, version):
    caller = ship.of(version)
    everything = caller.walk(limit=200)
    country = "country_iso3" if version <= "2024-10" else "country_region"
    numbers = {item["tracking_number"] for item in everything[:3]}
    keyword = everything[0]["tracking_number"][3:-2].lower()
    order = next(item["order_id"] for item in everything if item["order_id"])
    cases = {
        "tracking_numbers": (",".join(numbers), lambda item: item["tracking_number"] in numbers),
        "slug": ("usps,dhl", lambda item: item["slug"] in ("usps", "dhl")),
        "tag": ("InTransit", lambda item: item["tag"] == "InTransit"),
        "transit_time": ("3", lambda item: item["transit_time"] == 3),
        "origin": ("CHN,DEU", lambda item: item[f"origin_{country}"] in ("CHN", "DEU")),
        "destination": ("USA", lambda item: item[f"destination_{country}"] == "USA"),
        f"courier_destination_{country}": (
            "FRA,GBR",
            lambda item: item[f"courier_destination_{country}"] in ("FRA", "GBR"),
        ),
        "return_to_sender": ("true", lambda item: item["return_to_sender"]),
        "order_id": (order, lambda item: item["order_id"] == order),
        "keyword": (keyword, lambda item: keyword in item["tracking_number"].lower()),
        "updated_at_min": (
            "2026-11-15T00:00:00+00:00",
            lambda item: instant(item["updated_at"]) >= instant("2026-11-15T00:00:00+00:00"),
        ),
        "updated_at_max": (
            "2026-10-15T02:00:00+02:00",
            lambda item: instant(item["updated_at"]) <= instant("2026-10-15T00:00:00+00:00"),
        ),
        "created_at_max": (
            "2026-10-01T00:00:00+00:00",
            lambda item: instant(item["created_at"]) <= instant("2026-10-01T00:00:00+00:00"),
        ),
    }
    for name, (value, fits) in cases.items():
        wanted = [item for item in everything if fits(item)]
        assert 0 < len(wanted) < 240, name
        assert caller.walk(limit=200, **{name: value}) == wanted, name
    assert len(caller.walk(limit=200, return_to_sender="true,false")) == 240


def test_the_old_name_of_the_carriers_country_filters_nothing_out_any_more(ship):
    assert len(ship.walk(limit=200, courier_destination_country_iso3="FRA")) == 240
    assert len(ship.of("2024-10").walk(limit=200, courier_destination_country_region="FRA")) == 240


def test_keywords_search_people_and_own_fields_too(ship):
    ship.create(tracking_number="HAND0001", slug="usps", custom_fields={"shop": "North-7"})
    ship.create(
        tracking_number="HAND0002",
        slug="usps",
        customers=[{"name": "Ida Sample", "email": "ida@example.com"}],
    )
    for word, number in (("north-7", "HAND0001"), ("ida s", "HAND0002"), ("IDA@", "HAND0002")):
        assert [item["tracking_number"] for item in ship.items(keyword=word)] == [number]


def test_a_tag_of_nobodys_matches_nothing_or_everything(box, ship):
    ship.create(tracking_number="HAND0001", slug="usps", shipment_tags=["fragile", "gift"])
    assert len(ship.items(shipment_tags="gift,other")) == 1
    assert ship.items(shipment_tags="other") == []
    box.switches.unknown_tags_match_all = True
    assert len(ship.items(shipment_tags="other", limit=200)) == 200


@every_version
def test_values_a_filter_does_not_take_are_refused_by_name(ship, version):
    for name, value in (
        ("tag", "Lost"),
        ("tag", "intransit"),
        ("tag", "InTransit,Pending"),
        ("transit_time", "soon"),
        ("return_to_sender", "maybe"),
        ("fields", "everything"),
        ("tracking_numbers", ",".join(f"HAND{n:04d}" for n in range(51))),
    ):
        answer = ship.of(version)("GET", "/trackings", **{name: value})
        assert error_of(answer) == (400, 4008), value
        assert f"`{name}`" in answer.json()["meta"]["message"]


def test_some_fields_can_be_asked_for_alone(ship):
    item = ship.items(fields="title,tag", limit=1)[0]
    assert set(item) == {"id", "tracking_number", "slug", "title", "tag"}


@pytest.mark.parametrize("version", STRICT)
def test_from_2025_on_a_time_in_another_form_is_refused(ship, version):
    for text in (
        "2026-11-15T00:00:00Z",
        "2026-11-15T00:00:00.5+00:00",
        "2026-11-15T00:00:00-05:00",
        "2026-11-15T00:00:00 00:00",
        "2026-11-15",
        "2026-99-15T00:00:00+00:00",
        "yesterday",
    ):
        for name in ("created_at_min", "created_at_max", "updated_at_min", "updated_at_max"):
            assert error_of(ship.of(version)("GET", "/trackings", **{name: text})) == (400, 4008), text


@pytest.mark.parametrize("version", LENIENT)
def test_before_2025_a_time_nobody_can_read_is_taken_for_none(ship, version):
    caller = ship.of(version)
    silent = caller.data("GET", "/trackings", limit=200)
    assert caller.data("GET", "/trackings", limit=200, created_at_min="yesterday") == silent
    assert len(caller.walk(limit=200, updated_at_min="2026-11-15T00:00:00 00:00")) == 240


@every_version
def test_lists_reach_back_as_far_as_the_version_says(box, ship, version):
    caller, days = ship.of(version), 30 if version <= "2024-10" else 120

    def oldest() -> int:
        box.switches.list_order = "oldest"
        created = instant(caller.data("GET", "/trackings", limit=1)["trackings"][0]["created_at"])
        return (NOW - created).days

    assert days - 2 <= oldest() < days
    box.switches.default_days = 10
    assert 8 <= oldest() < 10


def test_a_late_update_alone_does_not_bring_an_old_tracking_back(box, ship):
    old = next(r for r in box.world.records() if box.clock.epoch() - r.shipment.created_at > 60 * 86_400)
    box.world.touch(old.shipment.id)
    query = {"updated_at_min": "2026-11-21T12:00:00+00:00", "tracking_numbers": old.shipment.tracking_number}
    assert ship.of("2024-10").data("GET", "/trackings", **query)["trackings"] == []
    assert len(ship.of("2024-10").items(**query)) == 1


@every_version
def test_nothing_is_kept_for_longer_than_120_days(box, ship, version):
    caller = ship.of(version)
    box.switches.list_order = "oldest"
    doomed = caller.items(limit=1)[0]
    gone_at = instant(doomed["created_at"]) + timedelta(days=120, seconds=1)
    box.clock.set(gone_at)
    early = {"created_at_min": "2026-01-01T00:00:00+00:00", "limit": 1}
    assert instant(
        caller.data("GET", "/trackings", **early)["trackings"][0]["created_at"]
    ) >= gone_at - timedelta(days=120)
    assert error_of(caller("GET", f"/trackings/{doomed['id']}")) == (404, 4004)
    anew = caller.create(tracking_number=doomed["tracking_number"], slug=doomed["slug"])
    assert anew["id"] != doomed["id"], "a number that was forgotten may come again, under another id"
