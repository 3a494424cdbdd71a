"""Reading the windows of a run: several requests in flight, each answer landed before the next cut."""

from __future__ import annotations

import logging
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

from airflow_provider_trackingmore.api.pages import walk
from airflow_provider_trackingmore.api.windows import Planner, Window, is_whole
from airflow_provider_trackingmore.progress import Progress
from airflow_provider_trackingmore.store.load import Reading
from airflow_provider_trackingmore.tables import decode_page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_trackingmore.api import Answer, TrackingMoreClient
    from airflow_provider_trackingmore.store.landing import Run
    from airflow_provider_trackingmore.tables import Page

log = logging.getLogger(__name__)

# As long as no larger page was ever seen, so few records are proved by reading them twice.
FEW = 10

# How often a window that cannot be cut is read until two passes agree.
MOST_PASSES = 10


def decode(client: TrackingMoreClient, answer: Answer, *, include_personal_data: bool = False) -> Page | None:
    """Return the page of a list's answer, or None where the code itself says that there is nothing."""
    if answer.is_empty:
        return None
    return decode_page(
        answer.body,
        version=client.version.name,
        account=client.account,
        observed_at=answer.received_at,
        include_personal_data=include_personal_data,
    )


class WindowReader:
    """Reads windows into the landing folder of a run, and proves that each is whole.

    ``expected`` is about how many records there are, where that is known, for telling the progress.
    """

    def __init__(
        self,
        client: TrackingMoreClient,
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
        self._requests_before = requests_before
        self._waited_before = client.waited_seconds
        self._torn: list[Window] = []
        self._received = self._checkpoints = self._irregular = 0
        self._largest_page = largest_page
        self._progress = Progress()
        self._done: list[Window] = []
        for facts in run.finished_windows():
            self._done.append(Window(facts["axis"], facts["first"], facts["last"]))
            self._received += facts["received"]

    @property
    def capacity(self) -> int:
        """Return how many records a request can be expected to bring at most."""
        asked: int = self._client.page_size
        return min(asked, self._largest_page or asked)

    def read(self, planner: Planner) -> None:
        """Read all windows of one axis."""
        planner.skip(self._done)
        seconds = max(1, planner.seconds_left)
        with ThreadPoolExecutor(self._in_flight, thread_name_prefix="trackingmore") as pool:
            flying: dict[Future[tuple[Answer, Page | None]], Window] = {}
            while True:
                while len(flying) < self._in_flight and (window := planner.take()):
                    flying[pool.submit(self._read_page, window)] = window
                if not flying:
                    return
                for future in wait(flying, return_when=FIRST_COMPLETED).done:
                    self._settle(planner, flying.pop(future), *future.result())
                self._tell(planner, seconds)

    def result(self) -> Reading:
        """Return what all the reading came to."""
        return Reading(
            is_complete=not self._torn,
            requests=self._client.request_count - self._requests_before,
            windows=len(self._done),
            received=self._received,
            irregular_pages=self._irregular,
            waited_seconds=self._client.waited_seconds - self._waited_before,
            largest_page=self._largest_page,
        )

    def _fetch(self, window: Window, page: int = 1) -> Answer:
        axis = {window.axis: window.bounds}
        return self._client.list_page(page=page, created=axis.get("created"), updated=axis.get("updated"))

    def _read_page(self, window: Window) -> tuple[Answer, Page | None]:
        """Return the first page of a window, decoded in the thread that waited for it."""
        answer = self._fetch(window)
        return answer, self._decode(answer)

    def _decode(self, answer: Answer) -> Page | None:
        return decode(self._client, answer, include_personal_data=self._include_personal_data)

    def _settle(self, planner: Planner, window: Window, answer: Answer, page: Page | None) -> None:
        """Keep what came, then decide: the window is whole, is read again, or is cut."""
        count = self._land(window, 1, page)
        if is_whole(count, self._client.page_size, self._largest_page, answer.total):
            planner.proved(window, count)
            self._finish(window, count)
        elif window.length == 1 or count == self._largest_page <= FEW:
            self._read_until_equal(window)
        else:
            planner.cut(window, answer.total or count)

    def _read_until_equal(self, window: Window) -> None:
        """Walk the pages of a window until two passes agree.

        A record can be skipped only when another one left, and one that left is missing from the next
        pass: two equal passes prove that nothing moved.
        """
        before: set[str] | None = None
        for _ in range(MOST_PASSES):
            seen: list[str] = []
            pages = iter(range(1, 1_000_000))

            def ids_of(answer: Answer, seen: list[str] = seen, pages: Iterator[int] = pages) -> list[str]:
                page = self._decode(answer)
                self._land(window, next(pages), page)
                found = page.marks() if page else []
                seen += found
                return found

            for _answer in walk(lambda page: self._fetch(window, page), ids_of):
                pass
            if before == set(seen):
                self._finish(window, len(seen))
                return
            before = set(seen)
        log.warning("the window %s did not hold still for %d passes", window, MOST_PASSES)
        self._torn.append(window)

    def _land(self, window: Window, number: int, page: Page | None) -> int:
        """Keep a page and return how many records it held, rejected ones included."""
        if page is None or not page.received:
            return 0
        self._run.land(f"{_name(window)}.{number}", page)
        self._received += page.received
        self._checkpoints += page.checkpoints.num_rows
        self._irregular += page.reader != "fast"
        self._largest_page = max(self._largest_page, page.received)
        return page.received

    def _finish(self, window: Window, received: int) -> None:
        self._run.finish_window(
            _name(window),
            {
                "axis": window.axis,
                "first": window.first,
                "last": window.last,
                "received": received,
            },
        )
        self._done.append(window)

    def _tell(self, planner: Planner, seconds: int) -> None:
        share = 1 - planner.seconds_left / seconds
        if self._expected:
            share = min(1.0, self._received / self._expected)
        requests = self._client.request_count - self._requests_before
        self._progress.tell(planner.axis, requests, self._received, self._checkpoints, share)


def _name(window: Window) -> str:
    return f"{window.axis}-{window.first}-{window.last}"
