"""What the service has found out about a shipment by a given moment.

The vendor asks each carrier every few hours, so a scan becomes visible at the first refresh after it
happened; a record changes only then.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from airflow_provider_trackingmore.sandbox import scans
from airflow_provider_trackingmore.sandbox.carriers import carrier_named
from airflow_provider_trackingmore.sandbox.journeys import DARK_AFTER

if TYPE_CHECKING:
    from airflow_provider_trackingmore.sandbox.scans import Kind
    from airflow_provider_trackingmore.sandbox.shipments import Shipment


@dataclass(slots=True, eq=False)
class Record:
    """A shipment as the account sees it: what is known, and what the account changed.

    ``changes`` are the moments at which the service learned something, oldest first, and ``seen`` how
    many scans it knows from then on. ``updated_at`` is kept for the world's present.
    """

    shipment: Shipment
    order: tuple[int, str] = field(init=False)
    changes: list[int] = field(init=False)
    seen: list[int] = field(init=False)
    expires_at: int | None = field(init=False)
    updated_at: int | None = None
    level: int = 0
    touched_at: int | None = None
    revision: int = 0
    asked_at: list[int] = field(default_factory=list)
    retracked_at: int = 0
    archived: bool = False
    stopped: bool = False
    deleted: bool = False
    declared: Kind | None = None
    completed_at: int | None = None
    _standing: tuple[tuple[int, int, Kind | None], Kind] | None = None

    def __post_init__(self) -> None:
        self.order = (-self.shipment.created_at, self.shipment.id)
        self.archived = bool(self.shipment.details.get("archived"))
        self.learn()

    def learn(self) -> None:
        """Work out again when the service learns what; needed after an extra refresh."""
        shipment, journey = self.shipment, self.shipment.journey
        first = self.next_refresh(shipment.created_at)
        self.changes, self.seen = [first], [0]
        for number, scan in enumerate(journey.scans, start=1):
            moment = self.next_refresh(max(scan.at, shipment.created_at))
            if moment == self.changes[-1]:
                self.seen[-1] = number
            else:
                self.changes.append(moment)
                self.seen.append(number)
        self.expires_at = None
        if journey.outcome in ("expired", "never_scanned"):
            last = max(journey.scans[-1].at if journey.scans else 0, shipment.created_at, self.retracked_at)
            self.expires_at = self.next_refresh(last + DARK_AFTER)
            self.changes.append(self.expires_at)
            self.seen.append(len(journey.scans))

    def next_refresh(self, moment: int) -> int:
        """Return when the vendor next asks the carrier, at or after a moment."""
        period = carrier_named(self.shipment.courier_code).refresh_seconds
        regular = moment + (self.shipment.phase - moment) % period
        return min([asked for asked in self.asked_at if asked >= moment] + [regular])

    def observe(self, now: int) -> int | None:
        """Bring ``level`` and ``updated_at`` to a moment; return when the next change is due.

        Nothing is learned about a record once the account has declared it completed.
        """
        until = now if self.completed_at is None else min(now, self.completed_at)
        self.level = bisect_right(self.changes, until)
        learned = self.changes[self.level - 1] if self.level else None
        touched = self.touched_at if self.touched_at is not None and self.touched_at <= now else None
        self.updated_at = max((m for m in (learned, touched) if m is not None), default=None)
        if self.level == len(self.changes) or self.completed_at is not None:
            return None
        return self.changes[self.level]

    def learned_at(self, number: int) -> int:
        """Return when the service learned of a scan of the journey, counted from one."""
        return self.changes[bisect_left(self.seen, number)]

    @property
    def visible(self) -> int:
        """Return how many scans the service knows."""
        return self.seen[self.level - 1] if self.level else 0

    @property
    def newest_at(self) -> int:
        """Return when the newest scan the service knows happened, or the registration if it knows none."""
        return self.shipment.journey.scans[self.visible - 1].at if self.visible else self.shipment.created_at

    @property
    def standing(self) -> Kind:
        """Return what the header of the record goes by: a kind of scan, or one of those without a scan."""
        stamp = (self.level, self.revision, self.declared)
        if self._standing is None or self._standing[0] != stamp:
            self._standing = (stamp, self._work_out_standing())
        return self._standing[1]

    @property
    def status(self) -> tuple[str, str | None]:
        """Return status and sub-status of the header, as TrackingMore's v4 words them."""
        return self.standing.status, self.standing.substatus

    def _work_out_standing(self) -> Kind:
        """Let the newest physical scan decide: a label row that comes late takes no parcel back."""
        if self.declared:
            return self.declared
        if not self.level:
            return scans.PENDING
        if self.expires_at is not None and self.changes[self.level - 1] >= self.expires_at:
            return scans.EXPIRED
        known = self.shipment.journey.scans[: self.visible]
        newest = next((scan for scan in reversed(known) if scan.kind.physical), known[-1] if known else None)
        return newest.kind if newest else scans.NOT_FOUND

    @property
    def updating(self) -> bool:
        """Return whether the service still asks the carrier."""
        return not self.stopped and self.status[0] not in ("delivered", "expired")

    def change(self, details: dict[str, Any]) -> None:
        """Store what the account changed about the shipment."""
        self.shipment.details.update(details)
