"""The routes that only read: one tracking, counts, the account, postcodes, transit times, waybills."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from airflow_provider_trackingmore.sandbox import shipments
from airflow_provider_trackingmore.sandbox.calls import Answer, Refused
from airflow_provider_trackingmore.sandbox.carriers import lane_for
from airflow_provider_trackingmore.sandbox.journeys import DAY
from airflow_provider_trackingmore.sandbox.knowledge import Record
from airflow_provider_trackingmore.sandbox.trackingmore.addressing import by_path, text_of
from airflow_provider_trackingmore.sandbox.trackingmore.calls import Call, json_list
from airflow_provider_trackingmore.sandbox.trackingmore.lists import list_query, select, show
from airflow_provider_trackingmore.sandbox.views import record_time

if TYPE_CHECKING:
    from airflow_provider_trackingmore.sandbox.trackingmore.desk import Desk

_WAYBILL = re.compile(r"(\d{3})[ -]?(\d{7,8})")
_UNSUPPORTED_AIRLINE = "000"
_RANGES = ((1, 7), (8, 15), (16, 30), (31, 60))
_V2_COUNTS = ("pending", "notfound", "transit", "pickup", "delivered", "undelivered", "exception", "expired")
_V3_COUNTS = ("pending", "notfound", "transit", "pickup", "delivered", "expired", "undelivered", "exception")


def get(desk: Desk, call: Call) -> Answer:
    """Answer one tracking named in the path (v2)."""
    return Answer(show(desk, call.dialect, [by_path(desk, call)])[0], items=1)


def realtime(desk: Desk, call: Call) -> Answer:
    """Ask the carrier now and answer the tracking, registered or not (v3)."""
    return Answer(_asked_now(desk, call), items=1)


def realtime_v2(desk: Desk, call: Call) -> Answer:
    """Ask the carrier now and answer the tracking in a list (v2)."""
    return Answer({"items": [_asked_now(desk, call)]}, items=1)


def status_count(desk: Desk, call: Call) -> Answer:
    """Answer how many trackings have each status, within the windows given."""
    found = select(desk, call.dialect, list_query(call))
    counts = Counter(call.dialect.wording.in_words(*record.status)[0] for record in found)
    if call.dialect.has_totals:
        return Answer({name: counts[name] for name in _V2_COUNTS})
    return Answer({**{name: counts[name] for name in _V3_COUNTS}, "infoReceived": counts["inforeceived"]})


def count(desk: Desk, call: Call) -> Answer:
    """Answer how many trackings pass the filters (v3)."""
    return Answer({"count": len(select(desk, call.dialect, list_query(call)))})


def user_info(desk: Desk, call: Call) -> Answer:
    """Answer who owns the account and what is left on it."""
    registered = len(desk.world.records())
    since = desk.world.anchor - 400 * DAY
    return Answer(
        {
            "email": "ops@parcel-lab.example",
            "regtime": str(since),
            "phone": "",
            "money": "12.50",
            "track_number": max(1_000_000 - registered, 0),
        }
    )


def remote(desk: Desk, call: Call) -> Answer:
    """Answer which postcodes lie in remote areas; here, those that start with a 9."""
    rows = json_list(call)
    far: list[dict[str, str]] = []
    near: list[dict[str, str]] = []
    for row in rows:
        postcode = text_of(row, "postcode") or text_of(row, "postal_code")
        area = {
            "far_express_company": text_of(row, "company") or "dhl",
            "two_code": text_of(row, "country"),
            "far_country": text_of(row, "country"),
            "far_city_postcode": postcode,
        }
        (far if postcode.startswith("9") else near).append(area)
    return Answer({"submitted": len(rows), "other": near, "remote": far})


def transit_time(desk: Desk, call: Call) -> Answer:
    """Answer how long delivered parcels took, by lane and carrier."""
    answers = [_transit_of(desk, call, row) for row in json_list(call)]
    return Answer(answers[0] if call.dialect.has_totals and len(answers) == 1 else answers)


def waybill(desk: Desk, call: Call) -> Answer:
    """Answer an air waybill; its flights are invented from the number."""
    body = call.json()
    value = body.get("awb_number", body.get("track_number")) if isinstance(body, dict) else None
    number = value[0] if isinstance(value, list) and value else value
    found = _WAYBILL.fullmatch(str(number or ""))
    if not found:
        raise Refused("bad_waybill")
    if found[1] == _UNSUPPORTED_AIRLINE:
        raise Refused("bad_airline")
    return Answer(_waybill(found[1], found[2], desk.world.anchor), items=1)


def _asked_now(desk: Desk, call: Call) -> dict[str, Any]:
    body = call.json()
    if not isinstance(body, dict):
        raise Refused("not_json")
    number, courier = text_of(body, "tracking_number"), text_of(body, call.dialect.carrier_key)
    if not number:
        raise Refused("number_missing")
    lane = lane_for(courier)
    if lane is None:
        raise Refused("courier_invalid")
    record = desk.world.find_number(courier, number)
    if record:
        desk.world.refresh(record)
        desk.world.records()
    else:
        # The service answers numbers it does not keep; nothing of this one stays.
        now = desk.world.clock.epoch()
        record = Record(shipments.registered(desk.world.seed, number, lane, now, {"source": "API"}))
        record.asked_at.append(now)
        record.learn()
        record.observe(now)
    return show(desk, call.dialect, [record])[0]


def _transit_of(desk: Desk, call: Call, row: dict[str, Any]) -> dict[str, Any]:
    lane = (text_of(row, call.dialect.carrier_key), text_of(row, "original"), text_of(row, "destination"))
    now = desk.world.clock.epoch()
    stories = [
        record.shipment.journey
        for record in desk.world.records()
        if (record.shipment.courier_code, record.shipment.lane.origin, record.shipment.lane.destination)
        == lane
    ]
    days = [
        (story.exit_at - story.picked_up_at) / DAY
        for story in stories
        if story.outcome == "delivered" and story.picked_up_at and story.exit_at and story.exit_at <= now
    ]
    shares = [sum(low - 1 <= day < high for day in days) for low, high in _RANGES]
    if call.dialect.has_totals:
        numbered = {f"range{place}": share for place, share in enumerate(shares, start=1)}
        return {"total": len(stories), "delivered": len(days), **numbered}
    average = round(sum(days) / len(days), 1) if days else None
    named = {f"range_{low}_{high}": share for (low, high), share in zip(_RANGES, shares, strict=True)}
    return {**named, "average_delivery_time": average}


def _waybill(airline: str, serial: str, anchor: int) -> dict[str, Any]:
    number = f"{airline}-{serial}"
    flight = f"XX{int(serial) % 900 + 100}"
    stations = ["AAA", "BBB", "CCC"]
    leg = {
        "depart_station": stations[0],
        "arrival_station": stations[1],
        "plan_depart_time": _clock(anchor, 0),
        "depart_time": _clock(anchor, 25),
        "plan_arrival_time": _clock(anchor, 360),
        "arrival_time": None,
        "piece": "12",
        "weight": "230",
    }
    scan = {"plan_date": None, "actual_date": leg["depart_time"], "event": "Departed", "station": stations[0]}
    load = {"flight_number": flight, "status": "DEP", "piece": "12", "weight": "230"}
    return {
        "awb_number": number,
        "awb_status": "transit",
        "awb_substatus": "transit001",
        "status_number": 2,
        "weight": "230K",
        "piece": "12",
        "origin": stations[0],
        "destination": stations[-1],
        "flight_way_station": stations,
        "last_event": f"Departed {stations[0]}, {leg['depart_time']}",
        "flight_info_new": [{"flight_number": flight, **leg, "status": "DEP"}],
        "flight_info": {flight: leg},
        "track_info": [
            {**scan, **load, "checkpoint_status": "transit", "checkpoint_substatus": "transit001"}
        ],
        "airline_info": {
            "name": "Example Air Cargo",
            "url": "https://air.example/",
            "track_url": "https://air.example/track",
            "trackpage_url": f"https://air.example/track?awb={number}",
        },
    }


def _clock(anchor: int, minutes: int) -> str:
    return record_time(anchor - DAY + minutes * 60)[:16].replace("T", " ")
