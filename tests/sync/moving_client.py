"""The clients of stories: the real ones, in a time of their own, with an end that can be told beforehand."""

from __future__ import annotations

import itertools
from concurrent.futures import Executor, Future
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from airflow_provider_trackingmore.api import AfterShipClient, TrackingMoreClient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from airflow_provider_trackingmore.sandbox import Sandbox

# A clock from before 2015 is not believed.
START = datetime(2016, 1, 3, 6, tzinfo=UTC)

# More than any run of such a small account can need, so whoever asks more often never ends.
ENDLESS = 3000


class Killed(BaseException):
    """The process is gone."""


class Time:
    """Time that passes only when somebody sleeps; the world's clock may go along."""

    def __init__(self, box: Sandbox, ticking: bool) -> None:
        self._box, self.is_ticking = box, ticking
        self._seconds = self._owed = 0.0
        self._looks = itertools.count()

    def monotonic(self) -> float:
        return self._seconds

    def sleep(self, seconds: float) -> None:
        self._seconds += seconds
        if self.is_ticking:
            whole, self._owed = divmod(self._owed + seconds, 1)
            self._box.clock.advance(seconds=int(whole))

    def now(self) -> datetime:
        """Return this machine's clock: nobody may read more from it than the order of two looks."""
        return START + timedelta(microseconds=next(self._looks))


class AtOnce(Executor):
    """Does its work where it is handed in, so that a story always goes the same way."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def submit(self, work: Callable[..., Any], /, *args: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(work(*args))
        except Exception as error:
            # Whatever it is, whoever asks for the result meets it.
            future.set_exception(error)
        return future


class Done(NamedTuple):
    """What :func:`concurrent.futures.wait` returns, as far as it is read."""

    done: list[Future[Any]]


def overtaken(flying: Iterable[Future[Any]], **_: Any) -> Done:
    """Hand over the answer to the request that was sent last."""
    return Done([list(flying)[-1]])


class _Mortal:
    """A client that can be killed, stops who never ends, and knows its fingerprint by heart."""

    request_count: int
    key_fingerprint = "0123456789abcdef"  # stretched for 30 ms otherwise
    killed_at: int | None = None

    def _send(self, *call: Any) -> Any:
        if self.request_count == self.killed_at:
            raise Killed
        assert self.request_count < ENDLESS, "the run does not end"
        return super()._send(*call)


class OfTrackingMore(_Mortal, TrackingMoreClient):
    """The real client of TrackingMore."""


class OfAfterShip(_Mortal, AfterShipClient):
    """The real client of AfterShip."""


def client_for(
    box: Sandbox, version: str, time: Time, *, page_size: int, retries: int
) -> OfTrackingMore | OfAfterShip:
    """Return a client of the service that has this version."""
    kind = OfTrackingMore if version.startswith("v") else OfAfterShip
    return kind(
        box.key,
        version,
        box.url,
        page_size=page_size,
        clock=time.now,
        monotonic=time.monotonic,
        sleep=time.sleep,
        **{kind.service.retries_option: retries},
    )
