"""A stage on which stories of a moving service are played, each from an empty account and warehouse.

Sandbox, HTTP, client, sync and DuckDB file are the real ones; time passes only when somebody sleeps or the
story says so.
"""

from __future__ import annotations

import gc
import itertools
import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb
from moving_client import START, AtOnce, Killed, Time, client_for, overtaken
from moving_pages import Decoded
from moving_stories import (
    RESTLESS,
    Action,
    Add,
    Again,
    Cap,
    Delete,
    Fault,
    Hand,
    Kill,
    Limit,
    Run,
    Scan,
    Story,
    Touch,
    Unscan,
    Wait,
)
from moving_witness import Witness

from airflow_provider_trackingmore import fetching, reading
from airflow_provider_trackingmore.exceptions import TransientError
from airflow_provider_trackingmore.sandbox import Sandbox
from airflow_provider_trackingmore.store.warehouse import SETTINGS, open_warehouse
from airflow_provider_trackingmore.sync import sync

MOST_RECORDS = 30


@dataclass
class Tally:
    """What was played; ``examples`` counts stories that differ."""

    examples: int = 0
    runs: int = 0
    requests: int = 0
    records: int = 0
    incomplete: int = 0


class Stage:
    """One sandbox and one warehouse on which any number of stories are played, each from nothing."""

    def __init__(self) -> None:
        self.tally = Tally()
        self._played: set[str] = set()
        self._decoded = Decoded()
        # What is imported by now stays: looking through it for garbage is a fifth of a story.
        gc.freeze()
        # In memory where the machine has such a place: the disk is not what is tried here.
        shm = Path("/dev/shm")
        self._folder = Path(tempfile.mkdtemp(prefix="moving-", dir=shm if shm.is_dir() else None))
        self._warehouse = self._folder / "warehouse.duckdb"
        with open_warehouse(self._warehouse):
            pass
        # As long as this connection is open, opening the file again costs next to nothing.
        self._connection = duckdb.connect(str(self._warehouse), config=dict(SETTINGS))
        self._connection.execute("SET GLOBAL threads = 1")
        self._box = Sandbox(trackings=0, now=START, frozen=True, rate_limit=False).start()

    def close(self) -> None:
        self._box.stop()
        self._connection.close()
        shutil.rmtree(self._folder)

    def play(self, story: Story) -> None:
        """Play a story from an empty warehouse and an empty account to the quiet run at its end."""
        self._clear()
        self._box.begin_anew(now=START)
        self._box.switches.update({"page_cap": story.cap, **story.switches})
        self._story = story
        self._witness = Witness(self._box, story.version)
        self._time = Time(self._box, story.ticking)
        self._titles = itertools.count()
        self._by_hand: tuple[datetime | None, datetime | None] = (None, None)
        self._has_shrunk = self._is_left = False
        for run in story.runs:
            # Between runs pages may do as they like, unless one that was killed, or gave up, is gone on with.
            self._has_shrunk &= self._is_left
            self._act(run.before)
            self._has_shrunk &= self._is_left
            self._run(run)
        self._act((Wait(2 + self._box.switches.seconds_shown_late),))
        # In time that passes, the service refreshes what is due.
        self._time.is_ticking = False
        before = self.tally.requests
        result = self._sync(Run(page_size=story.runs[-1].page_size))
        assert result["complete"], "a quiet run is not complete"
        self._witness.check(self._connection)
        self._witness.check_quiet(self._connection)
        asked, records = self.tally.requests - before, len(self._witness.shown)
        assert asked <= 100 + 60 * records, f"{asked} requests for {records} records that do not move"
        if repr(story) not in self._played:
            self._played.add(repr(story))
            self.tally.examples += 1
        self.tally.records += records

    def _run(self, run: Run) -> None:
        before = self._loads()
        try:
            result = self._sync(run)
        except Killed:
            self._is_left = True
            assert isinstance(run.trouble, Kill)
            self._witness.check(self._connection)
            return
        except TransientError:
            self._is_left = True
            # What went wrong for ever is given up on, and nothing else.
            assert isinstance(run.trouble, Fault)
            assert run.trouble.times is None
            self._witness.check(self._connection)
            return
        finally:
            self._box.faults.clear()
        if result.get("out_of_requests"):
            self._is_left = True
            assert isinstance(run.trouble, Limit)
            self._witness.check(self._connection)
            return
        added = [row for row in self._loads() if row not in before]
        assert (result["run_id"], result["complete"]) == added[-1], f"{result} is not on record: {added}"
        self.tally.incomplete += not result["complete"]
        self._witness.check(self._connection)

    def _sync(self, run: Run) -> dict[str, Any]:
        moves = itertools.islice(itertools.cycle(run.during), RESTLESS if run.restless else len(run.during))
        lists, broken = set(), []

        def move(route: str, query: dict[str, str]) -> None:
            try:
                paging = self._witness.service.paging
                asked_for = frozenset(item for item in query.items() if item[0] not in paging)
                if asked_for in lists or not run.only_later_pages:
                    self._act(next(moves, ()))
                lists.add(asked_for)
                self._witness.look()
                self._witness.asked()
            except BaseException as error:
                # The sandbox would make an ordinary error 500 of it.
                broken.append(error)
                raise

        times = None
        if isinstance(run.trouble, Fault):
            times = run.trouble.times
            self._box.faults.add(run.trouble.kind, after=run.trouble.after, times=times)
        client = client_for(
            self._box,
            self._story.version,
            self._time,
            page_size=run.page_size,
            retries=5 if times else 1,
        )
        client.killed_at = run.trouble.at if isinstance(run.trouble, Kill) else None
        self._witness.look()
        self._box.before_request = move
        try:
            with (
                patch.object(fetching, "decode_page", self._decoded),
                patch.multiple(reading, ThreadPoolExecutor=AtOnce, wait=overtaken, FEW=self._story.few),
            ):
                window = self._window(run.hand)
                most = run.trouble.requests if isinstance(run.trouble, Limit) else None
                in_flight = self._story.in_flight
                return sync(client, self._warehouse, *window, in_flight=in_flight, most_requests=most)
        finally:
            self._box.before_request = None
            client.close()
            self.tally.runs += 1
            self.tally.requests += client.request_count
            if broken:
                raise broken[0]

    def _window(self, hand: Hand | Again | None) -> tuple[datetime | None, datetime | None]:
        now = self._witness.date
        match hand:
            case None:
                return None, None
            case Hand(None, last):
                # An end that the watermark has passed is refused.
                return None, _moment(max(now - last, self._witness.watermark or 0))
            case Hand(first, last):
                self._by_hand = _moment(now - last - max(first, 1)), _moment(now - last)
        return self._by_hand

    def _act(self, actions: tuple[Action, ...]) -> None:
        world = self._box.world
        for action in actions:
            names = [record.shipment.id for record in world.records()]
            match action:
                case Add(count):
                    for _ in range(min(count, MOST_RECORDS - len(names))):
                        world.add(title=self._title())
                case Wait(seconds):
                    self._box.clock.advance(seconds=seconds)
                case Cap(size):
                    self._cap(size)
                case _ if not names:
                    pass
                case Touch(first, count):
                    for place in range(first, first + min(count, len(names))):
                        world.touch(names[place % len(names)], title=self._title())
                case Scan(which):
                    world.scan(names[which % len(names)])
                case Unscan(which):
                    world.unscan(names[which % len(names)])
                case Delete(which):
                    world.delete(names[which % len(names)])

    def _cap(self, size: int | None) -> None:
        """Change the cap; what shrank in a run does not grow in it again, unless a total or cursor tells."""
        switches = self._box.switches
        before, after = (cap or 10**9 for cap in (switches.page_cap, size))
        if self._story.version in ("v3", "v4") and self._has_shrunk and after > before:
            return
        self._has_shrunk |= after < before
        switches.page_cap = size

    def _title(self) -> str:
        return f"change {next(self._titles)}"

    def _loads(self) -> list[tuple[str, bool]]:
        return self._connection.execute("SELECT run_id, is_complete FROM loads ORDER BY rowid").fetchall()

    def _clear(self) -> None:
        tables = self._connection.execute(
            "SELECT schema_name || '.' || table_name FROM duckdb_tables()"
            " WHERE table_name <> 'schema_version'"
        ).fetchall()
        for (table,) in tables:
            self._connection.execute(f"DELETE FROM {table}")
        for path in self._folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path)


def _moment(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)
