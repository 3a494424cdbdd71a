"""A shipment of the sandbox: its journey, plus what its sender told the service about it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from random import Random
from typing import Any

from airflow_provider_trackingmore.sandbox.carriers import CARRIERS, LANES, Lane, carrier_named
from airflow_provider_trackingmore.sandbox.clock import iso
from airflow_provider_trackingmore.sandbox.journeys import DAY, Journey, draw

_WEIGHTS = tuple(lane.weight for lane in LANES)
_FIRST_NAMES = (
    "Mara",
    "Jun",
    "Ana",
    "Theo",
    "Ines",
    "Olu",
    "Petra",
    "Sami",
    "Lotte",
    "Noor",
    "Élodie",
    "Jörg",
)
_LAST_NAMES = ("Example", "Sample", "Muster", "Specimen", "Placeholder")
_TITLES = (
    "Blue mug",
    "Desk lamp",
    "Wool socks",
    "Field notes, set of 3",
    "Kopfhörer",
    "蓝色杯子",
    "Théière",
    "",
)
_NUMBERS_PER_DAY = 1_000_000


@dataclass(slots=True)
class Shipment:
    """One parcel registered with the service: who, when, on which lane, and its whole journey.

    ``details`` holds what the sender typed in, under v4 names; absent keys were never given.
    """

    id: str
    tracking_number: str
    courier_code: str
    created_at: int
    lane: Lane
    journey: Journey
    phase: int
    details: dict[str, Any]

    def truth(self) -> dict[str, Any]:
        """Return what really happens to this parcel, in UTC, followed to its end."""
        journey = self.journey
        return {
            "id": self.id,
            "tracking_number": self.tracking_number,
            "courier_code": self.courier_code,
            "origin_country": self.lane.origin,
            "destination_country": self.lane.destination,
            "created_at": iso(self.created_at),
            "picked_up_at_utc": None if journey.picked_up_at is None else iso(journey.picked_up_at),
            "outcome": journey.outcome,
            "exit_at_utc": None if journey.exit_at is None else iso(journey.exit_at),
            "exception_times": [iso(scan.at) for scan in journey.scans if scan.kind.is_exception],
            "n_scans": len(journey.scans),
        }


def of_day(seed: int, day: int, day_start: int, count: int) -> list[Shipment]:
    """Return the shipments registered on one day, oldest first.

    Every day has its own random numbers, so days may be asked for in any order.
    """
    rng = Random(f"{seed}:day:{day}")  # noqa: S311 - a repeatable world, no secret
    moments = sorted(day_start + rng.randrange(DAY) for _ in range(count))
    shipments: list[Shipment] = []
    for index, moment in enumerate(moments):
        # Shops register parcels in bulk, so some share their second of creation.
        created = shipments[-1].created_at if shipments and rng.random() < 0.1 else moment
        serial = (day + 100_000) * _NUMBERS_PER_DAY + index
        lane = rng.choices(LANES, _WEIGHTS)[0]
        number = CARRIERS[lane.carrier].number(serial)
        shipments.append(
            _shipment(rng, f"{seed}:{serial}", number, lane, created, _details(rng, serial, created))
        )
    return shipments


def registered(seed: int, number: str, lane: Lane, created_at: int, details: dict[str, Any]) -> Shipment:
    """Return the shipment somebody registers by hand, with a journey that starts about now."""
    rng = Random(f"{seed}:hand:{lane.carrier}:{number}")  # noqa: S311 - a repeatable world, no secret
    return _shipment(rng, f"{seed}:{lane.carrier}:{number}:{created_at}", number, lane, created_at, details)


def _shipment(
    rng: Random, identity: str, number: str, lane: Lane, created_at: int, details: dict[str, Any]
) -> Shipment:
    return Shipment(
        id=hashlib.md5(identity.encode(), usedforsecurity=False).hexdigest(),
        tracking_number=number,
        courier_code=lane.carrier,
        created_at=created_at,
        lane=lane,
        journey=draw(rng, lane, created_at),
        phase=rng.randrange(carrier_named(lane.carrier).refresh_seconds),
        details=details,
    )


def _details(rng: Random, serial: int, created_at: int) -> dict[str, Any]:
    """Return what a shop might have sent along; people and addresses are invented."""
    details: dict[str, Any] = {"source": "API" if rng.random() < 0.8 else "WEB"}
    if rng.random() < 0.85:
        details["order_number"] = f"SO-{serial // _NUMBERS_PER_DAY % 100_000}-{serial % _NUMBERS_PER_DAY:04d}"
        details["order_date"] = created_at - rng.randrange(3 * DAY)
    if rng.random() < 0.6:
        first, last = rng.choice(_FIRST_NAMES), rng.choice(_LAST_NAMES)
        details["customer_name"] = f"{first} {last}"
        plain = first.lower().replace("é", "e").replace("ö", "o")
        details["customer_email"] = f"{plain}.{last.lower()}@example.com"
        details["customer_sms"] = f"+1555010{rng.randrange(10_000):04d}"
        details["signed_by"] = f"{first[0]} {last}".upper()
    if rng.random() < 0.5:
        details["title"] = rng.choice(_TITLES)
    if rng.random() < 0.2:
        details["note"] = rng.choice(("", "handle with care", "gift, no invoice"))
        details["logistics_channel"] = rng.choice(("economy line", "standard", None))
    if rng.random() < 0.3:
        details["recipient_postcode"] = f"{rng.randrange(100_000):05d}"
        details["label"] = rng.choice(("1", "1,2", None))
    if rng.random() < 0.5:
        grams = rng.randrange(80, 12_000)
        details["weight"] = rng.choice((f"{grams / 1000:.3f}kg", f"{grams / 453.59:.2f}LBS"))
        details["weight_kg"] = f"{grams / 1000:.2f}"
        details["pieces"] = rng.choice((1, 1, 1, 2))
    details["archived"] = rng.random() < 0.02
    return details
