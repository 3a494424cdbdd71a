"""Writes: what registers, changes and removes trackings, and how each version refuses."""

from __future__ import annotations

import pytest
from sandbox_caller import VERSIONS, code_of

CARRIER = {"v2": "carrier_code", "v3": "courier_code", "v4": "courier_code"}
CREATE = {"v2": "/v2/trackings/post", "v3": "/v3/trackings/create", "v4": "/v4/trackings/create"}
BATCH = {"v2": "/v2/trackings/batch", "v3": "/v3/trackings/create", "v4": "/v4/trackings/batch"}


def row(version: str, number: str | None = "HAND0001", courier: str | None = "usps", **more: object):
    named = {"tracking_number": number, CARRIER[version]: courier}
    return {key: value for key, value in named.items() if value is not None} | more


def refusal(call, version: str, body: object) -> int:
    """Return the code a create refuses with; v3 says it inside the answer."""
    answer = call("POST", CREATE[version], body=body)
    if version == "v3" and code_of(answer) == 200:
        return answer.json()["data"]["error"][0]["errorCode"]
    return code_of(answer)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_created_number_lives_in_the_world(box, call, version):
    answer = call("POST", CREATE[version], body=row(version, title="Blue mug"))
    assert code_of(answer) == (201 if version == "v2" else 200)
    first = call.items("v4", size=1)[0]
    assert (first["tracking_number"], first["title"], first["delivery_status"]) == (
        "HAND0001",
        "Blue mug",
        "pending",
    )
    box.clock.advance(days=60)
    later = call.items("v4", tracking_numbers="HAND0001")[0]
    assert later["delivery_status"] != "pending"


@pytest.mark.parametrize(
    ("version", "exists", "missing", "invalid", "courier"),
    [("v2", 4016, 4013, 4014, 4015), ("v3", 423, 417, 412, 422), ("v4", 4101, 4111, 4110, 4120)],
)
def test_bad_creates_are_refused_with_the_versions_code(call, version, exists, missing, invalid, courier):
    call("POST", CREATE[version], body=row(version))
    assert refusal(call, version, row(version)) == exists
    assert refusal(call, version, row(version, None)) == missing
    assert refusal(call, version, row(version, "no spaces!")) == invalid
    assert refusal(call, version, row(version, "HAND0002", "pigeon")) == courier


@pytest.mark.parametrize(("version", "code"), [("v2", 4012), ("v3", 421), ("v4", 4122)])
def test_a_courier_that_needs_a_postcode_says_so(call, version, code):
    body = row(version, courier="postcode-courier")
    assert refusal(call, version, body) == code
    assert code_of(call("POST", CREATE[version], body=body | {"tracking_postal_code": "10000"})) in (200, 201)


@pytest.mark.parametrize(("version", "code"), [("v2", 4015), ("v3", 417), ("v4", 400)])
def test_a_body_that_is_not_json_is_refused(box, call, version, code):
    answer = call.session.post(
        box.url + CREATE[version],
        data="tracking_number=1",
        headers={("Trackingmore-Api-Key" if version == "v2" else "Tracking-Api-Key"): box.key},
    )
    assert code_of(answer) == code


@pytest.mark.parametrize(("version", "code"), [("v2", 4020), ("v3", 413), ("v4", 4103)])
def test_more_than_40_at_once_are_refused(call, version, code):
    rows = [row(version, f"HAND{number:04d}") for number in range(41)]
    assert code_of(call("POST", BATCH[version], body=rows)) == code
    assert code_of(call("POST", BATCH[version], body=rows[:40])) == 200
    assert len(call.walk(version)) == 280


@pytest.mark.parametrize("version", VERSIONS)
def test_each_row_of_a_batch_succeeds_or_fails_by_itself(call, version):
    call("POST", CREATE[version], body=row(version, "TAKEN001"))
    rows = [row(version, "HAND0001"), row(version, "TAKEN001"), row(version, "HAND0002", "pigeon")]
    data = call("POST", BATCH[version], body=rows).json()["data"]
    good, bad = (data["trackings"], data["errors"]) if version == "v2" else (data["success"], data["error"])
    assert [one["tracking_number"] for one in good] == ["HAND0001"]
    assert [one["tracking_number"] for one in bad] == ["TAKEN001", "HAND0002"]


def test_texts_nobody_gave_come_back_as_the_word_null_on_v2(call):
    data = call("POST", "/v2/trackings/post", body=row("v2", order_create_time="2017/8/27 16:51")).json()[
        "data"
    ]
    assert (data["title"], data["comment"], data["order_create_time"]) == ("null", "null", "2017-08-27 16:51")


def test_v4_updates_by_id_and_echoes(box, call):
    identity = box.world.add("HAND0001", "usps", title="Old").shipment.id
    box.clock.advance(hours=1)
    body = {"title": "New", "courier_code_new": "ups", "archived_status": "true"}
    echo = call("PUT", f"/v4/trackings/update/{identity}", body=body).json()["data"]
    assert (echo["title"], echo["courier_code"], echo["courier_code_new"]) == ("New", "ups", "ups")
    item = call.items("v4", tracking_numbers="HAND0001")[0]
    assert (item["title"], item["courier_code"], item["archived"]) == ("New", "ups", "archived")
    assert item["update_at"] == box.clock.now().isoformat()


@pytest.mark.parametrize("action", ["update", "delete", "retrack"])
def test_v4_ids_are_checked(call, action):
    method = {"update": "PUT", "delete": "DELETE", "retrack": "POST"}[action]
    assert code_of(call(method, f"/v4/trackings/{action}/nonsense", body={})) == 4112
    assert code_of(call(method, f"/v4/trackings/{action}/{'0' * 32}", body={})) == 4102


def test_v2_updates_without_a_body_change_nothing(box, call):
    before = call.items("v2", size=1)[0]
    path = f"/v2/trackings/{before['carrier_code']}/{before['tracking_number']}"
    assert call("PUT", path).json()["data"] == before


def test_v2_can_force_a_status_and_give_the_real_one_back(box, call):
    shipment = next(r.shipment for r in box.world.records() if r.status[0] == "transit")
    path = f"/v2/trackings/{shipment.courier_code}/{shipment.tracking_number}"
    assert call("PUT", path, body={"status": 4}).json()["data"]["status"] == "delivered"
    assert call("PUT", path, body={"status": 7}).json()["data"]["status"] == "exception"
    assert call("PUT", path, body={"status": 8}).json()["data"]["status"] == "transit"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_deleted_tracking_is_gone(box, call, version):
    shipment = box.world.records()[3].shipment
    path = {
        "v2": ("DELETE", f"/v2/trackings/{shipment.courier_code}/{shipment.tracking_number}"),
        "v3": ("DELETE", "/v3/trackings/delete"),
        "v4": ("DELETE", f"/v4/trackings/delete/{shipment.id}"),
    }[version]
    body = [row("v3", shipment.tracking_number, shipment.courier_code)] if version == "v3" else None
    assert code_of(call(*path, body=body)) == 200
    assert shipment.id not in {item["id"] for item in call.walk(version)}
    again = call(*path, body=body)
    if version == "v3":
        assert again.json()["data"]["error"][0]["errorCode"] == 424
    else:
        assert code_of(again) == {"v2": 4017, "v4": 4102}[version]


def test_v2_deletes_and_updates_many(box, call):
    shipments = [record.shipment for record in box.world.records()[:2]]
    rows = [row("v2", s.tracking_number, s.courier_code, title="Same") for s in shipments]
    assert call("POST", "/v2/trackings/updatemore", body=rows).json()["data"]["updated"] == 2
    assert [item["title"] for item in call.items("v2", size=2)] == ["Same", "Same"]
    assert call("POST", "/v2/trackings/delete", body=rows).json()["data"]["deleted"] == 2
    assert len(call.walk("v2")) == 238


def test_only_an_expired_tracking_can_be_retracked(box, call):
    expired = next(r for r in box.world.records() if r.status[0] == "expired")
    other = next(r for r in box.world.records() if r.status[0] == "transit")
    assert code_of(call("POST", f"/v4/trackings/retrack/{other.shipment.id}")) == 4113
    assert code_of(call("POST", f"/v4/trackings/retrack/{expired.shipment.id}")) == 200
    assert expired.status[0] != "expired"
    assert expired.updating
    box.clock.advance(days=31)
    box.world.records()
    assert expired.status[0] == "expired"


@pytest.mark.parametrize(
    ("version", "path"),
    [("v2", "/v2/trackings/notupdate"), ("v3", "/v3/trackings/notupdate")],
)
def test_a_stopped_tracking_is_not_updating(box, call, version, path):
    shipment = next(r.shipment for r in box.world.records() if r.updating)
    assert (
        code_of(call("POST", path, body=[row(version, shipment.tracking_number, shipment.courier_code)]))
        == 200
    )
    item = call.items("v4", tracking_numbers=shipment.tracking_number)[0]
    assert item["updating"] is False


def test_v3_archives(box, call):
    shipment = next(r.shipment for r in box.world.records() if not r.archived)
    call("POST", "/v3/trackings/archive", body=row("v3", shipment.tracking_number, shipment.courier_code))
    assert call.items("v3", tracking_numbers=shipment.tracking_number)[0]["archived"] is True


def test_couriers_can_be_changed_on_v2_and_v3(box, call):
    box.world.add("HAND0001", "usps")
    body = row("v2", update_carrier_code="ups")
    assert call("POST", "/v2/trackings/update", body=body).json()["data"] == {"Usertag": ""}
    body = row("v3", courier="ups", new_courier_code="fedex")
    assert code_of(call("PUT", "/v3/trackings/modifycourier", body=body)) == 200
    assert call.items("v4", size=1)[0]["courier_code"] == "fedex"


def test_asking_the_carrier_now_shows_what_happened_since_the_last_refresh(box, call):
    record = box.world.add("HAND0001", "china-post")
    assert record.status[0] == "pending"
    body = row("v3", courier="china-post")
    assert call("POST", "/v3/trackings/realtime", body=body).json()["data"]["delivery_status"] != "pending"
    call("POST", "/v3/trackings/manualupdate", body=[body])
    assert record.updated_at == box.world.clock.epoch()


def test_a_number_that_is_not_registered_can_be_asked_about_and_is_not_kept(call):
    answer = call("POST", "/v2/trackings/realtime", body=row("v2", "9200000000000000000042"))
    assert answer.json()["data"]["items"][0]["status"] in ("notfound", "transit")
    assert len(call.walk("v2")) == 240


def test_counts_by_status_add_up(call):
    two = call("GET", "/v2/trackings/getstatusnumber").json()["data"]
    three = call("GET", "/v3/trackings/status").json()["data"]
    assert sum(two.values()) == sum(three.values()) == 240
    assert "infoReceived" in three
    assert call("GET", "/v3/trackings/count").json()["data"] == {"count": 240}
    assert sum(call("GET", "/v3/trackings/status", courier_code="dhl").json()["data"].values()) < 240


def test_numbers_nobody_recognises_are_refused(call):
    codes = {"/v2/carriers/detect": 4032, "/v3/trackings/detect": 204, "/v4/couriers/detect": 4121}
    for path, code in codes.items():
        assert code_of(call("POST", path, body={"tracking_number": "???"})) == code


@pytest.mark.parametrize(
    ("number", "code"), [("235-69030430", 200), ("23569030430", 200), ("12", 4160), ("000-69030430", 4161)]
)
def test_air_waybills_are_checked(call, number, code):
    assert code_of(call("POST", "/v4/awb", body={"awb_number": number})) == code


def test_remote_areas_and_transit_times_answer(call):
    remote = call("POST", "/v2/trackings/remote", body=[{"country": "US", "postcode": "99501"}]).json()[
        "data"
    ]
    assert (remote["submitted"], len(remote["remote"]), remote["other"]) == (1, 1, [])
    lane = {"original": "US", "destination": "US", "carrier_code": "usps", "courier_code": "usps"}
    two = call("POST", "/v2/trackings/costtime", body=[lane]).json()["data"]
    assert (
        two["total"] >= two["delivered"] == two["range1"] + two["range2"] + two["range3"] + two["range4"] > 0
    )
    three = call("POST", "/v3/trackings/transittime", body=[lane]).json()["data"][0]
    assert three["average_delivery_time"] > 0


@pytest.mark.parametrize("version", VERSIONS)
def test_a_change_shows_at_the_very_next_call(box, call, version):
    identity = call.items(version, size=1)[0]["id"]
    for title in ("First", "Second"):
        box.world.touch(identity, title=title)
        assert call.items(version, size=1)[0]["title"] == title
