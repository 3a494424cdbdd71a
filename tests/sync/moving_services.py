"""How the services of stories show a record, for a witness who asks the sandbox and not its lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_trackingmore.sandbox.aftership.desk import EDITIONS
from airflow_provider_trackingmore.sandbox.aftership.identities import new_id, old_id
from airflow_provider_trackingmore.sandbox.trackingmore.dialects import DIALECTS
from airflow_provider_trackingmore.sandbox.trackingmore.lists import show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_trackingmore.sandbox import Sandbox
    from airflow_provider_trackingmore.sandbox.knowledge import Record


class TrackingMoreShows:
    """How TrackingMore shows a record in a version; ``paging`` names a page and its size."""

    def __init__(self, box: Sandbox, version: str) -> None:
        self._box = box
        self._dialect = next(dialect for dialect in DIALECTS if dialect.name == version)
        self.paging = {self._dialect.page, self._dialect.size}

    def name(self, record: Record) -> str:
        """Return the id of a record."""
        return record.shipment.id

    def item(self, record: Record) -> dict[str, Any]:
        """Return a record as a list has it."""
        return show(self._box.app.trackingmore, self._dialect, [record])[0]

    def scans(self, item: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
        """Yield leg, time and text of every scan of an item."""
        for leg in ("origin", "destination"):
            for row in (item.get(f"{leg}_info") or {}).get("trackinfo") or []:
                if "Date" in row:
                    yield leg, row["Date"], row["StatusDescription"]
                else:
                    yield leg, row["checkpoint_date"], row["tracking_detail"]


class AfterShipShows:
    """How AfterShip shows a record in a version; its legs are not told apart."""

    paging: ClassVar = {"page", "cursor", "limit"}

    def __init__(self, box: Sandbox, version: str) -> None:
        self._box = box
        self._edition = next(edition for edition in EDITIONS if edition.name == version)

    def name(self, record: Record) -> str:
        """Return the id of a record, which depends on the version."""
        return (old_id if self._edition.old_ids else new_id)(record.shipment)

    def item(self, record: Record) -> dict[str, Any]:
        """Return a record as a list has it."""
        return self._box.app.aftership.show(record, self._edition)

    def scans(self, item: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
        """Yield leg, time and text of every scan of an item."""
        for row in item["checkpoints"]:
            yield "", row["checkpoint_time"], row["message"]


def shown_by(box: Sandbox, version: str) -> TrackingMoreShows | AfterShipShows:
    """Return how the service that has this version shows records."""
    return (TrackingMoreShows if version.startswith("v") else AfterShipShows)(box, version)
