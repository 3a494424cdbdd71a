"""Lists: pages, ends, order, filters and windows of each version."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
from sandbox_caller import LISTS, NOW, UPDATED, VERSIONS, code_of, items_of

ENDS = {"v2": 4031, "v3": 204, "v4": 200}
CAPS = {"v2": 2000, "v3": 2000, "v4": 200}
STATUS = {
    "v2": ("status", "status"),
    "v3": ("delivery_status", "delivery_status"),
    "v4": ("delivery_status",) * 2,
}
STEMS = {
    "v2": {"created": "created_at", "updated": "update_time", "ordered": "order_created_time"},
    "v3": {"created": "created_date", "updated": "updated_date", "ordered": "shipping_date"},
    "v4": {"created": "created_date", "updated": "updated_date"},
}
BAD_DATE = {"v2": 4012, "v3": 412, "v4": 4130}
every_version = pytest.mark.parametrize("version", VERSIONS)


def bound(version: str, moment: datetime) -> str:
    return moment.isoformat() if version == "v4" else str(int(moment.timestamp()))


def moment_of(text: str) -> datetime:
    return datetime.fromisoformat(text)


@every_version
def test_a_walk_to_the_empty_page_finds_every_tracking_once(call, version):
    ids = [item["id"] for item in call.walk(version, size=50)]
    assert len(ids) == len(set(ids)) == 240


@every_version
def test_pages_hold_100_unless_told_otherwise(call, version):
    assert len(call.items(version)) == 100
    assert len(call.items(version, size=7)) == 7


@every_version
def test_a_page_below_one_is_the_first_page(call, version):
    first = call.items(version, 1, 5)
    assert call.items(version, 0, 5) == call.items(version, -3, 5) == first


@pytest.mark.parametrize(("version", "cap"), CAPS.items())
def test_sizes_above_the_cap_are_capped_without_a_word(box, call, version, cap):
    if cap == 200:
        assert len(call.items(version, size=5000)) == 200
    else:
        answer = call.page(version, size=5000).json()
        assert len(items_of(answer)) == 240
        if version == "v2":
            assert answer["data"]["limit"] == cap


@every_version
def test_the_page_cap_switch_caps_lower_without_a_word(box, call, version):
    box.switches.page_cap = 30
    assert len(call.items(version, size=100)) == 30
    assert len(call.walk(version, size=100)) == 240


@pytest.mark.parametrize(("version", "code"), ENDS.items())
def test_past_the_end_there_is_an_empty_list_under_the_versions_code(call, version, code):
    answer = call.page(version, 99)
    assert (answer.status_code, code_of(answer), answer.json()["data"]) == (200, code, [])


def test_only_v2_tells_a_total_and_it_is_text(box, call):
    data = call.page("v2", 3, 100).json()["data"]
    assert (data["page"], data["limit"], data["total"], data["count"]) == (3, 100, "240", 40)
    box.switches.total_as_text = False
    assert call.page("v2").json()["data"]["total"] == 240


@every_version
def test_lists_run_from_the_newest_created_and_break_ties_by_id(call, version):
    keys = [(-moment_of(item["created_at"]).timestamp(), item["id"]) for item in call.walk(version)]
    assert keys == sorted(keys)
    assert len({created for created, _ in keys}) < len(keys), "the world has ties"


@every_version
def test_a_status_filter_lets_only_that_status_through(call, version):
    parameter, key = STATUS[version]
    found = call.walk(version, **{parameter: "delivered"})
    assert {item[key] for item in found} == {"delivered"}
    assert len(found) == sum(item[key] == "delivered" for item in call.walk(version))


@pytest.mark.parametrize(("version", "code"), [("v2", 4033), ("v3", 412), ("v4", 4130)])
def test_a_status_that_does_not_exist_is_refused(call, version, code):
    assert code_of(call.page(version, **{STATUS[version][0]: "flying"})) == code


def test_inforeceived_is_a_status_in_v3_and_v4_only(call):
    assert code_of(call.page("v2", status="inforeceived")) == 4033
    assert {item["delivery_status"] for item in call.items("v4", delivery_status="inforeceived")} <= {
        "inforeceived"
    }


@pytest.mark.parametrize("version", ["v3", "v4"])
def test_a_courier_filter_lets_only_that_courier_through(call, version):
    found = call.walk(version, courier_code="dhl")
    assert found
    assert {item["courier_code"] for item in found} == {"dhl"}


@every_version
def test_a_number_filter_finds_those_numbers(call, version):
    wanted = {item["tracking_number"] for item in call.items(version, size=3)}
    parameter = "numbers" if version == "v2" else "tracking_numbers"
    found = call.items(version, **{parameter: ", ".join(wanted)})
    assert {item["tracking_number"] for item in found} == wanted


@pytest.mark.parametrize(("version", "code"), [("v2", 4020), ("v3", 413), ("v4", 4103)])
def test_more_than_40_numbers_are_refused(call, version, code):
    parameter = "numbers" if version == "v2" else "tracking_numbers"
    assert code_of(call.page(version, **{parameter: ",".join(map(str, range(41)))})) == code


def test_order_numbers_filter_on_v2_and_v3(call):
    order = next(item["order_id"] for item in call.items("v2") if item["order_id"])
    assert [item["order_id"] for item in call.items("v2", orders=order)] == [order]
    assert [item["order_number"] for item in call.items("v3", order_numbers=order)] == [order]


@every_version
def test_the_archived_filter_takes_either_half_and_ignores_other_words(call, version):
    parameter = "archived" if version == "v2" else "archived_status"
    archived = call.walk(version, **{parameter: "true"})
    live = call.walk(version, **{parameter: "false"})
    assert {item["archived"] for item in archived} == {"archived" if version == "v4" else True}
    assert len(archived) + len(live) == len(call.walk(version, **{parameter: "whatever"})) == 240


@every_version
@pytest.mark.parametrize("about", ["created", "updated"])
def test_window_bounds_are_inclusive_unless_switched(box, call, version, about):
    key = "created_at" if about == "created" else UPDATED[version]
    times = sorted({moment_of(item[key]) for item in call.walk(version) if item[key]})
    low, high = times[10], times[20]
    stem = STEMS[version][about]
    window = {f"{stem}_min": bound(version, low), f"{stem}_max": bound(version, high)}

    def seen() -> set[datetime]:
        return {moment_of(item[key]) for item in call.walk(version, **window)}

    assert seen() == set(times[10:21])
    box.switches.lower_bound_inclusive = False
    assert seen() == set(times[11:21])
    box.switches.upper_bound_inclusive = False
    assert seen() == set(times[11:20])


@pytest.mark.parametrize("version", ["v2", "v3"])
def test_the_order_time_window_needs_an_order_time(call, version):
    stem = STEMS[version]["ordered"]
    found = call.walk(version, **{f"{stem}_min": "0"})
    key = "order_create_time" if version == "v2" else "shipping_date"
    assert found
    assert all(item[key] for item in found)


@every_version
@pytest.mark.parametrize("value", ["yesterday", "2026-11-21"])
def test_badly_formed_dates_are_refused(call, version, value):
    stem = STEMS[version]["created"]
    assert code_of(call.page(version, **{f"{stem}_min": value})) == BAD_DATE[version]


def test_v4_dates_need_an_offset_and_forgive_a_plus_that_became_a_space(box, call):
    low = NOW - timedelta(days=30)
    encoded = call.walk("v4", created_date_min=low.isoformat())
    forgiven = call.walk("v4", created_date_min=low.isoformat().replace("+", " "))
    zulu = call.walk("v4", created_date_min=low.strftime("%Y-%m-%dT%H:%M:%SZ"))
    assert encoded == forgiven == zulu != []
    assert code_of(call.page("v4", created_date_min=low.replace(tzinfo=None).isoformat())) == 4130
    box.switches.accept_zulu = False
    assert code_of(call.page("v4", created_date_min="2026-11-01T00:00:00Z")) == 4130


@pytest.mark.parametrize("version", ["v2", "v3"])
def test_v2_and_v3_lists_can_be_asked_by_post(call, version):
    page, size = ("page", "limit") if version == "v2" else ("pages_amount", "items_amount")
    posted = items_of(call("POST", LISTS[version], body={page: 2, size: 5}).json())
    assert posted == call.items(version, 2, 5)


def test_filters_and_pages_work_together(call):
    parameter = {"delivery_status": "delivered", "courier_code": "usps"}
    assert call.walk("v4", size=3, **parameter) == call.walk("v4", size=200, **parameter) != []


@every_version
def test_an_update_window_moves_with_the_clock(box, call, version):
    stem = STEMS[version]["updated"]
    before = box.clock.now()
    box.clock.advance(hours=6)
    window = {
        f"{stem}_min": bound(version, before + timedelta(seconds=1)),
        f"{stem}_max": bound(version, box.clock.now()),
    }
    found = call.walk(version, **window)
    assert found
    assert all(before < moment_of(item[UPDATED[version]]) <= box.clock.now() for item in found)


def test_records_not_asked_about_yet_have_no_update_time(box, call):
    record = box.world.add("NEW0001", "usps")
    by_version = {version: call.items(version, size=1)[0] for version in VERSIONS}
    assert by_version["v2"]["status"] == by_version["v4"]["delivery_status"] == "pending"
    assert by_version["v2"]["updated_at"] is None
    one_second_on = datetime.fromtimestamp(record.shipment.created_at + 1, UTC).isoformat()
    assert by_version["v3"]["update_date"] == by_version["v4"]["update_at"] == one_second_on
    window = {"updated_date_min": one_second_on, "updated_date_max": one_second_on}
    assert "NEW0001" in {item["tracking_number"] for item in call.items("v4", **window)}
    assert "NEW0001" not in {item["tracking_number"] for item in call.items("v2", update_time_min="0")}
    box.switches.no_update_time_before_refresh = True
    assert call.items("v4", size=1)[0]["update_at"] is None
    assert call.items("v3", size=1)[0]["update_date"] is None


@every_version
def test_lists_come_in_the_order_that_is_switched_on(box, call, version):
    def told(key: str) -> list[datetime]:
        return [moment_of(item[key]) for item in call.walk(version) if item[key]]

    newest_first = [item["id"] for item in call.walk(version)]
    box.switches.list_order = "oldest"
    assert [item["id"] for item in call.walk(version)] == newest_first[::-1]
    box.switches.list_order = "updated"
    assert told(UPDATED[version]) == sorted(told(UPDATED[version]), reverse=True)
    box.switches.list_order = "id"
    assert [item["id"] for item in call.walk(version)] == sorted(newest_first)


def test_a_loose_order_shuffles_equal_seconds_anew_with_every_answer(box, call):
    for _ in range(8):
        box.world.add()
    box.switches.list_order = "loose"
    answers = [[item["id"] for item in call.items("v4", size=20)] for _ in range(5)]
    assert len({tuple(ids[:8]) for ids in answers}) > 1
    assert len({frozenset(ids[:8]) for ids in answers}) == 1
    times = [item["created_at"] for item in call.walk("v4")]
    assert times == sorted(times, reverse=True)


@every_version
def test_hidden_fractions_make_times_later_than_shown_and_stay_the_same(box, call, version):
    created = NOW - timedelta(minutes=1)
    box.clock.set(created)
    ids = {box.world.add().shipment.id for _ in range(40)}
    box.clock.set(NOW)
    low, high = f"{STEMS[version]['created']}_min", f"{STEMS[version]['created']}_max"
    a_second_on = bound(version, created + timedelta(seconds=1))
    second = {low: bound(version, created), high: bound(version, created)}

    def found(**window: str) -> set[str]:
        return {item["id"] for item in call.walk(version, **window)}

    assert found(**second) == ids
    box.switches.hidden_fractions = True
    assert set() < found(**second) < ids
    assert found(**second) == found(**second)
    assert found(**second | {high: a_second_on}) == ids
    assert found(**{low: a_second_on}).isdisjoint(ids)


@pytest.mark.parametrize("version", ["v3", "v4"])
def test_a_change_within_the_second_of_creation_does_not_take_the_update_time_back(box, call, version):
    record = box.world.add()
    before = call.items(version, size=1)[0][UPDATED[version]]
    box.world.touch(record.shipment.id)
    assert call.items(version, size=1)[0][UPDATED[version]] == before
    assert call.items(
        version, size=1, **{f"{STEMS[version]['updated']}_min": bound(version, moment_of(before))}
    )


def test_changes_show_later_than_their_time_says(box, call):
    box.switches.seconds_shown_late = 90
    record = box.world.add()
    answer = call.page("v4", size=1)
    shown_at = parsedate_to_datetime(answer.headers["Date"])
    assert items_of(answer.json())[0]["id"] == record.shipment.id
    assert shown_at - moment_of(items_of(answer.json())[0]["created_at"]) == timedelta(seconds=90)
