"""What a run has counted so far, in all the processes that have worked on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow_provider_trackingmore.api import ServiceClient
    from airflow_provider_trackingmore.tables import Page


class Tally:
    """Counts what is sent and received; each finished window keeps the sums, for whoever goes on.

    What a killed process did after its last finished window is not counted.
    """

    def __init__(
        self, client: ServiceClient, requests_before: int, finished: Iterable[dict[str, Any]]
    ) -> None:
        told = [facts["so_far"] for facts in finished if "so_far" in facts]
        kept: dict[str, Any] = max(told, key=lambda so_far: so_far["requests"], default={})
        self._client = client
        self._requests_before: int = requests_before - kept.get("requests", 0)
        self._waited_before: float = client.waited_seconds - kept.get("waited_seconds", 0.0)
        self.received: int = kept.get("received", 0)
        self.checkpoints: int = kept.get("checkpoints", 0)
        self.irregular_pages: int = kept.get("irregular_pages", 0)

    @property
    def requests(self) -> int:
        """Return how many requests the run has sent."""
        return self._client.request_count - self._requests_before

    @property
    def waited_seconds(self) -> float:
        """Return for how long its requests waited, summed over those in flight."""
        return self._client.waited_seconds - self._waited_before

    def add(self, page: Page) -> None:
        """Count a page that has landed."""
        self.received += page.received
        self.checkpoints += page.checkpoints.num_rows
        self.irregular_pages += page.reader != "fast"

    def so_far(self) -> dict[str, Any]:
        """Return the sums as a finished window keeps them."""
        names = ("requests", "waited_seconds", "received", "checkpoints", "irregular_pages")
        return {name: getattr(self, name) for name in names}
