"""A witness of a moving service, who knows what must then be in the store.

What must be in the store, from the promise and not from the code
-----------------------------------------------------------------
*A state* is what the service shows of a record between two changes, its scans included. Its *stamp* is the
later of its creation and update time, in whole seconds, as shown. The *date* of a request is the time the
service tells with its answer. A run that calls itself complete claims a window that ends at a second T.

1. *What cannot have changed since must be there as it is.* Take a record that lives, whose present state has
   a stamp before T and was shown before the first request with a date of T or later. The run fixed T after
   that moment, so the state was there to be read during the whole run, and it still is; whatever the run
   asked, no answer could show another. If the stamp, or the creation time, lies in the window, the row must
   equal that state: its fields and exactly its scans. States with a stamp of T itself are left to the next
   run, because the second T was not over when the run was planned.
2. *What changed later is due in the next run.* Such a record may have left the window before its turn came,
   so a row may be missing, or hold any state the service ever showed, but rule 4 binds it: never an earlier
   one than before. Its stamp is T or later (or it was shown late), so rule 1 catches it after the next run.
3. *The watermark claims everything before it.* It is the end of the chain of complete windows that begins
   with everything the service keeps, as it stands in ``loads``; each of them begins 15 minutes before the end
   of those before it, or earlier, as the service may show a change so late. Rule 1 holds for it without a
   lower end, at any time. It never goes back. A window given by hand claims rule 1 for itself and moves the
   watermark only where it continues the chain.
4. *Rows are true, once, whole, and never go back.* Every row is a state that the service has shown, with the
   scans of that very state and no others; a key occurs once; the state in the store is never an earlier one
   than it was. What was deleted may stay: finding it is another run's work.
5. *A run that is not complete says so*, is recorded as such and does not move the watermark. The same holds
   for a run that was killed, which is not recorded at all.
6. *One quiet run repairs everything*, whatever happened before: it is complete, and then every record that
   lives is in the store in its present state.

The stamps never go back and no clock does; two states may share a second, and then the order in which they
were shown decides. Nothing here knows of windows, pages, passes or axes.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from moving_services import shown_by

if TYPE_CHECKING:
    import duckdb

    from airflow_provider_trackingmore.sandbox import Sandbox
    from airflow_provider_trackingmore.sandbox.knowledge import Record


# Seconds that a window must read again of those before it.
OVERLAP = 15 * 60


@dataclass(frozen=True)
class State:
    """What the service shows of a record between two changes; moments are unix seconds."""

    title: str | None
    created: int
    updated: int | None
    scans: tuple[tuple[str, str, str], ...]

    @property
    def stamp(self) -> int:
        """Return when this state came to be, as the service tells it."""
        return max(self.created, self.updated or 0)


@dataclass(frozen=True)
class Load:
    """A complete window, as the store has it on record."""

    first: int | None
    last: int


class Witness:
    """Writes down what the service shows, and holds the store against it; see the module."""

    def __init__(self, box: Sandbox, version: str) -> None:
        self.box = box
        self.service = shown_by(box, version)
        self.dates: list[int] = []
        self.shown: dict[str, list[State]] = {}
        # When the present state of a record was first shown: the number of the request it came before.
        self._since: dict[str, int] = {}
        self._stamps: dict[str, object] = {}
        self._stored: dict[str, int] = {}
        self.watermark: int | None = None

    @property
    def date(self) -> int:
        """Return the service's time, as answers tell it."""
        return self.box.clock.epoch() + self.box.switches.seconds_shown_late

    def look(self) -> None:
        """Write down what changed since the last look."""
        for record in self.box.world.records():
            name, stamp = self.service.name(record), (record.revision, record.level)
            if self._stamps.get(name) != stamp:
                self._stamps[name] = stamp
                self.shown.setdefault(name, []).append(self._state(record))
                self._since[name] = len(self.dates)

    def asked(self) -> None:
        """Write down that a request comes, after a look."""
        self.dates.append(self.date)

    def check(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Hold the store against everything but rule 6."""
        self.look()
        stored = self._read(connection)
        for name, state in stored.items():
            history = self.shown.get(name, [])
            assert state in history, f"never shown: {name} is stored as {state}, shown were {history}"
            place = len(history) - 1 - history[::-1].index(state)
            assert place >= self._stored.get(name, 0), (
                f"gone back: {name} from {self._stored[name]} to {place}"
            )
            self._stored[name] = place
        loads = [
            Load(*row)
            for row in connection.execute(
                "SELECT epoch(window_from_utc)::BIGINT, epoch(window_to_utc)::BIGINT FROM loads"
                " WHERE is_complete"
            ).fetchall()
        ]
        watermark = watermark_of(loads)
        assert (watermark or 0) >= (self.watermark or 0), "the watermark went back"
        self.watermark = watermark
        claims = [*loads, Load(None, watermark)] if watermark is not None else loads
        for claim in claims:
            self._hold(claim, stored)

    def check_quiet(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Hold the store against rule 6, after a run in which nothing moved."""
        stored = self._read(connection)
        for record in self.box.world.records():
            name = self.service.name(record)
            self._must_be(name, stored, "after a quiet run")

    def _hold(self, claim: Load, stored: dict[str, State]) -> None:
        """Rule 1: what could not change since the window was fixed is in the store as it is."""
        fixed_at = next((n for n, date in enumerate(self.dates) if date >= claim.last), len(self.dates))
        for record in self.box.world.records():
            name = self.service.name(record)
            state = self.shown[name][-1]
            is_inside = claim.first is None or claim.first <= state.stamp
            if is_inside and state.stamp < claim.last and self._since[name] <= fixed_at:
                self._must_be(name, stored, f"though {claim} is complete")

    def _must_be(self, name: str, stored: dict[str, State], why: str) -> None:
        state = self.shown[name][-1]
        assert stored.get(name) == state, f"lost {why}: {name} is {stored.get(name)}, must be {state}"

    def _state(self, record: Record) -> State:
        item = self.service.item(record)
        updated = next((item[key] for key in ("updated_at", "update_date", "update_at") if key in item), None)
        return State(
            item["title"],
            _second(item["created_at"]),
            None if updated is None else _second(updated),
            tuple(sorted(self.service.scans(item))),
        )

    def _read(self, connection: duckdb.DuckDBPyConnection) -> dict[str, State]:
        scans: dict[str, list[tuple[str, str, str]]] = {}
        keys: Counter[str] = Counter()
        for key, owner, *scan in connection.execute(
            "SELECT checkpoint_key, tracking_key, if(source = 'aftership', '', leg), event_time_raw,"
            " description FROM checkpoints"
        ).fetchall():
            keys[key] += 1
            scans.setdefault(owner, []).append(tuple(scan))
        assert not keys or max(keys.values()) == 1, f"doubled scans: {keys.most_common(3)}"
        found = {}
        for owner, name, *fields in connection.execute(
            "SELECT tracking_key, source_id, title, epoch(created_at_utc)::BIGINT,"
            " epoch(updated_at_utc)::BIGINT FROM trackings"
        ).fetchall():
            assert name not in found, f"doubled: {name}"
            found[name] = State(*fields, tuple(sorted(scans.pop(owner, []))))
        assert not scans, f"scans of nobody: {scans}"
        return found


def _second(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def watermark_of(loads: list[Load]) -> int | None:
    """Return the end of the chain of complete windows that begins with everything."""
    reached = max((load.last for load in loads if load.first is None), default=None)
    while reached is not None:
        further = max(load.last for load in loads if load.first is None or load.first <= reached - OVERLAP)
        if further == reached:
            break
        reached = further
    return reached
