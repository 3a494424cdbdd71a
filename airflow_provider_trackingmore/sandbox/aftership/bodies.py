"""What a body says about a shipment, checked, and put under the world's names."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_trackingmore.sandbox.aftership.identities import CHOSEN
from airflow_provider_trackingmore.sandbox.calls import Call, Refused
from airflow_provider_trackingmore.sandbox.places import COUNTRY_CODES

if TYPE_CHECKING:
    from airflow_provider_trackingmore.sandbox.aftership.editions import Edition

_ISO2 = {code: country for country, code in COUNTRY_CODES.items()}
_ID = re.compile(r"[0-9a-zA-Z_-]{1,128}")
_DIRECTIONS = ("forward", "return")
_DELIVERIES = ("pickup_at_store", "pickup_at_courier", "door_to_door")
_MOST_TAGS, _LONGEST_TAG, _MOST_CUSTOMERS = 50, 32, 3
_MOST_CUSTOM, _LONGEST_KEY, _LONGEST_VALUE = 25, 30, 512
Check = Callable[[Any], bool]


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _object(value: Any) -> bool:
    return isinstance(value, dict)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _tags(value: Any) -> bool:
    return _texts(value) and len(value) <= _MOST_TAGS and all(len(tag) <= _LONGEST_TAG for tag in value)


def _objects(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def _customers(value: Any) -> bool:
    return _objects(value) and len(value) <= _MOST_CUSTOMERS


def _custom(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and len(value) <= _MOST_CUSTOM
        and all(len(key) <= _LONGEST_KEY for key in value)
        and all(isinstance(text, str) and len(text) <= _LONGEST_VALUE for text in value.values())
    )


def _time(value: Any) -> bool:
    try:
        return datetime.fromisoformat(value) is not None
    except (ValueError, TypeError):
        return False


def _promise(value: Any) -> bool:
    return _text(value) or _object(value)


def _one_of(*words: str) -> Check:
    return lambda value: value in words


# The newest name of everything a body may say, what it has to be, and what the world calls it.
_SAID: dict[str, tuple[Check, str]] = {
    "title": (_text, "title"),
    "order_id": (_text, "order_id"),
    "order_number": (_text, "order_number"),
    "order_date": (_time, "order_date"),
    "order_id_path": (_text, "order_id_path"),
    "custom_fields": (_custom, "custom_fields"),
    "language": (_text, "language"),
    "note": (_text, "note"),
    "order_promised_delivery_date": (_promise, "order_promised_delivery_date"),
    "delivery_type": (_one_of(*_DELIVERIES), "delivery_type"),
    "pickup_location": (_text, "pickup_location"),
    "pickup_note": (_text, "pickup_note"),
    "tracking_account_number": (_text, "tracking_courier_account"),
    "tracking_key": (_text, "tracking_key"),
    "tracking_ship_date": (_text, "tracking_ship_date"),
    "origin_country_region": (_text, "origin_country_iso3"),
    "origin_state": (_text, "origin_state"),
    "origin_city": (_text, "origin_city"),
    "origin_postal_code": (_text, "origin_postal_code"),
    "origin_raw_location": (_text, "origin_raw_location"),
    "destination_country_region": (_text, "destination_country_iso3"),
    "destination_state": (_text, "destination_state"),
    "destination_city": (_text, "destination_city"),
    "destination_postal_code": (_text, "recipient_postcode"),
    "destination_raw_location": (_text, "destination_raw_location"),
    "tracking_postal_code": (_text, "tracking_postal_code"),
    "tracking_state": (_text, "tracking_state"),
    "tracking_origin_country": (_text, "tracking_origin_country"),
    "tracking_destination_country": (_text, "tracking_destination_country"),
    "location_id": (_text, "location_id"),
    "shipment_type": (_text, "shipment_type"),
    "shipping_method": (_text, "shipping_method"),
    "order_tags": (_tags, "order_tags"),
    "customers": (_customers, "customers"),
    "customer_name": (_text, "customer_name"),
    "emails": (_texts, "emails"),
    "smses": (_texts, "smses"),
    "shipment_direction": (_one_of(*_DIRECTIONS), "shipment_direction"),
}
# What only a new tracking takes.
_SAID_AT_FIRST: dict[str, tuple[Check, str]] = {
    "shipment_tags": (_tags, "shipment_tags"),
    "courier_connection_id": (_text, "courier_connection_id"),
    "last_mile": (_object, "last_mile"),
    "next_couriers": (_objects, "next_couriers"),
}


def unwrapped(call: Call[Edition]) -> dict[str, Any]:
    """Return what a body says of a tracking; 2024-04 puts it under a name of its own.

    :raises Refused: if there is nothing of the kind.
    """
    body = mapping(call)
    if not call.dialect.wraps:
        return body
    inner = body.get("tracking")
    if not isinstance(inner, dict):
        raise Refused("not_wrapped")
    return inner


def mapping(call: Call[Any]) -> dict[str, Any]:
    """Return a body that has to be an object.

    :raises Refused: if it is something else.
    """
    body = call.json()
    if not isinstance(body, dict):
        raise Refused("invalid")
    return body


def details_of(edition: Edition, body: dict[str, Any], *, new: bool) -> dict[str, Any]:
    """Return what a body says, under the world's names; null says nothing.

    :raises Refused: naming the first field that cannot be what it is.
    """
    details: dict[str, Any] = {}
    for newest, (fits, name) in (_SAID | (_SAID_AT_FIRST if new else {})).items():
        told = edition.named(newest)
        if body.get(told) is None:
            continue
        if not fits(body[told]):
            raise Refused("value_invalid", told)
        details[name] = body[told]
    _translate(details)
    if new:
        _check_place(body)
        if edition.takes_ids and body.get("id") is not None:
            if not _ID.fullmatch(str(body["id"])):
                raise Refused("id_invalid")
            details[CHOSEN] = str(body["id"])
    return details


def _translate(details: dict[str, Any]) -> None:
    """Say under the world's names what AfterShip says otherwise."""
    for side in ("origin", "destination"):
        country = _ISO2.get(details.get(f"{side}_country_iso3", ""))
        if country:
            details[f"{side}_country_iso2"] = country
    if "order_date" in details:
        details["order_date_text"] = details["order_date"]
        details["order_date"] = int(datetime.fromisoformat(details["order_date"]).timestamp())
    if couriers := details.pop("next_couriers", None):
        details["last_mile"] = {key: couriers[0].get(key) for key in ("slug", "tracking_number")}
    if customers := details.get("customers"):
        first = customers[0]
        for name, key in (("name", "name"), ("email", "email"), ("sms", "phone_number")):
            if first.get(key) is not None:
                details[f"customer_{name}"] = first[key]


def _check_place(body: dict[str, Any]) -> None:
    if body.get("location_id") is not None and any(name.startswith("origin_") for name in body):
        raise Refused("value_invalid", "location_id")
