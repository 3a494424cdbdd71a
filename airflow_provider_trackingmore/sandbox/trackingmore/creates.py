"""The routes that register numbers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from airflow_provider_trackingmore.sandbox.calls import Answer, Refused
from airflow_provider_trackingmore.sandbox.carriers import CARRIERS, NEEDS_POSTCODE
from airflow_provider_trackingmore.sandbox.trackingmore.addressing import body_object, details_of, text_of
from airflow_provider_trackingmore.sandbox.trackingmore.batches import each, each_counted
from airflow_provider_trackingmore.sandbox.trackingmore.lists import show
from airflow_provider_trackingmore.sandbox.trackingmore.wording import order_minutes
from airflow_provider_trackingmore.sandbox.views import record_time

if TYPE_CHECKING:
    from airflow_provider_trackingmore.sandbox.knowledge import Record
    from airflow_provider_trackingmore.sandbox.trackingmore.calls import Call
    from airflow_provider_trackingmore.sandbox.trackingmore.desk import Desk

_NUMBER = re.compile(r"[A-Za-z0-9_-]{5,50}")


def create(desk: Desk, call: Call) -> Answer:
    """Register one number and answer it whole (v4)."""
    return Answer(show(desk, call.dialect, [_register(desk, call, body_object(call))])[0], items=1)


def create_v2(desk: Desk, call: Call) -> Answer:
    """Register one number and answer what was stored (v2)."""
    return Answer(_created_v2(_register(desk, call, body_object(call)), "null"), "created", items=1)


def create_v3(desk: Desk, call: Call) -> Answer:
    """Register one or up to 40 numbers (v3)."""
    return each(desk, call, lambda row: _register(desk, call, row), with_order=True)


def batch(desk: Desk, call: Call) -> Answer:
    """Register up to 40 numbers (v4)."""
    return each(desk, call, lambda row: _register(desk, call, row))


def batch_v2(desk: Desk, call: Call) -> Answer:
    """Register up to 40 numbers (v2)."""
    return each_counted(call, "added", lambda row: _created_v2(_register(desk, call, row), ""))


def _register(desk: Desk, call: Call, row: dict[str, Any]) -> Record:
    number, courier = text_of(row, "tracking_number"), text_of(row, call.dialect.carrier_key)
    if not number:
        raise Refused("number_missing")
    if not _NUMBER.fullmatch(number):
        raise Refused("number_invalid")
    if courier not in CARRIERS:
        raise Refused("courier_invalid")
    if courier == NEEDS_POSTCODE and not text_of(row, "tracking_postal_code"):
        raise Refused("needs_fields")
    if desk.world.find_number(courier, number):
        raise Refused("exists")
    return desk.world.add(number, courier, **details_of(call, row))


def _created_v2(record: Record, unset: str) -> dict[str, Any]:
    """Return the short item of a v2 create; texts nobody gave come back as ``unset``."""
    shipment, details = record.shipment, record.shipment.details

    def text(name: str) -> Any:
        return details.get(name) or unset

    return {
        "id": shipment.id,
        "tracking_number": shipment.tracking_number,
        "carrier_code": shipment.courier_code,
        "order_create_time": order_minutes(details.get("order_date")),
        "status": "pending",
        "created_at": record_time(shipment.created_at),
        "customer_email": text("customer_email"),
        "customer_name": text("customer_name"),
        "order_id": details.get("order_number"),
        "comment": text("note"),
        "title": text("title"),
        "logistics_channel": text("logistics_channel"),
        "destination": details.get("destination_country_iso2") or "",
    }
