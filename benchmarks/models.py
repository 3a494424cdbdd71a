"""All models rebuilt, beside the same marts by hand in polars: time as a ratio, and peak memory.

``models.py [TRACKINGS]`` makes a warehouse of so many trackings with fifteen checkpoints each, and rebuilds
everything from it: ours with ``run_models``, theirs from Parquet files of the same tables. Each round is a
new process with two threads. The numbers of both are compared to 1e-9 every time.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
from memory import peak
from world import make_world

ROUNDS = 3
THREADS = 2
MOST_MEMORY = 6.0  # GB
EXACT = 1e-9
# What both write, by the columns that name a row there.
COMPARED = {
    "mart_delivery_time_quantiles": ("group_key",),
    "mart_exception_rates": ("group_key",),
    "mart_exception_types": ("group_key", "exception_type"),
    "mart_exception_resolution": ("group_key",),
    "mart_first_attempt": ("group_key",),
    "mart_first_scan_latency": ("group_key",),
    "mart_on_time": ("group_key",),
    "mart_carrier_scorecard": ("group_key",),
    "mart_weekly_cohorts": ("group_key", "horizon_days"),
    "mart_delivery_survival": ("group_key", "moment"),
    "mart_stalled_shipments": ("tracking_number",),
    "fct_shipments": ("tracking_key",),
}


def main(trackings: int) -> int:
    """Print the figures of one size; 1 if a target is missed."""
    found = compare(trackings)
    for name, value, reached, target in targets(found):
        print(f"{name:<42}{value:>8.2f}  {target:<12} {'ok' if reached else 'MISSED'}")
    return 0 if all(reached for _, _, reached, _ in targets(found)) else 1


def targets(found: dict[str, float]) -> list[tuple[str, float, bool, str]]:
    """Return name, value, whether it is reached, and the target as text."""
    ratio, memory = found["ratio"], found["memory"]
    return [
        ("all models, x the same marts in polars", ratio, ratio <= 1.0, "at most 1.0"),
        ("peak memory of all models, GB", memory, memory < MOST_MEMORY, "below 6.0"),
    ]


def compare(trackings: int) -> dict[str, float]:
    """Measure both ways in turn and compare what they wrote; return ratio and peak memory."""
    with tempfile.TemporaryDirectory() as folder:
        warehouse, source, target = (Path(folder, name) for name in ("warehouse.duckdb", "source", "target"))
        source.mkdir()
        target.mkdir()
        n_trackings, n_checkpoints = make_world(warehouse, trackings)
        export(warehouse, source)
        print(f"{n_trackings:,} trackings, {n_checkpoints:,} checkpoints, {THREADS} threads", flush=True)
        ours = theirs = []
        for _ in range(ROUNDS):
            ours = [*ours, measure("ours", warehouse, target)]
            theirs = [*theirs, measure("theirs", source, target)]
        for name, runs in (("models", ours), ("polars", theirs)):
            wall, cpu, memory = (
                statistics.median(run[what] for run in runs) for what in ("wall", "cpu", "memory")
            )
            print(f"{name:<10}{wall:>8.1f} s {cpu:>8.1f} s of CPU {memory:>6.1f} GB", flush=True)
        assert_equal(warehouse, target)
    return {
        "ratio": statistics.median(a["wall"] / b["wall"] for a, b in zip(ours, theirs, strict=True)),
        "memory": max(run["memory"] for run in ours),
    }


def export(warehouse: Path, folder: Path) -> None:
    """Write the canonical tables to Parquet."""
    with duckdb.connect(warehouse, read_only=True) as connection:
        for table in ("trackings", "checkpoints", "loads"):
            connection.execute(f"COPY {table} TO '{folder / table}.parquet' (COMPRESSION zstd)")


def measure(way: str, source: Path, target: Path) -> dict[str, float]:
    """Run one way in a process of its own; return wall and CPU seconds and gigabytes."""
    environment = os.environ | {"POLARS_MAX_THREADS": str(THREADS)}
    command = [sys.executable, __file__, way, str(source), str(target)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def run(way: str, source: Path, target: Path) -> None:
    """Run one way here and print what it took."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:THREADS])
    start, spent = time.perf_counter(), time.process_time()
    if way == "ours":
        from airflow_provider_trackingmore.store import run_models

        run_models(source, rebuild=True)
    else:
        from models_polars import build

        build(source, target)
    wall, cpu = time.perf_counter() - start, time.process_time() - spent
    print(json.dumps({"wall": wall, "cpu": cpu, "memory": peak() / 1000}))


def assert_equal(warehouse: Path, target: Path) -> None:
    """Compare every column that both ways have, row by row.

    :raises AssertionError: naming mart and column.
    """
    with duckdb.connect(warehouse, read_only=True) as connection:
        for mart, names in COMPARED.items():
            ours, theirs = mart, f"read_parquet('{target / mart}.parquet')"
            if "moment" in names:  # polars divides by multiplying with the reciprocal
                moment = "(SELECT *, round(days_since_pickup * 86400e6) AS moment FROM {})"
                ours, theirs = moment.format(ours), moment.format(theirs)
            types = {
                which: {row[0]: row[1] for row in connection.execute(f"DESCRIBE FROM {relation}").fetchall()}
                for which, relation in (("ours", ours), ("theirs", theirs))
            }
            columns = [name for name in types["ours"] if name in types["theirs"] and name not in names]
            both = (
                f"FROM {ours} AS a FULL JOIN {theirs} AS b ON "
                + " AND ".join(f"a.{name} = b.{name}" for name in names)
                + " WHERE "
            )
            assert not rows(connection, f"{both} a.{names[0]} IS NULL OR b.{names[0]} IS NULL"), (
                f"rows of {mart}"
            )
            for column in columns:
                differs = f"a.{column} IS DISTINCT FROM b.{column}"
                if types["ours"][column] == "DOUBLE":
                    differs += f" AND NOT coalesce(abs(a.{column} - b.{column}) <= {EXACT}, false)"
                different = rows(connection, both + differs)
                assert not different, f"{mart}.{column} differs in {different} rows"


def rows(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    """Return how many rows a query finds."""
    ((count,),) = connection.execute(f"SELECT count(*) {query}").fetchall()
    return int(count)


if __name__ == "__main__":
    if sys.argv[1:2] in (["ours"], ["theirs"]):
        run(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000))
