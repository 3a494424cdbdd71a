"""What TrackingMore and AfterShip say of one parcel: the same, each in its own words."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from aftership_caller import VERSIONS, every_version
from sandbox_caller import rows_of

# What TrackingMore's v4 calls AfterShip's tags; the map of the reference, by heart.
STATUSES = {
    "InfoReceived": "inforeceived",
    "InTransit": "transit",
    "OutForDelivery": "pickup",
    "AvailableForPickup": "pickup",
    "AttemptFail": "undelivered",
    "Delivered": "delivered",
    "Exception": "exception",
    "Expired": "expired",
}
COUNTRIES = {"CHN": "CN", "DEU": "DE", "FRA": "FR", "GBR": "GB", "USA": "US"}


def name_of(item: dict[str, Any]) -> tuple[str, str]:
    return item["tracking_number"], item.get("slug") or item["courier_code"]


def both(ship, call) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return every parcel twice: as AfterShip and as TrackingMore tell it."""
    theirs = {name_of(item): item for item in call.walk("v4")}
    pairs = [(item, theirs.pop(name_of(item))) for item in ship.walk(limit=200)]
    assert not theirs
    return pairs


def of_aftership(item: dict[str, Any], country: str) -> list[tuple[Any, ...]]:
    """Return the checkpoints of a tracking: courier, wall clock, words, place."""
    return sorted(
        (
            point["slug"],
            point["checkpoint_time"][:19],
            point["message"],
            str(point["location"]),
            str(COUNTRIES.get(point[country])),
        )
        for point in item["checkpoints"]
    )


def of_trackingmore(item: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Return the same of the other service, which keeps the rows of each courier apart."""
    return sorted(
        (
            side["courier_code"],
            row["checkpoint_date"],
            row["tracking_detail"],
            str(row["location"]),
            str(row["country_iso2"]),
        )
        for side in (item["origin_info"], item["destination_info"])
        for row in side["trackinfo"] or []
    )


@every_version
def test_both_tell_of_the_same_parcels_with_the_same_events(ship, call, version):
    caller = ship.of(version)
    country = "country_iso3" if version <= "2024-10" else "country_region"
    pairs = both(caller, call)
    assert len(pairs) == 240
    for ours, theirs in pairs:
        assert of_aftership(ours, country) == of_trackingmore(theirs), name_of(ours)
    assert sum(len(ours["checkpoints"]) for ours, _ in pairs) > 1000


def test_an_offset_never_contradicts_the_wall_clock_of_the_other_service(box, ship, call):
    exact = 0
    for ours, _ in both(ship, call):
        record = box.world.find_number(ours["slug"], ours["tracking_number"])
        instants = {
            datetime.fromtimestamp(scan.at, scan.place.zone) for scan in record.shipment.journey.scans
        }
        for point in ours["checkpoints"]:
            moment = datetime.fromisoformat(point["checkpoint_time"])
            if moment.tzinfo:
                exact += 1
                assert moment in instants
    assert exact > 1000


def test_both_say_the_same_of_where_a_parcel_stands(ship, call):
    seen = set()
    for ours, theirs in both(ship, call):
        seen.add(ours["tag"])
        if ours["tag"] == "Pending":
            # One word of AfterShip's covers two of TrackingMore's.
            assert theirs["delivery_status"] in ("pending", "notfound")
            assert (theirs["delivery_status"] == "notfound") is (ours["tracked_count"] > 0)
        else:
            assert theirs["delivery_status"] == STATUSES[ours["tag"]]
    assert len(seen) >= 6


def test_both_say_the_same_of_the_sender_the_order_and_the_way(ship, call):
    for ours, theirs in both(ship, call):
        assert ours["created_at"] == theirs["created_at"]
        assert (ours["title"], ours["order_number"], ours["note"], ours["signed_by"]) == (
            theirs["title"] or ours["tracking_number"],
            theirs["order_number"],
            theirs["note"],
            theirs["signed_by"],
        )
        assert ours["order_date"] == theirs["order_date"]
        people = [(one["name"], one["email"], one["phone_number"]) for one in ours["customers"]]
        named = (theirs["customer_name"], theirs["customer_email"], theirs["customer_sms"])
        assert people == ([named] if theirs["customer_name"] else [])
        ends = [COUNTRIES.get(ours[f"{end}_country_region"]) for end in ("origin", "destination")]
        assert ends == [theirs["origin_country"], theirs["destination_country"]]
        assert source_of(ours) == source_of(theirs)


def source_of(item: dict[str, Any]) -> str:
    return item["source"].lower()


@pytest.mark.parametrize("days", [1, 9, 40])
def test_both_learn_of_a_change_at_the_same_time(box, ship, call, days):
    begin, late = box.clock.now().isoformat(), (box.clock.now() + timedelta(seconds=2)).isoformat()
    box.clock.advance(days=days)
    horizon = (box.clock.now() - timedelta(days=120)).isoformat()
    ours = ship.walk(limit=200, created_at_max=begin, updated_at_min=late)
    changed = {name_of(item) for item in ours}
    window = {"created_date_min": horizon, "created_date_max": begin, "updated_date_min": late}
    theirs = {name_of(item) for item in call.walk("v4", **window)}
    assert changed == theirs
    assert changed


def test_what_is_gone_from_one_is_gone_from_the_other(ship, call):
    item = call.items("v4")[0]
    call("DELETE", f"/v4/trackings/delete/{item['id']}")
    assert ship.items(tracking_numbers=item["tracking_number"]) == []


def test_a_faults_version_can_be_any_of_either_service(box):
    for version in (*VERSIONS, "v2", "v3", "v4"):
        box.faults.add("http_500", version=version)
    with pytest.raises(ValueError, match="version"):
        box.faults.add("http_500", version="2023-10")


def test_rows_of_both_legs_are_told_by_both(ship, call):
    legs = [(ours, theirs) for ours, theirs in both(ship, call) if ours["last_mile"]]
    assert legs
    for ours, theirs in legs:
        assert ours["last_mile"]["slug"] == theirs["destination_info"]["courier_code"]
        assert len(ours["checkpoints"]) == len(rows_of(theirs))
