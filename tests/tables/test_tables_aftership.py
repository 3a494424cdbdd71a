"""AfterShip's pages become the same tables: nothing is lost, and its versions say the same of a parcel."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from copy import deepcopy
from datetime import datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from table_examples import (
    EXAMPLES,
    OBSERVED,
    aside,
    everything,
    extra_of,
    patiently,
    plain,
    regular,
    row,
    rows,
)
from table_examples import page_of as trackingmore_page

from airflow_provider_trackingmore.exceptions import ConfigurationError, ResponseShapeError
from airflow_provider_trackingmore.resources import sql_folder
from airflow_provider_trackingmore.tables import Page, decode_page, page
from airflow_provider_trackingmore.tables.fast import read_regular
from airflow_provider_trackingmore.tables.fields import FIELD_MAPS

VERSIONS = ("2024-04", "2024-07", "2024-10", "2025-01", "2025-04", "2025-07", "2026-01", "2026-07")
PAGES = {
    "list_page1_2024-04": (2, 10),
    "list_page1_2024-07": (2, 10),
    "list_page1_2024-10": (2, 10),
    "list_page1_2026-07": (3, 14),
    "list_page2_last_2026-07": (2, 2),
    "list_empty_2026-07": (0, 0),
}
every_version = pytest.mark.parametrize("version", VERSIONS)


def body_of(name: str) -> bytes:
    return (EXAMPLES / f"aftership_{name}.json").read_bytes()


def records_of(name: str) -> list[dict[str, Any]]:
    return json.loads(body_of(name))["data"]["trackings"]


def page_of(*records: Any) -> bytes:
    paging = {"total": len(records), "next_cursor": "", "has_next_page": False}
    document = {"meta": {"code": 200}, "data": {"pagination": paging, "trackings": list(records)}}
    return json.dumps(document).encode()


def decode(body: bytes, version: str = "2026-07", **options: Any) -> Page:
    decoded = decode_page(body, "aftership", version, **{"observed_at": OBSERVED} | options)
    for table in (decoded.trackings, decoded.checkpoints, decoded.rejected):
        table.validate(full=True)
    return decoded


def decode_tolerantly(monkeypatch: Any, body: bytes, version: str = "2026-07", **options: Any) -> Page:
    with monkeypatch.context() as patched:
        patched.setattr(page, "read_regular", lambda *_: None)
        return decode(body, version, **options)


def as_of(version: str, record: dict[str, Any]) -> dict[str, Any]:
    """Return a record of 2026-07 as an older version writes it (section 7 and 8 of the reference)."""
    older = deepcopy(record)
    if version < "2026-07":
        for name in ("shipment_dimensions", "proof_of_delivery", "multi_piece_info", "shipment_direction",
                     "return_shipment", "forward_shipment"):  # fmt: skip
            del older[name]
        for scan in older["checkpoints"]:
            del scan["hash"]
        for customer in older["customers"]:
            del customer["id"]
    if version < "2026-01":
        promise = older["order_promised_delivery_date"]
        older["order_promised_delivery_date"] = promise and promise["promised_delivery_date"]
        for scan in older["checkpoints"]:
            scan["zip"] = scan.pop("postal_code")
    if version < "2025-04":
        older |= {"tracking_postal_code": None, "tracking_state": None}
    if version < "2025-01":
        older["last_updated_at"] = older["updated_at"]
        for side in ("origin", "destination", "courier_destination"):
            older[f"{side}_country_iso3"] = older.pop(f"{side}_country_region")
        customers = older.pop("customers")
        older["customer_name"] = customers[0]["name"] if customers else None
        older["emails"] = [one["email"] for one in customers if one["email"]]
        last = older.pop("last_mile")
        names = ("slug", "tracking_number", "source", "courier_tracking_link", "courier_redirect_link")
        older["next_couriers"] = [{name: last[name] for name in names}] if last else []
        del older["first_mile"]
        for scan in older["checkpoints"]:
            scan["country_iso3"], scan["country_name"] = (
                scan.pop("country_region"), scan.pop("country_region_name"),
            )  # fmt: skip
            del scan["source"]
    if version < "2024-10":
        carrier = older.pop("courier_estimated_delivery_date")
        older["expected_delivery"] = carrier and carrier["estimated_delivery_date"]
    if version < "2024-07":
        weight = older["shipment_weight"]
        older["shipment_weight"] = weight and weight["value"]
        older["shipment_weight_unit"] = weight and weight["unit"]
        del older["legacy_id"]
    return older


def record(**fields: Any) -> dict[str, Any]:
    """Return the first example record with other fields; the fast reader takes it."""
    return deepcopy(records_of("list_page1_2026-07")[0]) | {"custom_fields": None} | fields


def with_scan(**fields: Any) -> dict[str, Any]:
    return record(checkpoints=[records_of("list_page1_2026-07")[0]["checkpoints"][1] | fields])


@pytest.mark.parametrize("name", PAGES)
def test_the_example_pages_decode_completely(name):
    decoded = decode(body_of(name), name[-7:])
    told = records_of(name)
    scans = [(one["id"], scan) for one in told for scan in one["checkpoints"]]
    assert (decoded.received, decoded.checkpoints.num_rows) == PAGES[name] == (len(told), len(scans))
    assert decoded.rejected.num_rows == 0
    assert decoded.trackings["source_id"].to_pylist() == [one["id"] for one in told]
    assert decoded.trackings["checkpoint_count"].to_pylist() == [len(one["checkpoints"]) for one in told]
    found = Counter(
        (scan["tracking_key"].split(":")[-1], scan["event_time_raw"], scan["description"], scan["status_raw"],
         scan["substatus_raw"], scan["leg_courier_code"], scan["carrier_status"])
        for scan in rows(decoded.checkpoints)
    )  # fmt: skip
    names = ("checkpoint_time", "message", "tag", "subtag", "slug", "raw_tag")
    assert found == Counter((key, *(scan[name] for name in names)) for key, scan in scans)
    assert not {"unknown"} & set(decoded.checkpoints["event_type"].to_pylist())
    assert set(decoded.trackings["api_version"].to_pylist()) <= {name[-7:]}


@every_version
def test_every_version_of_the_examples_is_read_by_the_fast_reader_without_a_rest(version):
    told = [
        as_of(version, one) | {"custom_fields": {}}
        for name in ("list_page1_2026-07", "list_page2_last_2026-07")
        for one in records_of(name)
    ]
    decoded = decode(page_of(*told), version)
    assert (decoded.reader, decoded.received, decoded.checkpoints.num_rows) == ("fast", 5, 16)


# What a version has that an older one cannot say.
NEWER = {"legacy_id", "first_mile", "shipment_direction"}
ITS_OWN = ("api_version", "extra", "dimension")


def without(table: pa.Table, *names: str) -> pa.Table:
    return table.drop_columns([name for name in names if name in table.column_names])


@every_version
def test_a_tracking_is_the_same_in_the_words_of_every_version(version):
    told = records_of("list_page1_2026-07") + records_of("list_page2_last_2026-07")
    told[1]["last_mile"]["courier_redirect_link"] = "https://paket.example/redirect"
    newest = decode(page_of(*told))
    older = decode(page_of(*(as_of(version, one) for one in told)), version)
    for name in ("trackings", "checkpoints"):
        one, other = (plain(getattr(decoded, name)) for decoded in (newest, older))
        extras = [[extra_of(row) for row in rows(table)] for table in (one, other)]
        assert rows(without(other, *ITS_OWN)) == rows(without(one, *ITS_OWN))
        for now, then in zip(*extras, strict=True):
            unsaid = NEWER | {"source", "hash"} if name == "checkpoints" else NEWER
            assert {k: v for k, v in then.items() if k not in unsaid} == {
                k: v for k, v in now.items() if k not in unsaid
            }


def test_the_examples_of_2024_and_2026_tell_the_same_of_the_same_parcel():
    """The reference's own pages, not made from each other; only ids and links of the next leg differ."""
    old, new = decode(body_of("list_page1_2024-04"), "2024-04"), decode(body_of("list_page1_2026-07"))
    ids = ("tracking_key", "source_id", "checkpoint_key")
    for name in ("trackings", "checkpoints"):
        tables = (without(plain(getattr(one, name)), *ITS_OWN, *ids, "destination_leg") for one in (old, new))
        before, after = map(rows, tables)
        assert before == [one for one in after if one["record_no"] < 2]
    couriers = [one.trackings["destination_courier_code"].to_pylist()[:2] for one in (old, new)]
    assert couriers == [[None, "demo-paket"]] * 2


@every_version
@pytest.mark.parametrize(
    ("told", "promised"),
    [
        (
            {
                "first_estimated_delivery": {"source": "Carrier EDD", "datetime": "2026-10-05"},
                "courier_estimated_delivery_date": {"estimated_delivery_date": "2026-10-07"},
            },
            "2026-10-05",
        ),
        ({"first_estimated_delivery": {"source": "Custom EDD", "datetime_max": "2026-10-06"}}, "2026-10-06"),
        ({"first_estimated_delivery": {"source": "AfterShip EDD", "datetime": "2026-10-06"}}, None),
        ({"courier_estimated_delivery_date": {"estimated_delivery_date": "2026-10-07"}}, "2026-10-07"),
        ({"order_promised_delivery_date": {"promised_delivery_date": "2026-10-08"}}, "2026-10-08"),
    ],
)
def test_the_first_estimate_is_the_promise_else_the_carriers_else_the_shops(version, told, promised):
    nothing = dict.fromkeys(
        (
            "first_estimated_delivery",
            "courier_estimated_delivery_date",
            "expected_delivery",
            "order_promised_delivery_date",
        )
    )
    one = as_of(version, record() | nothing | told)
    assert row(decode(page_of(one), version).trackings)["promised_raw"] == promised


def test_a_checkpoint_has_one_key_in_every_version_of_the_examples():
    names = ("2024-07", "2024-10", "2026-07")
    keys = [decode(body_of(f"list_page1_{v}"), v).checkpoints["checkpoint_key"].to_pylist() for v in names]
    assert keys[0] == keys[1]
    assert set(keys[0]) < set(keys[2])


def test_the_first_example_says_in_our_words_what_the_service_said():
    decoded = decode(body_of("list_page1_2026-07"))
    one = row(decoded.trackings, tracking_number="EX100000000001US")
    wanted = {
        "tracking_key": "aftership:default:c6ed6364c1ca6af4dbc933bb3e1270e4", "source": "aftership",
        "courier_code": "demo-express", "status": "delivered", "substatus": "delivered003",
        "status_raw": "Delivered", "substatus_raw": "Delivered_003", "status_info": "Sign by customer",
        "origin_country": "US", "destination_country": "US", "destination_postcode": "97001",
        "order_number": "#7001", "order_id": "ord-7001", "weight": "1.3 kg", "weight_kg": "1.3",
        "dimension": "30 x 20 x 10 cm", "pieces": 1, "is_updating": False, "transit_days": 5,
        "service_code": "Demo Ground", "registered_through": "api", "promised_raw": "2026-10-07",
        "order_placed_raw": "2026-10-01T18:22:10-05:00",
        "order_placed_at_local": datetime(2026, 10, 1, 18, 22, 10),
        "created_at_utc": datetime(2026, 10, 2, 8, 15, 4),
        "updated_at_utc": datetime(2026, 10, 8, 17, 20, 31),
        "created_month": "2026-10", "checkpoint_count": 7,
    }  # fmt: skip
    assert {name: one[name] for name in wanted} == wanted
    assert one["origin_leg"]["milestone_delivered"] == "2026-10-08T10:14:00-07:00"
    assert one["destination_leg"] is None
    extra = extra_of(one)
    assert extra["custom_fields"] == {"store": "withheld: text of 5 characters"}
    assert extra["latest_estimated_delivery"]["revise_reason"] == "extreme_weather"
    assert extra["aftership_estimated_delivery_date"]["confidence_code"] == 10001
    assert (extra["on_time_difference"], extra["return_to_sender"]) == (1, False)


def test_a_parcel_that_is_handed_over_has_two_legs_oldest_scan_first():
    decoded = decode(body_of("list_page1_2026-07"))
    one = row(decoded.trackings, tracking_number="RX200000000002CN")
    assert (one["destination_courier_code"], one["destination_tracking_number"]) == (
        "demo-paket",
        "DE900000000002",
    )
    assert one["destination_leg"]["weblink"] == "https://paket.example/DE900000000002"
    scans = [scan for scan in rows(decoded.checkpoints) if scan["record_no"] == one["record_no"]]
    found = {
        (scan["leg"], scan["source_seq"]): (scan["leg_courier_code"], scan["description"]) for scan in scans
    }
    assert found == {
        ("origin", 1): ("demo-post", "收寄"),
        ("origin", 2): ("demo-post", "Arrived in destination country"),
        ("destination", 1): ("demo-paket", "Held by customs"),
    }


def test_a_scan_without_a_courier_belongs_to_the_records_own():
    (scan,) = rows(decode(page_of(with_scan(slug=None))).checkpoints)
    assert (scan["leg"], scan["leg_courier_code"]) == ("origin", "demo-express")


@pytest.mark.parametrize(
    ("told", "local", "offset", "utc", "basis", "precision"),
    [
        ("2026-10-03T16:05:00-04:00", "16:05", -240, "20:05", "explicit_offset", "second"),
        ("2026-10-03T16:05:00+08:00", "16:05", 480, "08:05", "explicit_offset", "second"),
        ("2026-10-03T16:05:00Z", "16:05", 0, "16:05", "explicit_offset", "second"),
        ("2026-10-03T16:05:00", "16:05", None, "14:05", "location_inferred", "second"),
        ("2026-10-03 16:05:00", "16:05", None, "14:05", "location_inferred", "second"),
        ("2026-10-03T16:05:00.250", "16:05", None, "14:05", "location_inferred", "second"),
        ("2026-10-03", "00:00", None, "22:00", "location_inferred", "date"),
        ("20261003", "00:00", None, "22:00", "location_inferred", "date"),
    ],
)
def test_a_time_is_local_has_an_offset_or_is_a_date_and_says_which(
    told, local, offset, utc, basis, precision
):
    (scan,) = rows(decode(page_of(with_scan(checkpoint_time=told, country_region="FRA"))).checkpoints)
    assert (scan["event_time_raw"], scan["utc_offset_minutes"]) == (told, offset)
    assert (f"{scan['event_at_local']:%H:%M}", f"{scan['event_at_utc']:%H:%M}") == (local, utc)
    assert (scan["time_basis"], scan["time_precision"]) == (basis, precision)


def test_a_local_time_in_no_known_zone_is_marked_as_assumed():
    (scan,) = rows(decode(page_of(with_scan(checkpoint_time="2026-10-03T16:05:00", state=None))).checkpoints)
    assert scan["time_basis"] == "assumed_utc"


# Section 18 of the reference.
TAGS = {
    "Pending": ("pending", "order_processed"), "InfoReceived": ("inforeceived", "label_created"),
    "InTransit": ("transit", "in_transit"), "OutForDelivery": ("pickup", "out_for_delivery"),
    "AvailableForPickup": ("pickup", "ready_for_pickup"), "AttemptFail": ("undelivered", "attempt_failed"),
    "Delivered": ("delivered", "delivered"), "Exception": ("exception", "exception_other"),
    "Expired": ("expired", "expired"),
}  # fmt: skip
SUBTAGS = {
    "Delivered_001": "delivered001", "Delivered_002": "delivered002", "Delivered_003": "delivered003",
    "Delivered_004": "delivered001", "Delivered_005": "delivered004", "InTransit_001": "transit001",
    "InTransit_003": "transit002", "InTransit_004": "transit004", "InTransit_005": "transit005",
    "AvailableForPickup_001": "pickup002", "OutForDelivery_001": "pickup001",
    "InfoReceived_001": "inforeceived001", "Pending_001": "pending001", "Expired_001": "expired001",
    **{f"Exception_{n:03d}": "exception005" for n in (1, 2, 5, 6, 7, 9, 14, 15, 16, 17, 19)},
    **{f"Exception_{n:03d}": "exception006" for n in (4, 18)},
    **{f"Exception_{n:03d}": "exception007" for n in (12, 13, 21)},
    "Exception_003": "exception009", "Exception_008": "exception004", "Exception_020": "exception008",
    "Exception_010": "exception011", "Exception_011": "exception010",
}  # fmt: skip
# Section 9: these exist as well.
OTHERS = [
    *(f"InTransit_{n:03d}" for n in (2, 6, 7, 8, 9, 10, 11, 12, 13)),
    *("AttemptFail_001", "AttemptFail_002", "AttemptFail_003", "OutForDelivery_003", "OutForDelivery_004"),
    *(f"Pending_{n:03d}" for n in range(2, 7)),
]


def scan_with(tag: str | None, subtag: str | None) -> dict[str, Any]:
    (scan,) = rows(decode(page_of(with_scan(tag=tag, subtag=subtag))).checkpoints)
    return scan


@pytest.mark.parametrize("tag", TAGS)
def test_a_tag_has_the_status_of_the_one_scale(tag):
    scan = scan_with(tag, None)
    assert (scan["status"], scan["event_type"], scan["status_raw"]) == (*TAGS[tag], tag)
    one = row(decode(page_of(record(tag=tag, subtag=None))).trackings)
    assert (one["status"], one["status_raw"]) == (TAGS[tag][0], tag)


@pytest.mark.parametrize("subtag", [*SUBTAGS, *OTHERS])
def test_a_subtag_has_the_substatus_of_the_one_scale(subtag):
    tag = subtag.split("_")[0]
    scan = scan_with(tag, subtag)
    wanted = SUBTAGS.get(subtag, scan["substatus"])
    assert (scan["status"], scan["substatus"], scan["substatus_raw"]) == (TAGS[tag][0], wanted, subtag)
    assert re.fullmatch(r"[a-z]+\d{3}", scan["substatus"])
    assert scan["substatus"].startswith(scan["status"])


def test_going_back_and_being_back_are_told_by_their_meaning_not_by_their_number():
    for subtag, event in (("Exception_010", "returning"), ("Exception_011", "returned")):
        assert scan_with("Exception", subtag)["event_type"] == event


def test_the_map_says_of_each_meaning_the_same_for_both_services():
    """A sub-tag that is told as a TrackingMore sub-status means what that sub-status means."""
    with (sql_folder() / "seeds" / "status_map.csv").open(encoding="utf-8", newline="") as file:
        known = list(csv.DictReader(file))
    meaning = ("event_type", "is_physical", "is_exception")
    ours = {one["substatus"]: one for one in known if one["source"] == "trackingmore"}
    theirs = [one for one in known if one["source"] == "aftership" and one["substatus"]]
    assert {one["told_substatus"] for one in theirs} == {name.lower() for name in (*SUBTAGS, *OTHERS)}
    for one in theirs:
        assert [one[name] for name in meaning] == [ours[one["substatus"]][name] for name in meaning]


@pytest.mark.parametrize(
    ("tag", "subtag", "status", "substatus", "event"),
    [
        ("InTransit", "InTransit_099", "transit", "intransit_099", "in_transit"),
        ("Teleported", "Delivered_001", "teleported", "delivered001", "delivered"),
        ("Teleported", "Beam_001", "teleported", "beam_001", "unknown"),
        (None, None, None, None, "unknown"),
        ("in transit", "INTRANSIT_003", "transit", "transit002", "arrived"),
    ],
)
def test_a_tag_nobody_knows_is_kept_as_it_came_and_fails_nothing(tag, subtag, status, substatus, event):
    scan = scan_with(tag, subtag)
    assert (scan["status"], scan["substatus"], scan["event_type"]) == (status, substatus, event)


@pytest.mark.parametrize(
    ("told", "code"),
    [("USA", "US"), ("CHN", "CN"), ("HKG", "HK"), ("DEU", "DE"), ("SCG", "SCG"), ("JKL", "JKL")],
)
def test_a_country_of_three_letters_is_one_of_two(told, code):
    decoded = decode(page_of(record(destination_country_region=told)))
    assert row(decoded.trackings)["destination_country"] == code


PEOPLE = {
    "customer_name": "NAME-1", "note": "NOTE-1", "signed_by": "SIGN-1", "origin_raw_location": "STREET-1",
    "destination_raw_location": "STREET-2", "order_id_path": "PATH-1", "pickup_note": "NOTE-2",
    "emails": ["MAIL-1"], "smses": ["PHONE-1"], "subscribed_emails": ["MAIL-2"],
    "subscribed_smses": ["PHONE-2"], "aftership_tracking_order_url": "URL-1",
    "customers": [{"role": "buyer", "name": "NAME-2", "phone_number": "PHONE-3", "email": "MAIL-3",
                   "language": "LANG-1", "id": "CUST-1"}],
    "proof_of_delivery": [{"type": "image", "url": "URL-2"}],
}  # fmt: skip
SECRETS = {"tracking_key": "SECRET-1", "tracking_account_number": "SECRET-2", "unique_token": "SECRET-3"}
MARK = re.compile(r"(?:NAME|NOTE|SIGN|STREET|PATH|MAIL|PHONE|URL|LANG|CUST)-\d")


@pytest.mark.parametrize("drift", [{}, {"news": 1}, {"customers": {"name": "NAME-2"}, "emails": "MAIL-1"}])
@every_version
def test_people_stay_out_unless_asked_for_and_secrets_always(version, drift):
    told = as_of(version, record()) | PEOPLE | SECRETS | drift
    told["checkpoints"][0]["coordinate"] = {"latitude": 47.1234, "longitude": 8.5678}
    body = page_of(told)
    quiet, open_ = decode(body, version), decode(body, version, include_personal_data=True)
    assert quiet.reader == ("tolerant" if drift else "fast")
    assert not MARK.search(everything(quiet))
    assert "47.1234" not in everything(quiet)
    assert set(MARK.findall(everything(open_))) == set(MARK.findall(json.dumps(told)))
    assert "47.1234" in everything(open_)
    for decoded in (quiet, open_):
        assert "SECRET-" not in everything(decoded)


def test_an_unknown_field_travels_beside_what_is_known():
    told = record(news={"deep": [1]}, first_estimated_delivery={"type": "specific", "mood": "good"})
    told["checkpoints"][0]["altitude"] = 7
    decoded = decode(page_of(told))
    extra = extra_of(row(decoded.trackings))
    assert extra["news"] == {"deep": [1]}
    assert extra["first_estimated_delivery"] == {"type": "specific", "mood": "withheld: text of 4 characters"}
    oldest = [scan for scan in rows(decoded.checkpoints) if scan["source_seq"] == 1]
    assert [extra_of(scan)["altitude"] for scan in oldest] == [7]


@pytest.mark.parametrize("none", [None, [], "", "absent"])
def test_a_tracking_without_checkpoints_has_none(none):
    told = record(checkpoints=none)
    if none == "absent":
        del told["checkpoints"]
    decoded = decode(page_of(told))
    assert (decoded.trackings["checkpoint_count"].to_pylist(), aside(decoded)) == ([0], {})


@every_version
@pytest.mark.parametrize("blank", [None, "", "null", {}, "absent"])
def test_a_record_without_an_id_is_rejected_and_no_new_tracking(version, blank):
    nameless = record(id=blank)
    if blank == "absent":
        del nameless["id"]
    decoded = decode(page_of(as_of(version, record(id="1")), as_of(version, nameless)), version)
    assert decoded.trackings["source_id"].to_pylist() == ["1"]
    assert decoded.rejected["reason"].to_pylist() == [
        f"the record has no id, which every record of {version} has"
    ]
    assert decoded.received == 2


def test_a_broken_record_or_scan_is_set_aside_and_the_rest_stays():
    scans = record()["checkpoints"]
    decoded = decode(page_of(record(id="1", checkpoints=[scans[0], "text", None]), 7, {"note": "x"}))
    assert decoded.trackings["source_id"].to_pylist() == ["1"]
    assert decoded.checkpoints.num_rows == 1
    assert aside(decoded) == {"checkpoint": 2, "tracking": 2}
    assert (decoded.received, set(decoded.rejected["source"].to_pylist())) == (3, {"aftership"})


@pytest.mark.parametrize(
    "body", [b'{"meta":{"code":200},"data":{"trackings":null}}', b'{"meta":{"code":200},"data":{}}', b"[]"]
)
def test_a_page_without_a_list_is_an_error(body):
    with pytest.raises(ResponseShapeError):
        decode(body)


def test_a_version_nobody_knows_is_named():
    with pytest.raises(ConfigurationError, match=r"'aftership' '2027-01'.*aftership 2026-07"):
        decode(b"{}", "2027-01")


PARTS = {"value": 77.5, "unit": "lb"}
SIDES = {"length": 30, "width": 20, "height": 10.5, "unit": "cm"}


def by_both(told: dict[str, Any], version: str) -> Page:
    """Return the page of one tracking, which is the same whoever read it."""
    body = page_of(told)
    fast = decode(body, version)
    with pytest.MonkeyPatch.context() as patch:
        assert (fast.reader, same(fast, decode_tolerantly(patch, body, version))) == ("fast", True)
    return fast


def extra_by_both(told: dict[str, Any], version: str = "2026-07") -> Any:
    return extra_of(row(by_both(told, version).trackings))


def scan_extra_by_both(told: dict[str, Any], version: str = "2026-07") -> Any:
    return extra_of(row(by_both(told, version).checkpoints))


@pytest.mark.parametrize("missing", PARTS)
@every_version
def test_half_a_weight_is_kept_by_its_newest_name(version, missing):
    weight = PARTS | {missing: None}
    told = as_of(version, record(shipment_weight=weight))
    left = {name: value for name, value in weight.items() if value is not None}
    assert extra_by_both(told, version)["shipment_weight"] == left
    whole = as_of(version, record(shipment_weight=PARTS))
    assert "shipment_weight" not in extra_by_both(whole, version)


@pytest.mark.parametrize("missing", SIDES)
def test_sides_without_one_or_without_a_unit_are_kept(missing):
    sides = SIDES | {missing: None}
    left = {name: value for name, value in sides.items() if value is not None}
    assert extra_by_both(record(shipment_dimensions=sides))["shipment_dimensions"] == left
    assert "shipment_dimensions" not in extra_by_both(record(shipment_dimensions=SIDES))


def test_what_is_no_weight_stands_beside_its_unit():
    told = as_of("2024-04", record()) | {"shipment_weight": "heavy", "shipment_weight_unit": "kg"}
    extra = extra_of(row(decode(page_of(told), "2024-04").trackings))
    assert extra["shipment_weight"] == [{"unit": "kg"}, "withheld: text of 5 characters"]


def test_couriers_after_the_next_one_are_kept():
    several = [
        {"slug": slug, "tracking_number": f"{slug}-1", "source": "user", "courier_redirect_link": f"r-{slug}"}
        for slug in ("first", "second", "third")
    ]
    told = as_of("2024-10", record()) | {"next_couriers": several}
    extra = extra_by_both(told, "2024-10")
    assert extra["next_couriers"] == several[1:]
    assert extra["last_mile"] == {"source": "user", "courier_redirect_link": "r-first"}
    assert row(decode(page_of(told), "2024-10").trackings)["destination_courier_code"] == "first"
    assert "next_couriers" not in extra_by_both(told | {"next_couriers": several[:1]}, "2024-10")


def test_a_next_courier_that_is_null_is_kept_as_it_came():
    told = as_of("2024-10", record()) | {"next_couriers": [None]}
    assert extra_by_both(told, "2024-10")["next_couriers"] == [None]


@pytest.mark.parametrize(("code", "left"), [("DEU", None), (None, "Germany"), ("", "Germany")])
@every_version
def test_the_name_of_a_country_is_kept_where_it_has_no_code(version, code, left):
    told = as_of(version, with_scan(country_region=code, country_region_name="Germany"))
    assert scan_extra_by_both(told, version).get("country_region_name") == left


@pytest.mark.parametrize(
    ("subtag", "left"),
    [
        ("InTransit_003", None),
        ("intransit_003", None),
        ("InTransit_099", "Beamed up"),
        ("Beam_001", "Beamed up"),
        (None, "Beamed up"),
    ],
)
def test_the_words_of_a_subtag_are_kept_where_the_map_does_not_know_it(subtag, left):
    told = with_scan(tag="InTransit", subtag=subtag, subtag_message="Beamed up")
    assert scan_extra_by_both(told).get("subtag_message") == left


@pytest.mark.parametrize("name", ["created_at", "updated_at"])
@every_version
def test_what_is_no_time_of_a_tracking_is_kept_as_it_came(version, name):
    told = as_of(version, record())
    assert name not in extra_by_both(told, version)
    assert extra_by_both(told | {name: "last spring"}, version)[name] == "last spring"


@pytest.mark.parametrize(
    ("version", "name"),
    [
        ("v2", "created_at"),
        ("v2", "updated_at"),
        ("v3", "update_date"),
        ("v4", "created_at"),
        ("v4", "update_at"),
    ],
)
def test_what_is_no_time_of_a_tracking_is_kept_for_the_other_service_too(monkeypatch, version, name):
    told = regular(version)
    for text, left in ((told[name], None), ("last spring", "last spring"), ("", None)):
        body = trackingmore_page(told | {name: text}, version=version)
        fast = decode_page(body, "trackingmore", version, observed_at=OBSERVED)
        assert fast.reader == "fast"
        assert extra_of(row(fast.trackings)).get(name) == left
        with monkeypatch.context() as patch:
            patch.setattr(page, "read_regular", lambda *_: None)
            assert same(fast, decode_page(body, "trackingmore", version, observed_at=OBSERVED))


@pytest.mark.parametrize(
    ("update_at", "updated_at", "left"),
    [
        ("last spring", "2026-11-07T03:50:41Z", {"update_at", "updated_at"}),
        (None, "last spring", {"updated_at"}),
        (None, "2026-11-07T03:50:41Z", set()),
    ],
)
def test_of_two_names_of_the_update_time_each_is_kept_where_neither_is_read(update_at, updated_at, left):
    told = regular("v4") | {"update_at": update_at, "updated_at": updated_at}
    decoded = decode_page(trackingmore_page(told), "trackingmore", "v4", observed_at=OBSERVED)
    assert set(extra_of(row(decoded.trackings))) & {"update_at", "updated_at"} == left


def test_people_inside_what_is_no_time_stay_out_unless_asked_for():
    body = page_of(record(created_at=json.dumps({"email": "MAIL-1", "api_key": "SECRET-1", "plain": 1})))
    for include, mails in ((False, 0), (True, 1)):
        text = everything(decode(body, include_personal_data=include))
        assert (text.count("MAIL-1"), text.count("SECRET-1"), text.count("plain")) == (mails, 0, 1)


def test_people_inside_words_that_are_kept_stay_out_unless_asked_for():
    words = json.dumps({"email": "MAIL-1", "api_key": "SECRET-1", "plain": 1})
    told = with_scan(subtag="Beam_001", subtag_message=words, country_region=None, country_region_name=words)
    body = page_of(told)
    for include, mails in ((False, 0), (True, 2)):
        text = everything(decode(body, include_personal_data=include))
        assert (text.count("MAIL-1"), text.count("SECRET-1"), text.count("plain")) == (mails, 0, 2)


def same(one: Page, other: Page) -> bool:
    pairs = ((getattr(one, name), getattr(other, name)) for name in ("trackings", "checkpoints"))
    return all(plain(left).equals(plain(right)) for left, right in pairs)


@every_version
@pytest.mark.parametrize("include", [False, True])
def test_both_readers_make_the_same_of_the_examples(monkeypatch, version, include):
    told = [as_of(version, one) | {"custom_fields": {}} for one in records_of("list_page1_2026-07")]
    body = page_of(*(one | PEOPLE for one in told), *told[1:])
    fast = decode(body, version, include_personal_data=include)
    assert fast.reader == "fast"
    assert same(fast, decode_tolerantly(monkeypatch, body, version, include_personal_data=include))


LEAVES = st.sampled_from(
    [None, "", "null", " ", "text", "2026-10-03", 0, 1, -1, 1.5, 30.0, 1e300, 10**400, 2**53 + 1, 2**63, True,
     False, [], {}, ["a"], [None], [{}], {"slug": "ups"}, {"value": 2}, {"value": None}, "7", "1.50"]
)  # fmt: skip


@patiently
@given(st.data())
def test_whatever_the_fast_reader_accepts_the_tolerant_one_reads_alike(data):
    version = data.draw(st.sampled_from(VERSIONS))
    told = as_of(version, record())
    for holder in (told, told["checkpoints"][0], *(v for v in told.values() if isinstance(v, dict))):
        for name in data.draw(
            st.lists(st.sampled_from(sorted(set(holder) - {"id", "checkpoints"})), max_size=3)
        ):
            holder[name] = data.draw(LEAVES)
    body = page_of(told)
    decoded = decode(body, version, include_personal_data=True)
    assert decoded.received == 1
    if read_regular(body, FIELD_MAPS["aftership", version]) is not None:
        with pytest.MonkeyPatch.context() as patch:
            assert same(decoded, decode_tolerantly(patch, body, version, include_personal_data=True))


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_a_number_that_is_none_stays_readable_json(word):
    body = page_of(record(on_time_difference=7.25)).replace(b"7.25", word.encode())
    decoded = decode(body, include_personal_data=True)
    assert decoded.reader == "tolerant"
    assert extra_of(row(decoded.trackings))["on_time_difference"] == word
