"""The client of AfterShip."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

from airflow_provider_trackingmore.api.aftership_versions import AFTERSHIP
from airflow_provider_trackingmore.api.answer import data_of, record_of
from airflow_provider_trackingmore.api.options import checked_secret, refuse_key_in, shape
from airflow_provider_trackingmore.api.pages import walk
from airflow_provider_trackingmore.api.secret import Secret
from airflow_provider_trackingmore.api.service_client import ServiceClient
from airflow_provider_trackingmore.api.signing import SIGNATURE_HEADERS, Signature
from airflow_provider_trackingmore.exceptions import ConfigurationError, ItemError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime
    from typing import Unpack

    from airflow_provider_trackingmore.api.answer import Answer
    from airflow_provider_trackingmore.api.listing import Window
    from airflow_provider_trackingmore.api.session import KeyHeader

_EXISTS_ALREADY = 4003


class SharedOptions(TypedDict, total=False):
    """What :class:`.ServiceClient` takes besides."""

    page_size: int | None
    requests_per_second: float | None
    proxy: str | None
    user_agent: str | None
    ca_bundle: str | None
    largest_answer: int
    account: str
    longest_wait: float
    clock: Callable[[], datetime]
    monotonic: Callable[[], float] | None
    sleep: Callable[[float], None]


class AfterShipClient(ServiceClient):
    """Reads and changes one AfterShip account; options and limits are those of the vendor's own SDK.

    Further arguments are those of :class:`.ServiceClient`. Records are dictionaries as the service writes
    them. Every request is signed anew for every try.

    :param api_key: the account's key; sent in a header, never logged.
    :param api_version: from ``2024-04`` to ``2026-07``; by default the newest.
    :param domain: where the service is, without path and version.
    :param authentication_type: ``API_KEY``, ``AES`` (HMAC-SHA256) or ``RSA`` (PSS).
    :param api_secret: for ``AES`` the secret, for ``RSA`` the private key as PEM text.
    :param max_retry: from 0 to 10; how often a request is sent again after a transient failure.
    :param timeout: seconds for connecting, and again for each pause in the answer.
    :raises ConfigurationError: if an argument is wrong; the text holds neither key nor secret.
    """

    service = AFTERSHIP

    def __init__(
        self,
        api_key: str,
        api_version: str | None = None,
        domain: str | None = None,
        *,
        authentication_type: str = "API_KEY",
        api_secret: str | None = None,
        max_retry: int = 2,
        timeout: float = 10.0,
        **shared: Unpack[SharedOptions],
    ) -> None:
        if authentication_type not in ("API_KEY", *SIGNATURE_HEADERS):
            raise ConfigurationError(
                f"authentication_type is {shape(authentication_type)}; use API_KEY, AES or RSA"
            )
        if api_secret and authentication_type == "API_KEY":
            raise ConfigurationError(
                "api_secret is set, but authentication_type is API_KEY, which signs nothing; use AES or RSA"
            )
        self._scheme = authentication_type
        self._secret = Secret(checked_secret(api_secret)) if authentication_type != "API_KEY" else None
        super().__init__(api_key, api_version, domain, retries=max_retry, timeout=timeout, **shared)
        if self._secret:
            refuse_key_in(self._secret.reveal(), {"domain": self.base_url} | dict(shared))

    def _authentication(self) -> KeyHeader:
        if self._secret is None:
            return super()._authentication()
        return Signature(self.version.auth_header, self._key, self._scheme, self._secret, self.service_now)

    def trackings(
        self,
        *,
        created: Window | None = None,
        updated: Window | None = None,
        filters: Mapping[str, str] | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Yield every tracking of a list, page by page; the arguments are those of :meth:`list_page`.

        A list that changes meanwhile may show a record twice or pass one over; a sync does not rely on it.
        """
        begun: Answer | None = None

        def fetch(page: int | str) -> Answer:
            nonlocal begun
            if begun is not None:
                return self.another_page(begun, page)
            begun = self.list_page(page=page, created=created, updated=updated, filters=filters)
            return begun

        tags = set((filters or {}).get("shipment_tags", "").split(",")) - {""}
        for record in _records(fetch, self.version.list_path):
            # A tag that nothing has once made the service return everything.
            if not tags or "shipment_tags" not in record or tags & set(record["shipment_tags"] or ()):
                yield record

    def create_tracking(self, tracking_number: str, **fields: Any) -> dict[str, Any]:
        """Add a tracking and return it.

        When the answer of an earlier try was lost and the tracking turns out to exist, it is read instead.

        :raises ItemError: if it existed before (4003), or cannot be added.
        """
        body = {"tracking_number": tracking_number} | fields
        try:
            return self._tracking("create", body=body)
        except ItemError as error:
            if error.code != _EXISTS_ALREADY or error.tried == 1:
                raise
            return self._added_before(error, body)

    def _added_before(self, error: ItemError, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return the newest tracking with the number (and courier) of a request to create it."""
        filters = {"tracking_numbers": body["tracking_number"]}
        if body.get("slug"):
            filters["slug"] = body["slug"]
        found = list(self.trackings(filters=filters))
        if not found:
            raise error
        return max(found, key=lambda tracking: tracking.get("created_at") or "")

    def get_tracking(
        self, tracking_id: str, *, fields: Sequence[str] = (), lang: str | None = None
    ) -> dict[str, Any]:
        """Return a tracking, or those of its ``fields``; ``lang`` translates the texts of its checkpoints.

        :raises ItemError: if there is none (4004).
        """
        query = {"fields": ",".join(fields), "lang": lang or ""}
        asked = {name: value for name, value in query.items() if value}
        return self._tracking("get", id=tracking_id, query=asked)

    def update_tracking(self, tracking_id: str, **fields: Any) -> dict[str, Any]:
        """Change a tracking and return it."""
        return self._tracking("update", id=tracking_id, body=fields)

    def delete_tracking(self, tracking_id: str) -> dict[str, Any]:
        """Delete a tracking and return what it was; 2024-04 returns a part of it."""
        return self._tracking("delete", id=tracking_id)

    def retrack(self, tracking_id: str) -> dict[str, Any]:
        """Have an inactive tracking followed again; allowed once, so no failure but 429 is tried again."""
        return self._tracking("retrack", id=tracking_id)

    def mark_as_completed(
        self, tracking_id: str, reason: str, event_datetime: datetime | None = None
    ) -> dict[str, Any]:
        """End a tracking by hand; ``reason`` is ``DELIVERED``, ``LOST`` or ``RETURNED_TO_SENDER``.

        :param event_datetime: when it ended, a zoned moment; 2025-01 and later know it.
        :raises ConfigurationError: if it has no zone, or the version does not know it.
        """
        body = {"reason": reason}
        if event_datetime is not None:
            if event_datetime.tzinfo is None:
                raise ConfigurationError("event_datetime has no zone; give one, such as UTC")
            if not self.version.dates_ends:
                raise ConfigurationError(
                    f"{self.version.name} knows no event_datetime; leave it out, or set a later api_version"
                )
            body["event_datetime"] = self.version.write_time(event_datetime)
        return self._tracking("complete", id=tracking_id, body=body)

    def couriers(self, slugs: Sequence[str] = ()) -> list[dict[str, Any]]:
        """Return the couriers the service knows, or those of them with one of ``slugs``."""
        # Versions before 2025-04 do not know the parameter.
        found = self._list_of("couriers", query={"slug": ",".join(slugs)} if slugs else None)
        return [courier for courier in found if not slugs or courier.get("slug") in slugs]

    def user_couriers(self) -> list[dict[str, Any]]:
        """Return the couriers that are switched on in the account."""
        return self._list_of("user_couriers")

    def courier_connections(
        self, *, courier_slug: str | None = None, limit: int = 200
    ) -> Iterator[dict[str, Any]]:
        """Yield the connections to couriers (2025-04 and later), without their credentials."""
        query = {"limit": str(limit)} | ({"courier_slug": courier_slug} if courier_slug else {})

        def fetch(page: int | str) -> Answer:
            return self._call(
                "connections", query=query | ({"cursor": page} if isinstance(page, str) else {})
            )

        yield from map(_without_credentials, _records(fetch, ("data", "courier_connections")))

    def create_courier_connection(self, courier_slug: str, credentials: Mapping[str, Any]) -> dict[str, Any]:
        """Add a connection to a courier and return it, without its credentials."""
        body = {"courier_slug": courier_slug, "credentials": dict(credentials)}
        return self._connection("create_connection", body=body)

    def get_courier_connection(self, connection_id: str) -> dict[str, Any]:
        """Return a connection to a courier, without its credentials."""
        return self._connection("get_connection", id=connection_id)

    def update_courier_connection(self, connection_id: str, credentials: Mapping[str, Any]) -> dict[str, Any]:
        """Change the credentials of a connection and return the rest of it."""
        return self._connection(
            "update_connection", id=connection_id, body={"credentials": dict(credentials)}
        )

    def delete_courier_connection(self, connection_id: str) -> dict[str, Any]:
        """Delete a connection to a courier and return what it was, without its credentials."""
        return self._connection("delete_connection", id=connection_id)

    def predict(self, **shipment: Any) -> dict[str, Any]:
        """Return a shipment's estimated delivery date (2025-01 and later).

        Times of the request are texts like ``2026-11-23 15:00:00``, local to the origin.
        """
        return record_of(self._call("predict", body=shipment))

    def predict_batch(self, shipments: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Return the estimated delivery dates of one to five shipments; one that is wrong fails them all."""
        return self._list_of("predict_batch", body={"estimated_delivery_dates": list(map(dict, shipments))})

    def _tracking(self, route: str, **asked: Any) -> dict[str, Any]:
        """Return the one tracking of an answer, which 2024-04 wraps."""
        data = data_of(self._call(route, **asked), dict)
        inner = data.get("tracking")
        return inner if isinstance(inner, dict) else data

    def _connection(self, route: str, **asked: Any) -> dict[str, Any]:
        return _without_credentials(data_of(self._call(route, **asked), dict))


def _records(fetch: Callable[[int | str], Answer], path: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    def ids(answer: Answer) -> list[str]:
        return [str(record.get("id")) for record in data_of(answer, list, path)]

    for answer in walk(fetch, ids):
        yield from data_of(answer, list, path)


def _without_credentials(connection: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in connection.items() if name != "credentials"}
