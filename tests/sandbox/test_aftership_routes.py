"""AfterShip beside its trackings: couriers, connections, predictions, and the notices of 2024-04."""

from __future__ import annotations

from http import HTTPStatus

import pytest
from aftership_caller import VERSIONS, error_of, every_version

ADDRESSED = [version for version in VERSIONS if version >= "2025-01"]
CONNECTED = [version for version in VERSIONS if version >= "2025-04"]

ITEM = {
    "slug": "usps",
    "origin_address": {"country_region": "USA", "state": "OH"},
    "destination_address": {"country_region": "USA", "postal_code": "97001"},
    "pickup_time": "2026-11-23 15:00:00",
}


class TestCouriers:
    def test_a_user_has_fewer_couriers_than_there_are(self, ship):
        early = ship.of("2025-01")
        own, everyone = (
            {row["slug"] for row in early.data("GET", path)["couriers"]}
            for path in ("/couriers", "/couriers/all")
        )
        assert everyone - own == {"postcode-courier"}

        def late(**query):
            return {row["slug"] for row in ship.data("GET", "/couriers", **query)["couriers"]}

        assert (late(), late(active="true"), late(active="false")) == (everyone, own, everyone - own)
        assert late(slug="usps,dhl,nobody") == {"usps", "dhl"}
        assert error_of(ship("GET", "/couriers", active="perhaps")) == (400, 4008)

    @every_version
    def test_couriers_are_detected_by_the_look_of_a_number(self, ship, version):
        caller = ship.of(version)

        def found(**body):
            answer = caller.data("POST", "/couriers/detect", body=caller.wrapped(body))
            assert answer["total"] == len(answer["couriers"])
            return [row["slug"] for row in answer["couriers"]]

        assert found(tracking_number="123456789012") == ["dhl", "fedex"]
        assert found(tracking_number="123456789012", slug=["fedex", "ups"]) == ["fedex"]
        assert found(tracking_number="123456789012", slug_group="dhl-group") == ["dhl"]
        assert found(tracking_number="HAND0001") == []
        assert error_of(caller("POST", "/couriers/detect", body=caller.wrapped({}))) == (400, 4007)


class TestConnections:
    @pytest.mark.parametrize("version", CONNECTED)
    def test_connections_are_made_read_changed_and_removed(self, box, ship, version):
        caller = ship.of(version)
        body = {"courier_slug": "amazon", "credentials": {"client_id": "a", "client_secret": "b"}}
        made = caller.data("POST", "/courier-connections", body=body)
        assert body.items() <= made.items()
        path = f"/courier-connections/{made['id']}"
        assert caller.data("GET", path) == made
        box.clock.advance(minutes=1)
        changed = caller.data("PATCH", path, body={"credentials": {"client_id": "a", "client_secret": "c"}})
        assert (changed["credentials"]["client_secret"], changed["created_at"]) == ("c", made["created_at"])
        assert changed["updated_at"] > made["updated_at"]
        assert caller.data("DELETE", path) == changed
        assert error_of(caller("GET", path)) == (404, 404)
        assert error_of(caller("PUT", path, body=body)) == (404, 404)

    def test_connections_are_listed_by_courier_and_page(self, ship):
        ids = [
            ship.data("POST", "/courier-connections", body={"courier_slug": slug, "credentials": {"x": "y"}})[
                "id"
            ]
            for slug in ("usps", "ups", "usps")
        ]
        page = ship.data("GET", "/courier-connections", limit=2)
        assert [one["id"] for one in page["courier_connections"]] == ids[:2]
        assert (page["pagination"]["total"], page["pagination"]["has_next_page"]) == (3, True)
        rest = ship.data("GET", "/courier-connections", limit=2, cursor=page["pagination"]["next_cursor"])
        assert [one["id"] for one in rest["courier_connections"]] == ids[2:]
        assert rest["pagination"] == {"total": 3, "next_cursor": "", "has_next_page": False}
        assert ship.data("GET", "/courier-connections", limit=3)["pagination"] == rest["pagination"]
        assert len(ship.data("GET", "/courier-connections", courier_slug="usps")["courier_connections"]) == 2

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            ({"credentials": {}}, 4009),
            ({"courier_slug": "nobody", "credentials": {}}, 4010),
            ({"courier_slug": "usps"}, 4009),
            ({"courier_slug": "usps", "credentials": "secret"}, 4008),
            ({"courier_slug": "amazon", "credentials": {"client_id": "a"}}, 4009),
        ],
    )
    def test_a_connection_needs_a_courier_and_what_it_asks_for(self, ship, body, code):
        assert error_of(ship("POST", "/courier-connections", body=body)) == (400, code)


class TestPredictions:
    @pytest.mark.parametrize("version", ADDRESSED)
    def test_the_request_comes_back_with_a_day_and_a_range(self, ship, version):
        told = ship.of(version).data("POST", "/estimated-delivery-date/predict", body=ITEM)
        assert told["origin_address"] == {
            "country_region": "USA", "state": "OH", "city": None, "postal_code": None, "raw_location": None,
        }  # fmt: skip
        days = [told[f"estimated_delivery_date{end}"] for end in ("_min", "", "_max")]
        assert days == sorted(days)
        assert days[0] > "2026-11-23"
        assert told["confidence_code"] == 30001
        assert told["estimated_pickup"] is None

    @every_version
    def test_up_to_five_are_predicted_and_one_bad_one_fails_them_all(self, ship, version):
        caller, path = ship.of(version), "/estimated-delivery-date/predict-batch"
        country = "country_region" if version >= "2025-01" else "country"
        item = ITEM | {
            "origin_address": {country: "USA", "state": "OH"},
            "destination_address": {country: "USA", "state": "OR"},
        }

        def predict(*items):
            return caller("POST", path, body={"estimated_delivery_dates": list(items)})

        assert len(predict(*[item] * 5).json()["data"]["estimated_delivery_dates"]) == 5
        assert error_of(predict(*[item] * 6)) == error_of(predict()) == (400, 4008)
        assert error_of(predict(item, item | {"slug": "nobody"})) == (400, 4010)
        assert error_of(caller("POST", path, body={})) == (400, 4009)

    def test_a_pickup_is_reckoned_from_order_cutoff_and_working_days(self, ship):
        def pickup(**estimated):
            body = {key: value for key, value in ITEM.items() if key != "pickup_time"}
            body["estimated_pickup"] = estimated
            told = ship.data("POST", "/estimated-delivery-date/predict", body=body)["estimated_pickup"]
            return told["pickup_time"]

        saturday, friday_noon, friday_evening = (
            "2026-11-21 15:04:05",
            "2026-11-20 12:00:00",
            "2026-11-20 19:00:00",
        )
        assert pickup(order_time=saturday, order_cutoff_time="20:00:00") == "2026-11-23 20:00:00"
        assert pickup(order_time=friday_noon) == "2026-11-20 18:00:00"
        assert pickup(order_time=friday_evening) == "2026-11-23 18:00:00"
        assert pickup(order_time=friday_evening, business_days=[6]) == "2026-11-21 18:00:00"
        waiting = {"unit": "day", "value": 2}
        assert pickup(order_time=friday_noon, order_processing_time=waiting) == "2026-11-24 18:00:00"

    def test_a_lane_never_travelled_is_told_with_little_confidence(self, ship):
        body = ITEM | {"destination_address": {"country_region": "FRA", "state": "IDF"}}
        assert ship.data("POST", "/estimated-delivery-date/predict", body=body)["confidence_code"] == 30002

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"slug": None}, 4009),
            ({"slug": "nobody"}, 4010),
            ({"origin_address": None}, 4009),
            ({"origin_address": "Ohio"}, 4008),
            ({"destination_address": {"state": "OR"}}, 4009),
            ({"destination_address": {"country_region": "USA", "city": "Testville"}}, 4009),
            ({"pickup_time": None}, 4009),
            ({"pickup_time": "2026-11-23T15:00:00"}, 4008),
            ({"pickup_time": None, "estimated_pickup": {}}, 4009),
            (
                {
                    "pickup_time": None,
                    "estimated_pickup": {"order_time": "2026-11-20 12:00:00", "business_days": [0]},
                },
                4008,
            ),
        ],
    )
    def test_what_cannot_be_predicted_is_refused(self, ship, change, code):
        answer = ship("POST", "/estimated-delivery-date/predict", body=ITEM | change)
        assert error_of(answer) == (400, code)

    def test_without_the_feature_predictions_are_forbidden(self, box, ship):
        box.switches.estimates = False
        assert error_of(ship("POST", "/estimated-delivery-date/predict", body=ITEM)) == (403, 403)


class TestNotices:
    """What only 2024-04 has."""

    @pytest.fixture
    def early(self, ship):
        return ship.of("2024-04")

    def test_the_last_checkpoint_is_the_newest_one(self, early):
        item = next(item for item in early.items(limit=200) if item["checkpoints"])
        for path in (item["id"], f"{item['slug']}/{item['tracking_number']}"):
            told = early.data("GET", f"/last_checkpoint/{path}")
            assert told["checkpoint"] == item["checkpoints"][-1]
            assert (told["id"], told["tag"], told["subtag"]) == (item["id"], item["tag"], item["subtag"])
        new = early.create(tracking_number="HAND0001", slug="usps")
        assert early.data("GET", f"/last_checkpoint/{new['id']}")["checkpoint"] == {}

    def test_people_are_added_and_removed(self, early):
        item = early.create(tracking_number="HAND0001", slug="usps", emails=["a@example.com"])
        path = f"/notifications/{item['id']}"
        body = {"notification": {"emails": ["b@example.com", "a@example.com"], "smses": ["+15550100001"]}}
        both = {"emails": ["a@example.com", "b@example.com"], "smses": ["+15550100001"]}
        assert early.data("POST", f"{path}/add", body=body)["notification"] == both
        assert early.data("GET", path)["notification"] == both
        gone = {"notification": {"emails": ["a@example.com"]}}
        left = {"emails": ["b@example.com"], "smses": ["+15550100001"]}
        assert early.data("POST", f"{path}/remove", body=gone)["notification"] == left
        assert early.single("GET", f"/trackings/{item['id']}")["emails"] == left["emails"]
        assert early.data("GET", "/notifications/usps/HAND0001")["notification"] == left

    def test_a_body_about_nobody_is_refused(self, early):
        path = f"/notifications/{early.items(limit=1)[0]['id']}/add"
        assert error_of(early("POST", path, body={"emails": []})) == (HTTPStatus.BAD_REQUEST, 4014)
