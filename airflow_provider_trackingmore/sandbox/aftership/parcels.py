"""A record as AfterShip sees it, before a version puts it into its own words."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow_provider_trackingmore.sandbox import scans
from airflow_provider_trackingmore.sandbox.aftership.identities import new_id
from airflow_provider_trackingmore.sandbox.aftership.tags import (
    FAILED_ATTEMPTS,
    RETURN_KINDS,
    Word,
    word_for,
)
from airflow_provider_trackingmore.sandbox.carriers import Carrier, carrier_named
from airflow_provider_trackingmore.sandbox.clock import iso
from airflow_provider_trackingmore.sandbox.estimates import Estimate, estimate
from airflow_provider_trackingmore.sandbox.journeys import DAY

if TYPE_CHECKING:
    from airflow_provider_trackingmore.sandbox.knowledge import Record
    from airflow_provider_trackingmore.sandbox.places import Place
    from airflow_provider_trackingmore.sandbox.scans import Kind, Scan
    from airflow_provider_trackingmore.sandbox.shipments import Shipment
    from airflow_provider_trackingmore.sandbox.switches import Switches
    from airflow_provider_trackingmore.sandbox.views import Row, View

# Some carriers tell the day of a pick-up and no more.
_DATES_ONLY = ("4px", "china-post")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One thing AfterShip knows to have happened; ``repeat`` counts rows that are alike."""

    seen_at: int
    slug: str
    time: str
    message: str
    kind: Kind
    word: Word
    place: Place | None = None
    location: str | None = None
    has_zip: bool = False
    hands_over: bool = False
    source: str = "carrier"
    repeat: int = 0

    @property
    def told(self) -> tuple[str | None, ...]:
        """Return what tells checkpoints apart."""
        return self.slug, self.time, self.message, self.word.subtag, self.location, self.source

    def digest(self, tracking_id: str) -> str:
        """Return the hash of this checkpoint, which no other one has."""
        parts = (tracking_id, *self.told, self.repeat)
        return hashlib.sha1(repr(parts).encode(), usedforsecurity=False).hexdigest()


class Parcel:
    """What any version of AfterShip can say about one record at this moment."""

    def __init__(self, view: View) -> None:
        self.view: View = view
        self.record: Record = view.record
        self.shipment: Shipment = view.shipment
        self.switches: Switches = view.switches
        self.details: dict[str, Any] = view.details
        self.carrier: Carrier = carrier_named(self.shipment.courier_code)
        self.id: str = new_id(self.shipment)
        self.word: Word = header_word(self.record, self.switches)

    @property
    def is_known(self) -> bool:
        """Return whether the carrier has seen the parcel."""
        return self.view.is_known

    @property
    def active(self) -> bool:
        """Return whether AfterShip still asks the carrier."""
        return is_active(self.record)

    @property
    def updated_at(self) -> int:
        """Return when the record last changed."""
        return updated_at(self.record)

    @property
    def tracked_count(self) -> int:
        """Return how often the carrier had been asked when the record last changed."""
        record = self.record
        if not record.level:
            return 0
        return 1 + (record.changes[record.level - 1] - record.changes[0]) // self.carrier.refresh_seconds

    @property
    def delivery(self) -> Scan | None:
        """Return the scan that delivered the parcel, if that is where it stands."""
        newest = self.view.physical[-1] if self.view.physical else None
        return newest if newest and newest.kind.status == "delivered" else None

    @property
    def delivered(self) -> str | None:
        """Return when the parcel was delivered, in the words of the carrier or of the account."""
        if self.record.declared is scans.DECLARED_DELIVERED:
            return next((point.time for point in self.checkpoints if point.source == "user"), None)
        return self.moment(self.delivery)

    @property
    def transit_days(self) -> int | None:
        """Return full days from the pick-up to the delivery or the present; nothing before the pick-up."""
        if not self.view.physical:
            return None
        end = self.delivery.at if self.delivery else self.view.now
        return (end - self.view.physical[0].at) // DAY

    @property
    def estimate(self) -> Estimate | None:
        """Return AfterShip's own estimate of a parcel on its way, or that once was."""
        if not self.is_known or not self.switches.estimates:
            return None
        return estimate(self.shipment.lane, self.view.physical[0].at)

    @property
    def is_returned(self) -> bool:
        """Return whether any checkpoint says the parcel goes back."""
        return any(checkpoint.kind in RETURN_KINDS for checkpoint in self.checkpoints)

    @property
    def failed_attempts(self) -> list[Scan]:
        """Return the deliveries that failed."""
        return [scan for scan in self.view.physical if scan.kind in FAILED_ATTEMPTS]

    @property
    def partner(self) -> Carrier | None:
        """Return the carrier that took the parcel over."""
        return self.view.destination.carrier

    def link(self, carrier: Carrier) -> str:
        """Return where a carrier tells about the parcel."""
        return f"{carrier.homepage}track/{self.shipment.tracking_number}"

    def word_for(self, kind: Kind) -> Word:
        """Return how a kind of scan is told of this parcel."""
        return word_for(kind, self.shipment.created_at, odd=self.switches.odd_statuses)

    def moment(self, scan: Scan | None) -> str | None:
        """Return when something happened as its carrier tells it: day, wall clock, or with offset."""
        if scan is None:
            return None
        local = datetime.fromtimestamp(scan.at, scan.place.zone)
        if self.carrier.code in _DATES_ONLY:
            return local.date().isoformat()
        return _clock(local, with_offset=self.carrier.voice == "express")

    @cached_property
    def checkpoints(self) -> list[Checkpoint]:
        """Return the checkpoints, oldest poll first; what one poll brought may be in any order."""
        record, sides = self.record, (self.view.origin, self.view.destination)
        numbers = {id(scan): place for place, scan in enumerate(record.shipment.journey.scans, start=1)}
        found = [
            (record.learned_at(numbers[id(row.scan)]), row, side.carrier or self.carrier)
            for side in sides
            for row in reversed(side.rows)
        ]
        disordered = self.switches.disordered_rows and self.view.salt % 4 == 0
        found.sort(key=lambda item: (item[0], -item[1].scan.at if disordered else item[1].scan.at))
        told = [self._of_row(seen_at, row, carrier) for seen_at, row, carrier in found]
        carriers = [carrier for *_, carrier in found]
        if self.partner in carriers:
            first = carriers.index(self.partner)
            told[first] = replace(told[first], hands_over=True)
        return _numbered(told + self._declared())

    def _of_row(self, seen_at: int, row: Row, carrier: Carrier) -> Checkpoint:
        kind = row.scan.kind
        # Every seventh time or so a carrier forgets its habit, and a label has no place to tell the time of.
        exact = carrier.voice == "express"
        if self.switches.mixed_times and row.salt % 7 == 0:
            exact = not exact
        offset = datetime.fromtimestamp(row.scan.at, row.scan.place.zone).utcoffset() or timedelta()
        return Checkpoint(
            seen_at,
            carrier.code,
            _clock(row.local.replace(tzinfo=timezone(offset)), with_offset=exact and kind.physical),
            row.text,
            kind,
            self.word_for(kind),
            row.scan.place if kind.physical else None,
            row.location,
            has_zip=row.salt % 3 > 0,
        )

    def _declared(self) -> list[Checkpoint]:
        """Return the checkpoint the account added when it declared the parcel completed."""
        kind, at = self.record.declared, self.record.completed_at
        if kind is None or at is None:
            return []
        happened = self.details.get("completed_at") or iso(at)
        slug = self.shipment.courier_code
        return [Checkpoint(at, slug, happened, kind.express, kind, self.word_for(kind), source="user")]


def is_active(record: Record) -> bool:
    """Return whether AfterShip still asks the carrier: not after an end, unless retracked since."""
    if record.stopped:
        return False
    if record.level and record.retracked_at >= record.changes[record.level - 1]:
        return True
    return record.updating and record.standing is not scans.RETURNED


def header_word(record: Record, switches: Switches) -> Word:
    """Return how AfterShip tells where a record stands."""
    return word_for(record.standing, record.shipment.created_at, odd=switches.odd_statuses)


def updated_at(record: Record) -> int:
    """Return when a record last changed; its creation is a change."""
    return max(record.updated_at or 0, record.shipment.created_at)


def age(record: Record, now: int) -> int:
    """Return the days since the pick-up, which ``transit_time`` tells of parcels on their way."""
    return (now - (record.shipment.journey.picked_up_at or now)) // DAY


def _numbered(checkpoints: list[Checkpoint]) -> list[Checkpoint]:
    """Return checkpoints that can be told apart, even those that are alike."""
    seen: Counter[tuple[str | None, ...]] = Counter()
    numbered = []
    for checkpoint in checkpoints:
        numbered.append(replace(checkpoint, repeat=seen[checkpoint.told]))
        seen[checkpoint.told] += 1
    return numbered


def _clock(moment: datetime, *, with_offset: bool) -> str:
    """Return a time to the second, as the place's wall clock or with its offset."""
    return moment.replace(tzinfo=moment.tzinfo if with_offset else None).isoformat()
