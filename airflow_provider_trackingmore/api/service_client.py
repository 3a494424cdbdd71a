"""What the clients of all services share: their options, and the calls that every service has."""

from __future__ import annotations

import hashlib
import time
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from airflow_provider_trackingmore import __version__
from airflow_provider_trackingmore.api.answer import Answer, listed
from airflow_provider_trackingmore.api.body import ACCEPTED, BodyLimits
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
from airflow_provider_trackingmore.api.retry import RetryLimits
from airflow_provider_trackingmore.api.secret import Secret
from airflow_provider_trackingmore.api.sending import Sender
from airflow_provider_trackingmore.api.session import KeyHeader, Session

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# An answer may pause as long as the time-out says, and take this many time-outs in all.
SLOWEST = 10


class ServiceClient(Sender):
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
        of_lists = self.version.pace(self.version.routes["list"].pace)
        pace = of_lists if requests_per_second is None else requests_per_second
        self.requests_per_second = checked_number("requests_per_second", pace, 0.001, 1000)
        timeout = checked_number("timeout", timeout, 0.001, 3600)
        largest_answer = checked_whole("largest_answer", largest_answer, 1, 1024**4)
        retries = checked_whole(service.retries_option, retries, 0, service.most_retries)
        limits = RetryLimits(tries=retries + 1)
        verify = checked_ca_bundle(ca_bundle) if ca_bundle else True
        hidden_proxy = Secret(checked_proxy(proxy)) if proxy else None  # may hold a password
        user_agent = user_agent or f"airflow-provider-trackingmore/{__version__}"
        self._key = Secret(checked_key(api_key))
        shown = {"account": account, "user_agent": user_agent, "ca_bundle": ca_bundle}
        refuse_key_in(self._key.reveal(), {service.url_option: self.base_url} | shown)
        super().__init__(
            self._account_mark,
            limits,
            BodyLimits(largest_answer, SLOWEST * timeout, monotonic or time.monotonic),
            timeout=timeout,
            pace=requests_per_second,
            longest_wait=checked_number("longest_wait", longest_wait, 0.001, limits.total_seconds),
            proxy=hidden_proxy,
            verify=verify,
            clock=clock,
            monotonic=monotonic,
            sleep=sleep,
        )
        self._session = Session()
        self._session.auth = self._authentication()
        self._session.headers["Accept"] = "application/json"
        self._session.headers["Accept-Encoding"] = ACCEPTED
        self._session.headers["User-Agent"] = checked_user_agent(user_agent)
        if self.base_url.startswith("http:"):
            # Loopback: a proxy of the environment would see the key, and could not get there.
            self._session.trust_env = False

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
    ) -> Answer:
        """Return one page of the list of all trackings.

        ``page`` is a number, or the ``next_cursor`` of the answer before. ``created`` and ``updated`` are
        zoned moments; whether the service includes the bounds is not documented, so callers overlap their
        windows. ``filters`` are the version's own parameters.
        """
        largest = self.version.largest_page_size
        size = self.page_size if size is None else checked_whole("size", size, 1, largest)
        return self._list(
            list_query(self.version, page, size, created, updated, filters or {}, self.service_now)
        )

    def another_page(self, of: Answer, page: int | str, *, size: int | None = None) -> Answer:
        """Return another page of the list that an answer is a page of.

        It is asked for just as that one was, though bounds that follow the clock would be others by now;
        only ``size`` may be another one.
        """
        return self._list(next_query(self.version, page, size, of.query))

    def _list(self, query: dict[str, str]) -> Answer:
        return replace(self._call("list", query=query), query=query)

    def couriers(self) -> list[dict[str, Any]]:
        """Return the couriers the service knows, as the service spells them."""
        return self._list_of("couriers")

    def detect_courier(self, tracking_number: str, **details: Any) -> list[dict[str, Any]]:
        """Return the couriers that may carry ``tracking_number``; the service may charge for this.

        ``details`` are further fields of the version's request.
        """
        return self._list_of("detect", body={"tracking_number": tracking_number} | details)

    def _list_of(self, route: str, **asked: Any) -> list[dict[str, Any]]:
        answer = self._call(route, **asked)
        return listed(answer, self.version.routes[route].holds)
