"""Play thousands of stories of a moving service, in one process for each processor, and sum them up."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

TEST = "tests/sync/test_moving_service.py::test_nothing_is_lost_or_doubled_while_the_service_moves"


def main(examples: int) -> int:
    """Return 0 if no story of ``examples`` lost or doubled anything."""
    processes = os.cpu_count() or 1
    each = -(-examples // processes)
    with tempfile.TemporaryDirectory() as folder:
        playing = []
        for number in range(processes):
            seed, tally = secrets.randbelow(10**9), Path(folder, f"{number}.json")
            print(f"{each} stories with seed {seed}", flush=True)
            command = [sys.executable, "-m", "pytest", "-q", "--tb=short", "--show-capture=no", TEST]
            environment = {"MOVING_EXAMPLES": str(each), "MOVING_SEED": str(seed), "MOVING_TALLY": str(tally)}
            playing.append(subprocess.Popen(command, env=os.environ | environment))
        failed = sum(process.wait() != 0 for process in playing)
        total: Counter[str] = Counter()
        for tally in Path(folder).iterdir():
            total.update(json.loads(tally.read_text()))
    print(", ".join(f"{count:,} {name}" for name, count in total.items()))
    print(f"{failed} of {processes} processes found something" if failed else "0 lost, 0 doubled")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
