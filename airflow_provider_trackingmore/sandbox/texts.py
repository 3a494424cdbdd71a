"""Records as JSON text, kept until they change: most of a page is the same at every call."""

from __future__ import annotations

import json
from collections import OrderedDict
from dataclasses import astuple
from typing import TYPE_CHECKING

from airflow_provider_trackingmore.sandbox.journeys import DAY
from airflow_provider_trackingmore.sandbox.render import render
from airflow_provider_trackingmore.sandbox.views import View

if TYPE_CHECKING:
    from collections.abc import Hashable

    from airflow_provider_trackingmore.sandbox.dialects import Dialect
    from airflow_provider_trackingmore.sandbox.knowledge import Record
    from airflow_provider_trackingmore.sandbox.switches import Switches

# A text takes about 6 kB, so this is some 100 MB at most.
_MOST_TEXTS = 16_000
_ENCODER = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"))


class Texts:
    """Writes records in the words of a version, and remembers what it wrote."""

    def __init__(self, switches: Switches, anchor: int) -> None:
        self.switches, self.anchor = switches, anchor
        self._kept: OrderedDict[tuple[str, str], tuple[Hashable, str]] = OrderedDict()

    def of(self, records: list[Record], dialect: Dialect, now: int) -> list[str]:
        """Return the records as JSON texts."""
        setting = astuple(self.switches)
        return [self._one(record, dialect, now, setting) for record in records]

    def _one(self, record: Record, dialect: Dialect, now: int, setting: Hashable) -> str:
        name = (record.shipment.id, dialect.name)
        stamp = (record.level, record.revision, (now - record.newest_at) // DAY, setting)
        kept = self._kept.get(name)
        if kept and kept[0] == stamp:
            return kept[1]
        item = render(View(record, now, self.anchor, self.switches), dialect.wording)
        text = as_text(item)
        self._kept[name] = (stamp, text)
        if len(self._kept) > _MOST_TEXTS:
            self._kept.popitem(last=False)
        return text


def as_text(document: object) -> str:
    """Return JSON as the service writes it: no spaces, and non-ASCII as it is."""
    return _ENCODER.encode(document)
