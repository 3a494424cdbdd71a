"""All models rebuilt, beside the same marts by hand in polars: time as a ratio, and peak memory.

``models.py [TRACKINGS]`` makes a warehouse of so many trackings with fifteen checkpoints each, and rebuilds
everything in it: ours with ``run_models``, theirs with ``by_hand``, which reads the same tables of the same
file and writes the marts into its schema ``by_hand``. The checks are left out, as nothing by hand is like
them. Each round is a new process with two threads and a copy of the warehouse; making the copy is not timed.
The report with all its pictures is built from what the models left.

In the end every column of every mart is compared, row by row, fractions to 1e-9.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
from memory import peak
from world import make_world

from airflow_provider_trackingmore.resources import sql_folder

ROUNDS = 3
THREADS = 2
MOST_MEMORY = 6.0  # GB
EXACT = 1e-9
# Every mart but the view fct_checkpoints, by the columns that name a row there.
MARTS = {
    "dim_business_day": ("country", "calendar_day"),
    "dim_courier": ("courier_code",),
    "dim_date": ("calendar_day",),
    "dim_lane": ("lane", "origin_country", "destination_country"),
    "fct_exception_episodes": ("shipment_key", "episode_no"),
    "fct_shipments": ("shipment_key",),
    "mart_carrier_scorecard": ("group_key",),
    "mart_data_quality": ("source", "measure"),
    "mart_delivery_survival": ("group_key", "moment"),
    "mart_delivery_time_quantiles": ("group_key",),
    "mart_exception_rates": ("group_key",),
    "mart_exception_resolution": ("group_key",),
    "mart_exception_types": ("group_key", "exception_type"),
    "mart_first_attempt": ("group_key",),
    "mart_first_scan_latency": ("group_key",),
    "mart_on_time": ("group_key",),
    "mart_stalled_shipments": ("shipment_key",),
    "mart_tracking_latency": ("source", "courier_code"),
    "mart_weekly_cohorts": ("group_key", "horizon_days"),
}


def main(trackings: int) -> int:
    """Print the figures of one size; 1 if a target is missed."""
    found = compare(trackings)
    for name, value, reached, target in targets(found):
        print(f"{name:<42}{value:>8.2f}  {target:<12} {'ok' if reached else 'MISSED'}")
    return 0 if all(reached for _, _, reached, _ in targets(found)) else 1


def targets(found: dict[str, float]) -> list[tuple[str, float, bool, str]]:
    """Return name, value, whether it is reached, and the target as text."""
    ratio, memory, report = found["ratio"], found["memory"], found["report"]
    return [
        ("all models, x the same marts in polars", ratio, ratio <= 1.0, "at most 1.0"),
        ("peak memory of all models, GB", memory, memory < MOST_MEMORY, "below 6.0"),
        ("the report, x all models", report, report < 1.0, "below 1.0"),
    ]


def compare(trackings: int) -> dict[str, float]:
    """Measure both ways in turn and compare what they wrote; return ratio and peak memory."""
    with tempfile.TemporaryDirectory() as folder:
        warehouse, sql = Path(folder, "warehouse.duckdb"), Path(folder, "sql")
        n_trackings, n_checkpoints = make_world(warehouse, trackings)
        for part in ("models", "seeds"):
            shutil.copytree(sql_folder() / part, sql / part)
        print(f"{n_trackings:,} trackings, {n_checkpoints:,} checkpoints, {THREADS} threads", flush=True)
        ours = theirs = report = []
        for _ in range(ROUNDS):
            ours = [*ours, measure("ours", warehouse, sql)]
            report = [*report, timed("report", copy_for("ours", warehouse), sql)]
            theirs = [*theirs, measure("theirs", warehouse, sql)]
        for name, runs in (("models", ours), ("polars", theirs), ("report", report)):
            wall, cpu, memory = (
                statistics.median(run[what] for run in runs) for what in ("wall", "cpu", "memory")
            )
            print(f"{name:<10}{wall:>8.1f} s {cpu:>8.1f} s of CPU {memory:>6.1f} GB", flush=True)
        assert_equal(copy_for("ours", warehouse), copy_for("theirs", warehouse))
    return {
        "ratio": beside(ours, theirs),
        "memory": max(run["memory"] for run in ours),
        "report": beside(report, ours),
    }


def beside(one: list[dict[str, float]], other: list[dict[str, float]]) -> float:
    """Return how many times as long the one took, round by round."""
    return statistics.median(a["wall"] / b["wall"] for a, b in zip(one, other, strict=True))


def copy_for(way: str, warehouse: Path) -> Path:
    """Return where one way works."""
    return warehouse.with_name(f"{way}.duckdb")


def measure(way: str, warehouse: Path, sql: Path) -> dict[str, float]:
    """Run one way on a new copy; return what ``timed`` does."""
    return timed(way, shutil.copy(warehouse, copy_for(way, warehouse)), sql)


def timed(way: str, warehouse: Path, sql: Path) -> dict[str, float]:
    """Run one way in a process of its own; return wall and CPU seconds and gigabytes."""
    environment = os.environ | {"POLARS_MAX_THREADS": str(THREADS)}
    command = [sys.executable, __file__, way, str(warehouse), str(sql)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def run(way: str, warehouse: Path, sql: Path) -> None:
    """Run one way here and print what it took."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:THREADS])
    start, spent = time.perf_counter(), time.process_time()
    if way == "ours":
        from airflow_provider_trackingmore.store import run_models

        run_models(warehouse, sql, rebuild=True)
    elif way == "report":
        from airflow_provider_trackingmore.report import build_report

        build_report(warehouse, warehouse.with_name("report.html"), images=warehouse.with_name("images"))
    else:
        from by_hand import build

        build(warehouse, sql / "seeds", THREADS)
    wall, cpu = time.perf_counter() - start, time.process_time() - spent
    print(json.dumps({"wall": wall, "cpu": cpu, "memory": peak() / 1000}))


def assert_equal(ours: Path, theirs: Path) -> None:
    """Compare the marts of two warehouses: tables, columns, their types, rows, values.

    :raises AssertionError: naming mart and columns.
    """
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{ours}' AS ours (READ_ONLY)")
        connection.execute(f"ATTACH '{theirs}' AS theirs (READ_ONLY)")
        built, made = (columns(connection, *place) for place in (("ours", "main"), ("theirs", "by_hand")))
        assert set(MARTS) == set(built) == set(made), set(MARTS) ^ set(built) | set(MARTS) ^ set(made)
        for mart, names in MARTS.items():
            assert built[mart] == made[mart], f"columns of {mart}: {dict(built[mart] ^ made[mart])}"
            moment = ", round(days_since_pickup * 86400e6) AS moment" if "moment" in names else ""
            different = {
                column: f"a.{column} IS DISTINCT FROM b.{column}"
                # polars divides by multiplying with the reciprocal
                + (f" AND NOT coalesce(abs(a.{column} - b.{column}) <= {EXACT}, false)" * (kind == "DOUBLE"))
                for column, kind in sorted(built[mart])
            }
            alike = " AND ".join(f"a.{name} IS NOT DISTINCT FROM b.{name}" for name in names)
            found = connection.execute(
                "SELECT count(*) FILTER (a.here IS NULL OR b.here IS NULL) AS unmatched, "
                f"count(*) - (SELECT count(*) FROM ours.main.{mart}) AS repeated, "
                + ", ".join(f"count(*) FILTER ({differs}) AS {name}" for name, differs in different.items())
                + f" FROM (SELECT *, true AS here{moment} FROM ours.main.{mart}) AS a"
                f" FULL JOIN (SELECT *, true AS here{moment} FROM theirs.by_hand.{mart}) AS b ON {alike}"
            ).fetchall()
            wrong = {
                name: n for name, n in zip(["unmatched", "repeated", *different], found[0], strict=True) if n
            }
            assert not wrong, f"{mart} differs, rows by column: {wrong}"


def columns(
    connection: duckdb.DuckDBPyConnection, database: str, schema: str
) -> dict[str, set[tuple[str, str]]]:
    """Return names and types of the columns of each mart that is a table."""
    found: dict[str, set[tuple[str, str]]] = {}
    for mart, column, kind in connection.execute(
        "SELECT table_name, column_name, data_type FROM duckdb_columns() JOIN duckdb_tables()"
        " USING (database_name, schema_name, table_name) WHERE database_name = ? AND schema_name = ?"
        " AND regexp_matches(table_name, '^(dim|fct|mart)_')",
        [database, schema],
    ).fetchall():
        found.setdefault(mart, set()).add((column, kind))
    return found


if __name__ == "__main__":
    if sys.argv[1:2] in (["ours"], ["report"], ["theirs"]):
        run(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000))
