"""Where the values of a tracking come from, for what takes more than a name to say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from airflow_provider_trackingmore.sandbox.aftership.fields import Field
from airflow_provider_trackingmore.sandbox.clock import iso
from airflow_provider_trackingmore.sandbox.places import COUNTRY_CODES

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_trackingmore.sandbox.aftership.parcels import Parcel
    from airflow_provider_trackingmore.sandbox.places import Place
    from airflow_provider_trackingmore.sandbox.scans import Scan

_WEIGHT = re.compile(r"([\d.]+)\s*([a-zA-Z]+)")
_UNITS = {"kg": "kg", "LBS": "lb"}


def given(name: str, otherwise: Any = None) -> Callable[[Parcel], Any]:
    """Return a reader of what the sender gave under one of the world's names."""
    return lambda parcel: parcel.details.get(name, otherwise)


def nothing(_: Any) -> None:
    """Return null: a key this world never fills."""
    return None


def order_id(parcel: Parcel) -> Any:
    """Return the shop's id of the order; where it gave a number only, that."""
    return parcel.details.get("order_id", parcel.details.get("order_number"))


def order_date(parcel: Parcel) -> str | None:
    """Return the time of the order, in the words of whoever gave it."""
    value = parcel.details.get("order_date")
    return parcel.details.get("order_date_text") or (iso(value) if isinstance(value, int) else value)


def weight(parcel: Parcel) -> dict[str, Any] | None:
    """Return number and unit of the weight, from the carrier's text for it."""
    found = _WEIGHT.fullmatch(parcel.details.get("weight") or "")
    return {"unit": _UNITS[found[2]], "value": float(found[1])} if found else None


def part_of_weight(key: str) -> Callable[[Parcel], Any]:
    """Return a reader of the weight's number or unit alone."""
    return lambda parcel: (weight(parcel) or {}).get(key)


def country(side: str) -> Callable[[Parcel], str | None]:
    """Return a reader of the country at one end: as travelled, or else as the sender gave it."""

    def read(parcel: Parcel) -> str | None:
        if parcel.is_known:
            return COUNTRY_CODES[getattr(parcel.shipment.lane, side)]
        told = parcel.details.get(f"{side}_country_iso2", "")
        return COUNTRY_CODES.get(told) or parcel.details.get(f"{side}_country_iso3")

    return read


def carriers_country(parcel: Parcel) -> str | None:
    """Return the country the carrier takes the parcel to."""
    return COUNTRY_CODES[parcel.shipment.lane.destination] if parcel.is_known else None


def _place(side: str, read: Callable[[Place], Any], name: str) -> Callable[[Parcel], Any]:
    """Return a reader of where a parcel set out, or was delivered, or else of what the sender gave."""

    def value(parcel: Parcel) -> Any:
        scan: Scan | None = parcel.delivery
        if side == "origin":
            scan = parcel.view.physical[0] if parcel.is_known else None
        return (read(scan.place) if scan else None) or parcel.details.get(f"{side}_{name}")

    return value


def sides() -> tuple[Field[Parcel], ...]:
    """Return the fields of both ends of the journey."""
    found: list[Field[Parcel]] = []
    for side in ("origin", "destination"):
        postal = "recipient_postcode" if side == "destination" else "origin_postal_code"
        found += (
            Field(f"{side}_country_iso3", country(side), until="2024-10"),
            Field(f"{side}_country_region", country(side), since="2025-01"),
            Field(f"{side}_state", _place(side, lambda place: place.state, "state")),
            Field(f"{side}_city", _place(side, lambda place: place.city, "city")),
            Field(f"{side}_postal_code", given(postal)),
            Field(f"{side}_raw_location", given(f"{side}_raw_location")),
        )
    return tuple(found)


def customers(parcel: Parcel) -> list[dict[str, Any]]:
    """Return the people a parcel is about."""
    details = parcel.details
    if "customers" in details:
        return list(details["customers"])
    if not details.get("customer_name"):
        return []
    return [
        {
            "role": "buyer",
            "name": details["customer_name"],
            "phone_number": details.get("customer_sms"),
            "email": details.get("customer_email"),
            "language": None,
        }
    ]


def customers_with_ids(parcel: Parcel) -> list[dict[str, Any]]:
    """Return the people a parcel is about, with the ids they were given."""
    return [{**customer, "id": customer.get("id")} for customer in customers(parcel)]


def contacts(key: str) -> Callable[[Parcel], list[str]]:
    """Return a reader of who is told about the parcel, as versions before 2025 list it."""

    def read(parcel: Parcel) -> list[str]:
        first: list[str | None] = [parcel.details.get({"emails": "customer_email"}.get(key, "customer_sms"))]
        return [contact for contact in parcel.details.get(key, first) if contact]

    return read


def _leg(parcel: Parcel) -> dict[str, Any] | None:
    """Return the second of two carriers, by its link, if there is one."""
    if parcel.partner:
        number = parcel.shipment.tracking_number
        return {"slug": parcel.partner.code, "tracking_number": number, "source": "system"}
    told = parcel.details.get("last_mile")
    return {**told, "source": "user"} if told else None


def last_mile(parcel: Parcel) -> dict[str, Any] | None:
    """Return the second of two legs."""
    leg = _leg(parcel)
    link = parcel.link(parcel.partner) if parcel.partner else None
    empty = {"transit_time": None, "courier_tracking_link": link, "courier_redirect_link": None}
    return {**empty, **leg} if leg else None


def first_mile(parcel: Parcel) -> dict[str, Any] | None:
    """Return the first of two legs."""
    if not parcel.partner:
        return None
    return {
        "tracking_number": parcel.shipment.tracking_number,
        "slug": parcel.carrier.code,
        "transit_time": None,
        "courier_redirect_link": None,
        "courier_tracking_link": parcel.link(parcel.carrier),
    }


def next_couriers(parcel: Parcel) -> list[dict[str, Any]]:
    """Return the second of two carriers, as versions before 2025 tell it."""
    leg = _leg(parcel)
    return [leg] if leg else []


def linked_couriers(parcel: Parcel) -> list[dict[str, Any]]:
    """Return the second of two carriers with its links, as 2024-10 tells it."""
    leg = last_mile(parcel)
    return [{key: value for key, value in leg.items() if key != "transit_time"}] if leg else []
