"""One polite client for one TrackingMore account."""

from __future__ import annotations

import hashlib
import logging
import math
import random
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import requests
from requests.auth import AuthBase

from airflow_provider_trackingmore import __version__
from airflow_provider_trackingmore.api.answer import Answer, data_of, listed
from airflow_provider_trackingmore.api.body import ACCEPTED, BodyLimits, reason, receive
from airflow_provider_trackingmore.api.codes import Reaction
from airflow_provider_trackingmore.api.envelope import read_envelope
from airflow_provider_trackingmore.api.headers import http_date
from airflow_provider_trackingmore.api.judge import SHORTEST_REST, judge
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
from airflow_provider_trackingmore.api.turns import SharedTurns
from airflow_provider_trackingmore.api.versions import SERVICE_URL, VERSIONS, version_named
from airflow_provider_trackingmore.exceptions import (
    ConfigurationError,
    RateLimitError,
    RequestsUsedUpError,
    ResponseShapeError,
    TransientError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

log = logging.getLogger(__name__)

# An answer may pause as long as the time-out says, and take this many time-outs in all.
SLOWEST = 10

# After "succeeded, but over the limit": ten times slower than the limit allows, for one request.
SLOW_SECONDS = 10.0


class TrackingMoreClient:
    """Reads one TrackingMore account; safe to use from several threads; close it after use.

    :param api_key: the account's key; sent in a header, never logged.
    :param api_version: ``v2``, ``v3`` or ``v4``.
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

    def __init__(
        self,
        api_key: str,
        api_version: str = "v4",
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
        self.version = version_named(api_version)
        self.account = checked_account(account)
        self.base_url = checked_url(base_url or SERVICE_URL, self.version)
        page_size = self.version.page_size if page_size is None else page_size
        self.page_size = checked_whole("page_size", page_size, 1, self.version.largest_page_size)
        pace = self.version.requests_per_second if requests_per_second is None else requests_per_second
        self.requests_per_second = checked_number("requests_per_second", pace, 0.001, 1000)
        self._timeout = checked_number("timeout", timeout, 0.001, 3600)
        largest_answer = checked_whole("largest_answer", largest_answer, 1, 1024**4)
        self._body_limits = BodyLimits(largest_answer, SLOWEST * self._timeout, monotonic or time.monotonic)
        self._limits = RetryLimits(tries=checked_whole("retries", retries, 0, 50) + 1)
        self._verify = checked_ca_bundle(ca_bundle) if ca_bundle else True
        self._proxy = Secret(checked_proxy(proxy)) if proxy else None  # may hold a password
        user_agent = user_agent or f"airflow-provider-trackingmore/{__version__}"
        self._key = Secret(checked_key(api_key))
        refuse_key_in(
            self._key.reveal(),
            {"base_url": self.base_url, "account": account, "user_agent": user_agent, "ca_bundle": ca_bundle},
        )
        self._session = _Session()
        self._session.auth = _KeyHeader(self.version.auth_header, self._key)
        self._session.headers["Accept"] = "application/json"
        self._session.headers["Accept-Encoding"] = ACCEPTED
        self._session.headers["User-Agent"] = checked_user_agent(user_agent)
        if self.base_url.startswith("http:"):
            # Loopback: a proxy of the environment would see the key, and could not get there.
            self._session.trust_env = False
        self._clock = clock
        self._monotonic = monotonic or time.monotonic
        self._sleeper = sleep
        self._lock = threading.Lock()
        self._last_received = datetime.min.replace(tzinfo=UTC)
        self._longest_wait = checked_number("longest_wait", longest_wait, 0.001, self._limits.total_seconds)
        self._pacer = Pacer(
            self.requests_per_second,
            longest_rest=self._longest_wait,
            # Processes share no other clock; a test's own clock cannot be shared.
            clock=monotonic or time.time,
            sleep=self.pause,
            turns=None if monotonic else SharedTurns(self._account_mark()),
        )
        self.request_count = 0
        self._most_requests: float = math.inf
        self.waited_seconds = 0.0

    def __repr__(self) -> str:
        return f"TrackingMoreClient({self.version.name}, {self.base_url!r}, account={self.account!r})"

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

    def _account_mark(self) -> str:
        """Return a name for the account at this service; it tells nothing of the key."""
        return hashlib.sha256(f"{self.base_url} {self.key_fingerprint}".encode()).hexdigest()[:32]

    def list_page(
        self,
        *,
        page: int = 1,
        size: int | None = None,
        created: tuple[datetime, datetime] | None = None,
        updated: tuple[datetime, datetime] | None = None,
        filters: Mapping[str, str] | None = None,
    ) -> Answer:
        """Return one page of the list of all trackings.

        ``created`` and ``updated`` are zoned moments; whether the service includes the bounds is not
        documented, so callers overlap their windows. ``filters`` are the version's own parameters.
        """
        version = self.version
        query = {version.page_parameter: str(page), version.size_parameter: str(size or self.page_size)}
        for axis, window in (("created", created), ("updated", updated)):
            if window is not None:
                if any(moment.tzinfo is None for moment in window):
                    raise ConfigurationError(f"{axis} holds a moment without a zone")
                first, last = version.window_parameters[axis]
                # Both ends always: one version may refuse a window with a single end.
                query[first], query[last] = version.write_time(window[0]), version.write_time(window[1])
        unknown = sorted(set(filters or {}) - version.filters)
        if unknown:
            known = ", ".join(sorted(version.filters))
            raise ConfigurationError(
                f"{version.name} lists have no filter {unknown[0]!r}; there are: {known}"
            )
        return self._call("list", query=query | dict(filters or {}))

    def couriers(self) -> list[dict[str, Any]]:
        """Return the couriers the service knows, as the service spells them."""
        return listed(self._call("couriers"))

    def detect_courier(self, tracking_number: str) -> list[dict[str, Any]]:
        """Return the couriers that may carry ``tracking_number``; the service charges for this."""
        return listed(self._call("detect", body={"tracking_number": tracking_number}))

    def status_counts(self) -> dict[str, int]:
        """Return how many trackings have each status (v2 and v3); names in lower case."""
        answer = self._call("status_counts")
        counts = {} if answer.is_empty else data_of(answer, dict)
        try:
            return {name.lower(): int(count) for name, count in counts.items()}
        except (TypeError, ValueError):
            raise ResponseShapeError("status_counts: a count is not a number", route=answer.route) from None

    def account_info(self) -> dict[str, Any]:
        """Return the account's record (v2 and v3); it holds personal data."""
        return data_of(self._call("account"), dict)

    def has_route(self, route: str) -> bool:
        """Return whether this version offers ``route``."""
        return route in self.version.routes

    def _call(
        self, route: str, *, query: Mapping[str, str] | None = None, body: dict[str, str] | None = None
    ) -> Answer:
        if not self.has_route(route):
            having = [name for name, version in VERSIONS.items() if route in version.routes]
            raise ConfigurationError(
                f"{self.version.name} has no {route} route; {' and '.join(having)} have it"
            )
        started, tried = self._monotonic(), 0
        while True:
            tried += 1
            try:
                return self._send(route, query, body)
            except TransientError as error:
                elapsed = self._monotonic() - started
                wait = wait_before_next(error, tried, elapsed, self._limits, random.random())  # noqa: S311
                if wait is None:
                    raise
                if wait > self._longest_wait:
                    error.wait_seconds = wait
                    raise
                log.warning("%s; try %d follows in %.1f s", error, tried + 1, wait)
                self.pause(wait)

    def _send(self, route: str, query: Mapping[str, str] | None, body: dict[str, str] | None) -> Answer:
        method, path = self.version.routes[route]
        self._pacer.wait_for_turn()
        with self._lock:
            if self.request_count >= self._most_requests:
                raise RequestsUsedUpError(f"{self.request_count} requests are sent, as many as allowed")
            self.request_count += 1
        try:
            response = self._session.request(
                method,
                self.base_url + self.version.prefix + path,
                params=query,
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
            raise flaw.raised(route, f"{self.base_url}: {reason(error)}") from None
        received = receive(route, response, self._body_limits)
        envelope = read_envelope(received.body, self.version)
        try:
            reaction = judge(route, received, envelope, self.version)
        except RateLimitError as refusal:
            self._pacer.rest(refusal.wait_seconds or SHORTEST_REST)
            raise
        if reaction is Reaction.SLOW:
            log.warning("%s: succeeded, but the account is over its limit; slowing down", route)
            self._pacer.rest(SLOW_SECONDS)
        return Answer(
            body=received.body,
            route=route,
            received_at=self._stamp(),
            service_time=http_date(received.headers.get("Date")),
            is_empty=reaction is Reaction.EMPTY,
            total=envelope.total,
        )

    def _stamp(self) -> datetime:
        with self._lock:
            stamp = max(self._clock(), self._last_received + timedelta(microseconds=1))
            self._last_received = stamp
            return stamp

    def pause(self, seconds: float) -> None:
        """Wait, and count it in ``waited_seconds``."""
        self._sleeper(seconds)
        with self._lock:
            self.waited_seconds += seconds


class _Session(requests.Session):
    """Follows no redirect: it would take the key along, and be read without a limit."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Lead nowhere."""


class _NoUnreadableHeaders(logging.Filter):
    """Keeps headers that urllib3 cannot read, which it would quote, out of the log."""

    def filter(self, record: logging.LogRecord) -> bool:
        if "Failed to parse headers" in str(record.msg):
            record.msg, record.args, record.exc_info = "an answer has headers that cannot be read", (), None
        return True


logging.getLogger("urllib3.connection").addFilter(_NoUnreadableHeaders())


class _KeyHeader(AuthBase):
    """Adds the key to a request; as an auth object it also keeps ``~/.netrc`` out."""

    def __init__(self, header: str, key: Secret) -> None:
        self._header = header
        self._key = key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers[self._header] = self._key.reveal()
        return request
