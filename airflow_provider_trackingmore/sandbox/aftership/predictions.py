"""The routes that estimate when a parcel not sent yet would be delivered."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from airflow_provider_trackingmore.sandbox.aftership.bodies import mapping
from airflow_provider_trackingmore.sandbox.aftership.couriers import is_known
from airflow_provider_trackingmore.sandbox.calls import Answer, Call, Refused
from airflow_provider_trackingmore.sandbox.carriers import LANES, Lane
from airflow_provider_trackingmore.sandbox.estimates import estimate
from airflow_provider_trackingmore.sandbox.places import BY_COUNTRY, COUNTRY_CODES

if TYPE_CHECKING:
    from airflow_provider_trackingmore.sandbox.aftership.desk import Desk
    from airflow_provider_trackingmore.sandbox.aftership.editions import Edition

Json = dict[str, Any]
MOST = 5
_FORM = "%Y-%m-%d %H:%M:%S"
_ADDRESS = ("state", "city", "postal_code", "raw_location")
_COUNTRIES = {code: country for country, code in COUNTRY_CODES.items()}
_EVERY_WORKDAY = [1, 2, 3, 4, 5]


def one(desk: Desk, call: Call[Edition]) -> Answer:
    """Estimate one delivery."""
    return Answer(_predict(desk, call.dialect, mapping(call)), items=1)


def batch(desk: Desk, call: Call[Edition]) -> Answer:
    """Estimate up to five deliveries; one that cannot be estimated fails them all."""
    items = mapping(call).get("estimated_delivery_dates")
    if items is None:
        raise Refused("value_missing", "estimated_delivery_dates")
    if not isinstance(items, list) or not 1 <= len(items) <= MOST:
        raise Refused("value_invalid", "estimated_delivery_dates")
    answers = [_predict(desk, call.dialect, item) for item in items]
    return Answer({"estimated_delivery_dates": answers}, items=len(answers))


def _predict(desk: Desk, edition: Edition, item: Any) -> Json:
    if not desk.switches.estimates:
        raise Refused("forbidden")
    if not isinstance(item, dict):
        raise Refused("value_invalid", "estimated_delivery_dates")
    slug = item.get("slug")
    if not slug:
        raise Refused("value_missing", "slug")
    if not is_known(slug):
        raise Refused("slug_invalid")
    origin, destination = (_address(edition, item, side) for side in ("origin", "destination"))
    pickup_time, estimated_pickup, start = _pickup(item)
    lane, known = _lane(slug, *(_country(edition, address) for address in (origin, destination)))
    zone = BY_COUNTRY[lane.origin][0].zone
    found = estimate(lane, int(start.replace(tzinfo=zone).timestamp()), known=known)
    identity = json.dumps(item, sort_keys=True).encode()
    return {
        "id": hashlib.md5(identity, usedforsecurity=False).hexdigest(),
        "slug": slug,
        "service_type_name": item.get("service_type_name"),
        "origin_address": origin,
        "destination_address": destination,
        "weight": item.get("weight"),
        "package_count": item.get("package_count"),
        "pickup_time": pickup_time,
        "estimated_pickup": estimated_pickup,
        "estimated_delivery_date": found.day.isoformat(),
        "confidence_code": found.confidence,
        "estimated_delivery_date_min": found.earliest.isoformat(),
        "estimated_delivery_date_max": found.latest.isoformat(),
    }


def _address(edition: Edition, item: Json, side: str) -> Json:
    """Return an address with all its keys.

    :raises Refused: if it lacks a country, or anything by which to find the place in it.
    """
    name, told = f"{side}_address", item.get(f"{side}_address")
    if not isinstance(told, dict):
        raise Refused("value_missing" if told is None else "value_invalid", name)
    if not told.get(edition.address_country):
        raise Refused("value_missing", f"{name}.{edition.address_country}")
    if not told.get("state") and not told.get("postal_code"):
        raise Refused("value_missing", f"{name}.postal_code")
    return {key: told.get(key) for key in (edition.address_country, *_ADDRESS)}


def _country(edition: Edition, address: Json) -> str | None:
    return _COUNTRIES.get(str(address[edition.address_country]))


def _lane(slug: str, origin: str | None, destination: str | None) -> tuple[Lane, bool]:
    """Return the lane between two countries, and whether the carrier has ever travelled it."""
    own = [lane for lane in LANES if lane.carrier == slug]
    for lane in own:
        if (lane.origin, lane.destination) == (origin, destination):
            return lane, True
    slowest = max(own or LANES, key=lambda lane: lane.median_days)
    origin, destination = origin or slowest.origin, destination or slowest.destination
    return replace(slowest, origin=origin, destination=destination), False


def _pickup(item: Json) -> tuple[str | None, Json | None, datetime]:
    """Return what the answer says of the pick-up, and when it is, on the clock of the origin."""
    told = item.get("estimated_pickup")
    if item.get("pickup_time") is not None:
        return item["pickup_time"], None, _moment(item["pickup_time"], "pickup_time")
    if not isinstance(told, dict):
        raise Refused("value_missing" if told is None else "value_invalid", "pickup_time")
    if told.get("order_time") is None:
        raise Refused("value_missing", "estimated_pickup.order_time")
    filled = {
        "order_time": told["order_time"],
        "order_cutoff_time": told.get("order_cutoff_time") or "18:00:00",
        "business_days": told.get("business_days") or _EVERY_WORKDAY,
        "order_processing_time": told.get("order_processing_time") or {"unit": "day", "value": 0},
    }
    start = _first_pickup(filled)
    return None, {**filled, "pickup_time": start.strftime(_FORM)}, start


def _first_pickup(told: Json) -> datetime:
    """Return the closing time of the first working day on which an order can be handed over."""
    ordered = _moment(told["order_time"], "estimated_pickup.order_time")
    try:
        cutoff = time.fromisoformat(told["order_cutoff_time"])
        working = {int(day) for day in told["business_days"]} & set(range(1, 8))
        wait = int(told["order_processing_time"].get("value", 0))
    except (ValueError, TypeError, AttributeError):
        raise Refused("value_invalid", "estimated_pickup") from None
    if not working or wait < 0:
        raise Refused("value_invalid", "estimated_pickup.business_days")
    day = ordered.date() + timedelta(days=ordered.time() > cutoff)
    while day.isoweekday() not in working or wait > 0:
        wait -= day.isoweekday() in working
        day += timedelta(days=1)
    return datetime.combine(day, cutoff)


def _moment(text: Any, name: str) -> datetime:
    try:
        return datetime.strptime(text, _FORM)
    except (ValueError, TypeError):
        raise Refused("value_invalid", name) from None
