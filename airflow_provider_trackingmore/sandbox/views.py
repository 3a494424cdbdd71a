"""A record as it can be seen now, before any version of the service puts it into its own words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from airflow_provider_trackingmore.sandbox import scans
from airflow_provider_trackingmore.sandbox.carriers import Carrier, carrier_named
from airflow_provider_trackingmore.sandbox.estimates import ANNOUNCING, estimate
from airflow_provider_trackingmore.sandbox.journeys import DAY

if TYPE_CHECKING:
    from airflow_provider_trackingmore.sandbox.knowledge import Record
    from airflow_provider_trackingmore.sandbox.scans import Scan
    from airflow_provider_trackingmore.sandbox.switches import Switches

# Scans that both carriers of a two-leg journey report.
_REPORTED_TWICE = (scans.ARRIVED_ABROAD, scans.CUSTOMS_CLEARED)
_OLD = 60 * DAY


@dataclass(slots=True)
class Row:
    """One checkpoint: a scan with the carrier's words and the place's wall clock."""

    scan: Scan
    local: datetime
    text: str
    location: str | None
    salt: int


class Side:
    """One of the two halves of a record: a carrier, and its rows, newest first."""

    __slots__ = ("_first", "carrier", "rows")

    def __init__(self, carrier: Carrier | None, rows: list[Row]) -> None:
        self.carrier, self.rows = carrier, rows
        self._first: dict[scans.Kind | str, datetime] = {}
        for row in rows:
            self._first[row.scan.kind] = row.local
            if row.scan.kind.node:
                self._first[row.scan.kind.node] = row.local

    def when(self, *kinds: scans.Kind | str) -> datetime | None:
        """Return the wall clock of the first row of these kinds, or of the one that set a milestone."""
        return min((self._first[kind] for kind in kinds if kind in self._first), default=None)


class View:
    """What any version of the service can say about one record at this moment."""

    def __init__(self, record: Record, now: int, anchor: int, switches: Switches) -> None:
        self.record, self.shipment, self.now, self.switches = record, record.shipment, now, switches
        self.salt = int(self.shipment.id[:6], 16)
        self.details: dict[str, Any] = self.shipment.details
        self.status, self.substatus = record.status
        self.is_old = self.shipment.created_at < anchor - _OLD
        lane, known = self.shipment.lane, self.shipment.journey.scans[: record.visible]
        carrier = carrier_named(self.shipment.courier_code)
        partner = carrier_named(lane.partner) if lane.partner else None
        self.physical: list[Scan] = [scan for scan in known if scan.kind.physical]
        first = [scan for scan in known if not scan.leg or self._twice(scan)]
        second = [scan for scan in known if scan.leg]
        self.origin = Side(carrier, self._rows(first, carrier))
        self.destination = Side(partner if second else None, self._rows(second, partner or carrier))
        shown = self.destination.rows[:1] + self.origin.rows[:1]
        self.newest = max(shown, key=lambda row: row.scan.at, default=None)

    def detail(self, name: str) -> Any:
        """Return what the sender gave under a v4 name, or nothing."""
        return self.details.get(name)

    @property
    def is_known(self) -> bool:
        """Return whether the carrier has seen the parcel."""
        return bool(self.physical)

    @property
    def announced_day(self) -> str | None:
        """Return the day of delivery the carrier announced: the last one that is likely."""
        if not self.physical or self.shipment.courier_code not in ANNOUNCING:
            return None
        return estimate(self.shipment.lane, self.physical[0].at).latest.isoformat()

    @property
    def transit_days(self) -> int:
        """Return full days from the first to the newest physical scan."""
        return (self.physical[-1].at - self.physical[0].at) // DAY if self.physical else 0

    @property
    def stay_days(self) -> int:
        """Return full days since the newest scan."""
        return (self.now - self.newest.scan.at) // DAY if self.newest else 0

    @property
    def update_time(self) -> int | None:
        """Return when the record last changed, in the way v3 and v4 tell it."""
        return update_time(self.record, self.switches)

    def signed_by(self) -> str | None:
        """Return who signed, on delivered parcels whose carrier tells."""
        return self.details.get("signed_by") if self.status == "delivered" else None

    def _twice(self, scan: Scan) -> bool:
        return self.switches.both_legs and scan.kind in _REPORTED_TWICE

    def _rows(self, known: list[Scan], carrier: Carrier) -> list[Row]:
        """Return rows newest first, some of them twice, as carriers' feeds have it."""
        rows: list[Row] = []
        previous = 0
        for number, scan in enumerate(known):
            at = scan.at
            if at == previous and not self.switches.equal_times:
                at += 60
            previous = scan.at
            row = self._row(scan, at, carrier, (self.salt + 31 * number) % 97)
            rows.append(row)
            if self.switches.duplicate_rows and row.salt < 3:
                rows.append(row)
        rows.reverse()
        return rows

    def _row(self, scan: Scan, at: int, carrier: Carrier, salt: int) -> Row:
        kind, place = scan.kind, scan.place
        native = place.country == "CN" and carrier.country == "CN" and self.switches.non_ascii
        text = kind.postal if carrier.voice == "postal" else kind.express
        if native and kind.native:
            text = f"【{place.native_city}】{kind.native}" if salt % 2 else f"{kind.native} {text}"
        if self.switches.messy_texts:
            text = f"{text}, <b>see &amp; call</b>,\nor ask the sender"
        location: str | None = place.location
        if native:
            location = place.native_city
        if not kind.physical or kind is scans.LEFT_AIRPORT:
            location = None
        local = datetime.fromtimestamp(at, place.zone).replace(tzinfo=None)
        return Row(scan, local, text, location, salt)


def update_time(record: Record, switches: Switches) -> int | None:
    """Return when a record last changed, in the way v3 and v4 tell it: a second after its creation or later.

    The time of creation counts as a change, so a change within its second does not take the time back.
    """
    if switches.no_update_time_before_refresh:
        return record.updated_at
    return max(record.updated_at or 0, record.shipment.created_at + 1)


def minutes(moment: datetime | None) -> str | None:
    """Return a wall clock to the minute, or to the second where there are seconds."""
    if moment is None:
        return None
    return moment.strftime("%Y-%m-%d %H:%M:%S" if moment.second else "%Y-%m-%d %H:%M")


def seconds(moment: datetime | None) -> str | None:
    """Return a wall clock to the second, with a space in the middle."""
    return None if moment is None else moment.isoformat(" ")


def with_t(moment: datetime | None) -> str | None:
    """Return a wall clock to the second, with a ``T`` in the middle."""
    return None if moment is None else moment.isoformat("T")


def record_time(epoch: int, hours_east: int = 0) -> str:
    """Return a record time with its offset, told ``hours_east`` of UTC."""
    return datetime.fromtimestamp(epoch, timezone(timedelta(hours=hours_east))).isoformat()
