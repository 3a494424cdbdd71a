"""What the clients of all services share: one polite way to send, pace, retry and read."""

from __future__ import annotations

import hashlib
import logging
import math
import random
import re
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self
from urllib.parse import quote, urlencode

import requests

from airflow_provider_trackingmore import __version__
from airflow_provider_trackingmore.api.answer import Answer, listed
from airflow_provider_trackingmore.api.body import ACCEPTED, BodyLimits, Received, reason, receive
from airflow_provider_trackingmore.api.codes import Reaction
from airflow_provider_trackingmore.api.envelope import read_envelope
from airflow_provider_trackingmore.api.headers import http_date, limit_told
from airflow_provider_trackingmore.api.judge import COUNTED_WINDOW, judge
from airflow_provider_trackingmore.api.listing import Window, list_query, next_query
from airflow_provider_trackingmore.api.options import (
    checked_account,
    checked_ca_bundle,
    checked_key,
    checked_number,
    checked_proxy,
    checked_url,
    checked_user_agent,
    checked_whole,
    refuse_key_in,
)
from airflow_provider_trackingmore.api.outcomes import Flaw
from airflow_provider_trackingmore.api.pace import Pacer
from airflow_provider_trackingmore.api.retry import RetryLimits, wait_before_next
from airflow_provider_trackingmore.api.secret import Secret
from airflow_provider_trackingmore.api.session import KeyHeader, Session
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

    from airflow_provider_trackingmore.api.service import ApiVersion, Route, Service

log = logging.getLogger(__name__)

# An answer may pause as long as the time-out says, and take this many time-outs in all.
SLOWEST = 10

# After "succeeded, but over the limit": ten times slower than the limit allows, for one request.
SLOW_SECONDS = 10.0

# A date in a header has whole seconds and was some time on its way: less says nothing about a clock.
_SURELY_WRONG = timedelta(seconds=5)

_NOT_A_NAME = ("", ".", "..")

_VERSION = re.compile(r"\d{4}-\d{2}")


class ServiceClient:
    """Reads one account of a service; safe to use from several threads; close it after use.

    :param api_key: the account's key; sent in a header, never logged.
    :param api_version: version of the service's API; by default the newest one.
    :param base_url: where the service is, without the version; https, or http to a loopback address.
    :param page_size: trackings asked for per request; by default what the version is known to allow.
    :param timeout: seconds for connecting, and again for each pause in the answer.
    :param retries: how often a request is sent again after a transient failure.
    :param requests_per_second: starts per second over all threads; by default the documented limit.
    :param proxy: URL of a proxy for this client; by default the environment decides.
    :param user_agent: replaces the default ``airflow-provider-trackingmore/<version>``.
    :param ca_bundle: path of a CA bundle that replaces the default one.
    :param largest_answer: bytes an answer may have, unpacked.
    :param account: label of the account in every key of the warehouse; keep it once data is loaded.
    :param longest_wait: seconds a request may wait, for a rest of the account or before it is sent again;
        where more is needed, the error says so in ``wait_seconds`` and the caller can wait elsewhere.
    :param clock: what the time is, in UTC (for tests).
    :param monotonic: seconds for measuring waits (for tests); by default all clients of the account on
        this machine keep one pace together.
    :param sleep: how to wait (for tests).
    :raises ConfigurationError: if an argument is wrong; the text never holds the key.
    """

    service: ClassVar[Service]
    _session: Session

    def __init__(
        self,
        api_key: str,
        api_version: str | None = None,
        base_url: str | None = None,
        page_size: int | None = None,
        timeout: float = 30.0,
        retries: int = 5,
        requests_per_second: float | None = None,
        proxy: str | None = None,
        user_agent: str | None = None,
        ca_bundle: str | None = None,
        largest_answer: int = 256 * 1024**2,
        account: str = "default",
        longest_wait: float = 900.0,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        service = self.service
        api_version = service.default_version if api_version is None else api_version
        self.version = service.version_named(api_version)
        self.account = checked_account(account)
        self.base_url = checked_url(base_url or service.url, service, self.version)
        page_size = self.version.page_size if page_size is None else page_size
        self.page_size = checked_whole("page_size", page_size, 1, self.version.largest_page_size)
        pace = self._pace_of_lists if requests_per_second is None else requests_per_second
        self.requests_per_second = checked_number("requests_per_second", pace, 0.001, 1000)
        self._timeout = checked_number("timeout", timeout, 0.001, 3600)
        largest_answer = checked_whole("largest_answer", largest_answer, 1, 1024**4)
        self._body_limits = BodyLimits(largest_answer, SLOWEST * self._timeout, monotonic or time.monotonic)
        retries = checked_whole(service.retries_option, retries, 0, service.most_retries)
        self._limits = RetryLimits(tries=retries + 1)
        self._verify = checked_ca_bundle(ca_bundle) if ca_bundle else True
        self._proxy = Secret(checked_proxy(proxy)) if proxy else None  # may hold a password
        user_agent = user_agent or f"airflow-provider-trackingmore/{__version__}"
        self._key = Secret(checked_key(api_key))
        shown = {"account": account, "user_agent": user_agent, "ca_bundle": ca_bundle}
        refuse_key_in(self._key.reveal(), {service.url_option: self.base_url} | shown)
        self._clock = clock
        self._clock_error = timedelta(0)
        self._session = Session()
        self._session.auth = self._authentication()
        self._session.headers["Accept"] = "application/json"
        self._session.headers["Accept-Encoding"] = ACCEPTED
        self._session.headers["User-Agent"] = checked_user_agent(user_agent)
        if self.base_url.startswith("http:"):
            # Loopback: a proxy of the environment would see the key, and could not get there.
            self._session.trust_env = False
        self._monotonic = monotonic or time.monotonic
        self._sleeper = sleep
        self._lock = threading.Lock()
        self._last_received = datetime.min.replace(tzinfo=UTC)
        self._longest_wait = checked_number("longest_wait", longest_wait, 0.001, self._limits.total_seconds)
        self._given_pace = requests_per_second
        self._pacers = {name: self._pacer(name, monotonic) for name in self._paces}
        self._answering: set[str] = {self.version.name}
        self.request_count = 0
        self._most_requests: float = math.inf
        self.waited_seconds = 0.0

    def __repr__(self) -> str:
        name = type(self).__name__
        return f"{name}({self.version.name}, {self.base_url!r}, account={self.account!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections to the service."""
        self._session.close()

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

    @cached_property
    def key_fingerprint(self) -> str:
        """Return a short one-way mark of the key: equal keys have equal marks."""
        # Stretched, so that the mark in the warehouse is no shortcut to the key.
        salt = b"airflow-provider-trackingmore"
        return hashlib.pbkdf2_hmac("sha256", self._key.reveal().encode(), salt, 100_000, dklen=8).hex()

    @cached_property
    def _account_mark(self) -> str:
        """Return a name for the account at this service; it tells nothing of the key."""
        return hashlib.sha256(f"{self.base_url} {self.key_fingerprint}".encode()).hexdigest()[:32]

    def _authentication(self) -> KeyHeader:
        """Return what puts the key on a request."""
        return KeyHeader(self.version.auth_header, self._key)

    def list_page(
        self,
        *,
        page: int | str = 1,
        size: int | None = None,
        created: Window | None = None,
        updated: Window | None = None,
        filters: Mapping[str, str] | None = None,
        like: Answer | None = None,
    ) -> Answer:
        """Return one page of the list of all trackings.

        ``page`` is a number, or the ``next_cursor`` of the answer before. ``created`` and ``updated`` are
        zoned moments; whether the service includes the bounds is not documented, so callers overlap their
        windows. ``filters`` are the version's own parameters. ``like`` is the first page of a walk: others
        are asked for just as it was, although bounds that follow the clock would be others by now.
        """
        if like is not None:
            query = next_query(self.version, page, like.query)
        else:
            largest = self.version.largest_page_size
            size = self.page_size if size is None else checked_whole("size", size, 1, largest)
            query = list_query(self.version, page, size, created, updated, filters or {}, self.service_now)
        return replace(self._call("list", query=query), query=query)

    def couriers(self) -> list[dict[str, Any]]:
        """Return the couriers the service knows, as the service spells them."""
        return self._list_of("couriers")

    def detect_courier(self, tracking_number: str, **details: Any) -> list[dict[str, Any]]:
        """Return the couriers that may carry ``tracking_number``; the service may charge for this.

        ``details`` are further fields of the version's request.
        """
        return self._list_of("detect", body={"tracking_number": tracking_number} | details)

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

    def _list_of(self, route: str, **asked: Any) -> list[dict[str, Any]]:
        answer = self._call(route, **asked)
        return listed(answer, self.version.routes[route].holds)

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
        service_time = http_date(received.headers.get("Date"))
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

    @property
    def _paces(self) -> set[str]:
        return {route.pace for route in self.version.routes.values()}

    @property
    def _pace_of_lists(self) -> float:
        return self.version.pace(self.version.routes["list"].pace)

    def _pacer(self, name: str, monotonic: Callable[[], float] | None) -> Pacer:
        """Return the pacer of all routes with one pace."""
        mark = self._account_mark if len(self._paces) == 1 else f"{self._account_mark}-{name}"
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
