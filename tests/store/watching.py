"""Readers and writers in processes of their own, beside what a test does."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_IMPORTS = """
import json, os, select, sys, traceback
import duckdb
"""

_LOOP = """
seen, errors, busy, reads = set(), [], 0, 0
print("ready", flush=True)
while not select.select([sys.stdin], [], [], 0.03)[0]:
    try:
        seen.add(look(sys.argv[1]))
        reads += 1
    except Exception as error:
        if "lock" in str(error).lower():
            busy += 1
        else:
            errors.append(traceback.format_exc())
print(json.dumps({"seen": sorted(seen), "errors": errors[:3], "busy": busy, "reads": reads}))
"""


class Watch:
    """What the readers met, once they have ended."""

    def __init__(self) -> None:
        self.results: list[dict[str, Any]] = []

    @property
    def errors(self) -> list[str]:
        return [error for result in self.results for error in result["errors"]]

    @property
    def seen(self) -> set[tuple[Any, ...]]:
        return {tuple(one) for result in self.results for one in result["seen"]}


@contextmanager
def watching(path: str, *looks: str) -> Iterator[Watch]:
    """Read ``path`` in a loop, with one process for each source of a function ``look(path)``."""
    watch = Watch()
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", _IMPORTS + look + _LOOP, path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for look in looks
    ]
    try:
        for reader in readers:
            assert reader.stdout.readline() == "ready\n"
        yield watch
        watch.results = [json.loads(reader.communicate("end")[0]) for reader in readers]
    finally:
        for reader in readers:
            reader.kill()
            reader.communicate()


class Writer:
    """A process that has a DuckDB file open for writing, though nobody should."""

    _SCRIPT = """
import sys, time
import duckdb

while True:
    try:
        connection = duckdb.connect(sys.argv[1], config={"checkpoint_threshold": "1GB"})
        break
    except duckdb.IOException:  # a reader has it open
        time.sleep(0.001)
connection.execute("SET threads = 1")
print("open", flush=True)
for line in sys.stdin:
    connection.execute(line)
    print("done", flush=True)
while True:
    connection.execute("INSERT INTO notes FROM range(10)")
"""

    def __init__(self, path: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", self._SCRIPT, path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout.readline() == "open\n"

    def execute(self, sql: str) -> None:
        self._process.stdin.write(sql + "\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "done\n"

    def kill_while_writing(self) -> None:
        self._process.stdin.close()
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()
