"""What AfterShip makes of each kind of scan: tag, sub-tag, and events.

Its return codes run the other way round than TrackingMore's: 010 is on the way back, 011 is back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from airflow_provider_trackingmore.sandbox import scans

if TYPE_CHECKING:
    from airflow_provider_trackingmore.sandbox.scans import Kind

TAGS = ("Pending", "InfoReceived", "InTransit", "OutForDelivery", "AttemptFail", "Delivered",
        "AvailableForPickup", "Exception", "Expired")  # fmt: skip

# Shipments registered from this day on (2026-03-27) get the sub-tags that came with 2026.
NEW_SUBTAGS_FROM = 1_774_569_600


class Word(NamedTuple):
    """How one kind of scan is told."""

    subtag: str
    message: str
    event: str | None = None
    before_2026: str | None = None

    @property
    def tag(self) -> str:
        """Return the tag a sub-tag belongs to."""
        return self.subtag.split("_")[0]


_WORDS: dict[Kind, Word] = {
    scans.PENDING: Word("Pending_001", "Pending"),
    scans.NOT_FOUND: Word("Pending_001", "Pending"),
    scans.EXPIRED: Word("Expired_001", "Expired"),
    scans.LABEL: Word("InfoReceived_001", "Info Received"),
    scans.ACCEPTED: Word("InTransit_002", "Acceptance scan"),
    scans.LEFT_ORIGIN: Word("InTransit_007", "Departure Scan"),
    scans.AT_HUB: Word("InTransit_003", "Arrival scan"),
    scans.LEFT_HUB: Word("InTransit_007", "Departure Scan"),
    scans.DISPATCHED: Word("InTransit_001", "In Transit"),
    scans.LEFT_AIRPORT: Word("InTransit_001", "In Transit"),
    scans.ARRIVED_ABROAD: Word("InTransit_004", "Arrived at the destination country"),
    scans.CUSTOMS_HELD: Word("Exception_004", "Delayed (Customs clearance)"),
    scans.CUSTOMS_CLEARED: Word("InTransit_005", "Customs clearance completed"),
    scans.AT_FACILITY: Word("InTransit_003", "Arrival scan"),
    scans.OUT: Word("OutForDelivery_001", "Out for Delivery"),
    scans.READY: Word("AvailableForPickup_001", "Available for pickup"),
    scans.DELIVERED: Word("Delivered_001", "Delivered"),
    scans.COLLECTED: Word("Delivered_002", "Pickup by customer"),
    scans.SIGNED: Word("Delivered_003", "Sign by customer"),
    scans.AT_DOOR: Word("Delivered_005", "Left with a neighbor", "delivered_to_neighbor", "Delivered_001"),
    scans.NOBODY_HOME: Word("AttemptFail_002", "Addressee not available"),
    scans.BAD_ADDRESS: Word("AttemptFail_001", "Failed Attempt"),
    scans.DELAY: Word("Exception_005", "Delayed (Due to external factors)"),
    scans.REFUSED: Word("Exception_003", "Customer refused delivery"),
    scans.RETURNING: Word("Exception_010", "Returning to sender"),
    scans.RETURNED: Word("Exception_011", "Returned to sender", "returned_to_sender"),
    scans.BACK_AT_SENDER: Word("Delivered_001", "Delivered"),
    scans.LOST: Word("Exception_013", "Shipment lost"),
    scans.DECLARED_DELIVERED: Word("Delivered_001", "Delivered"),
    scans.DECLARED_LOST: Word("Exception_013", "Shipment lost"),
    scans.DECLARED_RETURNED: Word("Exception_011", "Returned to sender"),
    scans.DECLARED_TROUBLE: Word("Exception_001", "Exception"),
}
# What a new version might say instead, which no client can know yet.
_ODD = {
    scans.CUSTOMS_HELD: Word("CustomsHold_001", "Held at customs"),
    scans.AT_HUB: Word("InTransit_012", "Sorted"),
}
COMPLETED = {
    "DELIVERED": scans.DECLARED_DELIVERED,
    "LOST": scans.DECLARED_LOST,
    "RETURNED_TO_SENDER": scans.DECLARED_RETURNED,
}
RETURN_KINDS = (scans.RETURNING, scans.RETURNED, scans.DECLARED_RETURNED)
FAILED_ATTEMPTS = (scans.NOBODY_HOME, scans.BAD_ADDRESS)


def word_for(kind: Kind, created_at: int, *, odd: bool = False) -> Word:
    """Return how a kind of scan is told of a shipment registered at ``created_at``."""
    word = _ODD.get(kind, _WORDS[kind]) if odd else _WORDS[kind]
    if word.before_2026 and created_at < NEW_SUBTAGS_FROM:
        return word._replace(subtag=word.before_2026, message=_WORDS[scans.DELIVERED].message)
    return word
