"""The routes that only 2024-04 has: the last checkpoint, and who is told about a tracking."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_trackingmore.sandbox.aftership import readers
from airflow_provider_trackingmore.sandbox.aftership.bodies import mapping
from airflow_provider_trackingmore.sandbox.aftership.trackings import named
from airflow_provider_trackingmore.sandbox.calls import Answer, Call, Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_trackingmore.sandbox.aftership.desk import Desk
    from airflow_provider_trackingmore.sandbox.aftership.editions import Edition
    from airflow_provider_trackingmore.sandbox.knowledge import Record

_KINDS = ("emails", "smses")


def last_checkpoint(desk: Desk, call: Call[Edition]) -> Answer:
    """Answer where a tracking stands, and its newest checkpoint."""
    shown = desk.show(named(desk, call), call.dialect)
    names = ("id", "tracking_number", "slug", "tag", "subtag", "subtag_message")
    newest: dict[str, Any] = next(reversed(shown["checkpoints"] or []), {})
    return Answer({**{name: shown[name] for name in names}, "checkpoint": newest}, items=1)


def notified(desk: Desk, call: Call[Edition]) -> Answer:
    """Answer who is told about a tracking."""
    return _answer(desk, named(desk, call))


def notify(desk: Desk, call: Call[Edition]) -> Answer:
    """Add people to be told."""
    return _change(desk, call, lambda now, given: now + [one for one in given if one not in now])


def unnotify(desk: Desk, call: Call[Edition]) -> Answer:
    """Remove people who were told."""
    return _change(desk, call, lambda now, given: [one for one in now if one not in given])


def _change(desk: Desk, call: Call[Edition], combine: Callable[[list[str], list[str]], list[str]]) -> Answer:
    record, told = named(desk, call), mapping(call).get("notification")
    if not isinstance(told, dict):
        raise Refused("not_notified")
    parcel = desk.parcel(record)
    details: dict[str, Any] = {}
    for kind in _KINDS:
        given = told.get(kind) or []
        if not isinstance(given, list):
            raise Refused("value_invalid", kind)
        details[kind] = combine(readers.contacts(kind)(parcel), given)
    desk.world.touch(record.shipment.id, **details)
    return _answer(desk, record)


def _answer(desk: Desk, record: Record) -> Answer:
    parcel = desk.parcel(record)
    return Answer({"notification": {kind: readers.contacts(kind)(parcel) for kind in _KINDS}}, items=1)
