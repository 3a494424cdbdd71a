"""The life of one parcel from label to end, drawn from the figures of its lane.

Nothing here knows what the service has found out: a journey is the truth.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from airflow_provider_trackingmore.sandbox import scans
from airflow_provider_trackingmore.sandbox.carriers import HOUR, Lane, carrier_named
from airflow_provider_trackingmore.sandbox.places import BY_COUNTRY, Place
from airflow_provider_trackingmore.sandbox.scans import DELIVERY_KINDS, Kind, Scan

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

DAY = 86_400
DARK_AFTER = 30 * DAY
LONGEST = 45 * DAY


class Journey(NamedTuple):
    """What really happens to a parcel: every scan in order of time, how it ends and when."""

    scans: tuple[Scan, ...]
    picked_up_at: int | None
    outcome: str
    exit_at: int | None


@dataclass
class _Trip:
    """A journey while it is being drawn."""

    rng: Random
    lane: Lane
    origin: Place
    destination: Place
    has_seconds: bool
    rows: list[Scan]

    def add(self, at: float, kind: Kind, place: Place, leg: int = 0) -> int:
        """Append a scan, never earlier than the one before, and return its time."""
        earliest = self.rows[-1].at if self.rows else 0
        moment = max(int(at), earliest)
        if not self.has_seconds:
            moment += -moment % 60
        self.rows.append(Scan(moment, kind, place, leg))
        return moment

    def hub(self, country: str) -> Place:
        """Return some place of a country."""
        return self.rng.choice(BY_COUNTRY[country])


def draw(rng: Random, lane: Lane, created_at: int) -> Journey:
    """Return the journey of a parcel that was registered at ``created_at``."""
    origin = rng.choice(BY_COUNTRY[lane.origin])
    destination = rng.choice(BY_COUNTRY[lane.destination])
    trip = _Trip(rng, lane, origin, destination, carrier_named(lane.carrier).has_seconds, [])
    fate = _fate(rng, lane)
    late = rng.random() < 0.04
    latency = rng.lognormvariate(2.6, 0.6) * HOUR
    picked_up = created_at - rng.uniform(0.2, 6) * DAY if late else created_at + latency
    label_at = min(created_at + rng.uniform(-1, 1) * HOUR, picked_up - 20 * 60)
    if rng.random() < 0.9 and fate != "unknown":
        trip.add(label_at, scans.LABEL, origin)
    if fate in ("unscanned", "unknown"):
        return Journey(tuple(trip.rows), None, "never_scanned", None)

    start = trip.add(picked_up, scans.ACCEPTED, origin)
    days = min(lane.median_days * rng.lognormvariate(0, lane.spread), LONGEST / DAY)
    arrival = _delivery_time(rng, start + days * DAY, destination, start + 3 * HOUR)
    _road(trip, start, arrival)
    if fate in ("lost", "expired"):
        return _vanish(trip, start, fate)
    if fate == "returned":
        return _return(trip, start, arrival)
    return _deliver(trip, start, arrival)


def _fate(rng: Random, lane: Lane) -> str:
    shares = (
        ("unknown", lane.unscanned * 0.4),
        ("unscanned", lane.unscanned * 0.6),
        ("returned", lane.returned),
        ("lost", lane.lost),
        ("expired", lane.dark),
    )
    draw_ = rng.random()
    for name, share in shares:
        if draw_ < share:
            return name
        draw_ -= share
    return "delivered"


def _delivery_time(rng: Random, about: float, place: Place, earliest: int) -> int:
    """Return a moment near ``about`` at which somebody rings: by day, and not on a Sunday."""
    local = datetime.fromtimestamp(about, place.zone)
    if local.weekday() == 6:
        about += DAY
    local = datetime.fromtimestamp(about, place.zone)
    hour, minute = divmod(rng.randint(8 * 60 + 30, 19 * 60 + 30), 60)
    ring = local.replace(hour=hour, minute=minute, second=rng.randrange(60))
    moment = int(ring.astimezone(UTC).timestamp())
    return moment if moment >= earliest else moment + DAY


def _road(trip: _Trip, start: int, arrival: int) -> None:
    """Add everything between the pick-up and the delivery depot."""
    rng, lane = trip.rng, trip.lane
    span = arrival - start

    def at(share: float) -> float:
        return start + span * min(max(share + rng.uniform(-0.03, 0.03), 0.01), 0.9)

    trip.add(at(0.05), scans.LEFT_ORIGIN, trip.origin)
    if lane.is_cross_border:
        _export(trip, at)
        _import(trip, at, span)
    else:
        for share in sorted(rng.uniform(0.12, 0.75) for _ in range(_hubs(rng, span))):
            _pass_hub(trip, start + span * share, trip.hub(lane.origin), 0, min(5 * HOUR, span * 0.05))
    if rng.random() < lane.delay:
        trip.add(at(0.78), scans.DELAY, trip.hub(lane.destination), _last_leg(lane))
    depot_at = min(at(0.85), arrival - 3 * HOUR)
    trip.add(depot_at, scans.AT_FACILITY, trip.destination, _last_leg(lane))


def _hubs(rng: Random, span: int) -> int:
    return rng.choice((1, 1, 2)) if span < 2 * DAY else rng.choice((2, 2, 3))


def _last_leg(lane: Lane) -> int:
    return 1 if lane.partner else 0


def _pass_hub(trip: _Trip, at: float, place: Place, leg: int, longest: float = 5 * HOUR) -> None:
    """Add arrival and departure; one time in six a hub stamps both with the same time."""
    arrived = trip.add(at, scans.AT_HUB, place, leg)
    stay = 0 if trip.rng.random() < 1 / 6 else trip.rng.uniform(0.1, 1) * longest
    trip.add(arrived + stay, scans.LEFT_HUB, place, leg)


def _export(trip: _Trip, at: Callable[[float], float]) -> None:
    hub = trip.hub(trip.lane.origin)
    _pass_hub(trip, at(0.10), hub, 0)
    trip.add(at(0.18), scans.DISPATCHED, hub)
    trip.add(at(0.25), scans.LEFT_AIRPORT, hub)


def _import(trip: _Trip, at: Callable[[float], float], span: int) -> None:
    lane, leg = trip.lane, _last_leg(trip.lane)
    gateway = trip.hub(lane.destination)
    arrived = trip.add(at(0.50), scans.ARRIVED_ABROAD, gateway, leg)
    if trip.rng.random() < lane.customs_hold:
        trip.add(arrived + 2 * HOUR, scans.CUSTOMS_HELD, gateway, leg)
        released = arrived + 2 * HOUR + span * trip.rng.uniform(0.04, 0.15)
        trip.add(released, scans.CUSTOMS_CLEARED, gateway, leg)
    else:
        trip.add(at(0.57), scans.CUSTOMS_CLEARED, gateway, leg)
    _pass_hub(trip, at(0.68), trip.hub(lane.destination), leg)


def _deliver(trip: _Trip, start: int, arrival: int) -> Journey:
    rng, leg, place = trip.rng, _last_leg(trip.lane), trip.destination
    if rng.random() < trip.lane.failed_attempt:
        trip.add(arrival - rng.uniform(2, 4) * HOUR, scans.OUT, place, leg)
        trip.add(arrival, rng.choice((scans.NOBODY_HOME, scans.NOBODY_HOME, scans.BAD_ADDRESS)), place, leg)
        if rng.random() < 0.3:
            trip.add(arrival + 2 * HOUR, scans.READY, place, leg)
            collected = _delivery_time(rng, arrival + rng.uniform(1, 5) * DAY, place, arrival + 4 * HOUR)
            return _end(trip, start, "delivered", trip.add(collected, scans.COLLECTED, place, leg))
        arrival = _delivery_time(rng, trip.rows[-1].at + DAY, place, trip.rows[-1].at + 12 * HOUR)
    trip.add(arrival - rng.uniform(1.5, 5) * HOUR, scans.OUT, place, leg)
    done = trip.add(arrival, rng.choice(DELIVERY_KINDS), place, leg)
    if rng.random() < 0.008:
        # A mis-scan: marked as delivered in the depot, moved on, delivered for good the next day.
        trip.add(done + 14 * HOUR, scans.AT_FACILITY, place, leg)
        again = _delivery_time(rng, done + DAY, place, done + 18 * HOUR)
        trip.add(again - HOUR, scans.OUT, place, leg)
        done = trip.add(again, scans.DELIVERED, place, leg)
    if rng.random() < 0.005:
        trip.add(done + 2 * HOUR, scans.LABEL, trip.origin)
    return _end(trip, start, "delivered", done)


def _return(trip: _Trip, start: int, arrival: int) -> Journey:
    rng, leg, place = trip.rng, _last_leg(trip.lane), trip.destination
    trip.add(arrival - 3 * HOUR, scans.OUT, place, leg)
    reason = rng.choice((scans.NOBODY_HOME, scans.BAD_ADDRESS, scans.REFUSED))
    failed = trip.add(arrival, reason, place, leg)
    turned = trip.add(failed + rng.uniform(0.5, 4) * DAY, scans.RETURNING, place, leg)
    back_span = min((arrival - start) * rng.uniform(0.8, 1.3), 25 * DAY)
    trip.add(turned + back_span * 0.5, scans.AT_HUB, trip.hub(trip.lane.destination), leg)
    home = _delivery_time(rng, turned + back_span, trip.origin, int(turned + back_span * 0.5) + 3 * HOUR)
    # Some carriers report the return as an ordinary delivery, only at the sender's door.
    last = scans.BACK_AT_SENDER if rng.random() < 0.4 else scans.RETURNED
    return _end(trip, start, "returned", trip.add(home, last, trip.origin, leg))


def _vanish(trip: _Trip, start: int, fate: str) -> Journey:
    """Cut the journey short somewhere on the road."""
    first = next(number for number, scan in enumerate(trip.rows) if scan.kind.physical)
    del trip.rows[trip.rng.randint(first + 1, len(trip.rows)) :]
    last = trip.rows[-1]
    if fate == "expired":
        return _end(trip, start, "expired", last.at + DARK_AFTER)
    gone = trip.add(last.at + trip.rng.uniform(7, 18) * DAY, scans.LOST, last.place, last.leg)
    return _end(trip, start, "lost", gone)


def _end(trip: _Trip, start: int, outcome: str, exit_at: int) -> Journey:
    return Journey(tuple(trip.rows), start, outcome, exit_at)
