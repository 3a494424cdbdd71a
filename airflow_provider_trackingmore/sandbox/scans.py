"""What can happen to a parcel: one row per kind of scan, with the words carriers use for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from airflow_provider_trackingmore.sandbox.places import Place


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """A kind of scan: the service's status for it, and texts by the carrier's voice.

    ``node`` names the milestone the scan sets (in v2 spelling). A kind that is not ``physical`` is
    only news from the sender: the parcel has not been seen.
    """

    status: str
    substatus: str | None
    express: str
    postal: str
    native: str | None = None
    node: str | None = None
    raw: str | None = None
    physical: bool = True

    @property
    def is_exception(self) -> bool:
        """Return whether this scan counts as trouble."""
        return self.status in ("exception", "undelivered")


class Scan(NamedTuple):
    """One thing that happened: when (unix seconds), what, where, and on which of the two legs."""

    at: int
    kind: Kind
    place: Place
    leg: int


LABEL = Kind(
    "inforeceived",
    "inforeceived001",
    "Shipment information received",
    "Shipping label created, awaiting item",
    "电子信息已收到",
    raw="MA",
    physical=False,
)
ACCEPTED = Kind(
    "transit", "transit001", "Shipment picked up", "Accepted by carrier", "已收寄", "ItemReceived", "A1"
)
LEFT_ORIGIN = Kind("transit", "transit001", "Departed facility", "Departed origin facility", "离开收寄局")
AT_HUB = Kind(
    "transit", "transit002", "Arrived at sort facility", "Arrived at regional facility", "到达处理中心"
)
LEFT_HUB = Kind(
    "transit", "transit001", "Departed from sort facility", "In transit to next facility", "离开处理中心"
)
DISPATCHED = Kind(
    "transit",
    "transit006",
    "Processed for export",
    "Dispatched from exchange office",
    "出口互封开拆",
    "ItemDispatched",
)
LEFT_AIRPORT = Kind(
    "transit",
    "transit007",
    "Departed origin airport",
    "Departed origin airport",
    "已离开始发机场",
    "DepartfromAirport",
)
ARRIVED_ABROAD = Kind(
    "transit",
    "transit004",
    "Arrived in destination country",
    "Arrived at inbound facility",
    None,
    "ArrivalfromAbroad",
)
CUSTOMS_HELD = Kind(
    "exception", "exception006", "Clearance event: held by customs", "Held by customs", raw="CH"
)
CUSTOMS_CLEARED = Kind(
    "transit",
    "transit005",
    "Clearance processing complete",
    "Inbound out of customs",
    None,
    "CustomsClearance",
)
AT_FACILITY = Kind(
    "transit",
    "transit003",
    "Arrived at delivery facility",
    "Arrived at post office",
    None,
    "DestinationArrived",
)
OUT = Kind("pickup", "pickup001", "Shipment is out with courier for delivery", "Out for delivery")
READY = Kind("pickup", "pickup002", "Ready for collection at service point", "Available for pickup")
DELIVERED = Kind("delivered", "delivered001", "Delivered", "Delivered, front door", raw="OK")
COLLECTED = Kind(
    "delivered", "delivered002", "Collected by recipient", "Delivered, picked up at post office", raw="OK"
)
SIGNED = Kind(
    "delivered", "delivered003", "Delivered, signed for", "Delivered, left with individual", raw="OK"
)
AT_DOOR = Kind(
    "delivered", "delivered004", "Delivered, left with neighbour", "Delivered, in/at mailbox", raw="OK"
)
NOBODY_HOME = Kind(
    "undelivered",
    "undelivered002",
    "Delivery attempted, recipient not home",
    "Notice left, no authorized recipient available",
    raw="NH",
)
BAD_ADDRESS = Kind(
    "undelivered",
    "undelivered001",
    "Address incomplete, delivery not possible",
    "Undeliverable as addressed",
    raw="BA",
)
DELAY = Kind(
    "exception",
    "exception005",
    "Shipment delayed, further details expected",
    "In transit, arriving late",
    raw="DY",
)
REFUSED = Kind("exception", "exception009", "Recipient refused delivery", "Refused", raw="RF")
RETURNING = Kind(
    "exception",
    "exception011",
    "Shipment is being returned to shipper",
    "Return to sender processed",
    raw="RT",
)
RETURNED = Kind("exception", "exception010", "Returned to shipper", "Returned to sender", raw="RD")
BACK_AT_SENDER = Kind(
    "delivered", "delivered001", "Delivered to original shipper", "Delivered, to original sender", raw="OK"
)
LOST = Kind("exception", "exception007", "Shipment lost, search concluded", "Item lost in transit", raw="LO")

# What a record stands at without a scan that says so: nothing asked yet, asked without news, too long
# without news, and what the account itself declares.
PENDING = Kind("pending", None, "", "", physical=False)
NOT_FOUND = Kind("notfound", "notfound002", "", "", physical=False)
EXPIRED = Kind("expired", "expired001", "", "", physical=False)
DECLARED_DELIVERED = Kind("delivered", "delivered001", "Marked as delivered", "Marked as delivered")
DECLARED_TROUBLE = Kind("exception", "exception005", "Marked as an exception", "Marked as an exception")
DECLARED_LOST = Kind("exception", "exception007", "Marked as lost", "Marked as lost")
DECLARED_RETURNED = Kind(
    "exception", "exception010", "Marked as returned to sender", "Marked as returned to sender"
)

DELIVERY_KINDS = (DELIVERED, DELIVERED, DELIVERED, SIGNED, AT_DOOR)
