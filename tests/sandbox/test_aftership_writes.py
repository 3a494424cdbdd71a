"""What AfterShip's routes about one tracking do: register, read, change, end, take up again, remove."""

from __future__ import annotations

import pytest
from aftership_caller import BY_PAGE, NEWEST, error_of, every_version

REFUSED = [
    ({}, 4007),
    ({"tracking_number": ""}, 4007),
    ({"tracking_number": None}, 4007),
    ({"tracking_number": "ABC"}, 4005),
    ({"tracking_number": "A" * 101}, 4005),
    ({"tracking_number": 12345}, 4005),
    ({"tracking_number": "HAND 0001"}, 4017),
    ({"tracking_number": "HAND#001"}, 4017),
    ({"tracking_number": "HAND0001", "slug": "nobody"}, 4010),
    ({"tracking_number": "HAND0001", "slug": ["usps"]}, 4010),
    ({"tracking_number": "HAND0001", "slug_group": ["dhl-group"]}, 4008),
    ({"tracking_number": "HAND0001", "slug": "usps", "slug_group": "dhl-group"}, 4008),
    ({"tracking_number": "HAND0001", "slug_group": "nobody-group"}, 4008),
    ({"tracking_number": "HAND0001", "slug_group": "dhl-group"}, 4012),
    ({"tracking_number": "PC123456789012"}, 4012),
    ({"tracking_number": "HAND0001", "slug": "postcode-courier"}, 4011),
    ({"tracking_number": "HAND0001", "slug": "usps", "title": 7}, 4008),
    ({"tracking_number": "HAND0001", "slug": "usps", "custom_fields": {"a": 1}}, 4008),
    ({"tracking_number": "HAND0001", "slug": "usps", "custom_fields": {"a" * 31: "b"}}, 4008),
    ({"tracking_number": "HAND0001", "slug": "usps", "custom_fields": {"a": "b" * 513}}, 4008),
    (
        {
            "tracking_number": "HAND0001",
            "slug": "usps",
            "custom_fields": dict.fromkeys(map(str, range(26)), ""),
        },
        4008,
    ),
    ({"tracking_number": "HAND0001", "slug": "usps", "customers": [{}] * 4}, 4008),
    ({"tracking_number": "HAND0001", "slug": "usps", "shipment_tags": ["a" * 33]}, 4008),
    ({"tracking_number": "HAND0001", "slug": "usps", "shipment_tags": ["a"] * 51}, 4008),
    ({"tracking_number": "HAND0001", "slug": "usps", "order_date": "soon"}, 4008),
    ({"tracking_number": "HAND0001", "slug": "usps", "delivery_type": "by air"}, 4008),
    ({"tracking_number": "HAND0001", "slug": "usps", "location_id": "1", "origin_city": "X"}, 4008),
]


class TestCreate:
    @every_version
    def test_a_number_is_registered_once(self, ship, version):
        caller, body = ship.of(version), {"tracking_number": "HAND0001", "slug": "usps"}
        answer = caller("POST", "/trackings", body=caller.wrapped(body))
        assert (answer.status_code, answer.json()["meta"]) == (201, {"code": 201})
        assert error_of(caller("POST", "/trackings", body=caller.wrapped(body))) == (400, 4003)
        item = caller.items(tracking_numbers="HAND0001")[0]
        assert (item["tag"], item["subtag"], item["title"]) == ("Pending", "Pending_001", "HAND0001")

    @every_version
    def test_what_cannot_be_registered_is_refused(self, ship, version):
        caller = ship.of(version)
        for body, code in REFUSED:
            assert error_of(caller("POST", "/trackings", body=caller.wrapped(body))) == (400, code), body
        assert caller.items(tracking_numbers="HAND0001") == []

    def test_2024_04_wants_its_trackings_wrapped(self, ship):
        body = {"tracking_number": "HAND0001", "slug": "usps"}
        for method, path in (
            ("POST", "/trackings"),
            ("POST", "/couriers/detect"),
            ("PUT", f"/trackings/{ship.of('2024-04').items(limit=1)[0]['id']}"),
        ):
            assert error_of(ship.of("2024-04")(method, path, body=body)) == (400, 4006)

    def test_the_courier_is_guessed_from_the_number(self, box, ship, call):
        assert ship.create(tracking_number="9200000000000000000042")["slug"] == "usps"
        assert ship.create(tracking_number="123456789012", slug_group="fedex-group")["slug"] == "fedex"
        unknown = ship.create(tracking_number="HAND0001")
        assert unknown["slug"] == "unrecognized"
        box.clock.advance(days=40)
        later = ship.data("GET", f"/trackings/{unknown['id']}")
        assert (later["checkpoints"], later["tag"]) == ([], "Expired")
        theirs = call.items("v4", tracking_numbers="HAND0001")[0]
        assert (theirs["courier_code"], theirs["delivery_status"]) == ("unrecognized", "expired")
        box.switches.takes_unrecognised = False
        assert error_of(ship("POST", "/trackings", body={"tracking_number": "HAND0002"})) == (400, 4012)

    @every_version
    def test_a_courier_gets_the_fields_it_needs_by_their_names_then(self, ship, version):
        caller = ship.of(version)
        name = "destination_postal_code" if version >= "2025-04" else "tracking_postal_code"
        body = {"tracking_number": "HAND0001", "slug": "postcode-courier"}
        message = caller("POST", "/trackings", body=caller.wrapped(body)).json()["meta"]["message"]
        assert message.endswith(f"also required: {name}")
        assert caller.create(**body, **{name: "10115"})["slug"] == "postcode-courier"

    def test_an_id_may_be_chosen_from_2025_04_on(self, ship):
        chosen = "My-own_Id_1"
        item = ship.create(tracking_number="HAND0001", slug="usps", id=chosen)
        assert item["id"] == chosen
        assert ship.data("GET", f"/trackings/{chosen}") == item
        body = {"tracking_number": "HAND0002", "slug": "usps", "id": chosen}
        assert error_of(ship("POST", "/trackings", body=body)) == (400, 4003)
        assert error_of(ship("POST", "/trackings", body=body | {"id": "no id!"})) == (400, 4015)
        assert ship.of("2025-01").create(**body)["id"] != chosen

    def test_what_is_said_comes_back(self, ship):
        said = {
            "title": "Blue mug",
            "order_id": "1",
            "order_number": "#1",
            "order_date": "2026-11-20T18:22:10-05:00",
            "order_id_path": "https://shop.example/1",
            "custom_fields": {"store": "north"},
            "language": "en",
            "note": "gift",
            "delivery_type": "pickup_at_store",
            "pickup_location": "Shop 1",
            "pickup_note": "until six",
            "tracking_account_number": "4711",
            "tracking_key": "k",
            "tracking_ship_date": "20261120",
            "origin_country_region": "DEU",
            "origin_state": "BE",
            "origin_city": "Musterstadt",
            "origin_postal_code": "10115",
            "origin_raw_location": "Weg 1",
            "destination_country_region": "POL",
            "destination_state": "MZ",
            "destination_city": "Example",
            "destination_postal_code": "00-001",
            "destination_raw_location": "Droga 1",
            "shipment_type": "express",
            "shipping_method": "fast",
            "shipment_tags": ["fragile"],
            "shipment_direction": "return",
            "courier_connection_id": "c1",
        }
        item = ship.create(tracking_number="HAND0001", slug="usps", **said)
        assert {name: item[name] for name in said} == said

    def test_what_one_service_is_told_the_other_one_knows(self, ship, call):
        item = ship.create(
            tracking_number="HAND0001", slug="usps", title="Mug", order_number="#1", note="gift"
        )
        theirs = call.items("v4", tracking_numbers="HAND0001")[0]
        assert (theirs["courier_code"], theirs["title"], theirs["order_number"]) == ("usps", "Mug", "#1")
        call("PUT", f"/v4/trackings/update/{theirs['id']}", body={"note": "handle with care"})
        assert ship.data("GET", f"/trackings/{item['id']}")["note"] == "handle with care"


class TestOneTracking:
    @every_version
    def test_ids_nobody_has_and_ids_nobody_can_have_are_told_apart(self, ship, version):
        caller, unknown = ship.of(version), "0" * (24 if version == "2024-04" else 32)
        for method, path, body in (
            ("GET", "", None),
            ("PUT", "", caller.wrapped({})),
            ("DELETE", "", None),
            ("POST", "/retrack", None),
            ("POST", "/mark-as-completed", {"reason": "LOST"}),
        ):
            assert error_of(caller(method, f"/trackings/{unknown}{path}", body=body)) == (404, 4004)
            assert error_of(caller(method, f"/trackings/no%20id{path}", body=body)) == (400, 4015)
        assert (error_of(caller("GET", "/trackings/short"))) == (
            (404, 4004) if version >= "2025-04" else (400, 4015)
        )

    @every_version
    def test_a_tracking_is_changed_and_its_update_time_with_it(self, box, ship, version):
        caller = ship.of(version)
        item = caller.items(limit=200)[-1]
        box.clock.advance(minutes=5)
        body = caller.wrapped({"note": "gift", "title": "Mug"})
        changed = caller.single("PUT", f"/trackings/{item['id']}", body=body)
        assert (changed["note"], changed["title"]) == ("gift", "Mug")
        assert changed["updated_at"] == "2026-11-21T12:05:00+00:00"
        cleared = caller.single("PUT", f"/trackings/{item['id']}", body=caller.wrapped({"note": ""}))
        assert cleared["note"] == ""

    def test_a_tracking_can_move_to_another_courier(self, ship):
        item = ship.create(tracking_number="HAND0001")
        moved = ship.data("PUT", f"/trackings/{item['id']}", body={"slug": "usps"})
        assert (moved["slug"], moved["id"]) == ("usps", item["id"])
        assert error_of(ship("PUT", f"/trackings/{item['id']}", body={"slug": "nobody"})) == (400, 4010)

    def test_an_update_says_nothing_of_what_only_a_new_tracking_takes(self, ship):
        item = ship.create(tracking_number="HAND0001", slug="usps", shipment_tags=["a"])
        changed = ship.data("PUT", f"/trackings/{item['id']}", body={"shipment_tags": ["b"], "id": "other"})
        assert (changed["shipment_tags"], changed["id"]) == (["a"], item["id"])

    @every_version
    def test_a_deleted_tracking_is_answered_once_more_and_gone(self, ship, call, version):
        caller = ship.of(version)
        item = caller.items(limit=1)[0]
        answer = caller.single("DELETE", f"/trackings/{item['id']}")
        assert answer["tracking_number"] == item["tracking_number"]
        assert ("checkpoints" in answer) is (version != "2024-04")
        assert error_of(caller("GET", f"/trackings/{item['id']}")) == (404, 4004)
        assert item["tracking_number"] not in {one["tracking_number"] for one in call.walk("v4")}

    @every_version
    def test_a_sleeping_tracking_is_taken_up_again_once(self, box, ship, version):
        caller = ship.of(version)
        awake, asleep = (
            next(item for item in caller.items(limit=200) if item["active"] is wanted)
            for wanted in (True, False)
        )
        assert error_of(caller("POST", f"/trackings/{awake['id']}/retrack")) == (400, 4013)
        answer = caller.single("POST", f"/trackings/{asleep['id']}/retrack")
        assert answer["active"] is True
        assert ("checkpoints" in answer) is (version != "2024-04")
        assert error_of(caller("POST", f"/trackings/{asleep['id']}/retrack")) == (400, 4013)

    def test_a_tracking_asleep_again_is_not_taken_up_twice(self, box, ship):
        item = next(item for item in ship.items(limit=200) if not item["active"])
        assert ship.data("POST", f"/trackings/{item['id']}/retrack")["active"]
        body = {"reason": "DELIVERED"}
        assert not ship.data("POST", f"/trackings/{item['id']}/mark-as-completed", body=body)["active"]
        assert error_of(ship("POST", f"/trackings/{item['id']}/retrack")) == (400, 4016)

    @every_version
    @pytest.mark.parametrize(
        ("reason", "subtag"),
        [("DELIVERED", "Delivered_001"), ("LOST", "Exception_013"), ("RETURNED_TO_SENDER", "Exception_011")],
    )
    def test_the_account_can_declare_how_a_parcel_ended(self, box, ship, call, version, reason, subtag):
        caller = ship.of(version)
        item = next(item for item in caller.items(limit=200) if item["tag"] == "InTransit")
        path = f"/trackings/{item['id']}/mark-as-completed"
        done = caller.single("POST", path, body={"reason": reason})
        assert (done["tag"], done["subtag"], done["active"]) == (subtag.split("_")[0], subtag, False)
        added = done["checkpoints"][-1]
        assert (added["subtag"], len(done["checkpoints"])) == (subtag, len(item["checkpoints"]) + 1)
        if version >= "2025-01":
            assert [point["source"] for point in done["checkpoints"]][-2:] == ["carrier", "user"]
        box.clock.advance(days=20)
        assert caller.single("GET", f"/trackings/{item['id']}")["checkpoints"] == done["checkpoints"]
        theirs = call.items("v4", tracking_numbers=item["tracking_number"])[0]
        assert theirs["delivery_status"] == ("delivered" if reason == "DELIVERED" else "exception")
        taken_up = caller.single("POST", f"/trackings/{item['id']}/retrack")
        again = caller.single("GET", f"/trackings/{item['id']}")
        assert (taken_up["active"], again["checkpoints"][:1]) == (True, done["checkpoints"][:1])
        assert len(again["checkpoints"]) > len(item["checkpoints"])

    def test_the_time_of_the_end_can_be_told_from_2025_on(self, ship):
        body = {"reason": "DELIVERED", "event_datetime": "2026-11-20T10:00:00-05:00"}
        for version, time in (("2024-10", "2026-11-21T12:00:00+00:00"), (NEWEST, body["event_datetime"])):
            caller = ship.of(version)
            item = next(item for item in caller.items(limit=200) if item["tag"] == "InTransit")
            done = caller.data("POST", f"/trackings/{item['id']}/mark-as-completed", body=body)
            assert (done["checkpoints"][-1]["checkpoint_time"], done["shipment_delivery_date"]) == (
                time,
                time,
            )

    def test_only_the_three_ends_there_are_can_be_declared(self, ship):
        path = f"/trackings/{ship.items(limit=1)[0]['id']}/mark-as-completed"
        assert error_of(ship("POST", path, body={"reason": "EATEN"})) == (400, 4008)
        assert error_of(ship("POST", path, body={})) == (400, 4009)
        wrong = {"reason": "LOST", "event_datetime": "soon"}
        assert error_of(ship("POST", path, body=wrong)) == (400, 4008)

    @pytest.mark.parametrize("version", BY_PAGE)
    def test_early_versions_name_trackings_by_courier_and_number(self, ship, version):
        caller = ship.of(version)
        item = caller.create(tracking_number="A/B.C-1", slug="usps")
        path = "/trackings/usps/A%2FB.C-1"
        assert caller.single("GET", path)["id"] == item["id"]
        assert caller.single("PUT", path, body=caller.wrapped({"note": "x"}))["note"] == "x"
        assert (
            caller.single("POST", f"{path}/mark-as-completed", body={"reason": "LOST"})["tag"] == "Exception"
        )
        assert caller.single("POST", f"{path}/retrack")["active"]
        assert caller.single("DELETE", path)["id"] == item["id"]
        assert error_of(caller("GET", path)) == (404, 4004)

    def test_some_fields_and_a_language_can_be_asked_for(self, ship):
        path = f"/trackings/{ship.items(limit=1)[0]['id']}"
        assert set(ship.data("GET", path, fields="order_id")) == {"id", "tracking_number", "slug", "order_id"}
        assert ship.data("GET", path, lang="fr-CA") == ship.data("GET", path)
        assert error_of(ship("GET", path, lang="klingon")) == (400, 4008)
