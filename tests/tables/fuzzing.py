"""The fuzzer: pages no service should send, decoded in processes of their own, each held against the oracle.

``make fuzz COUNT=200000 SEED=1`` runs it at length. A page that breaks a rule, ends its process or takes too
long is written to ``.fuzz/`` with a line how to decode it again.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

import fuzz_oracle
import fuzz_pages

ROOT = Path(__file__).parents[2]
OUTCOMES = ("fast", "tolerant", "refused", "finding")
# A page takes milliseconds; this is for a machine with many neighbours.
PATIENCE_SECONDS = 120.0
_context = multiprocessing.get_context("spawn")


@dataclass
class Summary:
    """What became of all pages, and the findings as files."""

    counts: dict[str, int]
    findings: list[Path] = field(default_factory=list)

    def __str__(self) -> str:
        counts = self.counts
        return (
            f"{sum(counts.values()):,} pages: {counts['fast']:,} read by both readers alike, "
            f"{counts['tolerant']:,} by the tolerant one only, {counts['refused']:,} refused, "
            f"{counts['finding']:,} findings"
        )


class _Worker:
    """One process, which takes every n-th page, and what it says of itself in shared memory."""

    def __init__(self, check: Callable[[str, bytes], str], seed: int, numbers: range, folder: Path) -> None:
        self._arguments = (check, seed, folder)
        self.seed = seed
        self.folder = folder
        self.numbers = numbers
        self.counts = _context.RawArray("q", len(OUTCOMES))
        self.current = _context.RawValue("q", numbers.start)
        self.start()

    def start(self) -> None:
        check, seed, folder = self._arguments
        arguments = (check, seed, self.numbers, folder, self.counts, self.current)
        self.process: SpawnProcess = _context.Process(target=_work, args=arguments, daemon=True)
        self.seen, self.since = -1, time.monotonic()
        self.process.start()

    def is_done(self) -> bool:
        """Return whether all pages are through; after a death, keep the page and go on with the next one."""
        if self.process.is_alive():
            if self.current.value != self.seen:
                self.seen, self.since = self.current.value, time.monotonic()
            if time.monotonic() - self.since < PATIENCE_SECONDS:
                return False
            self.process.kill()
        self.process.join()
        if self.process.exitcode == 0:
            return True
        number = self.current.value
        reason = f"it ended or held up its process (exit code {self.process.exitcode})"
        _keep(self.folder, self.seed, number, reason)
        self.counts[OUTCOMES.index("finding")] += 1
        self.numbers = range(number + self.numbers.step, self.numbers.stop, self.numbers.step)
        self.current.value = self.numbers.start
        self.start()
        return False


def run(
    count: int,
    seed: int,
    folder: Path,
    *,
    check: Callable[[str, bytes], str] = fuzz_oracle.check,
    processes: int | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Summary:
    """Decode ``count`` pages and return what became of them; ``check`` must be importable by name."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob(f"{seed}-*.json"):
        old.unlink()
    step = processes or os.cpu_count() or 1
    workers = [_Worker(check, seed, range(first, count, step), folder) for first in range(step)]
    started = told = time.monotonic()
    waiting = workers
    while waiting := [worker for worker in waiting if not worker.is_done()]:
        time.sleep(0.1)
        if time.monotonic() - told > 60:
            told = time.monotonic()
            tell(f"{_counts(workers)} ({told - started:.0f} s)")
    return Summary(_counts(workers).counts, sorted(folder.glob(f"{seed}-*.json")))


def _counts(workers: list[_Worker]) -> Summary:
    sums = (sum(worker.counts[place] for worker in workers) for place in range(len(OUTCOMES)))
    return Summary(dict(zip(OUTCOMES, sums, strict=True)))


def _work(
    check: Callable[[str, bytes], str], seed: int, numbers: range, folder: Path, counts: Any, current: Any
) -> None:
    parent = os.getppid()
    for number in numbers:
        if os.getppid() != parent:
            return  # whoever waited for the result is gone
        current.value = number
        version, body = fuzz_pages.page(seed, number)
        try:
            outcome = check(version, body)
        except Exception as error:
            outcome = "finding"
            _keep(folder, seed, number, f"{type(error).__name__}: {error}")
        counts[OUTCOMES.index(outcome)] += 1


def _keep(folder: Path, seed: int, number: int, reason: str) -> None:
    version, body = fuzz_pages.page(seed, number)
    path = folder / f"{seed}-{number}.{version}.json"
    path.write_bytes(body)
    again = f"PYTHONPATH=tests {Path(sys.executable)} {Path(__file__)} --replay {path}"
    print(f"FOUND {reason[:300]}\n  {again}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--replay", type=Path, help="decode one kept page again, in this process")
    arguments = parser.parse_args()
    if arguments.replay:
        version = arguments.replay.name.split(".")[-2]
        print(fuzz_oracle.check(version, arguments.replay.read_bytes()))
        return 0
    summary = run(arguments.count, arguments.seed, ROOT / ".fuzz", tell=lambda text: print(text, flush=True))
    print(f"{summary}; seed {arguments.seed}")
    return 1 if summary.counts["finding"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
