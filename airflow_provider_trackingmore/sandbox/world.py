"""The world of shipments: seeded, without end, and the same however its clock is moved.

Days are generated when the clock reaches them, each from its own seed. Listing needs the records in
order and their update times at the present; both are kept and only the records that can still change
are looked at again.
"""

from __future__ import annotations

import threading
from bisect import insort
from typing import TYPE_CHECKING, Any

from airflow_provider_trackingmore.sandbox import shipments, truth
from airflow_provider_trackingmore.sandbox.carriers import lane_for
from airflow_provider_trackingmore.sandbox.journeys import DAY
from airflow_provider_trackingmore.sandbox.knowledge import Record
from airflow_provider_trackingmore.sandbox.places import BY_COUNTRY
from airflow_provider_trackingmore.sandbox.scans import AT_HUB, Scan

if TYPE_CHECKING:
    from airflow_provider_trackingmore.sandbox.clock import Clock
    from airflow_provider_trackingmore.sandbox.scans import Kind
    from airflow_provider_trackingmore.sandbox.shipments import Shipment

HISTORY_DAYS = 120
# Registrations by weekday of the UTC day, Monday first; shops are quiet at the weekend.
_WEEKDAYS = (1.15, 1.1, 1.05, 1.05, 1.1, 0.8, 0.75)
_FAR = 1 << 60


class World:
    """All shipments of the account, and what the service knows about them now.

    :param clock: tells the world's time; moving it is how the world goes on.
    :param trackings: how many exist when the world begins; as many again follow every 120 days.
    :param seed: equal seeds and equal first moments make equal worlds.
    """

    def __init__(self, clock: Clock, *, trackings: int = 5000, seed: int = 7) -> None:
        self.clock, self.seed, self.trackings = clock, seed, trackings
        self.anchor = clock.epoch()
        self.lock = threading.RLock()
        self.by_id: dict[str, Record] = {}
        self.by_number: dict[tuple[str, str], Record] = {}
        self._records: list[Record] = []
        self._present: list[Record] = []
        self._open: set[Record] = set()
        self._as_of = -_FAR
        self._next_change = -_FAR
        self._days_done = -HISTORY_DAYS
        self._added = 0
        self.records()

    def records(self) -> list[Record]:
        """Return the registered records, newest first, each brought up to the present."""
        now = self.clock.epoch()
        with self.lock:
            self._generate_until(now)
            if not self._as_of <= now < self._next_change:
                self._observe(now)
            return self._present

    def find(self, tracking_id: str) -> Record | None:
        """Return the record with this id, if it is registered by now."""
        return self._if_registered(self.by_id.get(tracking_id))

    def find_number(self, courier_code: str, tracking_number: str) -> Record | None:
        """Return the record of a carrier's number, if it is registered by now."""
        return self._if_registered(self.by_number.get((courier_code, tracking_number)))

    def add(self, tracking_number: str | None = None, courier_code: str = "usps", **details: Any) -> Record:
        """Register a number now and return its record; its journey begins from here.

        :raises ValueError: if no parcels are carried under ``courier_code``.
        """
        lane = lane_for(courier_code)
        if lane is None:
            raise ValueError(f"no lane for courier {courier_code!r}")
        with self.lock:
            self._added += 1
            number = tracking_number or f"HAND{self._added:012d}"
            now = self.clock.epoch()
            record = Record(shipments.registered(self.seed, number, lane, now, {"source": "API", **details}))
            self._index(record)
            insort(self._records, record, key=_order)
            insort(self._present, record, key=_order)
            self._look_again(record)
            return record

    def touch(self, tracking_id: str, **details: Any) -> Record:
        """Change a record now, so that its update time becomes the present.

        :raises KeyError: if no such record is registered.
        """
        with self.lock:
            record = self._existing(tracking_id)
            record.change(details)
            self._stamp(record)
            return record

    def refresh(self, record: Record) -> None:
        """Let the service ask the carrier now, out of turn."""
        with self.lock:
            record.asked_at.append(self.clock.epoch())
            record.learn()
            self._stamp(record)

    def retrack(self, record: Record) -> None:
        """Let the service take up a record again that it no longer asked about."""
        with self.lock:
            record.retracked_at = self.clock.epoch()
            record.declared = record.completed_at = None
            record.stopped = False
            self.refresh(record)

    def complete(self, record: Record, kind: Kind) -> None:
        """Let the account declare how a parcel ended; nothing more is learned about it."""
        with self.lock:
            record.declared, record.completed_at = kind, self.clock.epoch()
            record.stopped = True
            self._stamp(record)

    def scan(self, tracking_id: str) -> Record:
        """Let a carrier report one more scan of a record, which the service sees at once.

        :raises KeyError: if no such record is registered.
        """
        with self.lock:
            record = self._existing(tracking_id)
            now, journey = self.clock.epoch(), record.shipment.journey
            so_far = [scan for scan in journey.scans if scan.at <= now]
            place = so_far[-1].place if so_far else BY_COUNTRY[record.shipment.lane.origin][0]
            scans = (*so_far, Scan(now, AT_HUB, place, 0), *journey.scans[len(so_far) :])
            record.shipment.journey = journey._replace(scans=scans)
            self.refresh(record)
            return record

    def unscan(self, tracking_id: str) -> Record:
        """Let a carrier take the newest scan of a record back, if there is one by now.

        :raises KeyError: if no such record is registered.
        """
        with self.lock:
            record = self._existing(tracking_id)
            journey = record.shipment.journey
            so_far = sum(scan.at <= self.clock.epoch() for scan in journey.scans)
            scans = journey.scans[: max(so_far - 1, 0)] + journey.scans[so_far:]
            record.shipment.journey = journey._replace(scans=scans)
            self.refresh(record)
            return record

    def delete(self, tracking_id: str) -> None:
        """Remove a record from the account.

        :raises KeyError: if no such record is registered.
        """
        with self.lock:
            record = self._existing(tracking_id)
            record.deleted = True
            self._records.remove(record)
            self._present.remove(record)
            self._open.discard(record)
            self._drop_index(record)

    def rename_courier(self, record: Record, courier_code: str) -> None:
        """File a record under another carrier."""
        with self.lock:
            self._drop_index(record)
            record.shipment.courier_code = courier_code
            record.learn()
            self._index(record)
            self._stamp(record)

    def truth(self) -> dict[str, Any]:
        """Return what really happens, whatever the service shows; see :mod:`.truth`."""
        return truth.summary(self._registered(), self.clock.epoch())

    def shipments(self) -> list[dict[str, Any]]:
        """Return the true story of every shipment registered by now, newest first."""
        return [shipment.truth() for shipment in self._registered()]

    def _registered(self) -> list[Shipment]:
        return [record.shipment for record in self.records()]

    def _existing(self, tracking_id: str) -> Record:
        record = self.find(tracking_id)
        if record is None:
            raise KeyError(f"no record with id {tracking_id!r}")
        return record

    def _if_registered(self, record: Record | None) -> Record | None:
        self.records()
        return record if record and record.shipment.created_at <= self.clock.epoch() else None

    def _index(self, record: Record) -> None:
        self.by_id[record.shipment.id] = record
        self.by_number[record.shipment.courier_code, record.shipment.tracking_number] = record

    def _drop_index(self, record: Record) -> None:
        self.by_id.pop(record.shipment.id, None)
        self.by_number.pop((record.shipment.courier_code, record.shipment.tracking_number), None)

    def _stamp(self, record: Record) -> None:
        record.touched_at = self.clock.epoch()
        record.revision += 1
        self._look_again(record)

    def _look_again(self, record: Record) -> None:
        """Bring one changed record up to the present, and keep an eye on it if more will come."""
        due = record.observe(self.clock.epoch())
        if due is not None:
            self._open.add(record)
            self._next_change = min(self._next_change, due)

    def _observe(self, now: int) -> None:
        upcoming, still_open = _FAR, set()
        for record in self._records if now < self._as_of else self._open:
            due = record.observe(now)
            if due is not None:
                still_open.add(record)
                upcoming = min(upcoming, due)
        unborn = [record for record in self._records if record.shipment.created_at > now]
        self._present = self._records[len(unborn) :] if unborn else list(self._records)
        self._open = still_open
        born = min((record.shipment.created_at for record in unborn), default=_FAR)
        self._as_of, self._next_change = now, min(upcoming, born)

    def _generate_until(self, now: int) -> None:
        last_day = (now - self.anchor) // DAY
        if last_day < self._days_done:
            return
        fresh: list[Record] = []
        for day in range(self._days_done, last_day + 1):
            fresh += self._day(day)
        self._days_done = last_day + 1
        for record in fresh:
            self._index(record)
        self._records = sorted(self._records + fresh, key=_order)
        self._open.update(fresh)
        self._next_change = -_FAR

    def _day(self, day: int) -> list[Record]:
        count = round(self._expected(day + 1)) - round(self._expected(day))
        start = self.anchor + day * DAY
        return [Record(shipment) for shipment in shipments.of_day(self.seed, day, start, count)]

    def _expected(self, day: int) -> float:
        """Return how many shipments are registered before a day; exactly ``trackings`` before day 0."""
        first_weekday = (self.anchor // DAY + 3 - HISTORY_DAYS) % 7
        return (
            self.trackings * _weight(first_weekday, day + HISTORY_DAYS) / _weight(first_weekday, HISTORY_DAYS)
        )


def _weight(first_weekday: int, days: int) -> float:
    """Return the summed weekday weights of a run of days."""
    weeks, rest = divmod(days, 7)
    partial = sum(_WEEKDAYS[(first_weekday + offset) % 7] for offset in range(rest))
    return weeks * sum(_WEEKDAYS) + partial


def _order(record: Record) -> tuple[int, str]:
    return record.order
