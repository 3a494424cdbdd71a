"""What is really true of the world, for checking whatever was worked out from the service's answers.

Definitions. The population is the shipments *registered* by now and *picked up* by now; each is then
followed to its end, also into the future. Days run from the first physical scan. ``p50`` to ``p99`` are
quantiles of the cumulative incidence of delivery: the smallest time by which the share delivered *of all
picked up* has reached the quantile, and null when it never does because too many were returned or lost.
``exception_share`` counts shipments with a physical scan of status ``exception`` or ``undelivered`` at any
time; ``exception_share_by_now`` counts only such scans that have happened. A shipment counts as expired
30 days after its last scan.
"""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from airflow_provider_trackingmore.sandbox.clock import iso
from airflow_provider_trackingmore.sandbox.journeys import DAY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow_provider_trackingmore.sandbox.shipments import Shipment

OUTCOMES = ("delivered", "returned", "lost", "expired")
QUANTILES = {"p50": 50, "p80": 80, "p90": 90, "p95": 95, "p99": 99}


def summary(shipments: Iterable[Shipment], now: int) -> dict[str, Any]:
    """Return the figures for all shipments, per carrier, and per carrier and lane."""
    everything = list(shipments)
    carriers: dict[str, list[Shipment]] = defaultdict(list)
    lanes: dict[tuple[str, str, str], list[Shipment]] = defaultdict(list)
    for shipment in everything:
        carriers[shipment.courier_code].append(shipment)
        lanes[shipment.courier_code, shipment.lane.origin, shipment.lane.destination].append(shipment)
    return {
        "now": iso(now),
        "all": figures(everything, now),
        "carriers": [
            {"courier_code": carrier, **figures(group, now)} for carrier, group in sorted(carriers.items())
        ],
        "lanes": [
            {
                "courier_code": carrier,
                "origin_country": origin,
                "destination_country": destination,
                **figures(group, now),
            }
            for (carrier, origin, destination), group in sorted(lanes.items())
        ],
    }


def figures(shipments: list[Shipment], now: int) -> dict[str, Any]:
    """Return counts, delivery-time quantiles and exception shares of one group."""
    picked_up = [s for s in shipments if s.journey.picked_up_at is not None and s.journey.picked_up_at <= now]
    delivered = sorted(_days(shipment) for shipment in picked_up if shipment.journey.outcome == "delivered")
    return {
        "n_registered": len(shipments),
        "n_picked_up": len(picked_up),
        **{f"n_{name}": sum(s.journey.outcome == name for s in picked_up) for name in OUTCOMES},
        **{name: incidence_quantile(delivered, len(picked_up), q) for name, q in QUANTILES.items()},
        "exception_share": _share(picked_up, None),
        "exception_share_by_now": _share(picked_up, now),
    }


def incidence_quantile(delivered_days: list[float], picked_up: int, percent: int) -> float | None:
    """Return when ``percent`` of all picked-up shipments were delivered; null if they never were."""
    needed = math.ceil(picked_up * percent / 100)
    return delivered_days[needed - 1] if 0 < needed <= len(delivered_days) else None


def _days(shipment: Shipment) -> float:
    journey = shipment.journey
    return ((journey.exit_at or 0) - (journey.picked_up_at or 0)) / DAY


def _share(shipments: list[Shipment], until: int | None) -> float | None:
    if not shipments:
        return None
    troubled = sum(
        any(scan.kind.is_exception and (until is None or scan.at <= until) for scan in shipment.journey.scans)
        for shipment in shipments
    )
    return troubled / len(shipments)
