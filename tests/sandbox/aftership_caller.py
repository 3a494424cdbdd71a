"""A caller that knows AfterShip by heart; it repeats paths and names on purpose, as the other one does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import requests

    from airflow_provider_trackingmore.sandbox import Sandbox

VERSIONS = ("2024-04", "2024-07", "2024-10", "2025-01", "2025-04", "2025-07", "2026-01", "2026-07")
BY_PAGE = ("2024-04", "2024-07")
NEWEST = "2026-07"
# Just within the 120 days that AfterShip keeps, at the sandbox's present.
HORIZON = "2026-07-24T12:00:00+00:00"
every_version = pytest.mark.parametrize("version", VERSIONS)
by_cursor = pytest.mark.parametrize("version", [v for v in VERSIONS if v not in BY_PAGE])


@dataclass
class Caller:
    """Calls AfterShip as a client of one version would."""

    box: Sandbox
    session: requests.Session
    version: str = NEWEST

    def __call__(
        self, method: str, path: str, *, body: Any = None, headers: dict[str, str] | None = None, **query: Any
    ) -> requests.Response:
        return self.session.request(
            method,
            f"{self.box.url}/tracking/{self.version}{path}",
            params=query,
            headers={"as-api-key": self.box.key} if headers is None else headers,
            json=body,
            timeout=5,
            allow_redirects=False,
        )

    def of(self, version: str) -> Caller:
        """Return the same caller for another version."""
        return Caller(self.box, self.session, version)

    def data(self, method: str, path: str, *, body: Any = None, **query: Any) -> Any:
        """Return the data of an answer that must be a success."""
        answer = self(method, path, body=body, **query)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()["data"]

    def page(self, **query: Any) -> dict[str, Any]:
        return self.data("GET", "/trackings", **{"created_at_min": HORIZON, **query})

    def items(self, **query: Any) -> list[dict[str, Any]]:
        return self.page(**query)["trackings"]

    def walk(self, **query: Any) -> list[dict[str, Any]]:
        """Return every tracking, page by page, the way the version has it."""
        found: list[dict[str, Any]] = []
        step: dict[str, Any] = {"page": 1} if self.version in BY_PAGE else {}
        for number in range(1, 1000):
            page = self.page(**query, **step)
            found += page["trackings"]
            if self.version in BY_PAGE:
                if number * page["limit"] >= page["count"]:
                    return found
                step = {"page": number + 1}
            else:
                if not page["pagination"]["has_next_page"]:
                    return found
                step = {"cursor": page["pagination"]["next_cursor"]}
        raise AssertionError("no last page")

    def wrapped(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return what is said of a tracking as the version wants it said."""
        return {"tracking": body} if self.version == "2024-04" else body

    def single(self, method: str, path: str, *, body: Any = None, **query: Any) -> dict[str, Any]:
        """Return the one tracking of an answer."""
        data = self.data(method, path, body=body, **query)
        return data["tracking"] if self.version == "2024-04" else data

    def create(self, **body: Any) -> dict[str, Any]:
        return self.single("POST", "/trackings", body=self.wrapped(body))


def error_of(answer: requests.Response) -> tuple[int, int]:
    """Return HTTP status and code of an answer that is an error."""
    return answer.status_code, answer.json()["meta"]["code"]
