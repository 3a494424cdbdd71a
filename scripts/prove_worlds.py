"""Hold the published intervals to the truth: seeded worlds, each cut while half of a cohort is open.

A world is a cohort of one carrier of the sandbox, registered evenly over four weeks, as the service shows it
some days before the last of them leave: the sandbox tells it, the decoder reads it, the real models run over
it. Worlds share warehouses, told apart as services of the carrier, and begin on all days of the week.

The truth is the delivery time of the population: of all parcels of all worlds together, each followed to its
end, those still to be picked up included. An interval speaks of the population a cohort was drawn from; what
becomes of this very cohort is half known at the cut, so intervals cover that more often than they claim. How
often is printed beside it.

Four weeks of a lane of twelve days, because an interval speaks of chance alone. Nobody delivers at night or
on Sundays, so at one cut the hour and weekday of a pick-up say both how long the parcel takes and how long it
was followed. Over weeks that evens out; in a cohort of days, on a lane of days, it does not, and the more
parcels it has the more rarely its interval covers the truth.

A null upper limit counts as infinite; where even the lower one is null, the quantile lies after the last
moment of the curve, and that is the limit. A truth that never reaches a quantile leaves it out.
"""

from __future__ import annotations

import json
import math
import os
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import repeat
from multiprocessing import get_context
from random import Random
from statistics import median
from typing import TYPE_CHECKING

import duckdb

from airflow_provider_trackingmore.sandbox.clock import Clock
from airflow_provider_trackingmore.sandbox.journeys import DAY
from airflow_provider_trackingmore.sandbox.switches import Switches
from airflow_provider_trackingmore.sandbox.trackingmore.render import render
from airflow_provider_trackingmore.sandbox.trackingmore.wording_v4 import V4
from airflow_provider_trackingmore.sandbox.truth import incidence_quantile
from airflow_provider_trackingmore.sandbox.views import View
from airflow_provider_trackingmore.sandbox.world import World
from airflow_provider_trackingmore.store import run_models
from airflow_provider_trackingmore.store.landing import Asked, Range, start_run
from airflow_provider_trackingmore.store.load import Reading, load_run
from airflow_provider_trackingmore.store.state import Account
from airflow_provider_trackingmore.tables import decode_page

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow_provider_trackingmore.tables import Page

COURIER = "4px"  # China to the USA, half of all within twelve days
PARCELS = 1000
COHORT_DAYS = 28
# Half of those picked up by then are open.
CUT_DAYS = 25
FIRST_MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
WORLDS_IN_A_WAREHOUSE = 20
ACCOUNT = Account("trackingmore", "default", "v4", "fingerprint")
QUANTILES = (50, 90)


@dataclass(frozen=True)
class Figure:
    """What the mart says of one quantile, in days, beside what became of these very parcels."""

    estimate: float | None
    lower: float
    upper: float | None
    naive: float
    realised: float | None

    def covers(self, truth: float | None) -> bool:
        """Return whether the truth, known to exist, is within the limits."""
        return truth is not None and self.lower <= truth <= (math.inf if self.upper is None else self.upper)


@dataclass(frozen=True)
class Seen:
    """A world after the cut: the mart's figures, and the days each parcel really takes, infinite if never."""

    open_share: float
    figures: dict[int, Figure]
    days: list[float]


def tell(seed: int, parcels: int, start: datetime) -> tuple[Page, list[tuple[int, float]]]:
    """Return a world as the service shows it at the cut, and the pick-up and days of all its parcels."""
    clock = Clock(start, frozen=True)
    world, rng = World(clock, trackings=0, seed=seed), Random(seed)  # noqa: S311 - a repeatable world
    for number, second in enumerate(sorted(rng.randrange(COHORT_DAYS * DAY) for _ in range(parcels))):
        clock.set(start + timedelta(seconds=second))
        world.add(f"W{seed}P{number}", COURIER)
    journeys = [record.shipment.journey for record in world.by_id.values()]
    clock.set(start + timedelta(days=CUT_DAYS))
    shown, switches = world.records(), Switches()
    items = [render(View(record, clock.epoch(), world.anchor, switches), V4) for record in shown]
    body = json.dumps({"meta": {"code": 200}, "data": [item | {"service_code": str(seed)} for item in items]})
    stories = [
        (j.picked_up_at, (j.exit_at - j.picked_up_at) / DAY if j.outcome == "delivered" else math.inf)
        for j in journeys
        if j.picked_up_at is not None and j.exit_at is not None
    ]
    return decode_page(body.encode(), observed_at=clock.now()), stories


def see(seeds: Iterable[int], parcels: int) -> list[Seen]:
    """Load worlds into one warehouse, run the models, and return what the mart says of each."""
    seeds = list(seeds)
    start = FIRST_MONDAY + timedelta(days=seeds[0] // WORLDS_IN_A_WAREHOUSE % 7)
    cut = start + timedelta(days=CUT_DAYS)
    stories = {}
    with tempfile.TemporaryDirectory() as folder:
        warehouse = os.path.join(folder, "warehouse.duckdb")
        run = start_run(warehouse + ".landing", ACCOUNT, Asked(None, None), Range(None, cut))
        for seed in seeds:
            page, stories[seed] = tell(seed, parcels, start)
            run.land(f"world-{seed}", page)
        load_run(warehouse, ACCOUNT, run, Reading(True, 1, 1, 0, 0, 0.0, parcels))
        run_models(warehouse)
        with duckdb.connect(warehouse, read_only=True) as connection:
            result = connection.execute(
                "FROM mart_delivery_time_quantiles WHERE grouping_name = 'carrier_service'"
            )
            names = [column[0] for column in result.description]
            rows = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    return [_seen(row, stories[int(row["service_code"])], cut) for row in rows]


def _seen(row: dict[str, float | None], stories: list[tuple[int, float]], cut: datetime) -> Seen:
    followed = [days for picked_up, days in stories if picked_up <= cut.timestamp()]
    figures = {}
    for percent in QUANTILES:
        lower = row[f"p{percent}_lower95"]
        figures[percent] = Figure(
            row[f"p{percent}_days"],
            row["followed_until_days"] if lower is None else lower,
            row[f"p{percent}_upper95"],
            row[f"naive_p{percent}_days"],
            quantile(followed, percent),
        )
    return Seen(row["n_open"] / row["n_shipments"], figures, [days for _, days in stories])


def quantile(days: list[float], percent: int) -> float | None:
    """Return the days within which so many per cent of all parcels were delivered; None if never."""
    return incidence_quantile(sorted(d for d in days if d < math.inf), len(days), percent)


@dataclass(frozen=True)
class Verdict:
    """How one quantile's published figures did over all worlds; errors are medians, in days."""

    percent: int
    truth: float | None
    coverage: float
    coverage_of_realised: float
    realised_left_out: int
    too_late: float
    too_early: float
    no_upper: float
    error: float
    naive_error: float

    def __str__(self) -> str:
        """Say it in two lines."""
        return (
            f"p{self.percent}: truth {self.truth:.2f} days, covered by {self.coverage:.1%}"
            f" (limits all later {self.too_late:.1%}, all earlier {self.too_early:.1%};"
            f" no upper limit {self.no_upper:.1%})\n"
            f"     median error {self.error:.2f} days, of the naive figure {self.naive_error:.2f};"
            f" what became of these parcels is covered by {self.coverage_of_realised:.1%}"
            f" ({self.realised_left_out} worlds never reach it)"
        )


def judge(worlds: list[Seen]) -> list[Verdict]:
    """Return how each quantile did; one that the population never reaches is left out."""
    everybody = [days for world in worlds for days in world.days]
    verdicts = []
    for percent in QUANTILES:
        truth = quantile(everybody, percent)
        if truth is None:
            print(f"p{percent}: the population never reaches it")
            continue
        figures = [world.figures[percent] for world in worlds]
        reached = [figure for figure in figures if figure.realised is not None]
        verdicts.append(
            Verdict(
                percent,
                truth,
                sum(figure.covers(truth) for figure in figures) / len(figures),
                sum(figure.covers(figure.realised) for figure in reached) / len(reached),
                len(figures) - len(reached),
                sum(figure.lower > truth for figure in figures) / len(figures),
                sum(figure.upper is not None and figure.upper < truth for figure in figures) / len(figures),
                sum(figure.upper is None for figure in figures) / len(figures),
                median(abs((math.inf if f.estimate is None else f.estimate) - truth) for f in figures),
                median(abs(figure.naive - truth) for figure in figures),
            )
        )
    return verdicts


def main(count: int, parcels: int = PARCELS) -> int:
    """Return 0 if the published intervals of ``count`` worlds are what they claim to be."""
    batches = [
        range(first, min(first + WORLDS_IN_A_WAREHOUSE, count))
        for first in range(0, count, WORLDS_IN_A_WAREHOUSE)
    ]
    worlds: list[Seen] = []
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        for number, seen in enumerate(pool.map(see, batches, repeat(parcels)), start=1):
            worlds += seen
            if number % 5 == 0 or number == len(batches):
                print(f"{len(worlds):,} of {count:,} worlds", flush=True)
    shares = [world.open_share for world in worlds]
    print(f"{parcels:,} parcels each, open {median(shares):.1%} ({min(shares):.1%} to {max(shares):.1%})")
    verdicts = judge(worlds)
    for verdict in verdicts:
        print(verdict)
    kept = [
        0.93 <= v.coverage <= 0.975
        and v.error < v.naive_error / 4
        and (v.percent != QUANTILES[0] or v.no_upper <= 0.05)
        for v in verdicts
    ]
    print("the intervals hold" if all(kept) else "the intervals do not hold")
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
