"""The client of TrackingMore."""

from __future__ import annotations

from typing import Any

from airflow_provider_trackingmore.api.answer import data_of
from airflow_provider_trackingmore.api.service_client import ServiceClient
from airflow_provider_trackingmore.api.versions import TRACKINGMORE
from airflow_provider_trackingmore.exceptions import ResponseShapeError


class TrackingMoreClient(ServiceClient):
    """Reads one TrackingMore account; its arguments are those of :class:`.ServiceClient`.

    ``api_version`` is ``v2``, ``v3`` or ``v4``.
    """

    service = TRACKINGMORE

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
