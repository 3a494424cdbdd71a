"""What lists of AfterShip can be asked for: words, numbers, countries, tags and windows of time."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_trackingmore.sandbox.aftership import readers
from airflow_provider_trackingmore.sandbox.aftership.parcels import header_word, updated_at
from airflow_provider_trackingmore.sandbox.aftership.tags import TAGS
from airflow_provider_trackingmore.sandbox.calls import Call, Refused
from airflow_provider_trackingmore.sandbox.journeys import DAY
from airflow_provider_trackingmore.sandbox.selection import Test, window

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_trackingmore.sandbox.aftership.desk import Desk
    from airflow_provider_trackingmore.sandbox.aftership.editions import Edition
    from airflow_provider_trackingmore.sandbox.aftership.parcels import Parcel
    from airflow_provider_trackingmore.sandbox.knowledge import Record

MOST_NUMBERS = 50
# The only form the schema allows: no fractions, no Z, no offset to the west.
_STRICT_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+\d\d:\d\d")


def select(desk: Desk, call: Call[Edition]) -> list[Record]:
    """Return the kept records all filters let through, newest first.

    :raises Refused: if a filter has a value the version does not take.
    """
    found = desk.kept()
    for test in [*_windows(desk, call), *_plain(desk, call), *_of_parcels(desk, call)]:
        found = [record for record in found if test(record)]
    return found


def words_of(call: Call[Edition], name: str) -> list[str]:
    """Return the values of a parameter that takes several."""
    return [word.strip() for word in call.query.get(name, "").split(",") if word.strip()]


def times_of(desk: Desk, call: Call[Edition], stem: str) -> tuple[float, float]:
    """Return the bounds of the time of creation, which are never open."""
    now = desk.world.clock.epoch() + desk.switches.seconds_shown_late
    days = desk.switches.default_days or call.dialect.default_days
    low, high = (_moment(call, f"{stem}_{end}") for end in ("min", "max"))
    return now - days * DAY if low is None else low, now if high is None else high


def _windows(desk: Desk, call: Call[Edition]) -> list[Test]:
    low, high = times_of(desk, call, "created_at")
    low_update, high_update = (_moment(call, f"updated_at_{end}") for end in ("min", "max"))
    created = window(lambda record: record.shipment.created_at, low, high, desk.switches)
    return created + window(updated_at, low_update, high_update, desk.switches)


def _moment(call: Call[Edition], name: str) -> float | None:
    """Return a bound as unix seconds; versions before 2025-01 take no notice of one they cannot read."""
    text = call.query.get(name, "")
    if not text:
        return None
    try:
        if call.dialect.strict_times and not _STRICT_TIME.fullmatch(text):
            raise ValueError
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError
    except ValueError:
        if call.dialect.strict_times:
            raise Refused("value_invalid", name) from None
        return None
    return moment.timestamp()


def _plain(desk: Desk, call: Call[Edition]) -> list[Test]:
    """Return the filters that need no more than the record."""
    tests: list[Test] = []
    if tag := call.query.get("tag"):
        if tag not in TAGS:
            raise Refused("value_invalid", "tag")
        tests.append(lambda record: header_word(record, desk.switches).tag == tag)
    numbers, slugs = words_of(call, "tracking_numbers"), words_of(call, "slug")
    if len(numbers) > MOST_NUMBERS:
        raise Refused("value_invalid", "tracking_numbers")
    if numbers:
        tests.append(lambda record: record.shipment.tracking_number in numbers)
    if slugs:
        tests.append(lambda record: record.shipment.courier_code in slugs)
    return tests


def _of_parcels(desk: Desk, call: Call[Edition]) -> list[Test]:
    """Return the filters on what the service makes of a record."""
    query, country = call.query, call.dialect.country
    wanted: list[tuple[Callable[[Parcel], Any], set[Any]]] = []
    if days := query.get("transit_time"):
        if not days.isdigit():
            raise Refused("value_invalid", "transit_time")
        wanted.append((lambda parcel: parcel.transit_days, {int(days)}))
    if returned := words_of(call, "return_to_sender"):
        if not set(returned) <= {"true", "false"}:
            raise Refused("value_invalid", "return_to_sender")
        wanted.append((lambda parcel: parcel.is_returned, {word == "true" for word in returned}))
    for name, read in {
        "origin": readers.country("origin"),
        "destination": readers.country("destination"),
        f"courier_destination_{country}": readers.carriers_country,
        "order_id": readers.order_id,
    }.items():
        if words := words_of(call, name):
            wanted.append((read, set(words)))
    tests: list[Test] = [_among(desk, read, values) for read, values in wanted]
    if tags := _shipment_tags(desk, call):
        tests.append(lambda record: not tags.isdisjoint(record.shipment.details.get("shipment_tags", ())))
    if keyword := query.get("keyword"):
        tests.append(lambda record: _mentions(desk.parcel(record), keyword.lower()))
    return tests


def _among(desk: Desk, read: Callable[[Parcel], Any], values: set[Any]) -> Test:
    return lambda record: read(desk.parcel(record)) in values


def _shipment_tags(desk: Desk, call: Call[Edition]) -> set[str]:
    """Return the tags to look for; none at all if the service drops a filter it cannot match."""
    tags = set(words_of(call, "shipment_tags"))
    if not desk.switches.unknown_tags_match_all:
        return tags
    used = {tag for record in desk.kept() for tag in record.shipment.details.get("shipment_tags", ())}
    return tags & used


def _mentions(parcel: Parcel, keyword: str) -> bool:
    """Return whether any of the texts a search looks at contains a word."""
    people = [text for customer in readers.customers(parcel) for text in customer.values()]
    texts = [
        parcel.shipment.tracking_number,
        parcel.details.get("title"),
        readers.order_id(parcel),
        *(parcel.details.get("custom_fields") or {}).values(),
        *people,
    ]
    return any(keyword in str(text).lower() for text in texts if text)
