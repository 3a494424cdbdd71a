"""Peak memory of loading pages, in a process of its own.

``memory.py COUNT`` prints megabytes after reading, and after the merge, which DuckDB's memory limit bounds.

Pages are made one at a time, so that what is measured is the load and not the pages.
"""

from __future__ import annotations

import random
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from pages import page
from peers import ACCOUNT

from airflow_provider_trackingmore.store.landing import Asked, Range, start_run
from airflow_provider_trackingmore.store.load import Reading, load_run
from airflow_provider_trackingmore.tables import decode_page


def main(count: int) -> None:
    """Decode, land and merge ``count`` pages of 2,000 trackings."""
    draw, now = random.Random(1), datetime(2026, 11, 20)
    with tempfile.TemporaryDirectory() as folder:
        run = start_run(f"{folder}/landing", ACCOUNT, Asked(None, None), Range(None, now.replace(tzinfo=UTC)))
        for number in range(count):
            run.land(f"created-{number}", decode_page(page(draw, 2000, now)))
        read = peak()
        reading = Reading(True, count, count, 0, 0, 0.0, 2000)
        load_run(Path(folder) / "warehouse.duckdb", ACCOUNT, run, reading)
    print(read, peak())


def peak() -> int:
    """Return the most memory this process has held, in megabytes.

    Not ``getrusage``: a child starts with what its parent held when it was forked.
    """
    status = Path("/proc/self/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) // 1024


if __name__ == "__main__":
    main(int(sys.argv[1]))
