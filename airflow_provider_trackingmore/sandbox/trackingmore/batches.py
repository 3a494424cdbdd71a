"""Requests about many trackings: each row succeeds or fails by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_trackingmore.sandbox.calls import Answer, Refused
from airflow_provider_trackingmore.sandbox.trackingmore.calls import Call, json_list

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_trackingmore.sandbox.knowledge import Record
    from airflow_provider_trackingmore.sandbox.trackingmore.codes import Code
    from airflow_provider_trackingmore.sandbox.trackingmore.desk import Desk

Row = dict[str, Any]


def names_of(call: Call, record: Record) -> Row:
    """Return what identifies a record in the short answers of a version."""
    shipment, dialect = record.shipment, call.dialect
    names: Row = {"id": shipment.id} if dialect.answers_ids else {}
    return names | {
        "tracking_number": shipment.tracking_number,
        dialect.carrier_key: shipment.courier_code,
    }


def many(desk: Desk, call: Call, counted: str, action: Callable[[Row], Record]) -> Answer:
    """Do something for every row of the body; ``counted`` is what v2 calls the number of successes."""
    if call.dialect.has_totals:
        return each_counted(call, counted, lambda row: names_of(call, action(row)))
    return each(desk, call, action)


def each(desk: Desk, call: Call, action: Callable[[Row], Record], *, with_order: bool = False) -> Answer:
    """Do something for every row; answer successes and errors apart (v3 and v4)."""
    success, failed = [], []
    for row in json_list(call):
        order = {"order_number": row.get("order_number")} if with_order else {}
        try:
            success.append(names_of(call, action(row)) | order)
        except Refused as refusal:
            code = _code(call, refusal)
            error = {"errorCode": code.number, "errorMessage": code.text}
            failed.append(_names_given(desk, call, row) | order | error)
    return Answer({"success": success, "error": failed}, items=len(success))


def each_counted(call: Call, counted: str, action: Callable[[Row], Row]) -> Answer:
    """Do something for every row; answer counts, trackings and errors (v2)."""
    done, errors = [], []
    rows = json_list(call)
    for row in rows:
        try:
            done.append(action(row))
        except Refused as refusal:
            code = _code(call, refusal)
            given = {name: row.get(name) for name in ("tracking_number", "carrier_code")}
            errors.append({**given, "code": code.number, "message": code.text})
    answer = {"submitted": len(rows), counted: len(done), "trackings": done, "errors": errors}
    return Answer(answer, items=len(done))


def _code(call: Call, refusal: Refused) -> Code:
    return call.dialect.codes[call.dialect.errors[refusal.meaning]]


def _names_given(desk: Desk, call: Call, row: Row) -> Row:
    """Return what the caller named, with the id of the record that is in the way, if there is one."""
    number, courier = row.get("tracking_number"), row.get(call.dialect.carrier_key)
    existing = desk.world.find_number(str(courier), str(number))
    names: Row = {"id": existing.shipment.id if existing else None} if call.dialect.answers_ids else {}
    return names | {"tracking_number": number, call.dialect.carrier_key: courier}
