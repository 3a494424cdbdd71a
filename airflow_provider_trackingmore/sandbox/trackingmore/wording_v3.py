"""How v3 writes a record: flat keys, some in capitals, and one offset that means nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
from airflow_provider_trackingmore.sandbox.views import minutes, record_time, with_t

if TYPE_CHECKING:
    from airflow_provider_trackingmore.sandbox.views import Row

RECORD: RecordTable = {
    "id": lambda view: view.shipment.id,
    "tracking_number": lambda view: view.shipment.tracking_number,
    "courier_code": lambda view: view.shipment.courier_code,
    "order_number": detail("order_number"),
    "delivery_status": lambda view: view.status,
    "archived": lambda view: view.record.archived,
    "updating": lambda view: view.record.updating,
    "created_at": lambda view: record_time(view.shipment.created_at),
    "update_date": lambda view: None if view.update_time is None else record_time(view.update_time),
    "shipping_date": lambda view: order_minutes(view.details.get("order_date")),
    "customer_name": detail("customer_name"),
    "customer_email": detail("customer_email"),
    "customer_phone": detail("customer_sms"),
    "title": detail("title"),
    "logistics_channel": detail("logistics_channel"),
    "note": detail("note"),
    "destination": lambda view: view.shipment.lane.destination if view.is_known else None,
    "original": lambda view: country_name(view.shipment.lane.origin) if view.is_known else None,
    "service_code": nothing,
    "weight": detail("weight"),
    "substatus": lambda view: view.substatus,
    "status_info": nothing,
    "previously": nothing,
    "destination_track_number": nothing,
    "exchangeNumber": nothing,
    "consignee": lambda view: view.signed_by(),
    "scheduled_delivery_date": lambda view: view.announced_day,
    "Scheduled_Address": nothing,
    "latest_event": lambda view: newest_event(view, ",", minutes),
    # The offset is the service's own: the clock is the carrier's wall clock all the same.
    "lastest_checkpoint_time": lambda view: f"{with_t(view.newest.local)}+00:00" if view.newest else None,
    "transit_time": lambda view: view.transit_days,
    "stay_time": lambda view: view.stay_days,
    "origin_info": lambda view: view.origin,
    "destination_info": lambda view: view.destination,
}

SIDE: SideTable = {
    "courier_code": carrier("code"),
    "courier_phone": carrier("phone"),
    "weblink": carrier("homepage"),
    "reference_number": nothing,
    "received_date": milestone("ItemReceived", minutes),
    "dispatched_date": milestone("ItemDispatched", minutes),
    "departed_airport_date": milestone("DepartfromAirport", minutes),
    "arrived_abroad_date": milestone("ArrivalfromAbroad", minutes),
    "customs_received_date": milestone("CustomsClearance", minutes),
    "arrived_destination_date": milestone("DestinationArrived", minutes),
    "trackinfo": lambda side: side.rows,
}


def write_row(row: Row) -> dict[str, Any]:
    """Return a checkpoint in v3's keys."""
    kind = row.scan.kind
    return {
        "checkpoint_date": minutes(row.local),
        "tracking_detail": row.text,
        "location": row.location or "",
        "checkpoint_delivery_status": kind.status,
        "checkpoint_delivery_substatus": kind.substatus,
        "ItemNode": kind.node,
    }


V3 = Wording(
    RECORD,
    SIDE,
    write_row,
    status_keys=("delivery_status", "substatus"),
    row_status_keys=("checkpoint_delivery_status", "checkpoint_delivery_substatus"),
    words={"inforeceived": ("inforeceived", "notfound001")},
    label_words=("transit", "notfound001"),
    only_if_set=("ItemNode",),
)
