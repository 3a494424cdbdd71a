"""Our way beside others, over the same pages, in one run: ratios, because seconds say little.

Every figure is a wall time divided by that of ``orjson.loads`` over the same bytes in the same round; the
median of the rounds is printed with the smallest and largest. Decoding has one core, loading what the
machine has. Targets are checked.
"""

from __future__ import annotations

import gc
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import peers
import pyarrow as pa
from pages import pages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROUNDS = 4
PAGES = 20


def main() -> int:
    """Print the ratios; 1 if a target is missed."""
    bodies = pages(PAGES)
    size, scans = sum(map(len, bodies)) / 1e6, peers.count_checkpoints(bodies)
    print(f"{PAGES} pages of 2,000 trackings, {size:.0f} MB, {scans:,} checkpoints\n")
    with one_core():
        decode = ratios("typed Arrow tables, on one core", bodies, peers.decode, ROUNDS)
    load = ratios("merged DuckDB tables", bodies, peers.load, ROUNDS)
    pandas = ratios("pandas.json_normalize to DuckDB", bodies, peers.load_with_pandas, 1)
    # dlt takes about a hundred times as long, so it gets a tenth of the pages.
    dlt = ratios("dlt's default merge to DuckDB", bodies[: PAGES // 10], peers.load_with_dlt, 1)
    few, many = peak_memory(10), peak_memory(40)
    print(f"peak memory while reading: {few} MB after 10 pages, {many} MB after 40\n")
    targets = [
        ("typed Arrow tables, x orjson.loads", decode, decode <= 1.0, "at most 1.0"),
        ("merged DuckDB tables, x orjson.loads", load, load <= 2.2, "at most 2.2"),
        ("times as fast as pandas.json_normalize", pandas / load, pandas / load >= 4, "at least 4"),
        ("times as fast as dlt's default merge", dlt / load, dlt / load >= 40, "at least 40"),
        ("memory of 40 pages, x that of 10", many / few, many / few <= 1.1, "at most 1.1"),
    ]
    for name, value, reached, target in targets:
        print(f"{name:<42}{value:>8.2f}  {target:<12} {'ok' if reached else 'MISSED'}")
    return 0 if all(reached for _, _, reached, _ in targets) else 1


def peak_memory(count: int) -> int:
    """Return the peak in megabytes of a process that decodes and lands ``count`` pages."""
    script = Path(__file__).with_name("memory.py")
    done = subprocess.run([sys.executable, script, str(count)], capture_output=True, text=True, check=True)
    return int(done.stdout.split()[0])


@contextmanager
def one_core() -> Iterator[None]:
    """Let this process and Arrow use a single core inside."""
    cores, threads = os.sched_getaffinity(0), pa.cpu_count()
    os.sched_setaffinity(0, {min(cores)})
    pa.set_cpu_count(1)
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)
        pa.set_cpu_count(threads)


def ratios(name: str, bodies: list[bytes], way: Callable[[list[bytes], Path], None], rounds: int) -> float:
    """Return the median over rounds of one way's time as a multiple of ``orjson.loads``."""
    found = []
    for _ in range(rounds + 1):
        base = seconds(lambda: parse(bodies))
        with tempfile.TemporaryDirectory() as folder:
            found.append(seconds(lambda folder=folder: way(bodies, Path(folder))) / base)
    kept = found[1:]  # the first round pays for imports and warm-up
    median = statistics.median(kept)
    print(f"{name:<34}{median:>8.2f} x orjson.loads ({min(kept):.2f} to {max(kept):.2f})", flush=True)
    return median


def seconds(work: Callable[[], None]) -> float:
    """Return the wall time of one call."""
    gc.collect()
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def parse(bodies: list[bytes]) -> None:
    """Parse every page and drop the result."""
    for body in bodies:
        orjson.loads(body)


if __name__ == "__main__":
    sys.exit(main())
