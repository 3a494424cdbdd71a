"""What stands in a warehouse after a sync, and what the service has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from airflow_provider_trackingmore.sandbox import Sandbox


def rows(warehouse: str, sql: str) -> list[tuple]:
    with duckdb.connect(warehouse, read_only=True) as connection:
        return connection.execute(sql).fetchall()


def stored_ids(warehouse: str) -> list[str]:
    return [name for (name,) in rows(warehouse, "SELECT source_id FROM trackings ORDER BY 1")]


def served_ids(box: Sandbox) -> list[str]:
    return sorted(record.shipment.id for record in box.world.records())
