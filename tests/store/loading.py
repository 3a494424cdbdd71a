"""Loading a few records the way a run does, without a service."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
from factories import body

from airflow_provider_trackingmore.store.landing import Asked, Range, start_run
from airflow_provider_trackingmore.store.load import Reading, load_run
from airflow_provider_trackingmore.store.state import Account
from airflow_provider_trackingmore.tables import decode_page

if TYPE_CHECKING:
    from airflow_provider_trackingmore.store.landing import Run
    from airflow_provider_trackingmore.store.merge import Merged

ACCOUNT = Account("trackingmore", "default", "v4", "fingerprint")
READING = Reading(True, 1, 1, 0, 0, 0.0, 100)

_clock = count()


def later() -> datetime:
    """Return moments one after the other."""
    return datetime(2026, 11, 10, tzinfo=UTC) + timedelta(seconds=next(_clock))


def land(
    warehouse: str, *pages: list[Any], last: datetime | None = None, first: datetime | None = None
) -> Run:
    """Land pages, in the order in which they were received."""
    window = Range(first, last or later())
    run = start_run(warehouse + ".landing", ACCOUNT, Asked(None, None), window)
    for number, records in enumerate(pages):
        run.land(f"created-{number}", decode_page(body(*records), observed_at=later()))
    return run


def load(warehouse: str, *pages: list[Any], complete: bool = True, **window: Any) -> Merged:
    """Load pages: into a new warehouse as everything there is, later as an increment unless first=None."""
    if "first" not in window and Path(warehouse).exists():
        window["first"] = datetime(2000, 1, 1, tzinfo=UTC)
    reading = Reading(complete, 1, 1, 0, 0, 0.0, 100)
    return load_run(warehouse, ACCOUNT, land(warehouse, *pages, **window), reading)


def rows(warehouse: str, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(warehouse, read_only=True) as connection:
        found: list[tuple[Any, ...]] = connection.execute(sql).fetchall()
    return found
