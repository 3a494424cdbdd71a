"""What a day's increment costs in a store ten times larger, as a ratio.

``increment.py SMALL LARGE TRACKINGS`` builds two warehouses of so many trackings with 13.5 checkpoints each,
created over two years. Then each day brings ``TRACKINGS`` new and changed ones to both, turn by turn: real
landing files, merged by the real load. What is timed is all that a sync does with the warehouse: opening it,
reading its state, the merge, the commit and what is written on closing. The days are the rounds.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
from pages import page
from peers import ACCOUNT

from airflow_provider_trackingmore.store.ddl import TABLES
from airflow_provider_trackingmore.store.landing import Asked, Range, start_run
from airflow_provider_trackingmore.store.load import Reading, load_run
from airflow_provider_trackingmore.store.state import read_state
from airflow_provider_trackingmore.store.warehouse import open_warehouse
from airflow_provider_trackingmore.tables import Page, decode_page
from airflow_provider_trackingmore.tables.schema import CHECKPOINTS, REJECTED, TRACKINGS

if TYPE_CHECKING:
    from collections.abc import Iterator

DAYS = 5
TARGET = 2.0
START = datetime(2026, 11, 20)
HISTORY, RECENT = timedelta(days=730), timedelta(days=60)
PAGE = 2000

# For making the data only; what is measured keeps to the limit of the warehouse.
MAKING = "4GB"

# Of a day's trackings so many are new; the others have changed, and are younger than two months.
NEW = 0.4
# So many more were read the day before, in the last quarter of an hour, and say nothing new.
TIED = 0.02


def main(small: int, large: int, trackings: int) -> int:
    """Print the ratio; 1 if the target is missed."""
    found = ratio(small, large, trackings)
    name = f"{trackings:,} trackings into {large:,}, x into {small:,}"
    print(f"{name:<58}{found:>6.2f}  at most {TARGET}  {'ok' if found <= TARGET else 'MISSED'}")
    return 0 if found <= TARGET else 1


def ratio(small: int, large: int, trackings: int) -> float:
    """Return the median time in the large warehouse as a multiple of that in the small one."""
    with tempfile.TemporaryDirectory() as folder:
        stores = [Path(folder) / f"{count}.duckdb" for count in (small, large)]
        for path, count in zip(stores, (small, large), strict=True):
            build(path, count)
            print(f"{count:,} trackings are {path.stat().st_size / 1e6:,.0f} MB", flush=True)
        return compare(stores, trackings)


def compare(stores: list[Path], trackings: int) -> float:
    """Return how many times as long days take in the second warehouse as in the first: the median."""
    found = []
    for day in range(DAYS + 1):
        now = START + timedelta(days=day + 1)
        # Each is first in turn, so that neither gains from what the machine does besides.
        order = stores if day % 2 else stores[::-1]
        taken = {path: merge_day(path, now, trackings) for path in order}
        short, long = (taken[path] for path in stores)
        print(f"{short:.1f} s and {long:.1f} s", flush=True)
        found.append(long / short)
    # The first day pays for imports and warm-up.
    return statistics.median(found[1:])


def merge_day(path: Path, now: datetime, trackings: int) -> float:
    """Return the seconds that a run with so many new and changed trackings spends on the warehouse."""
    new, tied = int(trackings * NEW), int(trackings * TIED)
    with tempfile.TemporaryDirectory() as folder:
        window = Range((now - timedelta(days=1)).replace(tzinfo=UTC), now.replace(tzinfo=UTC))
        run = start_run(folder, ACCOUNT, Asked(None, None), window)
        with duckdb.connect(str(path), read_only=True, config={"memory_limit": MAKING}) as connection:
            make_day(connection, now, new, trackings - new, tied)
            received = 0
            for name, one in made_pages(connection, now):
                run.land(name, one)
                received += one.received
        start = time.perf_counter()
        with open_warehouse(path) as connection:
            read_state(connection, ACCOUNT)
        merged = load_run(path, ACCOUNT, run, Reading(True, 1, 1, received, 0, 0.0, PAGE))
        taken = time.perf_counter() - start
    assert (merged.new, merged.changed, merged.unchanged) == (new, trackings - new, tied), merged
    return taken


def build(path: Path, count: int) -> None:
    """Make a warehouse as a first load leaves it: the oldest trackings first, in a few large inserts."""
    with open_warehouse(path) as connection:
        connection.execute(f"SET memory_limit = '{MAKING}'")
        make_templates(connection)
        seconds = HISTORY.total_seconds() / count
        for first in range(0, count, 250 * PAGE):
            numbers = range(first, min(first + 250 * PAGE, count))
            make_new(connection, "first", numbers, START - HISTORY, seconds)
            for table in ("trackings", "checkpoints"):
                columns = _landed(table)
                connection.execute(
                    f"INSERT INTO {table} ({columns}, first_observed_at_utc)"
                    f" SELECT {columns}, observed_at_utc FROM made_{table}"
                )


def _landed(table: str) -> str:
    """Return the columns of a stored table that pages bring."""
    landed = {"trackings": TRACKINGS, "checkpoints": CHECKPOINTS}[table]
    return ", ".join(name for name in TABLES[table][1].names if name in landed.names)


def make_templates(connection: duckdb.DuckDBPyConnection) -> None:
    """Keep one decoded page, of which all trackings are copies with other ids and times."""
    decoded = decode_page(page(random.Random(1), PAGE, START))
    for name, table in (("trackings", decoded.trackings), ("checkpoints", decoded.checkpoints)):
        connection.register("decoded", table)
        connection.execute(f"CREATE TEMP TABLE template_{name} AS FROM decoded")
        connection.unregister("decoded")


def make_new(
    connection: duckdb.DuckDBPyConnection, name: str, numbers: range, begin: datetime, seconds: float
) -> None:
    """Make ``made_trackings`` and ``made_checkpoints``, one tracking created every so many seconds."""
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE made_trackings AS
        SELECT * EXCLUDE (n, id, moment) REPLACE (
            'trackingmore:default:' || id AS tracking_key,
            id AS source_id,
            'TB' || id[:12] AS tracking_number,
            'tb' || id[:12] AS tracking_number_norm,
            'SO-' || id[12:18] AS order_number,
            moment AS created_at_utc,
            least(updated_at_utc + (moment - created_at_utc), TIMESTAMP '{START}')
                AS updated_at_utc,
            latest_event_at_local + (moment - created_at_utc) AS latest_event_at_local,
            strftime(moment, '%Y-%m') AS created_month,
            TIMESTAMP '{START}' + to_seconds(n // {PAGE}) AS observed_at_utc
        ), moment - created_at_utc AS shift
        FROM (
            SELECT n, md5('{name}' || n) AS id,
                   TIMESTAMP '{begin}' + to_microseconds((n * {seconds * 1e6})::BIGINT) AS moment
            FROM range({numbers.start}, {numbers.stop}) numbers(n)
        ) JOIN template_trackings ON record_no = n % {PAGE}
        """
    )
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE made_checkpoints AS
        SELECT c.* REPLACE (
            md5(c.checkpoint_key || t.tracking_key) AS checkpoint_key,
            t.tracking_key AS tracking_key,
            strftime(c.event_at_local + shift, '%Y-%m-%dT%H:%M:%S') AS event_time_raw,
            c.event_at_local + shift AS event_at_local,
            c.event_at_utc + shift AS event_at_utc,
            t.created_month AS created_month,
            t.observed_at_utc AS observed_at_utc
        )
        FROM made_trackings t JOIN template_checkpoints c USING (record_no)
        """
    )


def make_day(connection: duckdb.DuckDBPyConnection, now: datetime, new: int, changed: int, tied: int) -> None:
    """Make what a day brings: new trackings, stored ones with a scan more, and stored ones as they are."""
    make_templates(connection)
    make_new(connection, f"{now}", range(new), now - timedelta(days=1), 86400 / new)
    connection.execute(
        f"""
        UPDATE made_trackings SET updated_at_utc = created_at_utc;
        CREATE TEMP TABLE met AS
        WITH tied AS (
            SELECT tracking_key FROM trackings WHERE created_at_utc > TIMESTAMP '{now - RECENT}'
            ORDER BY updated_at_utc DESC, tracking_key LIMIT {tied}
        ), changed AS (
            SELECT tracking_key FROM trackings ANTI JOIN tied USING (tracking_key)
            WHERE created_at_utc > TIMESTAMP '{now - RECENT}'
            ORDER BY hash(tracking_key || '{now}') LIMIT {changed}
        )
        SELECT tracking_key, 'tied' AS kind FROM tied UNION ALL SELECT tracking_key, 'changed' FROM changed;

        INSERT INTO made_trackings BY NAME
        SELECT {_landed("trackings")} FROM (SELECT t.* REPLACE (
            if(met.kind = 'tied', updated_at_utc,
               TIMESTAMP '{now}' - to_seconds((hash(tracking_key) % 86400)::BIGINT)) AS updated_at_utc,
            checkpoint_count + if(met.kind = 'tied', 0, 1) AS checkpoint_count
        ) FROM trackings t JOIN met USING (tracking_key));

        CREATE TEMP TABLE held AS
        SELECT {_landed("checkpoints")}, kind
        FROM checkpoints c JOIN met USING (tracking_key);

        INSERT INTO made_checkpoints BY NAME SELECT * EXCLUDE (kind) FROM held;
        INSERT INTO made_checkpoints BY NAME
        SELECT DISTINCT ON (tracking_key) * EXCLUDE (kind) REPLACE (
            md5(checkpoint_key || '{now}') AS checkpoint_key,
            source_seq + 1 AS source_seq,
            event_at_local + INTERVAL 1 HOUR AS event_at_local,
            event_at_utc + INTERVAL 1 HOUR AS event_at_utc
        ) FROM held WHERE kind = 'changed' ORDER BY tracking_key, event_at_local DESC, source_seq DESC;
        """
    )


def made_pages(connection: duckdb.DuckDBPyConnection, now: datetime) -> Iterator[tuple[str, Page]]:
    """Yield the pages a run receives: what was created on that day, then what was updated, new ones again."""
    number = 0
    for axis in ("created", "updated"):
        chosen = f"created_at_utc >= TIMESTAMP '{now - timedelta(days=1)}'" if axis == "created" else "true"
        connection.execute(
            f"""
            CREATE OR REPLACE TEMP TABLE placed AS
            SELECT tracking_key, row_number() OVER (ORDER BY {axis}_at_utc) - 1 AS place
            FROM made_trackings WHERE {chosen};
            CREATE OR REPLACE TEMP TABLE placed_trackings AS
            SELECT t.*, place FROM made_trackings t JOIN placed USING (tracking_key) ORDER BY place;
            CREATE OR REPLACE TEMP TABLE placed_checkpoints AS
            SELECT t.*, place FROM made_checkpoints t JOIN placed USING (tracking_key) ORDER BY place
            """
        )
        ((count,),) = connection.execute("SELECT count(*) FROM placed").fetchall()
        for first in range(0, count, PAGE):
            observed = f"TIMESTAMP '{now + timedelta(seconds=number)}' AS observed_at_utc"
            number += 1
            trackings, checkpoints = (
                connection.sql(
                    f"SELECT {', '.join(schema.names)} FROM (SELECT * REPLACE"
                    f" (place - {first} AS record_no, {observed}) FROM placed_{table}"
                    f" WHERE place BETWEEN {first} AND {first + PAGE - 1})"
                )
                .to_arrow_table()
                .cast(schema)
                for table, schema in (("trackings", TRACKINGS), ("checkpoints", CHECKPOINTS))
            )
            rejected = REJECTED.empty_table()
            yield f"{axis}-{first}", Page(trackings, checkpoints, rejected, len(trackings), "fast")


if __name__ == "__main__":
    sys.exit(main(*(int(number) for number in sys.argv[1:4])))
