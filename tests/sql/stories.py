"""Short stories of parcels, told to a warehouse and run through the models."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
from factories import scan

from airflow_provider_trackingmore.store import run_models

sys.path.insert(0, str(Path(__file__).parents[1] / "store"))
from loading import load

AS_OF = datetime(2026, 11, 20, tzinfo=UTC)

# Great Britain in November: local time is UTC. 1 November 2026 is a Sunday.
LABEL = scan("2026-11-01T08:00:00", "transit", "notfound001")
PICKED_UP = scan("2026-11-01T10:00:00")
HUB = scan("2026-11-02T10:00:00", "transit", "transit002")
OUT = scan("2026-11-03T06:00:00", "pickup", "pickup001")
FAILED = scan("2026-11-03T12:00:00", "undelivered", "undelivered002")
DELIVERED = scan("2026-11-04T10:00:00", "delivered", "delivered001")
RETURNING = scan("2026-11-05T12:00:00", "exception", "exception011")
LOST = scan("2026-11-06T10:00:00", "exception", "exception007")


def tell(warehouse: str, *records: dict[str, Any], **window: Any) -> dict[str, Any]:
    """Load records as all there is at ``AS_OF``, run the models, and return what the run says."""
    load(warehouse, list(records), **({"last": AS_OF} | window))
    return run_models(warehouse)


def ask(warehouse: str, sql: str) -> list[dict[str, Any]]:
    """Return rows by column name."""
    with duckdb.connect(warehouse, read_only=True) as connection:
        result = connection.execute(sql)
        names = [column[0] for column in result.description]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def told(warehouse: str, model: str, *records: dict[str, Any], where: str = "true") -> list[dict[str, Any]]:
    """Return the rows of a model after a story."""
    tell(warehouse, *records)
    return ask(warehouse, f"FROM {model} WHERE {where} ORDER BY ALL")
