"""The example pages decode completely, and to what their JSON says."""

from __future__ import annotations

import json
from datetime import date, datetime

import pyarrow.compute as pc
import pytest
from table_examples import (
    EXAMPLES,
    LEGS,
    PAGES,
    REGULAR,
    body_of,
    decode,
    items_of,
    page_of,
    record,
    records_of,
    row,
    rows,
    scans_in,
)

from airflow_provider_trackingmore.exceptions import ResponseShapeError
from airflow_provider_trackingmore.tables.schema import CHECKPOINTS, REJECTED, TRACKINGS

every_page = pytest.mark.parametrize(("name", "version"), PAGES.items())


@every_page
def test_every_tracking_of_the_page_is_there_in_order(name, version):
    page = decode(body_of(name), version)
    ids = [one["id"] for one in records_of(name)]
    assert page.trackings["source_id"].to_pylist() == ids
    assert page.trackings["tracking_key"].to_pylist() == [f"trackingmore:default:{one}" for one in ids]
    assert page.trackings["record_no"].to_pylist() == list(range(len(ids)))


@every_page
def test_every_checkpoint_of_the_page_is_there_with_its_tracking_and_leg(name, version):
    page = decode(body_of(name), version)
    described = "StatusDescription" if version == "v2" else "tracking_detail"
    there = [
        (one["id"], leg, place, scan[described])
        for one in records_of(name)
        for leg in LEGS
        for place, scan in enumerate(reversed((one.get(leg) or {}).get("trackinfo") or []), 1)
    ]
    here = [
        (one["tracking_key"].split(":")[2], f"{one['leg']}_info", one["source_seq"], one["description"])
        for one in rows(page.checkpoints)
    ]
    assert sorted(here) == sorted(there)
    assert page.trackings["checkpoint_count"].to_pylist() == [scans_in(one) for one in records_of(name)]


@every_page
def test_nothing_in_the_examples_is_unknown_or_refused(name, version):
    page = decode(body_of(name), version)
    assert page.trackings["extra"].null_count == page.trackings.num_rows
    assert page.checkpoints["extra"].null_count == page.checkpoints.num_rows
    assert page.rejected.num_rows == (name == "x51tracking_v4_list_rejected")
    assert page.received == page.trackings.num_rows + page.rejected.num_rows


@pytest.mark.parametrize(("version", "name"), REGULAR.items())
def test_a_regular_page_is_read_by_the_fast_reader(version, name):
    assert decode(body_of(name), version).reader == "fast"


@every_page
def test_the_tables_have_the_documented_columns_and_no_others(name, version):
    page = decode(body_of(name), version)
    for table, schema in (
        (page.trackings, TRACKINGS),
        (page.checkpoints, CHECKPOINTS),
        (page.rejected, REJECTED),
    ):
        assert table.schema.equals(schema, check_metadata=True)
        assert all(field.metadata[b"doc"] for field in schema)


def test_a_delivered_v4_tracking_reads_as_its_json_says():
    tracking = row(decode(body_of("v4_list_page")).trackings, tracking_number="1000000011")
    legs = {name: tracking.pop(name) for name in ("origin_leg", "destination_leg")}
    assert {name: value for name, value in tracking.items() if value is not None} == {
        "tracking_key": "trackingmore:default:4c7eac11075c8f6be7957e95f0d60e5a",
        "source": "trackingmore",
        "account": "default",
        "source_id": "4c7eac11075c8f6be7957e95f0d60e5a",
        "tracking_number": "1000000011",
        "tracking_number_norm": "1000000011",
        "courier_code": "dhl",
        "order_number": "SO-1001",
        "registered_through": "API",
        "status": "delivered",
        "substatus": "delivered001",
        "status_raw": "delivered",
        "substatus_raw": "delivered001",
        "origin_country": "US",
        "origin_city": "RIVERTON",
        "destination_country": "DE",
        "destination_city": "MUSTERSTADT",
        "pieces": 1,
        "is_archived": False,
        "is_updating": False,
        "created_at_utc": datetime(2026, 11, 2, 6, 48, 32),
        "updated_at_utc": datetime(2026, 11, 7, 3, 50, 41),
        "latest_event": "Delivered, MUSTERSTADT - GERMANY, 2026-11-06 15:00:00",
        "latest_event_at_local": datetime(2026, 11, 6, 15),
        "transit_days": 5,
        "checkpoint_count": 6,
        "created_month": "2026-11",
        "api_version": "v4",
        "observed_at_utc": datetime(2026, 11, 21, 12),
        "record_no": 1,
    }
    assert {name: value for name, value in legs["origin_leg"].items() if value is not None} == {
        "courier_code": "dhl",
        "courier_phone": "+1 000 000 0000",
        "weblink": "http://carrier-five.example/",
        "received": "2026-11-01T18:05:00",
        "customs": "2026-11-05T23:13:00",
        "milestone_info_received": "2026-11-01T12:00:00",
        "milestone_picked_up": "2026-11-01T18:05:00",
        "milestone_delivered": "2026-11-06T15:00:00",
    }
    assert legs["destination_leg"] is None


def test_v4_checkpoints_have_instants_from_the_zone_of_their_place():
    page = decode(body_of("v4_list_page"))
    mine = page.checkpoints.filter(pc.equal(page.checkpoints["record_no"], 1))
    told = ("source_seq", "event_at_utc", "time_basis", "event_type", "is_physical", "country")
    assert [tuple(one[name] for name in told) for one in rows(mine.sort_by("source_seq"))] == [
        (1, datetime(2026, 11, 1, 12), "assumed_utc", "label_created", False, None),
        # A town of Nevada keeps another time than the rest of it.
        (2, datetime(2026, 11, 2, 2, 5), "location_inferred", "in_transit", True, "US"),
        (3, datetime(2026, 11, 2, 10, 15), "location_inferred", "in_transit", True, "US"),
        (4, datetime(2026, 11, 5, 22, 13), "location_inferred", "customs_cleared", True, "DE"),
        (5, datetime(2026, 11, 6, 12, 44), "location_inferred", "out_for_delivery", True, "DE"),
        (6, datetime(2026, 11, 6, 14), "location_inferred", "delivered", True, "DE"),
    ]
    newest = row(mine, source_seq=6)
    assert newest["event_time_raw"] == "2026-11-06T15:00:00"
    assert newest["event_at_local"] == datetime(2026, 11, 6, 15)
    assert newest["time_precision"] == "second"
    assert (newest["carrier_status"], newest["city"]) == ("OK", "MUSTERSTADT")
    assert newest["leg_courier_code"] == "dhl"


def test_a_v4_tracking_with_two_legs_keeps_couriers_order_and_post_code_apart():
    page = decode(body_of("v4_list_page"))
    tracking = row(page.trackings, tracking_number="ZZ100000002XC")
    assert tracking["destination_courier_code"] == "usps"
    assert tracking["destination_tracking_number"] == "9200000000000000000042"
    assert tracking["destination_postcode"] == "00000"
    assert (tracking["order_number"], tracking["order_id"]) == ("SO-1002", "700002")
    assert tracking["order_placed_raw"] == "2026-10-30T10:08:00+00:00"
    assert tracking["order_placed_at_local"] == datetime(2026, 10, 30, 10, 8)
    assert (tracking["weight"], tracking["weight_kg"]) == ("0.250kg", "0.25")
    assert (tracking["dimension"], tracking["label"]) == ("0*0*0", "1,2")
    assert tracking["created_month"] == "2026-10"
    mine = [one for one in rows(page.checkpoints) if one["record_no"] == 2]
    assert [(one["leg"], one["leg_courier_code"], one["source_seq"]) for one in mine] == [
        ("origin", "china-post", 3),
        ("origin", "china-post", 2),
        ("origin", "china-post", 1),
        ("destination", "usps", 2),
        ("destination", "usps", 1),
    ]
    # 02:15 in Shanghai; Oregon has two zones, and Salem that of the Pacific.
    assert (mine[0]["event_at_utc"], mine[0]["time_basis"]) == (
        datetime(2026, 11, 3, 18, 15),
        "location_inferred",
    )
    assert (mine[3]["event_at_utc"], mine[3]["time_basis"]) == (
        datetime(2026, 11, 20, 5, 30),
        "location_inferred",
    )


def test_a_v4_promise_is_a_date_and_keeps_its_text():
    promised = record(scheduled_delivery_date="2026-11-24T18:00:00-08:00")
    tracking = row(decode(page_of(promised)).trackings)
    assert tracking["promised_raw"] == "2026-11-24T18:00:00-08:00"
    assert tracking["promised_date"] == date(2026, 11, 24)


def test_v2_country_names_become_codes_and_record_times_become_utc():
    trackings = decode(body_of("v2_list_page"), "v2").trackings
    mug = row(trackings, tracking_number="ZZ100000001XC")
    assert (mug["origin_country"], mug["destination_country"]) == ("CN", "US")
    assert (mug["order_number"], mug["title"]) == ("#1001", "Blue mug")
    assert mug["order_placed_at_local"] == datetime(2026, 10, 28, 10, 8)
    assert (mug["transit_days"], mug["stay_days"], mug["is_updating"]) == (13, 9, False)
    assert (mug["courier_code"], mug["destination_courier_code"]) == ("china-post", "usps")
    assert mug["origin_leg"]["departed_airport"] == "2026-11-02 02:15:00"
    chinese = row(trackings, tracking_number="5000000000017")
    assert chinese["created_at_utc"] == datetime(2026, 10, 27, 6, 56, 55)
    assert chinese["updated_at_utc"] == datetime(2026, 11, 20, 8, 15, 4)
    assert chinese["latest_event_at_local"] == datetime(2026, 11, 18, 8, 42, 2)
    assert chinese["title"] is None
    new = row(trackings, tracking_number="ZZ100000003XC")
    assert (new["updated_at_utc"], new["origin_leg"], new["destination_leg"]) == (None, None, None)


def test_v2_checkpoints_have_no_country_so_their_instants_are_assumed():
    page = decode(body_of("v2_list_page"), "v2")
    accepted = row(page.checkpoints, description="Accepted by carrier")
    assert accepted["event_time_raw"] == "2026-10-29 18:41"
    assert accepted["event_at_utc"] == accepted["event_at_local"] == datetime(2026, 10, 29, 18, 41)
    assert (accepted["time_basis"], accepted["time_precision"]) == ("assumed_utc", "minute")
    assert (accepted["milestone"], accepted["location"]) == ("ItemReceived", "Shenzhen")
    assert (accepted["status"], accepted["substatus"]) == ("transit", None)
    left = row(page.checkpoints, milestone="DepartfromAirport")
    assert left["description"] == "已离开始发机场 Departed origin airport"
    assert (left["substatus"], left["event_type"], left["location"]) == ("transit007", "departed", None)


def test_a_v3_tracking_reads_as_its_json_says():
    page = decode(body_of("v3_list_page"), "v3")
    mug = row(page.trackings, order_number="1001")
    assert (mug["origin_country"], mug["destination_country"]) == ("US", "US")
    assert mug["order_placed_raw"] == "2026-11-01 16:51"
    assert mug["order_placed_at_local"] == datetime(2026, 11, 1, 16, 51)
    assert mug["updated_at_utc"] == datetime(2026, 11, 12, 3, 20, 5)
    # The offset the service adds to this one is not to be believed.
    assert mug["latest_event_at_local"] == datetime(2026, 11, 11, 14, 2)
    assert (mug["weight"], mug["transit_days"], mug["stay_days"]) == ("12.10LBS", 9, 10)
    assert (mug["is_archived"], mug["is_updating"]) == (False, False)
    assert mug["origin_leg"]["at_destination"] == "2026-11-08 07:10"
    assert mug["destination_leg"] is None
    oldest = row(page.checkpoints, source_seq=1)
    assert (oldest["status"], oldest["substatus"]) == ("transit", "notfound001")
    assert (oldest["event_type"], oldest["is_physical"]) == ("label_created", False)


def test_what_the_sister_brand_rejected_is_set_aside_with_the_code():
    page = decode(body_of("x51tracking_v4_list_rejected"))
    assert page.received == 2
    (refused,) = rows(page.rejected)
    assert (refused["kind"], refused["path"]) == ("tracking", "data.rejected[0]")
    assert refused["reason"] == "rejected by the service with code 4102"
    assert json.loads(refused["raw_json"])["tracking_number"] == "1000000099"
    assert page.marks() == [
        "trackingmore:default:4c7eac11075c8f6be7957e95f0d60e5a",
        refused["rejected_key"],
    ]


@pytest.mark.parametrize(("name", "version"), [("v4_list_empty", "v4"), ("v3_list_end_204", "v3")])
def test_an_empty_list_is_an_empty_page(name, version):
    page = decode(body_of(name), version)
    assert (page.received, page.trackings.num_rows, page.checkpoints.num_rows) == (0, 0, 0)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("trackingmore_error_*.json")), ids=lambda p: p.stem)
def test_an_error_body_never_gives_rows(path):
    version = path.stem.split("_")[2]
    try:
        page = decode(path.read_bytes(), version)
    except ResponseShapeError:
        return
    assert items_of(json.loads(path.read_bytes()), version) == []
    assert page.received == 0
