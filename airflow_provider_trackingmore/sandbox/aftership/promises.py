"""What AfterShip says about the day of delivery: estimates, promises, and the verdict."""

from __future__ import annotations

from datetime import datetime, time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from airflow_provider_trackingmore.sandbox.aftership.parcels import Parcel

Json = dict[str, Any]
# Carriers that announce a day of their own, and how: a date, the place's clock, or with its offset.
_ANNOUNCES: dict[str, Callable[[datetime], str]] = {
    "dhl": lambda moment: moment.date().isoformat(),
    "ups": lambda moment: moment.replace(tzinfo=None).isoformat(),
    "fedex": lambda moment: moment.isoformat(),
}
_EVENING = time(20)


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None


def carriers_day(parcel: Parcel) -> str | None:
    """Return the day the carrier announced, in its own form: the last one of the estimate's range."""
    announce = _ANNOUNCES.get(parcel.shipment.courier_code)
    if announce is None or parcel.estimate is None:
        return None
    zone = parcel.view.physical[-1].place.zone
    return announce(datetime.combine(parcel.estimate.latest, _EVENING, zone))


def carriers_estimate(parcel: Parcel) -> Json | None:
    """Return the carrier's announcement as versions from 2024-10 have it."""
    day = carriers_day(parcel)
    if day is None:
        return None
    return {
        "estimated_delivery_date": day,
        "estimated_delivery_date_min": None,
        "estimated_delivery_date_max": None,
    }


def own_estimate(parcel: Parcel) -> Json | None:
    """Return AfterShip's own estimate."""
    found = parcel.estimate
    if found is None:
        return None
    return {
        "estimated_delivery_date": _text(found.day),
        "confidence_code": found.confidence,
        "estimated_delivery_date_min": _text(found.earliest),
        "estimated_delivery_date_max": _text(found.latest),
    }


def first(parcel: Parcel) -> Json | None:
    """Return the first day anybody named: the carrier's, or else AfterShip's range."""
    day = carriers_day(parcel)
    return _specific(day, "Carrier EDD") if day else _range(parcel)


def latest(parcel: Parcel) -> Json | None:
    """Return the newest day anybody named."""
    return _range(parcel)


def latest_with_reason(parcel: Parcel) -> Json | None:
    """Return the newest day anybody named, and why it was revised: this world's never are."""
    found = latest(parcel)
    return {**found, "revise_reason": None} if found else None


def promised(parcel: Parcel) -> Any:
    """Return what the shop promised, as one date; an object's own date where it was given as an object."""
    value = parcel.details.get("order_promised_delivery_date")
    return value.get("promised_delivery_date") if isinstance(value, dict) else value


def promised_range(parcel: Parcel) -> Json | None:
    """Return what the shop promised, as an object."""
    value = parcel.details.get("order_promised_delivery_date")
    if value is None:
        return None
    told = value if isinstance(value, dict) else {"promised_delivery_date": value}
    empty = dict.fromkeys(
        ("promised_delivery_date", "promised_delivery_date_min", "promised_delivery_date_max")
    )
    return {**empty, **told}


def days_late(parcel: Parcel) -> int | None:
    """Return the days from the estimate's day to the delivery; below zero is early."""
    if parcel.estimate is None or parcel.delivery is None:
        return None
    place = parcel.delivery.place
    return (datetime.fromtimestamp(parcel.delivery.at, place.zone).date() - parcel.estimate.day).days


def verdict(parcel: Parcel) -> str | None:
    """Return whether a delivered parcel came on the day estimated for it."""
    days = days_late(parcel)
    if days is None:
        return None
    return "on-time" if days == 0 else "late" if days > 0 else "early"


def _specific(day: str, source: str) -> Json:
    return {
        "type": "specific",
        "source": source,
        "datetime": day,
        "datetime_min": None,
        "datetime_max": None,
    }


def _range(parcel: Parcel) -> Json | None:
    found = parcel.estimate
    if found is None:
        return None
    return {
        "type": "range",
        "source": "AfterShip EDD",
        "datetime": None,
        "datetime_min": _text(found.earliest),
        "datetime_max": _text(found.latest),
    }
