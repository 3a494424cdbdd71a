"""The ways that are measured: ours, and what people use instead. All read the same pages."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_trackingmore.store.landing import Asked, Range, start_run
from airflow_provider_trackingmore.store.load import Reading, load_run
from airflow_provider_trackingmore.store.state import Account
from airflow_provider_trackingmore.tables import decode_page

if TYPE_CHECKING:
    from pathlib import Path

ACCOUNT = Account("trackingmore", "default", "v4", "benchmark")


def count_checkpoints(bodies: list[bytes]) -> int:
    """Return how many scans the pages hold."""
    return sum(decode_page(body).checkpoints.num_rows for body in bodies)


def decode(bodies: list[bytes], folder: Path) -> None:
    """Decode every page with the fast reader."""
    for body in bodies:
        assert decode_page(body).reader == "fast"


def load(bodies: list[bytes], folder: Path) -> None:
    """Decode, land and merge every page, as a sync does."""
    now = datetime.now(UTC)
    run = start_run(str(folder / "landing"), ACCOUNT, Asked(None, None), Range(None, now))
    with ThreadPoolExecutor(3) as pool:  # as many as a sync has requests in flight
        for number, page in enumerate(pool.map(decode_page, bodies)):
            run.land(f"created-{number}", page)
    reading = Reading(True, len(bodies), len(bodies), 0, 0, 0.0, 2000)
    merged = load_run(folder / "warehouse.duckdb", ACCOUNT, run, reading)
    assert merged.new == 2000 * len(bodies)


def load_with_pandas(bodies: list[bytes], folder: Path) -> None:
    """Flatten with ``json_normalize`` and insert both frames, without any merging."""
    import duckdb
    import pandas as pd

    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        for number, body in enumerate(bodies):
            records = json.loads(body)["data"]
            trackings = pd.json_normalize(records).drop(
                columns=["origin_info.trackinfo", "destination_info.trackinfo"]
            )
            legs = [
                pd.json_normalize(records, [leg, "trackinfo"], meta=["id"]).assign(leg=leg)
                for leg in ("origin_info", "destination_info")
            ]
            checkpoints = pd.concat(legs)
            for frame, column in ((trackings, "created_at"), (checkpoints, "checkpoint_date")):
                frame[column] = pd.to_datetime(frame[column])
            for name, frame in (("trackings", trackings), ("checkpoints", checkpoints)):
                frame.columns = [column.replace(".", "_") for column in frame.columns]
                connection.register("frame", frame)
                verb = f"INSERT INTO {name} BY NAME" if number else f"CREATE TABLE {name} AS"
                connection.execute(f"{verb} SELECT * FROM frame")


def load_with_dlt(bodies: list[bytes], folder: Path) -> None:
    """Give the records to dlt with its defaults and ``merge`` on the id."""
    os.environ["RUNTIME__LOG_LEVEL"] = "CRITICAL"
    import dlt

    @dlt.resource(name="trackings", primary_key="id", write_disposition="merge")
    def trackings() -> Any:
        for body in bodies:
            yield json.loads(body)["data"]

    pipeline = dlt.pipeline(
        "benchmark",
        pipelines_dir=str(folder / "pipelines"),
        destination=dlt.destinations.duckdb(str(folder / "warehouse.duckdb")),
        dataset_name="main_data",
    )
    pipeline.run(trackings())
