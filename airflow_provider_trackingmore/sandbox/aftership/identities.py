"""AfterShip's own ids of the world's shipments: 32 characters, 24 in the old days, or what somebody chose."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_provider_trackingmore.sandbox.knowledge import Record
    from airflow_provider_trackingmore.sandbox.shipments import Shipment
    from airflow_provider_trackingmore.sandbox.world import World

# Turns TrackingMore's ids into AfterShip's, and back.
_MASK = 0x5A17_0F0B_93C4_E61D_2B78_86AF_D03E_914C
_NEW = re.compile(r"[0-9a-f]{32}")
CHOSEN = "chosen_id"


def cursor_id(shipment_id: str) -> str:
    """Return AfterShip's id for the world's, or the world's for AfterShip's."""
    return f"{int(shipment_id, 16) ^ _MASK:032x}"


def new_id(shipment: Shipment) -> str:
    """Return the id a tracking has from 2024-07 on."""
    return str(shipment.details.get(CHOSEN) or cursor_id(shipment.id))


def old_id(shipment: Shipment) -> str:
    """Return the id a tracking had before, and is still found by."""
    return hashlib.md5(f"old:{shipment.id}".encode(), usedforsecurity=False).hexdigest()[:24]


class Identities:
    """Finds records by any of their ids."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._known: dict[str, str] = {}

    def find(self, identity: str) -> Record | None:
        """Return the record somebody means by an id, if there is one."""
        if _NEW.fullmatch(identity) and (record := self.world.find(cursor_id(identity))):
            return record
        if identity not in self._known:
            # Learned anew at every miss: worlds grow, and old ids cannot be reckoned backwards.
            self._known = {
                name: record.shipment.id
                for record in self.world.records()
                for name in (new_id(record.shipment), old_id(record.shipment))
            }
        shipment_id = self._known.get(identity)
        return self.world.find(shipment_id) if shipment_id else None
