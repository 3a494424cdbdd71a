"""How v2 writes a record, with its spellings (``singed_by`` and friends) and its many ways of "not set"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_trackingmore.sandbox import scans
from airflow_provider_trackingmore.sandbox.trackingmore.wording import (
    RecordTable,
    SideTable,
    Wording,
    carrier,
    country_name,
    detail,
    milestone,
    newest_event,
    nothing,
    order_minutes,
)
from airflow_provider_trackingmore.sandbox.views import Row, View, minutes, record_time, seconds

if TYPE_CHECKING:
    from collections.abc import Callable


def _text(name: str) -> Callable[[View], Any]:
    """Return a reader of a text that, when never given, is null, empty, or the word "null"."""

    def read(view: View) -> Any:
        value = view.details.get(name)
        if value or not view.switches.mixed_unset:
            return value
        return (None, "", "null")[(view.salt + len(name)) % 3]

    return read


def _email(view: View) -> Any:
    value = _text("customer_email")(view)
    return [value] if view.switches.email_lists and "@" in str(value) and view.salt % 2 else value


def _time(view: View, epoch: int) -> str:
    return record_time(epoch, 8 if view.switches.china_record_times else 0)


RECORD: RecordTable = {
    "id": lambda view: view.shipment.id,
    "tracking_number": lambda view: view.shipment.tracking_number,
    "carrier_code": lambda view: view.shipment.courier_code,
    "status": lambda view: view.status,
    "track_update": lambda view: view.record.updating,
    "created_at": lambda view: _time(view, view.shipment.created_at),
    "updated_at": lambda view: (
        None if view.record.updated_at is None else _time(view, view.record.updated_at)
    ),
    "order_create_time": lambda view: order_minutes(view.details.get("order_date")),
    "customer_email": _email,
    "title": _text("title"),
    "order_id": detail("order_number"),
    "comment": _text("note"),
    "customer_name": _text("customer_name"),
    "archived": lambda view: view.record.archived,
    "original_country": lambda view: country_name(view.shipment.lane.origin) if view.is_known else "",
    "destination_country": lambda view: country_name(view.shipment.lane.destination) if view.is_known else "",
    "itemTimeLength": lambda view: view.transit_days if view.is_known else None,
    "stayTimeLength": lambda view: view.stay_days,
    "service_code": nothing,
    "status_info": nothing,
    "substatus": lambda view: view.substatus,
    "origin_info": lambda view: view.origin,
    "destination_info": lambda view: view.destination,
    "lastEvent": lambda view: newest_event(view, ",", seconds),
    "lastUpdateTime": lambda view: seconds(view.newest.local) if view.newest else None,
}

SIDE: SideTable = {
    "ReferenceNumber": nothing,
    "ItemReceived": milestone("ItemReceived", seconds),
    "ItemDispatched": milestone("ItemDispatched", seconds),
    "DepartfromAirport": milestone("DepartfromAirport", seconds),
    "ArrivalfromAbroad": milestone("ArrivalfromAbroad", seconds),
    "CustomsClearance": milestone("CustomsClearance", seconds),
    "DestinationArrived": milestone("DestinationArrived", seconds),
    "weblink": carrier("homepage"),
    "phone": carrier("phone"),
    "carrier_code": carrier("code"),
    "trackinfo": lambda side: side.rows,
}


def write_row(row: Row) -> dict[str, Any]:
    """Return a checkpoint in v2's keys."""
    kind, local = row.scan.kind, row.local
    # The pick-up comes without seconds, everything else with them.
    short = kind is scans.ACCEPTED and not local.second
    return {
        "Date": minutes(local) if short else seconds(local),
        "StatusDescription": row.text,
        "Details": row.location or "",
        "checkpoint_status": kind.status,
        "substatus": kind.substatus,
        "ItemNode": kind.node,
    }


V2 = Wording(
    RECORD,
    SIDE,
    write_row,
    status_keys=("status", "substatus"),
    row_status_keys=("checkpoint_status", "substatus"),
    words={"inforeceived": ("notfound", "notfound001")},
    label_words=("transit", "notfound001"),
    only_if_known=("destination_country",),
    only_if_set=("substatus", "ItemNode"),
    sides_may_be_missing=True,
)
