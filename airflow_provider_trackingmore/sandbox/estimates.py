"""When a parcel of a lane is likely to arrive: what some carriers announce, and AfterShip estimates."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from airflow_provider_trackingmore.sandbox.journeys import DAY
from airflow_provider_trackingmore.sandbox.places import BY_COUNTRY

if TYPE_CHECKING:
    from datetime import date

    from airflow_provider_trackingmore.sandbox.carriers import Lane

# Up to which spread of a lane an estimate is as sure as its confidence code says.
_CONFIDENCE = ((0.35, 10001), (0.40, 20001))
_UNSURE = 30001
_TOO_LITTLE_DATA = 30002

# Carriers that announce a day of delivery when they have the parcel.
ANNOUNCING = frozenset(("dhl", "ups", "fedex"))


@dataclass(frozen=True, slots=True)
class Estimate:
    """A day, the range around it, and how sure the service is; days are the destination's."""

    day: date
    earliest: date
    latest: date
    confidence: int


def estimate(lane: Lane, start: int, *, known: bool = True) -> Estimate:
    """Return the estimate for a parcel picked up at ``start`` (unix seconds).

    :param known: whether this lane has ever been travelled; if not, nobody can be sure.
    """
    zone = BY_COUNTRY[lane.destination][0].zone

    def after(days: float) -> date:
        return datetime.fromtimestamp(start + days * DAY, zone).date()

    sure = next((code for spread, code in _CONFIDENCE if lane.spread <= spread), _UNSURE)
    return Estimate(
        after(lane.median_days),
        after(lane.median_days * math.exp(-lane.spread)),
        after(lane.median_days * math.exp(lane.spread)),
        sure if known else _TOO_LITTLE_DATA,
    )
