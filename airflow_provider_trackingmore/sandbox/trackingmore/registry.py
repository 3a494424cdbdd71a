"""The carriers as each version lists them, and the guess which carrier a number belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_trackingmore.sandbox.calls import Answer, Refused
from airflow_provider_trackingmore.sandbox.carriers import CARRIERS, NEEDS_POSTCODE, Carrier, detect

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_trackingmore.sandbox.trackingmore.calls import Call
    from airflow_provider_trackingmore.sandbox.trackingmore.desk import Desk


def _v2(carrier: Carrier) -> dict[str, Any]:
    return {
        "name": carrier.name,
        "code": carrier.code,
        "phone": carrier.phone or "",
        "homepage": carrier.homepage,
        "type": carrier.kind,
        "picture": _picture(carrier),
    }


def _v3(carrier: Carrier) -> dict[str, Any]:
    return {
        "courier_name": carrier.name,
        "courier_code": carrier.code,
        "courier_phone": carrier.phone,
        "country_code": carrier.country,
        "courier_type": carrier.kind,
        "courier_url": carrier.homepage,
        "courier_logo": _picture(carrier),
    }


def _v4(carrier: Carrier) -> dict[str, Any]:
    needs_postcode = carrier.code == NEEDS_POSTCODE
    return {
        "courier_name": carrier.name,
        "courier_code": carrier.code,
        "courier_country_iso2": carrier.country,
        "courier_url": carrier.homepage,
        "courier_phone": carrier.phone,
        "courier_type": carrier.kind,
        "tracking_required_fields": ["tracking_postal_code"] if needs_postcode else None,
        "optional_fields": ["tracking_destination_country"] if needs_postcode else None,
        "default_language": "en",
        "support_language": ["en", "cn"] if carrier.country == "CN" else ["en"],
        "courier_logo": _picture(carrier),
    }


_LISTED: dict[str, Callable[[Carrier], dict[str, Any]]] = {"v2": _v2, "v3": _v3, "v4": _v4}
_DETECTED: dict[str, Callable[[Carrier], dict[str, Any]]] = {
    "v2": lambda carrier: {"name": carrier.name, "code": carrier.code},
    "v3": lambda carrier: {"courier_name": carrier.name, "courier_code": carrier.code},
    "v4": _v4,
}


def couriers(desk: Desk, call: Call) -> Answer:
    """Answer every carrier the service knows."""
    rows = [_LISTED[call.dialect.name](carrier) for carrier in CARRIERS.values()]
    return Answer(rows, items=len(rows))


def detect_courier(desk: Desk, call: Call) -> Answer:
    """Answer the carriers whose numbers look like the one given."""
    body = call.json()
    number = str(body.get("tracking_number") or "").strip() if isinstance(body, dict) else ""
    if not number:
        raise Refused("number_missing")
    rows = [_DETECTED[call.dialect.name](carrier) for carrier in detect(number)]
    if not rows:
        raise Refused("undetected")
    return Answer(rows, items=len(rows))


def _picture(carrier: Carrier) -> str:
    return f"//cdn.example/images/express/{carrier.code}.png"
