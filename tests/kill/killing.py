"""Killing the steps of a day at chosen calls, doing them again, and comparing with a day undisturbed."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from remains import State, state_of

from airflow_provider_trackingmore.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HERE = Path(__file__).parent
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
STEPS = ("sync", "models", "publish", "parquet")
DAYS = ("first", "later")
# The first day cuts its windows; pages of ten are few enough to be read in passes until two agree.
PAGE_SIZES = {"first": 20, "later": 10}
COMMIT = "fsync warehouse.duckdb.wal"


@dataclass(frozen=True)
class Scene:
    """A step of a day, read through a version of the service: what it starts from is always the same."""

    version: str
    day: str
    step: str


@dataclass(frozen=True)
class Point:
    """Where a process dies: before, after or in the middle of the n-th call of a site, or after a time."""

    scene: Scene
    site: str = ""
    nth: int = 0
    moment: str = "before"
    seconds: float | None = None
    # Where the process that makes it good dies in its turn.
    again: Point | None = None
    # Whether the steps that follow are done as well, before anything is compared.
    to_the_end: bool = True


@dataclass
class Outcome:
    """What became of a point; ``differences`` is empty if nothing tells that there was a kill."""

    point: Point
    killed: bool = False
    differences: list[str] = field(default_factory=list)


class _NoId(str):
    """An id that is empty where the service shows it, so that the record is set aside."""

    def __getitem__(self, _: object) -> str:
        return "abcdef"


def build_shim(folder: Path) -> Path:
    """Compile the shim and return it."""
    shim = folder / "shim.so"
    compiler = ["cc", "-shared", "-fPIC", "-O1", "-o", str(shim), str(HERE / "shim.c"), "-ldl"]
    subprocess.run(compiler, check=True)
    return shim


class Victim:
    """A process that forks one process per job; see ``victim.py``."""

    def __init__(self, shim: Path, errors: Path) -> None:
        self._errors = errors
        environment = os.environ | {
            "LD_PRELOAD": str(shim),
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
            # No thread may be there when it forks.
            "JE_ARROW_MALLOC_CONF": "background_thread:false",
            "OPENBLAS_NUM_THREADS": "1",
            "NUMEXPR_NUM_THREADS": "1",
        }
        with errors.open("wb") as stderr:
            self._process = subprocess.Popen(
                [sys.executable, str(HERE / "victim.py")],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            )

    def do(self, **job: Any) -> int:
        """Return the exit code of a job's process, negative if a signal ended it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"the victim has gone: {self._errors.read_text()}")
        return int(answer)

    def last_words(self) -> str:
        """Return the end of what it wrote to standard error."""
        return self._errors.read_text().strip()[-2000:]

    def close(self) -> None:
        """End it."""
        self._process.communicate()


class Days:
    """Two days of a service, each step of them done once undisturbed, and ready to be killed."""

    def __init__(
        self,
        folder: Path,
        seed: int = 7,
        trackings: int = 40,
        versions: Iterable[str] = ("v4",),
        workers: int = 2,
    ) -> None:
        self._folder, self._versions = folder, versions
        self._seed, self._trackings, self._workers = seed, trackings, workers
        self._victims: SimpleQueue[Victim] = SimpleQueue()
        self.expected: dict[Scene, State] = {}
        self.calls: dict[Scene, list[tuple[str, str]]] = {}

    def __enter__(self) -> Days:
        """Start the service and the victims, and do both days undisturbed."""
        with ExitStack() as stack:
            self._boxes = {day: stack.enter_context(self._service(day)) for day in DAYS}
            shim = build_shim(self._folder)
            for number in range(self._workers):
                victim = Victim(shim, self._folder / f"errors-{number}.txt")
                stack.callback(victim.close)
                self._victims.put(victim)
            for version in self._versions:
                self._undisturbed(version)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop all."""
        self._stack.close()

    def _service(self, day: str) -> Sandbox:
        box = Sandbox(trackings=self._trackings, seed=self._seed, now=NOW, frozen=True, rate_limit=False)
        nameless = box.world.records()[-1].shipment
        nameless.id, nameless.tracking_number = _NoId(), ""
        if day == "later":
            box.clock.advance(hours=20)
            # Scans of the first day that are taken back, a title that changes, trackings that are new.
            known = [record for record in box.world.records() if record.visible > 1]
            for record in known[:3]:
                record.seen[record.level - 1] -= 1
                box.world.touch(record.shipment.id)
            for record in known[3:6]:
                box.world.touch(record.shipment.id, title="another title")
            for number in range(PAGE_SIZES[day] + 1):
                box.world.add(tracking_number=f"BURST{number}")
            box.clock.advance(seconds=5)
        return box

    def _undisturbed(self, version: str) -> None:
        """Do both days and keep what each step starts from, what it calls, and what it leaves."""
        folder = self._folder / f"undisturbed-{version}"
        folder.mkdir()
        for day in DAYS:
            for step in STEPS:
                scene = Scene(version, day, step)
                # So that the second day removes what the first has landed.
                _begin_earlier(folder, timedelta(days=10))
                shutil.copytree(folder, self._start(scene), symlinks=True)
                log = self._folder / "log.txt"
                log.unlink(missing_ok=True)
                self._do(folder, scene, [step], log=str(log))
                lines = log.read_text().splitlines()
                self.calls[scene] = [(site, path) for site, _, path in (x.partition("\t") for x in lines)]
                self.expected[scene] = state_of(folder)

    def sites(self, scene: Scene) -> Counter[str]:
        """Return the sites of a scene, and how often each is met."""
        return Counter(site for site, _ in self.calls[scene])

    def _start(self, scene: Scene) -> Path:
        return self._folder / f"before-{scene.version}-{scene.day}-{scene.step}"

    def _do(self, folder: Path, scene: Scene, steps: Iterable[str], **rest: Any) -> None:
        if said := self._try(folder, scene, steps, **rest)[1]:
            raise RuntimeError(f"{scene} failed undisturbed: {said}")

    def _try(self, folder: Path, scene: Scene, steps: Iterable[str], **rest: Any) -> tuple[int, str]:
        box = self._boxes[scene.day]
        job = {
            "version": scene.version,
            "url": box.url,
            "key": box.key,
            "page_size": PAGE_SIZES[scene.day],
        } | rest
        victim = self._victims.get()
        try:
            code = victim.do(folder=str(folder), steps=list(steps), **job)
            return code, victim.last_words() if code > 0 else ""
        finally:
            self._victims.put(victim)

    def kill(self, points: Iterable[Point]) -> Iterator[Outcome]:
        """Try points, several at a time, and yield what became of each."""
        with ThreadPoolExecutor(self._workers) as pool:
            yield from pool.map(self._kill, points)

    def _kill(self, point: Point) -> Outcome:
        scene, outcome = point.scene, Outcome(point)
        folder = Path(tempfile.mkdtemp(dir=self._folder, prefix="killed-"))
        shutil.copytree(self._start(scene), folder, dirs_exist_ok=True, symlinks=True)
        for one in (point, point.again):
            if one is not None:
                where = [one.site, one.nth, one.moment]
                code, said = self._try(folder, scene, [scene.step], point=where, seconds=one.seconds)
                if code == 0 and one is point and point.nth > 1:
                    # What is in flight together comes in any order, so windows are not always cut alike.
                    shutil.rmtree(folder)
                    return self._kill(replace(point, nth=point.nth // 2))
                if code > 0:
                    outcome.differences.append(f"the process ended by itself: {said}")
                outcome.killed |= code < 0
                # Who comes next comes a while later, so that what was left is known to be left.
                _make_older(folder, timedelta(hours=2))
        steps = STEPS[STEPS.index(scene.step) :] if point.to_the_end else (scene.step,)
        code, said = self._try(folder, scene, steps)
        if code:
            outcome.differences.append(f"the next run ended with {code}: {said}")
        else:
            expected = self.expected[replace(scene, step=steps[-1])]
            outcome.differences += expected.differences(state_of(folder))
        if not outcome.differences:
            shutil.rmtree(folder)
        return outcome


def _make_older(folder: Path, age: timedelta) -> None:
    """Make all files look as if they had been written earlier."""
    for path in folder.rglob("*"):
        moment = path.lstat().st_mtime - age.total_seconds()
        os.utime(path, (moment, moment), follow_symlinks=False)


def _begin_earlier(folder: Path, age: timedelta) -> None:
    """Make all runs look as if they had been begun earlier."""
    for path in folder.rglob("run.json"):
        about = json.loads(path.read_text())
        begun = datetime.fromisoformat(about["started_at"]) - age
        path.write_text(json.dumps(about | {"started_at": begun.isoformat()}))


def moments_of(site: str) -> tuple[str, ...]:
    """Return the moments at which a call can be cut off."""
    return ("before", "half", "after") if site.startswith("write ") else ("before", "after")


def occurrences_of(count: int) -> list[int]:
    """Return the first, a middle and the last of so many calls."""
    return sorted({1, (count + 1) // 2, count})


def all_points(days: Days) -> list[Point]:
    """Return each site of each scene, at its first, middle and last call, at each moment."""
    return [
        Point(scene, site, nth, moment)
        for scene in days.calls
        for site, count in sorted(days.sites(scene).items())
        for nth, moment in product(occurrences_of(count), moments_of(site))
    ]


def some_points(days: Days, seed: int, size: int) -> list[Point]:
    """Return a sample: every site once, in whichever scene, then all commits, then others up to ``size``."""
    choose = random.Random(seed)
    every = all_points(days)
    choose.shuffle(every)
    once = {(point.scene.step, point.site): point for point in every}
    rest = [point for point in every if point not in once.values()]
    rest.sort(key=lambda point: point.site != COMMIT)
    points = [*once.values(), *rest[: max(0, size - len(once))]]
    # What follows a step rests on nothing but the warehouse, which is compared each time.
    return [replace(point, to_the_end=number % 4 == 0) for number, point in enumerate(points)]


def pairs(days: Days, seed: int, size: int) -> list[Point]:
    """Return points at which the process that makes it good is killed as well."""
    choose = random.Random(seed)
    every = all_points(days)
    return [
        Point(
            *(one.scene, one.site, one.nth, one.moment),
            again=choose.choice([point for point in every if point.scene == one.scene]),
        )
        for one in choose.sample(every, size)
    ]


def any_time(days: Days, seed: int, size: int) -> list[Point]:
    """Return points at random times, wherever the process may be then."""
    choose = random.Random(seed)
    scenes = list(days.calls)
    return [Point(choose.choice(scenes), seconds=choose.uniform(0, 0.6)) for _ in range(size)]
