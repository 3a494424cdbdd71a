"""How a request is sent: in its turn, again where that may help, and read as the version that answers."""

from __future__ import annotations

import logging
import math
import random
import re
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote, urlencode

import requests

from airflow_provider_trackingmore.api.answer import Answer
from airflow_provider_trackingmore.api.body import BodyLimits, Received, reason, receive
from airflow_provider_trackingmore.api.codes import Reaction
from airflow_provider_trackingmore.api.envelope import read_envelope
from airflow_provider_trackingmore.api.headers import limit_told, told_time
from airflow_provider_trackingmore.api.judge import COUNTED_WINDOW, judge
from airflow_provider_trackingmore.api.options import checked_whole
from airflow_provider_trackingmore.api.outcomes import Flaw
from airflow_provider_trackingmore.api.pace import Pacer
from airflow_provider_trackingmore.api.retry import RetryLimits, wait_before_next
from airflow_provider_trackingmore.api.turns import SharedTurns
from airflow_provider_trackingmore.exceptions import (
    AuthenticationError,
    ConfigurationError,
    RateLimitError,
    RequestsUsedUpError,
    ServiceError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from airflow_provider_trackingmore.api.secret import Secret
    from airflow_provider_trackingmore.api.service import ApiVersion, Route, Service
    from airflow_provider_trackingmore.api.session import Session

log = logging.getLogger(__name__)

# After "succeeded, but over the limit": ten times slower than the limit allows, for one request.
SLOW_SECONDS = 10.0

# A date in a header has whole seconds and was some time on its way: less says nothing about a clock.
_SURELY_WRONG = timedelta(seconds=5)

_NOT_A_NAME = ("", ".", "..")

_VERSION = re.compile(r"\d{4}-\d{2}")


class Sender:
    """Sends the requests of one account, also from several threads; a client says what is asked for.

    The options are those of :class:`.ServiceClient`, checked there.
    """

    service: ClassVar[Service]
    version: ApiVersion
    base_url: str
    _session: Session

    def __init__(
        self,
        account_mark: str,
        limits: RetryLimits,
        body_limits: BodyLimits,
        *,
        timeout: float,
        pace: float | None,
        longest_wait: float,
        proxy: Secret | None,
        verify: str | bool,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float] | None,
        sleep: Callable[[float], None],
    ) -> None:
        self._limits = limits
        self._body_limits = body_limits
        self._timeout = timeout
        self._given_pace = pace
        self._longest_wait = longest_wait
        self._proxy = proxy
        self._verify = verify
        self._clock = clock
        self._clock_error = timedelta(0)
        self._has_odd_clock = False
        self._monotonic = monotonic or time.monotonic
        self._sleeper = sleep
        self._lock = threading.Lock()
        self._last_received = datetime.min.replace(tzinfo=UTC)
        self._answering: set[str] = {self.version.name}
        self.request_count = 0
        self._most_requests: float = math.inf
        self.waited_seconds = 0.0
        paces = {route.pace for route in self.version.routes.values()}
        self._pacers = {
            name: self._pacer(name, account_mark if len(paces) == 1 else f"{account_mark}-{name}", monotonic)
            for name in paces
        }

    @contextmanager
    def at_most(self, requests: int | None) -> Iterator[None]:
        """Send no more than so many requests inside, retries included; None means any number.

        :raises RequestsUsedUpError: from the request that would be one too many.
        """
        if requests is not None:
            allowed = checked_whole("most_requests", requests, 1, 1_000_000_000)
            self._most_requests = self.request_count + allowed
        try:
            yield
        finally:
            self._most_requests = math.inf

    @property
    def has_limit(self) -> bool:
        """Return whether requests are counted, see :meth:`at_most`."""
        return self._most_requests != math.inf

    def has_route(self, route: str) -> bool:
        """Return whether this version offers ``route``."""
        return route in self.version.routes

    def service_now(self) -> datetime:
        """Return the time in UTC by the service's clock, as far as its answers have shown it."""
        return self._clock() + self._clock_error

    def pause(self, seconds: float) -> None:
        """Wait, and count it in ``waited_seconds``."""
        self._sleeper(seconds)
        with self._lock:
            self.waited_seconds += seconds

    def _call(
        self,
        name: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        **in_path: str,
    ) -> Answer:
        if not self.has_route(name):
            having = [other for other, version in self.service.versions.items() if name in version.routes]
            raise ConfigurationError(f"{self.version.name} has no {name} route; {_words(having)} it")
        route = self.version.routes[name]
        url = self._url(route, in_path, query or {})
        if body is not None and route.wrapper:
            body = {route.wrapper: body}
        started, tried, clock_error = self._monotonic(), 0, self._clock_error
        while True:
            tried += 1
            try:
                return self._send(name, route, url, body)
            except ServiceError as error:
                error.tried = tried
                if self._was_stale(error, clock_error):
                    clock_error = self._clock_error
                    continue
                if not isinstance(error, RateLimitError) and not route.repeatable:
                    raise
                elapsed = self._monotonic() - started
                wait = wait_before_next(error, tried, elapsed, self._limits, random.random())  # noqa: S311
                if wait is None:
                    raise
                if wait > self._longest_wait:
                    error.wait_seconds = wait
                    raise
                log.warning("%s; try %d follows in %.1f s", error, tried + 1, wait)
                self.pause(wait)

    def _was_stale(self, error: ServiceError, clock_error: timedelta) -> bool:
        """Return whether a date in the request was wrong, by an error of the clock that is known by now."""
        is_dated = isinstance(error, AuthenticationError) and self._session.auth.is_dated
        return is_dated and self._clock_error != clock_error and error.tried == 1

    def _url(self, route: Route, in_path: Mapping[str, str], query: Mapping[str, str]) -> str:
        for name, value in in_path.items():
            if not isinstance(value, str) or value in _NOT_A_NAME:
                raise ConfigurationError(f"{name} is empty, or no text that can stand in an address")
        path = route.path.format_map({name: quote(value, safe="") for name, value in in_path.items()})
        # A blank as %20: what a service that checks signatures makes of "+" is unconfirmed.
        asked = urlencode(route.query | dict(query), quote_via=quote)
        return self.base_url + self.version.prefix + path + ("?" + asked if asked else "")

    def _send(self, name: str, route: Route, url: str, body: Mapping[str, Any] | None) -> Answer:
        pacer = self._pacers[route.pace]
        pacer.wait_for_turn()
        with self._lock:
            if self.request_count >= self._most_requests:
                raise RequestsUsedUpError(f"{self.request_count} requests are sent, as many as allowed")
            self.request_count += 1
        try:
            response = self._session.request(
                route.method,
                url,
                json=body,
                timeout=self._timeout,
                # Given with each request: on the session, those of the environment would win.
                proxies=dict.fromkeys(("http", "https"), self._proxy.reveal()) if self._proxy else None,
                verify=self._verify,
                stream=True,
            )
        except requests.RequestException as error:
            flaw = Flaw.UNTRUSTED if "CERTIFICATE_VERIFY_FAILED" in str(error) else Flaw.NO_ANSWER
            # Not from the error: its texts quote what the server sent, its frames hold the key.
            raise flaw.raised(name, f"{self.base_url}: {reason(error)}") from None
        received = receive(name, response, self._body_limits)
        service_time = self._time_told(received)
        self._learn(pacer, received, service_time)
        version = self._version_of(received)
        envelope = read_envelope(received.body, version)
        try:
            reaction = judge(name, received, envelope, version)
        except RateLimitError as refusal:
            pacer.rest(refusal.wait_seconds or COUNTED_WINDOW)
            raise
        if reaction is Reaction.SLOW:
            log.warning("%s: succeeded, but the account is over its limit; slowing down", name)
            pacer.rest(SLOW_SECONDS)
        return Answer(
            body=received.body,
            route=name,
            received_at=self._stamp(),
            service_time=service_time,
            is_empty=reaction is Reaction.EMPTY,
            total=envelope.total,
            next_cursor=envelope.next_cursor,
            api_version=version.name,
        )

    def _time_told(self, received: Received) -> datetime | None:
        """Return the service's clock; one that cannot be right counts as none, which is said once."""
        told = told_time(received.headers)
        if told is None and "Date" in received.headers:
            with self._lock:
                is_news, self._has_odd_clock = not self._has_odd_clock, True
            if is_news:
                # Without the date: a header may hold anything.
                log.warning(
                    "the service's answers bear a Date that cannot be now; going by this machine's clock"
                )
        return told

    def _learn(self, pacer: Pacer, received: Received, service_time: datetime | None) -> None:
        """Take over what the headers tell of the service's clock and of the limit of this route."""
        if not self.version.tells_limits:
            return
        if service_time is not None:
            error = service_time - self._clock()
            self._clock_error = error if abs(error) > _SURELY_WRONG else timedelta(0)
        limit = limit_told(received.headers)
        if limit.per_second:
            pacer.keep_to(min(limit.per_second, self._given_pace or math.inf))
        if limit.remaining == 0 and limit.reset:
            # Somebody else asks as well. The reset has whole seconds, and so has the counted window.
            left = limit.reset - self.service_now().timestamp()
            pacer.rest(min(COUNTED_WINDOW, max(0.0, left)))

    def _version_of(self, received: Received) -> ApiVersion:
        """Return the version that an answer has; a service may answer with another than was asked for."""
        header = self.service.version_header
        name = received.headers.get(header, "").strip() if header else ""
        if name in ("", self.version.name):
            return self.version
        version = self.service.nearest_version(name)
        if name not in self._answering:
            self._answering.add(name)
            # A header may hold anything; only what looks like a version is repeated.
            told = name if _VERSION.fullmatch(name) else "another version"
            log.warning(
                "asked for %s, answered by %s and read as %s; set api_version to one that the service still "
                "gives, or read what is new with a later release of this package",
                *(self.version.name, told, version.name),
            )
        return version

    def _stamp(self) -> datetime:
        with self._lock:
            stamp = max(self._clock(), self._last_received + timedelta(microseconds=1))
            self._last_received = stamp
            return stamp

    def _pacer(self, name: str, mark: str, monotonic: Callable[[], float] | None) -> Pacer:
        """Return the pacer of all routes with one pace, which processes share by its ``mark``."""
        return Pacer(
            self._given_pace or self.version.pace(name),
            longest_rest=self._longest_wait,
            # Processes share no other clock; a test's own clock cannot be shared.
            clock=monotonic or time.time,
            sleep=self.pause,
            turns=None if monotonic else SharedTurns(mark),
        )


def _words(having: list[str]) -> str:
    return " and ".join(having) + (" has" if len(having) == 1 else " have")
