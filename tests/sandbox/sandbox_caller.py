"""A caller that knows each version by heart.

It repeats headers and paths on purpose: read from the sandbox, they would agree with any mistake.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import requests

    from airflow_provider_trackingmore.sandbox import Sandbox

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HEADERS = {"v2": "Trackingmore-Api-Key", "v3": "Tracking-Api-Key", "v4": "Tracking-Api-Key"}
LISTS = {"v2": "/v2/trackings/get", "v3": "/v3/trackings/get", "v4": "/v4/trackings/get"}
PAGES = {
    "v2": ("page", "limit"),
    "v3": ("pages_amount", "items_amount"),
    "v4": ("pages_amount", "items_amount"),
}
UPDATED = {"v2": "updated_at", "v3": "update_date", "v4": "update_at"}
VERSIONS = ("v2", "v3", "v4")


@dataclass
class Caller:
    """Calls the sandbox as a client of each version would."""

    box: Sandbox
    session: requests.Session

    def __call__(
        self, method: str, path: str, *, body: Any = None, headers: dict[str, str] | None = None, **query: Any
    ) -> requests.Response:
        version = path.strip("/").split("/")[0]
        sent = {HEADERS.get(version, "Tracking-Api-Key"): self.box.key} if headers is None else headers
        return self.session.request(
            method,
            self.box.url + path,
            params=query,
            headers=sent,
            json=body,
            timeout=5,
            allow_redirects=False,
        )

    def page(self, version: str, number: int = 1, size: int | None = None, **query: Any) -> requests.Response:
        page, limit = PAGES[version]
        query[page] = number
        if size is not None:
            query[limit] = size
        return self("GET", LISTS[version], **query)

    def items(self, version: str, number: int = 1, size: int | None = None, **query: Any) -> list[Any]:
        return items_of(self.page(version, number, size, **query).json())

    def walk(self, version: str, size: int | None = None, **query: Any) -> list[Any]:
        """Return every item up to the first empty page."""
        found: list[Any] = []
        for number in range(1, 1000):
            page = self.items(version, number, size, **query)
            if not page:
                return found
            found += page
        raise AssertionError("no empty page")


def items_of(document: dict[str, Any]) -> list[Any]:
    """Return the items of a list answer, whatever the version."""
    data = document.get("data") or []
    return data.get("items", []) if isinstance(data, dict) else data


def code_of(answer: requests.Response) -> int:
    """Return the body code of an answer, whatever the version."""
    document = answer.json()
    return int(document.get("meta", document)["code"])


def rows_of(item: dict[str, Any]) -> list[dict[str, Any]]:
    """Return all checkpoints of an item, both sides."""
    sides = [item.get("origin_info"), item.get("destination_info")]
    return [row for side in sides for row in (side or {}).get("trackinfo") or []]
