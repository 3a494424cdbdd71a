"""AfterShip's shapes: every answer has the keys of the SDKs' models and of the reference's examples."""

from __future__ import annotations

import re
from datetime import date, datetime
from itertools import pairwise
from typing import Any

import pytest
from aftership_caller import BY_PAGE, NEWEST, VERSIONS, every_version
from sandbox_caller import rows_of
from test_sandbox_shapes import assert_shape

from airflow_provider_trackingmore.sandbox import scans
from airflow_provider_trackingmore.sandbox.aftership.tags import TAGS, word_for
from airflow_provider_trackingmore.sandbox.scans import Kind

LOCAL = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"
UTC_TIME = re.compile(rf"{LOCAL}\+00:00")
MIXED_TIME = re.compile(rf"\d{{4}}-\d\d-\d\d|{LOCAL}([+-]\d\d:\d\d)?")
LISTS = ("2024-04", "2024-07", "2024-10", "2026-07")


@pytest.fixture
def whole(box):
    """Let records keep the keys they have nothing to say under."""
    box.switches.absent_optional_keys = False


@every_version
def test_trackings_have_the_keys_of_the_sdks_model(whole, ship, aftership, version):
    model = aftership["models"][version]
    for item in ship.of(version).items(limit=200):
        assert set(item) == set(model["tracking"])
        assert all(set(point) == set(model["checkpoint"]) for point in item["checkpoints"])


@every_version
def test_couriers_have_the_keys_and_fields_of_the_sdks_models(ship, aftership, version):
    model, caller = aftership["models"][version], ship.of(version)
    path = "/couriers/all" if version <= "2025-01" else "/couriers"
    data = caller.data("GET", path)
    assert data["total"] == len(data["couriers"])
    for courier in data["couriers"]:
        assert set(courier) == set(model["courier"])
        assert {*courier["required_fields"], *courier["optional_fields"]} <= set(model["additional_fields"])
    needy = next(row for row in data["couriers"] if row["slug"] == "postcode-courier")
    assert needy["required_fields"]
    assert needy["optional_fields"]


@pytest.mark.parametrize("version", LISTS)
def test_lists_have_the_shapes_of_the_examples(whole, ship, aftership, version):
    document = ship.of(version)("GET", "/trackings", limit=200).json()
    shapes = aftership["shapes"][f"list_page1_{version}"]
    assert_shape(document, {path: shape for path, shape in shapes.items() if "reason" not in path})


def test_empty_lists_have_the_shape_of_the_example(ship, aftership):
    document = ship("GET", "/trackings", keyword="nobody").json()
    assert_shape(document, aftership["shapes"]["list_empty_2026-07"])
    assert document["data"]["trackings"] == []


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_read_alone_is_what_the_list_shows(ship, version):
    caller = ship.of(version)
    for item in caller.items(limit=5):
        assert caller.single("GET", f"/trackings/{item['id']}") == item
        if version in BY_PAGE:
            path = f"/trackings/{item['slug']}/{item['tracking_number']}"
            assert caller.single("GET", path) == item


def test_writing_and_reading_routes_have_the_shapes_of_the_examples(whole, box, ship, aftership):
    created = ship("POST", "/trackings", body={"tracking_number": "HAND0001", "slug": "usps"}).json()
    active, asleep = (
        next(item for item in ship.items(limit=200) if item["active"] is wanted) for wanted in (True, False)
    )
    lost = {"reason": "LOST"}
    item = {
        "slug": "usps",
        "origin_address": {"country_region": "USA", "state": "OH"},
        "destination_address": {"country_region": "USA", "postal_code": "97001"},
        "pickup_time": "2026-11-23 15:00:00",
    }
    connection = {"courier_slug": "amazon", "credentials": {"client_id": "a", "client_secret": "b"}}
    ship.data("POST", "/courier-connections", body=connection)
    number = {"tracking_number": "9200000000000000000042"}
    answers = {
        "create_201_2026-07": created,
        "get_2026-07": ship("GET", f"/trackings/{active['id']}").json(),
        "mark_completed_2026-07": ship(
            "POST", f"/trackings/{active['id']}/mark-as-completed", body=lost
        ).json(),
        "retrack_2026-07": ship("POST", f"/trackings/{asleep['id']}/retrack").json(),
        "get_2024-04": ship.of("2024-04")("GET", f"/trackings/{active['legacy_id']}").json(),
        "couriers_2026-07": ship("GET", "/couriers").json(),
        "couriers_all_2024-10": ship.of("2024-10")("GET", "/couriers/all").json(),
        "courier_connections_2026-07": ship("GET", "/courier-connections").json(),
        "detect_2026-07": ship("POST", "/couriers/detect", body=number).json(),
        "detect_none_2026-07": ship("POST", "/couriers/detect", body={"tracking_number": "?"}).json(),
        "edd_predict_2026-07": ship("POST", "/estimated-delivery-date/predict", body=item).json(),
        "edd_predict_batch_2026-07": ship(
            "POST", "/estimated-delivery-date/predict-batch", body={"estimated_delivery_dates": [item]}
        ).json(),
    }
    for name, document in answers.items():
        shapes = aftership["shapes"][name]
        assert_shape(document, {path: shape for path, shape in shapes.items() if ".credentials" not in path})
    assert answers["create_201_2026-07"]["meta"] == {"code": 201}


@every_version
def test_times_of_the_service_are_utc_and_times_of_places_take_any_form(box, ship, version):
    forms = set()
    for item in ship.of(version).items(limit=200):
        service_times = [item["created_at"], item["updated_at"]]
        place_times = [item[f"shipment_{end}_date"] for end in ("pickup", "delivery")]
        for point in item["checkpoints"]:
            service_times.append(point["created_at"])
            place_times.append(point["checkpoint_time"])
        assert all(UTC_TIME.fullmatch(text) for text in service_times)
        found = [MIXED_TIME.fullmatch(text) for text in (*place_times, item["first_attempted_at"]) if text]
        assert all(found)
        forms |= {(len(match[0]) > 10, match[1] is not None) for match in found}
    assert forms == {(False, False), (True, False), (True, True)}


def test_without_the_irregularity_every_carrier_keeps_to_one_form(box, ship):
    box.switches.mixed_times = False
    forms: dict[str, set[bool]] = {}
    for item in ship.items(limit=200):
        for point in item["checkpoints"]:
            if point["country_region"]:
                forms.setdefault(point["slug"], set()).add(point["checkpoint_time"][-6] in "+-")
    assert {len(form) for form in forms.values()} == {1}
    assert set.union(*forms.values()) == {True, False}


def test_an_offset_is_the_places_own(box, ship):
    zones = {"usps": None}
    for item in ship.items(limit=200):
        for point in item["checkpoints"]:
            moment = datetime.fromisoformat(point["checkpoint_time"])
            if moment.tzinfo and point["country_region"] == "CHN":
                zones["CHN"] = moment.utcoffset().total_seconds()
            if moment.tzinfo and point["country_region"] == "DEU" and moment.date() > date(2026, 10, 26):
                zones["DEU"] = moment.utcoffset().total_seconds()
    assert zones["DEU"] == 3600


def test_checkpoints_of_one_poll_share_their_time_and_may_be_out_of_order(box, ship):
    items = ship.items(limit=200)
    polls = [[point["created_at"] for point in item["checkpoints"]] for item in items]
    assert all(poll == sorted(poll) for poll in polls)
    assert any(len(set(poll)) < len(poll) for poll in polls)

    def is_back(one: dict[str, Any], two: dict[str, Any]) -> bool:
        times = [point["checkpoint_time"][:19] for point in (one, two)]
        return one["created_at"] == two["created_at"] and times[0] > times[1]

    def out_of_order() -> int:
        rows = [item["checkpoints"] for item in ship.items(limit=200)]
        return sum(is_back(one, two) for points in rows for one, two in pairwise(points))

    disordered = out_of_order()
    box.switches.disordered_rows = False
    assert out_of_order() < disordered


def test_every_checkpoint_has_a_hash_of_its_own_that_stays(box, ship):
    items = ship.walk(limit=200)
    hashes = [point["hash"] for item in items for point in item["checkpoints"]]
    assert len(set(hashes)) == len(hashes)
    assert all(re.fullmatch(r"[0-9a-f]{40}", text) for text in hashes)
    box.clock.advance(days=2)
    later = {point["hash"] for item in ship.walk(limit=200) for point in item["checkpoints"]}
    gone = set(hashes) - later
    horizon = {
        point["hash"]
        for item in items
        if item["created_at"] < "2026-07-26T12"
        for point in item["checkpoints"]
    }
    assert gone <= horizon


def test_two_carriers_tell_of_two_legs(ship):
    handed = [item for item in ship.items(limit=200) if item["last_mile"]]
    assert handed
    for item in handed:
        slugs = [point["slug"] for point in item["checkpoints"]]
        assert {item["first_mile"]["slug"], item["last_mile"]["slug"]} == {item["slug"], *slugs} == set(slugs)
        events = [event["code"] for point in item["checkpoints"] for event in point["events"]]
        assert events.count("handed_over_to_last_mile_carrier") == 1
    old = ship.of("2024-10").single("GET", f"/trackings/{handed[0]['legacy_id']}")["next_couriers"][0]
    assert (old["slug"], old["source"]) == (handed[0]["last_mile"]["slug"], "system")


def test_every_kind_of_scan_has_a_word_and_every_word_a_known_tag():
    kinds = [kind for kind in vars(scans).values() if isinstance(kind, Kind)]
    for kind in kinds:
        word = word_for(kind, created_at=2**31)
        assert word.tag in TAGS
        assert re.fullmatch(rf"{word.tag}_\d{{3}}", word.subtag)
        assert (word.tag == "Delivered") is (kind.status == "delivered")


def test_the_return_codes_run_the_other_way_round_than_trackingmores(ship, call):
    theirs = {
        (item["tracking_number"], row["tracking_detail"]): row["checkpoint_delivery_substatus"]
        for item in call.walk("v4")
        for row in rows_of(item)
    }
    seen = {}
    for item in ship.walk(limit=200):
        back = [
            point for point in item["checkpoints"] if point["subtag"] in ("Exception_010", "Exception_011")
        ]
        assert item["return_to_sender"] is bool(back)
        seen |= {point["subtag"]: theirs[item["tracking_number"], point["message"]] for point in back}
    assert seen == {"Exception_010": "exception011", "Exception_011": "exception010"}


def test_newer_subtags_are_for_newer_shipments():
    assert word_for(scans.AT_DOOR, 1_774_569_600).subtag == "Delivered_005"
    assert word_for(scans.AT_DOOR, 1_774_569_599).subtag == "Delivered_001"


def test_odd_tags_are_ones_no_client_can_know(box, ship):
    box.switches.odd_statuses = True
    points = [point for item in ship.walk(limit=200) for point in item["checkpoints"]]
    assert {"CustomsHold"} == {point["tag"] for point in points} - set(TAGS)
    assert "InTransit_012" in {point["subtag"] for point in points}


def test_no_checkpoints_may_be_an_empty_list_or_null(box, ship):
    new = ship.create(tracking_number="HAND0001", slug="usps")
    assert new["checkpoints"] == []
    box.switches.null_checkpoints = True
    assert ship.data("GET", f"/trackings/{new['id']}")["checkpoints"] is None


def test_old_records_may_lack_keys_they_have_nothing_under(box, ship):
    keys = {frozenset(item) for item in ship.walk(limit=200)}
    assert len(keys) == 2
    small, large = sorted(keys, key=len)
    assert large - small == {
        "carbon_emissions",
        "courier_connection_id",
        "location_id",
        "shipping_method",
        "signature_requirement",
    }


def test_ids_are_the_services_own_and_change_with_2024_07(box, ship):
    new, old = ship.items(limit=200), ship.of("2024-04").items(limit=200)
    assert [item["legacy_id"] for item in new] == [item["id"] for item in old]
    assert {len(item["id"]) for item in new} == {32}
    assert {len(item["id"]) for item in old} == {24}
    ours = {record.shipment.id for record in box.world.records()}
    assert ours.isdisjoint(item["id"] for item in new)
    for version in VERSIONS[1:]:
        found = ship.of(version).data("GET", f"/trackings/{old[0]['id']}")
        assert found["id"] == new[0]["id"]


def test_polls_are_counted_and_go_on_while_a_tracking_is_active(box, ship):
    new = ship.create(tracking_number="HAND0001", slug="usps")
    assert (new["tracked_count"], new["active"], new["transit_time"]) == (0, True, None)
    counts = []
    for _ in range(4):
        box.clock.advance(days=2)
        counts.append(ship.data("GET", f"/trackings/{new['id']}")["tracked_count"])
    assert counts == sorted(counts)
    assert counts[0] > 0


def test_estimates_judge_deliveries_and_can_be_switched_off(box, ship):
    items = ship.walk(limit=200)
    for item in items:
        verdict, days = item["on_time_status"], item["on_time_difference"]
        assert (verdict is None) is (days is None) is (item["tag"] != "Delivered")
        if verdict:
            assert verdict == ("on-time" if days == 0 else "late" if days > 0 else "early")
            delivered = date.fromisoformat(item["shipment_delivery_date"][:10])
            estimated = date.fromisoformat(
                item["aftership_estimated_delivery_date"]["estimated_delivery_date"]
            )
            assert (delivered - estimated).days == days
    announced = [item["courier_estimated_delivery_date"]["estimated_delivery_date"] for item in items
                 if item["courier_estimated_delivery_date"]]  # fmt: skip
    assert {len(text) for text in announced} == {10, 19, 25}
    box.switches.estimates = False
    assert not any(item["aftership_estimated_delivery_date"] for item in ship.walk(limit=200))


def test_days_on_the_way_are_counted_to_the_delivery_or_to_today(box, ship):
    moving = next(item for item in ship.items(limit=200, tag="InTransit") if item["transit_time"] is not None)
    arrived = ship.items(limit=200, tag="Delivered")[100]
    hold = box.world.find_number(moving["slug"], moving["tracking_number"])
    box.world.complete(hold, scans.DECLARED_TROUBLE)
    box.clock.advance(days=3)
    assert ship.data("GET", f"/trackings/{moving['id']}")["transit_time"] == moving["transit_time"] + 3
    assert ship.data("GET", f"/trackings/{arrived['id']}")["transit_time"] == arrived["transit_time"]


def test_fields_change_their_form_with_the_versions(ship):
    item = ship.create(
        tracking_number="HAND0001",
        slug="usps",
        order_promised_delivery_date={"promised_delivery_date": "2026-12-01"},
        customers=[{"name": "Ida Sample", "email": "ida@example.com", "phone_number": "+15550100001"}],
        last_mile={"slug": "ups", "tracking_number": "1Z1"},
    )
    told: dict[str, Any] = {v: ship.of(v).single("GET", f"/trackings/{item['legacy_id']}") for v in VERSIONS}
    assert item["order_promised_delivery_date"]["promised_delivery_date_min"] is None
    assert told["2025-07"]["order_promised_delivery_date"] == "2026-12-01"
    assert told["2024-10"]["customer_name"] == "Ida Sample"
    assert (told["2024-04"]["emails"], told["2024-04"]["smses"]) == (["ida@example.com"], ["+15550100001"])
    assert told["2024-04"]["next_couriers"] == [{"slug": "ups", "tracking_number": "1Z1", "source": "user"}]
    assert set(told["2024-10"]["next_couriers"][0]) > set(told["2024-07"]["next_couriers"][0])
    assert told["2026-07"]["last_mile"]["source"] == "user"
    assert (told["2025-04"]["custom_fields"], told["2025-07"]["custom_fields"]) == ({}, None)
    assert "id" in told[NEWEST]["customers"][0]
    assert "id" not in told["2026-01"]["customers"][0]
