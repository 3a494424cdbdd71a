"""The process that is killed: does the steps of the daily Dag, as its tasks would, without Airflow.

It has everything imported and waits for jobs on its standard input, one JSON object a line; each is done by
a process of its own, forked before any library has begun a thread. The shim is in it by LD_PRELOAD.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import time
import traceback
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.dataset  # would be imported by the first job, every time
import pyarrow.parquet  # noqa: F401

from airflow_provider_trackingmore.api import TrackingMoreClient
from airflow_provider_trackingmore.store import publish, run_models, write_parquet
from airflow_provider_trackingmore.sync import sync


class Time:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


def extract(folder: Path, job: dict[str, Any]) -> None:
    clock = Time()
    client = TrackingMoreClient(
        *(job["key"], job["version"], job["url"]),
        page_size=job["page_size"],
        monotonic=clock.monotonic,
        sleep=clock.sleep,
    )
    with client:
        sync(client, folder / "warehouse.duckdb", keep_landing=timedelta(days=7))


def models(folder: Path, _: dict[str, Any]) -> None:
    run_models(folder / "warehouse.duckdb")


def published(folder: Path, _: dict[str, Any]) -> None:
    publish(folder / "warehouse.duckdb", folder / "published" / "analytics.duckdb")


def parquet(folder: Path, _: dict[str, Any]) -> None:
    write_parquet(folder / "warehouse.duckdb", folder / "parquet")


STEPS = {"sync": extract, "models": models, "publish": published, "parquet": parquet}
MOMENTS = ("before", "half", "after")


def do(job: dict[str, Any]) -> None:
    """Do the job in this process, and end it."""
    try:
        folder, point = Path(job["folder"]), job.get("point") or ["", 0, "before"]
        log = os.open(job["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND) if job.get("log") else -1
        arguments = [os.fsencode(folder), point[0].encode(), point[1], MOMENTS.index(point[2]), log]
        ctypes.CDLL(None).kill_at(*arguments)
        for step in job["steps"]:
            STEPS[step](folder, job)
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def main() -> None:
    if len(os.listdir("/proc/self/task")) > 1:
        sys.exit("a library has begun a thread: forking is not safe")
    for line in sys.stdin:
        job = json.loads(line)
        child = os.fork()
        if not child:
            do(job)
        if job.get("seconds") is not None:
            time.sleep(job["seconds"])
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
