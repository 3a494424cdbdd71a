"""All kills: every site of every step, at its first, middle and last call, before, in and after it.

``make prove-kill`` runs it; ``--seeds`` says in how many worlds, ``--sample`` tries only so many points.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from killing import Days, all_points, any_time, pairs, some_points


def main() -> int:
    """Kill, and return 1 if any kill left a trace."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seeds", type=int, default=2, help="worlds to do it in")
    options.add_argument("--sample", type=int, help="points per world; all if left out")
    options.add_argument("--versions", nargs="+", default=["v4", "v2"], help="versions of the service")
    given = options.parse_args()
    killed = tried = bad = 0
    for seed in range(1, given.seeds + 1):
        with (
            tempfile.TemporaryDirectory() as folder,
            Days(Path(folder), seed, versions=given.versions, workers=os.cpu_count() or 2) as days,
        ):
            points = some_points(days, seed, given.sample) if given.sample else all_points(days)
            points += pairs(days, seed, len(points) // 10) + any_time(days, seed, len(points) // 10)
            print(f"world {seed}: {len(points)} points", flush=True)
            for outcome in days.kill(points):
                tried += 1
                killed += outcome.killed
                bad += bool(outcome.differences)
                if outcome.differences:
                    print(outcome.point, *outcome.differences, sep="\n    ", flush=True)
                if tried % 100 == 0:
                    print(f"{tried} tried, {killed} killed, {bad} left a trace", flush=True)
    print(f"{tried} tried, {killed} killed, {bad} left a trace")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
