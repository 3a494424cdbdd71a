"""How v4 writes a record: both sides always there, and places spelled out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_trackingmore.sandbox import scans
from airflow_provider_trackingmore.sandbox.trackingmore.wording import (
    RecordTable,
    SideTable,
    Wording,
    carrier,
    detail,
    milestone,
    newest_event,
    nothing,
    order_iso,
)
from airflow_provider_trackingmore.sandbox.views import Side, View, record_time, seconds, with_t

if TYPE_CHECKING:
    from airflow_provider_trackingmore.sandbox.views import Row


def _milestones(side: Side) -> dict[str, str | None]:
    return {
        "inforeceived_date": with_t(side.when(scans.LABEL)),
        "pickup_date": with_t(side.when(scans.ACCEPTED)),
        # Real answers left this one empty although the scans were there.
        "outfordelivery_date": None,
        "delivery_date": with_t(side.when(*scans.DELIVERY_KINDS, scans.COLLECTED)),
        "returning_date": with_t(side.when(scans.RETURNING)),
        "returned_date": with_t(side.when(scans.RETURNED)),
    }


def _pieces(view: View) -> Any:
    pieces = view.details.get("pieces")
    return pieces if pieces is None or view.switches.pieces_as_int else str(pieces)


def _city(view: View, index: int) -> str | None:
    return view.physical[index].place.city if view.is_known else None


def _state(view: View, index: int) -> str | None:
    return view.physical[index].place.state if view.is_known else None


_V4_ECHO = ("tracking_postal_code", "tracking_ship_date", "tracking_destination_country",
            "tracking_origin_country", "tracking_key", "tracking_courier_account", "customer_name",
            "customer_email", "customer_sms", "recipient_postcode", "order_id", "title",
            "logistics_channel", "note", "label")  # fmt: skip

RECORD: RecordTable = {
    "id": lambda view: view.shipment.id,
    "tracking_number": lambda view: view.shipment.tracking_number,
    "courier_code": lambda view: view.shipment.courier_code,
    "order_number": detail("order_number"),
    "order_date": order_iso,
    "created_at": lambda view: record_time(view.shipment.created_at),
    "update_at": lambda view: None if view.update_time is None else record_time(view.update_time),
    "delivery_status": lambda view: view.status,
    "archived": lambda view: "archived" if view.record.archived else "tracking",
    "updating": lambda view: view.record.updating,
    "source": detail("source"),
    "destination_country": lambda view: (
        view.shipment.lane.destination if view.is_known else view.details.get("destination_country_iso2")
    ),
    "destination_state": lambda view: _state(view, -1) if view.status == "delivered" else None,
    "destination_city": lambda view: _city(view, -1) if view.status == "delivered" else None,
    "origin_country": lambda view: (
        view.shipment.lane.origin if view.is_known else view.details.get("origin_country_iso2")
    ),
    "origin_state": lambda view: _state(view, 0),
    "origin_city": lambda view: _city(view, 0),
    **{name: detail(name) for name in _V4_ECHO},
    "signed_by": lambda view: view.signed_by(),
    "service_code": nothing,
    "weight": detail("weight"),
    "weight_kg": detail("weight_kg"),
    "product_type": nothing,
    "pieces": _pieces,
    "dimension": lambda view: "0*0*0" if view.details.get("weight") else None,
    "previously": nothing,
    "destination_track_number": lambda view: (
        view.shipment.tracking_number if view.destination.carrier else None
    ),
    "exchange_number": nothing,
    "scheduled_delivery_date": lambda view: view.announced_day,
    "scheduled_address": nothing,
    "substatus": lambda view: view.substatus,
    "status_info": lambda view: view.newest.text if view.newest and view.salt % 5 == 0 else None,
    "latest_event": lambda view: newest_event(view, ", ", seconds),
    "latest_checkpoint_time": lambda view: with_t(view.newest.local) if view.newest else None,
    "transit_time": lambda view: view.transit_days,
    "origin_info": lambda view: view.origin,
    "destination_info": lambda view: view.destination,
}

SIDE: SideTable = {
    "courier_code": carrier("code"),
    "courier_phone": carrier("phone"),
    "weblink": carrier("homepage"),
    "reference_number": nothing,
    "milestone_date": _milestones,
    "pickup_date": milestone("ItemReceived", with_t),
    "departed_airport_date": milestone("DepartfromAirport", with_t),
    "arrived_abroad_date": milestone("ArrivalfromAbroad", with_t),
    "customs_received_date": milestone("CustomsClearance", with_t),
    "trackinfo": lambda side: side.rows,
}


def write_row(row: Row) -> dict[str, Any]:
    """Return a checkpoint in v4's keys; a row that is no physical scan has no place."""
    kind = row.scan.kind
    place = row.scan.place if kind.physical else None
    return {
        "checkpoint_date": row.local.isoformat(),
        "checkpoint_delivery_status": kind.status,
        "checkpoint_delivery_substatus": kind.substatus,
        "tracking_detail": row.text,
        "location": row.location,
        "country_iso2": place.country if place else None,
        "state": place.state if place else None,
        "city": place.city if place and row.location else None,
        "zip": place.zip if place and row.salt % 3 else None,
        "raw_status": kind.raw,
    }


V4 = Wording(
    RECORD,
    SIDE,
    write_row,
    status_keys=("delivery_status", "substatus"),
    row_status_keys=("checkpoint_delivery_status", "checkpoint_delivery_substatus"),
    optional=("recipient_postcode", "label"),
)
