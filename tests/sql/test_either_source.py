"""One world, loaded once from TrackingMore and once from AfterShip: the same marts, but for what is listed.

A difference is taken away by telling one warehouse what the other service says; then the models are built.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import duckdb
import pytest
from worlds import Rows, difference

from airflow_provider_trackingmore.api import AfterShipClient, TrackingMoreClient
from airflow_provider_trackingmore.sandbox import Sandbox
from airflow_provider_trackingmore.store import run_models
from airflow_provider_trackingmore.sync import sync

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
SERVICES = ("trackingmore", "aftership")
PUBLISHED = ("fct_", "mart_", "dim_")
# What names a row's service, or is made of it.
IDENTITY = ("source", "tracking_key", "checkpoint_key")

SAME_SCAN = """
    CREATE TEMP TABLE same_scan AS
    WITH told AS (
        FROM trackingmore.checkpoints JOIN trackingmore.trackings USING (tracking_key)
        SELECT tracking_number, checkpoints.*
        UNION ALL BY NAME
        FROM aftership.checkpoints JOIN aftership.trackings USING (tracking_key)
        SELECT tracking_number, checkpoints.*
    ), numbered AS (
        SELECT *, row_number() OVER (
            PARTITION BY source, tracking_number, leg, event_at_local, description, location
            ORDER BY substatus
        ) AS nth
        FROM told
    ), one AS (
        FROM numbered WHERE source = 'trackingmore'
    ), other AS (
        FROM numbered WHERE source = 'aftership'
    )
    SELECT other.checkpoint_key AS theirs, one.*
    FROM one JOIN other
        ON (one.tracking_number, one.leg, one.nth) = (other.tracking_number, other.leg, other.nth)
        AND one.event_at_local IS NOT DISTINCT FROM other.event_at_local
        AND one.description IS NOT DISTINCT FROM other.description
        AND one.location IS NOT DISTINCT FROM other.location
"""


@dataclass(frozen=True)
class Difference:
    """What the services tell differently, how it is taken away, and where it would show."""

    said: str
    sql: str
    shows_in: frozenset[str]


TIMES = frozenset(
    {
        "dim_courier",
        "fct_checkpoints",
        "fct_exception_episodes",
        "fct_shipments",
        "mart_carrier_scorecard",
        "mart_delivery_survival",
        "mart_delivery_time_quantiles",
        "mart_exception_resolution",
        "mart_first_scan_latency",
        "mart_weekly_cohorts",
    }
)
DIFFERENCES = (
    Difference(
        "only AfterShip passes on the offset of a scan's time, where its carrier tells one",
        "UPDATE aftership.checkpoints SET event_at_utc = one.event_at_utc, time_basis = one.time_basis"
        " FROM same_scan AS one WHERE checkpoints.checkpoint_key = one.theirs",
        TIMES,
    ),
    Difference(
        "AfterShip's sub-tags tell the steps on the way otherwise: departures, hubs, why an attempt failed",
        "UPDATE aftership.checkpoints SET event_type = one.event_type, substatus = one.substatus"
        " FROM same_scan AS one WHERE checkpoints.checkpoint_key = one.theirs",
        frozenset({"fct_checkpoints", "mart_stalled_shipments"}),
    ),
    Difference(
        "AfterShip says Pending both of what was not looked for yet and of what was not found",
        "UPDATE aftership.trackings SET status = one.status FROM trackingmore.trackings AS one"
        " WHERE trackings.tracking_number = one.tracking_number AND trackings.status = 'pending'",
        frozenset({"fct_shipments", "mart_stalled_shipments"}),
    ),
    Difference(
        "AfterShip keeps 120 days",
        "DELETE FROM trackingmore.trackings AS one WHERE NOT EXISTS (FROM aftership.trackings AS other"
        " WHERE one.tracking_number = other.tracking_number);"
        "DELETE FROM trackingmore.checkpoints AS one WHERE NOT EXISTS (FROM trackingmore.trackings AS other"
        " WHERE one.tracking_key = other.tracking_key)",
        TIMES
        | {
            "dim_lane",
            "mart_data_quality",
            "mart_exception_rates",
            "mart_exception_types",
            "mart_first_attempt",
            "mart_on_time",
            "mart_stalled_shipments",
        },
    ),
)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("loaded")
    with (
        Sandbox(trackings=800, seed=11, now=NOW, frozen=True, rate_limit=False) as box,
        TrackingMoreClient(box.key, "v4", box.url, requests_per_second=1000) as one,
        AfterShipClient(box.key, None, box.url, requests_per_second=1000, clock=box.clock.now) as other,
    ):
        box.clock.advance(days=20)
        for name, client in zip(SERVICES, (one, other), strict=True):
            assert sync(client, str(folder / f"{name}.duckdb"))["complete"]
    return folder


def differing(loaded: Path, folder: Path, taken_away: tuple[Difference, ...]) -> dict[str, str]:
    """Return in what the published models differ, once some differences of the services are taken away."""
    for name in SERVICES:
        shutil.copy(loaded / f"{name}.duckdb", folder / f"{name}.duckdb")
    with duckdb.connect() as connection:
        for name in SERVICES:
            connection.execute(f"ATTACH '{folder / name}.duckdb' AS {name}")
        connection.execute(SAME_SCAN)
        for one in taken_away:
            (changed,) = connection.execute(one.sql).fetchone()
            assert changed > 0, one.said
    for name in SERVICES:
        run_models(str(folder / f"{name}.duckdb"))
    with duckdb.connect() as connection:
        for name in SERVICES:
            connection.execute(f"ATTACH '{folder / name}.duckdb' AS {name} (READ_ONLY)")
        tables = [
            name
            for (name,) in connection.execute(
                "SELECT DISTINCT table_name FROM duckdb_columns() WHERE database_name = 'aftership'"
            ).fetchall()
            if name.startswith(PUBLISHED)
        ]
        assert len(tables) == 20
        found = {
            table: difference(*(rows(connection, f"{name}.{table}") for name in SERVICES), tolerance=0.0)
            for table in sorted(tables)
        }
    return {table: text for table, text in found.items() if text}


def rows(connection: duckdb.DuckDBPyConnection, table: str) -> Rows:
    columns = [name for (name, *_) in connection.execute(f"DESCRIBE {table}").fetchall()]
    kept = [name for name in columns if name not in IDENTITY]
    return Rows(kept, connection.execute(f"SELECT {', '.join(kept)} FROM {table}").fetchall())


def test_the_marts_are_the_same_but_for_the_differences_listed(loaded, tmp_path):
    assert differing(loaded, tmp_path, DIFFERENCES) == {}


@pytest.mark.parametrize("one", DIFFERENCES, ids=lambda one: one.said)
def test_each_difference_listed_shows_where_it_says(loaded, tmp_path, one):
    others = tuple(other for other in DIFFERENCES if other is not one)
    assert differing(loaded, tmp_path, others).keys() == one.shows_in
