"""A record in the words of one version, with the irregularities that are switched on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_trackingmore.sandbox import scans

if TYPE_CHECKING:
    from airflow_provider_trackingmore.sandbox.trackingmore.wording import Wording
    from airflow_provider_trackingmore.sandbox.views import Row, Side, View

_ODD_STATUS = {"inforeceived": "InfoReceived", "pickup": "PickUp"}
_ODD_SUBSTATUS = {"exception010": "exception0010", "exception011": "exception0011"}
_UNKNOWN_STATUS = {scans.CUSTOMS_HELD: ("customs_hold", "customs001")}


def render(view: View, wording: Wording) -> dict[str, Any]:
    """Return the record as a JSON object of the version."""
    switches = view.switches
    item = {key: read(view) for key, read in wording.record.items()}
    status, substatus = wording.in_words(view.status, view.substatus)
    if switches.odd_statuses:
        status, substatus = _odd(status, substatus)
    item[wording.status_keys[0]], item[wording.status_keys[1]] = status, substatus
    for key in ("origin_info", "destination_info"):
        item[key] = _side(item[key], view, wording)
    if wording.sides_may_be_missing:
        _lose_sides(item, view)
    if switches.absent_optional_keys:
        for key in (wording.optional if view.is_old else ()) + wording.only_if_known:
            if not item[key]:
                del item[key]
    return item


def _side(side: Side, view: View, wording: Wording) -> Any:
    if view.switches.list_for_empty_object and side.carrier is None:
        return []
    shown = {key: read(side) for key, read in wording.side.items()}
    shown["trackinfo"] = [_row(row, view, wording) for row in side.rows]
    return shown


def _row(row: Row, view: View, wording: Wording) -> dict[str, Any]:
    kind, switches = row.scan.kind, view.switches
    shown = wording.write_row(row)
    status, substatus = wording.in_words(kind.status, kind.substatus)
    if kind is scans.LABEL and wording.label_words and switches.disagreeing_labels:
        status, substatus = wording.label_words
    if switches.odd_statuses:
        status, substatus = _UNKNOWN_STATUS.get(kind) or _odd(status, substatus)
    shown[wording.row_status_keys[0]], shown[wording.row_status_keys[1]] = status, substatus
    for key in wording.only_if_set:
        if shown[key] is None or (key == "substatus" and kind.status == "transit" and row.salt % 2):
            del shown[key]
    if switches.shuffled_keys and row.salt % 10 == 0:
        shown = dict(reversed(shown.items()))
    return shown


def _lose_sides(item: dict[str, Any], view: View) -> None:
    """Make unused sides null, without rows, or absent, as v2 does."""
    switches = view.switches
    if switches.null_trackinfo:
        for key in ("origin_info", "destination_info"):
            if item[key] and not item[key]["trackinfo"]:
                item[key]["trackinfo"] = None
    if view.status == "pending" and switches.null_trackinfo:
        item["origin_info"] = None
    if switches.absent_destination_info and view.destination.carrier is None:
        del item["destination_info"]


def _odd(status: str, substatus: str | None) -> tuple[str, str | None]:
    return _ODD_STATUS.get(status, status), _ODD_SUBSTATUS.get(substatus or "", substatus)
