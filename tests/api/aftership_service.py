"""What AfterShip answers, from the example bodies of the reference, for a server on loopback."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from loopback import Reply

EXAMPLES = Path(__file__).parents[1] / "examples"
VERSIONS = ("2024-04", "2024-07", "2024-10", "2025-01", "2025-04", "2025-07", "2026-01", "2026-07")
BY_PAGE = VERSIONS[:2]


def example(name: str) -> Any:
    return json.loads((EXAMPLES / f"aftership_{name}.json").read_bytes())


def ok(data: Any, code: int = 200, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(json.dumps({"meta": {"code": code}, "data": data}).encode(), code, named)


def listed(
    version: str, *ids: str, total: int | None = None, cursor: str | None = "", **headers: str
) -> Reply:
    """Return a page of a list with these records, in the envelope of the version."""
    records = [{"id": name, "tracking_number": f"N{name}", "slug": "ups"} for name in ids]
    count = len(ids) if total is None else total
    if version in BY_PAGE:
        return ok({"page": 1, "limit": 200, "count": count, "trackings": records}, **headers)
    paging = {"total": count, "next_cursor": cursor, "has_next_page": bool(cursor)}
    return ok({"pagination": paging, "trackings": records}, **headers)


def refusal(code: int, status: int = 400, message: str = "words", **headers: str) -> Reply:
    body = {"meta": {"code": code, "type": "BadRequest", "message": message}, "data": {}}
    return Reply(json.dumps(body).encode(), status, {k.replace("_", "-"): v for k, v in headers.items()})
