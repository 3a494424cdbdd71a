"""The whole path on this machine: a service, an Airflow, the daily Dag, and what analysts get.

``make demo`` runs it. The sandbox plays the service, and its world moves on a day with every run; with
``TRACKINGMORE_API_KEY`` in the environment the real service is asked instead, and everything stands in
``demo/live``. ``TRACKINGMORE_API_VERSION`` picks v2, v3 or v4.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from airflow_provider_trackingmore.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
TRACKINGS = 5000
SEED = 7


def main() -> int:
    """Run the demo and return the exit code."""
    key = os.environ.get("TRACKINGMORE_API_KEY")
    version = os.environ.get("TRACKINGMORE_API_VERSION", "v4")
    data = ROOT / "demo" / "live" if key else ROOT / "demo"
    data.mkdir(parents=True, exist_ok=True)
    if key:
        done = run_dag(data, {"password": key, "extra": {"api_version": version}})
    else:
        with sandbox(data) as url:
            options = {"api_version": version, "account": "sandbox"}
            done = run_dag(data, {"password": "sandbox-key", "host": url, "extra": options})
    if done:
        print(f"\nThe Dag failed; see {data / 'airflow.log'}", file=sys.stderr)
        return done
    show(data)
    return 0


@contextmanager
def sandbox(data: Path) -> Iterator[str]:
    """Serve the sandbox's world, a day further than at the last run, and give its address."""
    memory = data / "world.json"
    if memory.exists():
        world = json.loads(memory.read_text())
        world["day"] += 1
    else:
        world = {"start": datetime.now(UTC).isoformat(timespec="seconds"), "day": 0}
    start = datetime.fromisoformat(world["start"])
    print(f"Starting the sandbox: {TRACKINGS} trackings, day {world['day']} ...", flush=True)
    with Sandbox(trackings=TRACKINGS, seed=SEED, now=start) as box:
        box.clock.set(start + timedelta(days=world["day"]))
        print(f"The service is {box.url}, and there it is {box.clock.now():%Y-%m-%d %H:%M} UTC.")
        memory.write_text(json.dumps(world))
        yield box.url


def run_dag(data: Path, connection: dict[str, Any]) -> int:
    """Run the daily Dag in an Airflow of its own; its log goes to a file, our progress to the screen."""
    environment = os.environ | {
        "AIRFLOW_HOME": str(data / "airflow"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW_CONN_TRACKINGMORE_DEFAULT": json.dumps({"conn_type": "trackingmore"} | connection),
        "TRACKINGMORE_DATA": str(data),
    }
    environment.pop("TRACKINGMORE_API_KEY", None)
    print("Running dags/trackingmore_daily.py in an Airflow of its own ...", flush=True)
    child = [sys.executable, str(ROOT / "scripts" / "run_dag.py")]
    screen = os.dup(sys.stdout.fileno())
    environment["DEMO_SCREEN"] = str(screen)
    with (data / "airflow.log").open("ab") as log:
        done = subprocess.run(child, env=environment, stdout=log, stderr=log, pass_fds=[screen], check=False)
    os.close(screen)
    return done.returncode


def show(data: Path) -> None:
    """Print what the Dag left for analysts."""
    published = data / "analytics.duckdb"
    with duckdb.connect(str(published), read_only=True) as connection:
        ((new, changed, known, complete),) = connection.execute(
            "SELECT n_new, n_changed, (SELECT count(*) FROM trackings), is_complete"
            " FROM loads ORDER BY finished_at_utc DESC LIMIT 1"
        ).fetchall()
        rows = connection.execute(
            """
            SELECT q.courier_code, q.n_shipments, q.delivered_share, q.p50_days, q.p90_days,
                   q.p90_upper95 IS NULL, e.ever_rate
            FROM mart_delivery_time_quantiles q
            JOIN mart_exception_rates e USING (group_key)
            WHERE q.grouping_name = 'carrier' ORDER BY q.courier_code
            """
        ).fetchall()
    print(f"\n{new} trackings new, {changed} changed, {known - new - changed} unchanged", end="")
    print("" if complete else "; the window is INCOMPLETE, the next run reads it again")
    print("\ncarrier       shipments  delivered  p50 days  p90 days  exceptions")
    for courier, shipments, share, p50, p90, may_be_more, rate in rows:
        most = _days(p90) + "+" * (may_be_more and p90 is not None)
        print(f"{courier:<14}{shipments:>9}{share:>11.1%}{_days(p50):>10}{most:>10}{rate:>12.1%}")
    print("\nDays since the first scan, open parcels counted too; '-': not reached yet, '+': may be more.")
    print(f"\nFor analysts:  {published}")
    print(f"For managers:  {data / 'report.html'} (open it in a browser)")
    print(f"Parquet:       {data / 'parquet'}")
    print(f"Airflow's log: {data / 'airflow.log'}")
    query = "from mart_stalled_shipments"
    python = f"import duckdb; print(duckdb.connect('{published}', read_only=True).sql('{query}'))"
    print(f'\nGo on with\n  duckdb -readonly {published}\nor\n  {sys.executable} -c "{python}"')


def _days(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


if __name__ == "__main__":
    sys.exit(main())
