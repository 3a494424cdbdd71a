"""How a version of the service writes a record: keys in their order, and where each value comes from.

Tables for the record and its two sides, and a writer of checkpoints, live in ``wording_v2`` to
``wording_v4``; here is what they share.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_trackingmore.sandbox.places import COUNTRY_NAMES
from airflow_provider_trackingmore.sandbox.views import Row, Side, View, record_time

RecordTable = dict[str, Callable[[View], Any]]
SideTable = dict[str, Callable[[Side], Any]]


@dataclass(frozen=True)
class Wording:
    """One version's tables, and its habits.

    ``words`` replaces statuses the version lacks or names differently; ``label_words`` is what a label row
    says where status and sub-status disagree; ``optional`` are keys older records do not
    have; ``only_if_known`` and ``only_if_set`` (of a checkpoint) are left out rather than empty.
    """

    record: RecordTable
    side: SideTable
    write_row: Callable[[Row], dict[str, Any]]
    status_keys: tuple[str, str]
    row_status_keys: tuple[str, str]
    words: dict[str, tuple[str, str]] = field(default_factory=dict)
    label_words: tuple[str, str] | None = None
    optional: tuple[str, ...] = ()
    only_if_known: tuple[str, ...] = ()
    only_if_set: tuple[str, ...] = ()
    sides_may_be_missing: bool = False

    def in_words(self, status: str, substatus: str | None) -> tuple[str, str | None]:
        """Return a status as this version puts it."""
        return self.words.get(status, (status, substatus))


def detail(name: str) -> Callable[[View], Any]:
    """Return a reader of what the sender gave under a v4 name."""
    return lambda view: view.details.get(name)


def nothing(_: Any) -> None:
    """Return null: a key this world never fills."""
    return None


def country_name(country: str) -> str:
    """Return a country's English name."""
    return COUNTRY_NAMES[country]


def order_minutes(value: Any) -> Any:
    """Return an order time as v2 and v3 give it back, to the minute and without zone."""
    return record_time(value)[:16].replace("T", " ") if isinstance(value, int) else value


def order_iso(view: View) -> str | None:
    """Return the order time as v4 gives it back."""
    value = view.details.get("order_date")
    return record_time(value) if isinstance(value, int) else value


def newest_event(view: View, glue: str, clock: Callable[..., str | None]) -> str | None:
    """Return text, place and time of the newest checkpoint in one line, nothing escaped."""
    row = view.newest
    if row is None:
        return None
    return glue.join(part for part in (row.text, row.location, clock(row.local)) if part)


def carrier(name: str) -> Callable[[Side], Any]:
    """Return a reader of a side's carrier."""
    return lambda side: getattr(side.carrier, name) if side.carrier else None


def milestone(name: str, clock: Callable[..., str | None]) -> Callable[[Side], Any]:
    """Return a reader of the time at which a side reached a milestone."""
    return lambda side: clock(side.when(name))
