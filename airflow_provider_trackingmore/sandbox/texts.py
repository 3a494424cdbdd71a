"""Records as JSON text, kept until they change: most of a page is the same at every call."""

from __future__ import annotations

import json
from collections import OrderedDict
from dataclasses import astuple
from typing import TYPE_CHECKING, Any, Generic

from airflow_provider_trackingmore.sandbox.calls import V

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from airflow_provider_trackingmore.sandbox.knowledge import Record
    from airflow_provider_trackingmore.sandbox.switches import Switches

# A text takes about 6 kB, so this is some 100 MB at most.
_MOST_TEXTS = 16_000
_ENCODER = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"))


class Texts(Generic[V]):
    """Writes records in the words of a version, and remembers what it wrote.

    ``write`` puts a record into words; ``stamp`` changes whenever the words could, but for the switches.
    """

    def __init__(
        self,
        switches: Switches,
        write: Callable[[Record, V, int], dict[str, Any]],
        stamp: Callable[[Record, int], Hashable],
    ) -> None:
        self.switches, self.write, self.stamp = switches, write, stamp
        self._kept: OrderedDict[tuple[str, str], tuple[Hashable, str]] = OrderedDict()

    def of(self, records: list[Record], dialect: V, now: int) -> list[str]:
        """Return the records as JSON texts."""
        setting = astuple(self.switches)
        return [self._one(record, dialect, now, setting) for record in records]

    def _one(self, record: Record, dialect: V, now: int, setting: Hashable) -> str:
        name = (record.shipment.id, dialect.name)
        stamp = (record.level, record.revision, self.stamp(record, now), setting)
        kept = self._kept.get(name)
        if kept and kept[0] == stamp:
            return kept[1]
        text = as_text(self.write(record, dialect, now))
        self._kept[name] = (stamp, text)
        if len(self._kept) > _MOST_TEXTS:
            self._kept.popitem(last=False)
        return text


def as_text(document: object) -> str:
    """Return JSON as the service writes it: no spaces, and non-ASCII as it is."""
    return _ENCODER.encode(document)
