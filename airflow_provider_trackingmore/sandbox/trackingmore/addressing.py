"""Which record a request is about, and what its body says about it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_trackingmore.sandbox.calls import Refused

if TYPE_CHECKING:
    from airflow_provider_trackingmore.sandbox.knowledge import Record
    from airflow_provider_trackingmore.sandbox.trackingmore.calls import Call
    from airflow_provider_trackingmore.sandbox.trackingmore.desk import Desk

_ID = re.compile(r"[0-9a-f]{32}")
_ORDER_TIMES = ("%Y/%m/%d %H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d")


def body_object(call: Call) -> dict[str, Any]:
    """Return the body as an object.

    One published v2 client sends its updates without any body, so a PUT may have none.

    :raises Refused: if the body is something else.
    """
    body = call.json(optional=call.method == "PUT")
    if not isinstance(body, dict):
        raise Refused("not_json")
    return body


def text_of(row: dict[str, Any], key: str) -> str:
    """Return a value as stripped text, empty if it is missing or null."""
    value = row.get(key)
    return "" if value is None else str(value).strip()


def by_id(desk: Desk, call: Call) -> Record:
    """Return the record the path names by id.

    :raises Refused: if the id is malformed or nobody's.
    """
    if not _ID.fullmatch(call.path["id"]):
        raise Refused("bad_id")
    return _existing(desk.world.find(call.path["id"]))


def by_path(desk: Desk, call: Call) -> Record:
    """Return the record the path names by carrier and number.

    :raises Refused: if there is none.
    """
    return _existing(desk.world.find_number(call.path["carrier"], call.path["number"]))


def by_row(desk: Desk, call: Call, row: dict[str, Any]) -> Record:
    """Return the record a row of the body names by carrier and number.

    :raises Refused: if the number is missing or nobody's.
    """
    number = text_of(row, "tracking_number")
    if not number:
        raise Refused("number_missing")
    return _existing(desk.world.find_number(text_of(row, call.dialect.carrier_key), number))


def details_of(call: Call, row: dict[str, Any]) -> dict[str, Any]:
    """Return what a body says about a shipment, under the world's names."""
    details = {name: row[key] for name, key in call.dialect.body.items() if key in row}
    if "order_date" in details:
        details["order_date"] = _order_time(details["order_date"])
    return details


def _existing(record: Record | None) -> Record:
    if record is None:
        raise Refused("absent")
    return record


def _order_time(value: Any) -> Any:
    """Return an order time as unix seconds, or as it came if it cannot be read."""
    for form in _ORDER_TIMES:
        try:
            return int(datetime.strptime(str(value), form).replace(tzinfo=UTC).timestamp())
        except ValueError:
            continue
    try:
        return int(datetime.fromisoformat(str(value)).timestamp())
    except ValueError:
        return value
