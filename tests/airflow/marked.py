"""Answers of the sandbox with marks wherever people and credentials stand, or might stand one day."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from airflow_provider_trackingmore.tables.fields import FIELD_MAPS, Care

if TYPE_CHECKING:
    from collections.abc import Callable

# The name of a new field, to see that what is unknown does travel in ``extra``.
HARMLESS = "harmless_5d2e_new_field"


def new_fields(mark: str) -> dict[str, Any]:
    """Return fields that no version has yet, each with the mark where a person's data would be."""
    return {
        "customers": [{"role": "buyer", "name": mark, "phone_number": mark, "email": mark}],
        "recipient": {"name": mark, "deep": [{"deeper": mark}]},
        "contact": mark,
        "name": mark,
        "surname": mark,
        "given_name": mark,
        "familyName": mark,
        "first name": mark,
        "Last-Name": mark,
        "signatory": mark,
        "signedBy": mark,
        "left_with": mark,
        "handed_to": mark,
        "deliveredTo": mark,
        "neighbour": mark,
        "proof_of_delivery": {"signature": mark, "image": mark},
        "photo_url": mark,
        "order_url": mark,
        "delivery_address": {"line": [mark]},
        "deliveryInstructions": mark,
        "gps": {"lat": mark, "lng": mark},
        "date_of_birth": mark,
        "passport_no": mark,
        "taxId": mark,
        "whatsapp": mark,
        "tel": mark,
        "fax": mark,
        "gate_code": mark,
        "comments": [mark],
        "payload": json.dumps({"customer_name": mark, "kept": 1}),
    }


def credentials(mark: str) -> dict[str, Any]:
    """Return what the service may echo of couriers' accounts."""
    return {
        "tracking_key": mark,
        "tracking_account_number": mark,
        "tracking_courier_account": mark,
        "courierAccount": {"user": mark, "pass": mark},
        "access_token": mark,
        "password": mark,
        "client_secret": mark,
        "Authorization": f"Bearer {mark}",
        "credentials": {"deep": [mark]},
    }


def with_marks(personal: str, secret: str) -> Callable[[str, str, bytes], bytes]:
    """Return an ``edit_answer`` that marks each record of a list.

    Half of them get known fields only, so that the fast reader meets some pages; the others get fields that
    nobody knows at every depth, values of the wrong type, scans that are no scans, and one in eight is no
    record any more.
    """

    def edit(route: str, version: str, body: bytes) -> bytes:
        if not body.startswith(b"{"):
            return body
        document = json.loads(body)
        holder, name = (document["data"], "items") if version == "v2" else (document, "data")
        if route == "list" and isinstance(holder, dict) and holder.get(name):
            holder[name] = [_marked(record, version, personal, secret) for record in holder[name]]
        return json.dumps(document).encode()

    return edit


def _marked(record: dict[str, Any], version: str, personal: str, secret: str) -> Any:
    dice = int(record["id"][:8], 16) % 8
    known = {
        field.path[0]: personal if field.care is Care.PERSONAL else secret
        for field in FIELD_MAPS["trackingmore", version].record
        if field.care is not Care.PLAIN
    }
    if dice < 4:
        return record | known
    new = new_fields(personal) | credentials(secret)
    nested = {"news": {"deep": [[new | {HARMLESS: 1}]]}}
    if dice == 4:
        return _broken(record | known | new | nested, personal)
    if dice == 5:
        known = {name: [{"a": value} | new] for name, value in known.items()}
    leg = record.get("origin_info")
    if leg:
        scans = [scan | new | nested for scan in leg.get("trackinfo") or []]
        odd = [personal, [personal], json.dumps(new), None] if dice == 6 else []
        record = record | {"origin_info": leg | new | nested | {"trackinfo": scans + odd}}
    return record | known | new | nested


def _broken(record: dict[str, Any], personal: str) -> Any:
    """Return a record that must be set aside, in one of several ways."""
    shapes = [
        record | {"id": None, "tracking_number": None},
        personal,
        [personal, record],
        json.dumps(record),
    ]
    return shapes[int(record["id"][8:16], 16) % len(shapes)]
