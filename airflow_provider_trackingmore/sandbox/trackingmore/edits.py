"""The routes that change or remove what is registered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_trackingmore.sandbox.calls import Answer, Refused
from airflow_provider_trackingmore.sandbox.carriers import CARRIERS
from airflow_provider_trackingmore.sandbox.scans import DECLARED_DELIVERED, DECLARED_TROUBLE
from airflow_provider_trackingmore.sandbox.trackingmore.addressing import (
    body_object,
    by_id,
    by_path,
    by_row,
    details_of,
    text_of,
)
from airflow_provider_trackingmore.sandbox.trackingmore.batches import many, names_of
from airflow_provider_trackingmore.sandbox.trackingmore.lists import show

if TYPE_CHECKING:
    from airflow_provider_trackingmore.sandbox.knowledge import Record
    from airflow_provider_trackingmore.sandbox.trackingmore.calls import Call
    from airflow_provider_trackingmore.sandbox.trackingmore.desk import Desk

_ARCHIVED = {"true": True, "archived": True, "1": True, "false": False, "tracking": False, "0": False}
# Update commands of v2: declare two statuses, or give the carrier's own back.
_COMMANDS = {"4": DECLARED_DELIVERED, "7": DECLARED_TROUBLE, "8": None}
_ECHOED = ("tracking_postal_code", "tracking_ship_date", "tracking_courier_account",
           "tracking_destination_country", "tracking_origin_country", "tracking_key", "customer_name",
           "customer_email", "customer_sms", "recipient_postcode", "title", "logistics_channel", "note",
           "label")  # fmt: skip


def update(desk: Desk, call: Call) -> Answer:
    """Change one tracking by id and echo its editable fields (v4)."""
    record = by_id(desk, call)
    body = body_object(call)
    _change(desk, call, record, body)
    details = record.shipment.details
    echo = {
        **names_of(call, record),
        "courier_code_new": body.get("courier_code_new"),
        "order_number": details.get("order_number"),
        "order_date": body.get("order_date"),
        "order_id": details.get("order_id"),
        "destination_country": details.get("destination_country_iso2"),
        "origin_country": details.get("origin_country_iso2"),
        **{name: details.get(name) for name in _ECHOED},
        "archived_status": body.get("archived_status"),
    }
    return Answer(echo, items=1)


def update_v2(desk: Desk, call: Call) -> Answer:
    """Change one tracking by carrier and number and answer it whole (v2)."""
    record = by_path(desk, call)
    _change(desk, call, record, body_object(call))
    return Answer(show(desk, call.dialect, [record])[0], items=1)


def update_many(desk: Desk, call: Call) -> Answer:
    """Change up to 40 trackings named by carrier and number."""

    def one(row: dict[str, Any]) -> Record:
        record = by_row(desk, call, row)
        _change(desk, call, record, row)
        return record

    return many(desk, call, "updated", one)


def delete(desk: Desk, call: Call) -> Answer:
    """Remove one tracking by id (v4)."""
    record = by_id(desk, call)
    desk.world.delete(record.shipment.id)
    return Answer(names_of(call, record), items=1)


def delete_v2(desk: Desk, call: Call) -> Answer:
    """Remove one tracking by carrier and number (v2)."""
    desk.world.delete(by_path(desk, call).shipment.id)
    return Answer([], items=1)


def delete_many(desk: Desk, call: Call) -> Answer:
    """Remove up to 40 trackings named by carrier and number."""

    def one(row: dict[str, Any]) -> Record:
        record = by_row(desk, call, row)
        desk.world.delete(record.shipment.id)
        return record

    return many(desk, call, "deleted", one)


def modify_courier(desk: Desk, call: Call) -> Answer:
    """File a tracking under another carrier (v3)."""
    return Answer(names_of(call, _move(desk, call, "new_courier_code")), items=1)


def modify_courier_v2(desk: Desk, call: Call) -> Answer:
    """File a tracking under another carrier (v2)."""
    _move(desk, call, "update_carrier_code")
    return Answer({"Usertag": ""}, items=1)


def stop(desk: Desk, call: Call) -> Answer:
    """Stop asking the carrier about up to 40 trackings."""
    return many(desk, call, "change", lambda row: _mark(desk, call, row, stopped=True))


def archive(desk: Desk, call: Call) -> Answer:
    """Archive up to 40 trackings."""
    return many(desk, call, "archived", lambda row: _mark(desk, call, row, archived=True))


def refresh_many(desk: Desk, call: Call) -> Answer:
    """Ask the carriers about up to 40 trackings now."""

    def one(row: dict[str, Any]) -> Record:
        record = by_row(desk, call, row)
        desk.world.refresh(record)
        return record

    return many(desk, call, "refreshed", one)


def retrack(desk: Desk, call: Call) -> Answer:
    """Wake up an expired tracking (v4)."""
    record = by_id(desk, call)
    if record.status[0] != "expired":
        raise Refused("not_expired")
    desk.world.retrack(record)
    return Answer(names_of(call, record), items=1)


def _change(desk: Desk, call: Call, record: Record, body: dict[str, Any]) -> None:
    details = details_of(call, body)
    archived = body.get("archived_status", body.get("archived"))
    command, moved_to = body.get("status"), text_of(body, "courier_code_new")
    if moved_to and moved_to not in CARRIERS:
        raise Refused("courier_invalid")
    if archived is not None:
        record.archived = _ARCHIVED.get(str(archived).lower(), record.archived)
    if str(command) in _COMMANDS:
        record.declared = _COMMANDS[str(command)]
    if moved_to:
        desk.world.rename_courier(record, moved_to)
    if details or archived is not None or command is not None:
        desk.world.touch(record.shipment.id, **details)


def _move(desk: Desk, call: Call, key: str) -> Record:
    body = body_object(call)
    record = by_row(desk, call, body)
    courier = text_of(body, key)
    if courier not in CARRIERS:
        raise Refused("courier_invalid")
    desk.world.rename_courier(record, courier)
    return record


def _mark(
    desk: Desk, call: Call, row: dict[str, Any], *, stopped: bool = False, archived: bool = False
) -> Record:
    record = by_row(desk, call, row)
    record.stopped |= stopped
    record.archived |= archived
    desk.world.touch(record.shipment.id)
    return record
