"""Reading the windows of a run: several requests in flight, each answer landed before the next cut."""

from __future__ import annotations

import logging
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from airflow_provider_trackingmore.api.windows import (
    SHORTEST,
    Doubts,
    Planner,
    Totals,
    Window,
    burst,
    is_whole,
)
from airflow_provider_trackingmore.exceptions import RequestsUsedUpError, TrackingMoreError
from airflow_provider_trackingmore.fetching import decode, fetch
from airflow_provider_trackingmore.progress import Progress
from airflow_provider_trackingmore.store.landing import Range
from airflow_provider_trackingmore.store.load import Reading
from airflow_provider_trackingmore.tally import Tally
from airflow_provider_trackingmore.walking import MOST_PASSES, Walker

if TYPE_CHECKING:
    from airflow_provider_trackingmore.api import Answer, ServiceClient
    from airflow_provider_trackingmore.store.landing import Run
    from airflow_provider_trackingmore.tables import Page

log = logging.getLogger(__name__)

# As long as no larger page was ever seen, so few records are most likely all: they are read twice, or cut.
FEW = 10

# A window in which one second holds nearly everything is read as it is; with less, the second is cut out.
NEARLY_ALL, MOST = 0.9, 0.5


class _Question(NamedTuple):
    """A request for a window, and the largest page and the place among the doubts when it was sent.

    Answers overtake each other, so what another one taught meanwhile says nothing of this one: pages may have
    become larger since it was written, or smaller since the other one was.
    """

    window: Window
    largest_page: int
    sent: int


class WindowReader:
    """Reads windows into the landing folder of a run, and proves that each is whole.

    ``largest_page`` is what was learnt earlier; ``expected`` is about how many records there are, where that
    is known, for telling the progress. ``finished_windows`` counts what this process finished.
    """

    def __init__(
        self,
        client: ServiceClient,
        run: Run,
        *,
        largest_page: int,
        in_flight: int,
        include_personal_data: bool,
        expected: int | None = None,
        requests_before: int = 0,
    ) -> None:
        self._client = client
        self._run = run
        self._in_flight = in_flight
        self._include_personal_data = include_personal_data
        self._expected = expected
        self._missing: list[str] = []
        self._largest_page = largest_page
        self._totals = Totals()
        self._walker = Walker(client, self._totals, self._decode, self._keep)
        # What stands behind a crowded second is walked with it, unless it moves or requests are counted.
        self._walks_little = client.has_limit
        self._earliest: datetime | None = None
        self._progress = Progress()
        self._done: list[Window] = []
        self._doubts = Doubts()
        finished = run.finished_windows()
        self._tally = Tally(client, requests_before, finished)
        for facts in finished:
            window = Window(facts["axis"], facts["first"], facts["last"])
            self._done.append(window)
            if facts.get("by_size", True):
                self._doubts.add(window, facts["received"])
            if heard := facts.get("earliest_answer"):
                self._hear(datetime.fromisoformat(heard))
        self.finished_windows = 0

    def read(
        self, axes: tuple[str, ...], first: int, last: int, density: float | None, opening: Answer
    ) -> None:
        """Read all windows of all axes, until no proof of a whole window is left in doubt.

        ``opening`` answers the run's first request, for the whole list.
        """
        self._weigh(opening)
        for _ in range(MOST_PASSES):
            planners = [Planner(axis, first, last, self._capacity, density) for axis in axes]
            for planner in planners:
                planner.skip(self._done)
            try:
                for planner in planners:
                    self._read(planner)
            except RequestsUsedUpError as error:
                spans = [(planner.axis, *planner.span_left) for planner in planners if planner.seconds_left]
                error.left = " and ".join(str(Window(*span)) for span in spans)
                raise
            if self._missing or not self._doubts or not self._weigh(self._closing()):
                return
        self._missing.append(f"the service's pages did not keep their size for {MOST_PASSES} passes")

    def _closing(self) -> Answer:
        try:
            return self._client.list_page()
        except RequestsUsedUpError as error:
            error.left = "no more than the question whether pages have kept their size"
            raise

    def _weigh(self, answer: Answer) -> int:
        """Learn from an answer for the whole list how large pages are now.

        Windows proved by a size that is smaller still are whole; return how many others are open again.
        """
        self._hear(answer.service_time)
        page = self._decode(answer)
        given = page.received if page else 0
        if given < self._capacity and self._largest_page:
            log.info("the list begins with a page of %d now, not of %d as before", given, self._capacity)
        self._largest_page = given
        self._doubts.end(self._doubts.now, given)
        again = self._doubts.take()
        for window in again:
            self._run.reopen_window(window.name)
            self._done.remove(window)
        if again:
            log.warning("reading %d windows again that may have been cut off at %d", len(again), given)
        return len(again)

    def result(self) -> Reading:
        """Return what all the reading came to."""
        return Reading(
            is_complete=not self._missing,
            requests=self._tally.requests,
            windows=len(self._done),
            received=self._tally.received,
            irregular_pages=self._tally.irregular_pages,
            waited_seconds=self._tally.waited_seconds,
            largest_page=self._largest_page,
            missing="; ".join(self._missing) or None,
        )

    def believable(self, window: Range) -> Range:
        """Return the run's window, ending no later than any answer was given.

        Clocks only go forward: if an answer that came later bears an earlier time, then the one that told
        the end of the window bore a wrong one.
        """
        if self._earliest is None or self._earliest >= window.last:
            return window
        log.warning(
            "the window was to end at %s, but later answers bear %s: it ends there",
            *(window.last, self._earliest),
        )
        return Range(window.first, max(self._earliest, window.first or self._earliest))

    @property
    def _capacity(self) -> int:
        """Return how many records a request can be expected to bring at most."""
        asked: int = self._client.page_size
        return min(asked, self._largest_page or asked)

    def _hear(self, moment: datetime | None) -> None:
        if moment is not None:
            self._earliest = min(self._earliest or moment, moment)

    def _read(self, planner: Planner) -> None:
        seconds = max(1, planner.seconds_left)
        failure: TrackingMoreError | None = None
        with ThreadPoolExecutor(self._in_flight, thread_name_prefix=self._client.service.name) as pool:
            flying: dict[Future[tuple[Answer, Page | None]], _Question] = {}
            while True:
                # Until a window fits, each tells how short the next one must be.
                most = 1 if planner.is_seeking else self._in_flight
                while failure is None and len(flying) < most and (window := planner.take()):
                    question = self._question(window)
                    flying[pool.submit(self._read_page, window)] = question
                if not flying:
                    break
                for future in wait(flying, return_when=FIRST_COMPLETED).done:
                    question = flying.pop(future)
                    try:
                        self._settle(planner, question, *future.result())
                    except TrackingMoreError as error:
                        # What else is in flight is kept before the run ends.
                        planner.give_back(question.window)
                        failure = failure or error
                self._tell(planner, seconds)
        if failure is not None:
            raise failure

    def _read_page(self, window: Window) -> tuple[Answer, Page | None]:
        """Return the first page of a window, decoded in the thread that waited for it."""
        answer = fetch(self._client, window)
        return answer, self._decode(answer)

    def _decode(self, answer: Answer) -> Page | None:
        return decode(self._client, answer, include_personal_data=self._include_personal_data)

    def _question(self, window: Window) -> _Question:
        return _Question(window, self._largest_page, self._doubts.now)

    def _settle(self, planner: Planner, question: _Question, answer: Answer, page: Page | None) -> None:
        """Keep what came, then decide: the window is whole, is read again, or is cut."""
        self._hear(answer.service_time)
        window = question.window
        count = self._land(question, page)
        planner.capacity = self._capacity
        # A cursor says for itself whether more is to come.
        has_cursor, leads_on = answer.next_cursor is not None, bool(answer.next_cursor)
        total = answer.total if has_cursor else self._totals.believed(answer.total, count, self._capacity)
        if has_cursor and not leads_on and total != count:
            # The end and the total contradict each other: only the size is left to prove anything.
            total = None
        if page is None or (
            not leads_on and is_whole(count, self._client.page_size, question.largest_page, total)
        ):
            planner.proved(window, count)
            self._finish(window, count, by_size=total != count)
            return
        seconds = page.seconds(window.axis)
        if window.length <= SHORTEST or not seconds:
            self._read_until_equal(window, answer, MOST_PASSES)
            return
        is_few = count == self._largest_page <= FEW and count < self._client.page_size
        if is_few and self._read_until_equal(window, answer, 2, mostly=range(0)):
            return
        second, share = burst(seconds)
        if share >= NEARLY_ALL:
            nearby = range(second - 1, second + 2) if self._walks_little else None
            if self._read_until_equal(window, answer, 2, mostly=nearby):
                return
            self._walks_little = True
        if share >= MOST:
            middle = planner.around(window, second)
            self._read_until_equal(middle, answer, MOST_PASSES, is_first_page=False)
        else:
            planner.cut(window, seconds, total)

    def _read_until_equal(
        self,
        window: Window,
        begun: Answer,
        passes: int,
        *,
        is_first_page: bool = True,
        mostly: range | None = None,
    ) -> bool:
        """Walk a window that cannot be cut; ``begun`` is the answer that called for it."""
        received = self._walker.walk(window, begun, passes, is_first_page=is_first_page, mostly=mostly)
        if received is not None:
            self._finish(window, received, by_size=False)
            return True
        if passes == MOST_PASSES:
            self._missing.append(f"{window} did not hold still for {passes} passes")
        return False

    def _keep(self, window: Window, answer: Answer) -> Page | None:
        """Decode and keep one more page of a walk."""
        self._hear(answer.service_time)
        page = self._decode(answer)
        self._land(self._question(window), page)
        return page

    def _land(self, question: _Question, page: Page | None) -> int:
        """Keep a page and return how many records it held, rejected ones included."""
        if page is None or not page.received:
            return 0
        self._run.land(question.window.name, page)
        self._tally.add(page)
        self._doubts.end(question.sent, page.received)
        self._largest_page = max(self._largest_page, page.received)
        return page.received

    def _finish(self, window: Window, received: int, *, by_size: bool) -> None:
        self._run.finish_window(
            window.name,
            {
                "axis": window.axis,
                "first": window.first,
                "last": window.last,
                "received": received,
                "by_size": by_size,
                "earliest_answer": self._earliest and self._earliest.isoformat(),
                "so_far": self._tally.so_far(),
            },
        )
        self._done.append(window)
        self.finished_windows += 1
        if by_size:
            self._doubts.add(window, received)

    def _tell(self, planner: Planner, seconds: int) -> None:
        share = 1 - planner.seconds_left / seconds
        if self._expected:
            share = min(1.0, self._tally.received / self._expected)
        tally = self._tally
        self._progress.tell(planner.axis, tally.requests, tally.received, tally.checkpoints, share)
