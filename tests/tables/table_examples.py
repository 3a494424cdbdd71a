"""The example pages, and ways to build, decode and count pages."""

from __future__ import annotations

import json
from collections import Counter
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from hypothesis import HealthCheck, settings
from json_pairs import as_pairs, text_of

from airflow_provider_trackingmore.tables import Page, decode_page, page

EXAMPLES = Path(__file__).parents[1] / "examples"
PAGES = {
    "v2_list_page": "v2",
    "v2_list_page_last": "v2",
    "v3_list_page": "v3",
    "v4_list_page": "v4",
    "x51tracking_v4_list_rejected": "v4",
}
REGULAR = {"v2": "v2_list_page_last", "v3": "v3_list_page", "v4": "v4_list_page"}
VERSIONS = list(REGULAR)
LEGS = ("origin_info", "destination_info")
OBSERVED = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

# Two cores and many neighbours: enough to find things, not enough to be in the way.
patiently = settings(
    deadline=None,
    database=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def body_of(name: str) -> bytes:
    return (EXAMPLES / f"trackingmore_{name}.json").read_bytes()


def items_of(document: Any, version: str) -> Any:
    """Return the list of a page, read without the package."""
    data = document["data"]
    if version == "v2":
        return data["items"]
    return data["success"] if isinstance(data, dict) else data


def records_of(name: str) -> list[dict[str, Any]]:
    return items_of(json.loads(body_of(name)), PAGES[name])


def regular(version: str) -> dict[str, Any]:
    """Return the record with most scans among those that the fast reader takes."""
    return max(records_of(REGULAR[version]), key=scans_in)


def record(version: str = "v4", **fields: Any) -> dict[str, Any]:
    """Return a copy of the example record of a version that has most scans, with other fields."""
    best = max((one for name, of in PAGES.items() if of == version for one in records_of(name)), key=scans_in)
    return deepcopy(best) | fields


def document_of(records: Any, version: str = "v4") -> dict[str, Any]:
    if version == "v2":
        meta = {"code": 200, "type": "Success", "message": "Success"}
        return {
            "meta": meta,
            "data": {"page": 1, "limit": 100, "total": "1", "count": 1, "items": records},
        }
    if version == "v3":
        return {"code": 200, "message": "fine", "data": records}
    return {"meta": {"code": 200, "message": "fine"}, "data": records}


def page_of(*records: Any, version: str = "v4") -> bytes:
    return json.dumps(document_of(list(records), version)).encode()


def written(*records: Any, version: str = "v4") -> bytes:
    """Return a page of records that may be :class:`.json_pairs.Pairs`, or hold some."""
    return text_of(as_pairs(document_of(list(records), version))).encode()


def decode(body: bytes, version: str = "v4", **options: Any) -> Page:
    decoded = decode_page(body, "trackingmore", version, **{"observed_at": OBSERVED} | options)
    for table in (decoded.trackings, decoded.checkpoints, decoded.rejected):
        table.validate(full=True)
    return decoded


def decode_all(body: bytes, version: str = "v4") -> Page:
    """Decode with personal data asked for: every value stays as it came."""
    return decode(body, version, include_personal_data=True)


def decode_tolerantly(monkeypatch: Any, body: bytes, version: str = "v4", **options: Any) -> Page:
    with monkeypatch.context() as patched:
        patched.setattr(page, "read_regular", lambda *_: None)
        return decode(body, version, **options)


def with_scan(version: str = "v4", **fields: Any) -> dict[str, Any]:
    """Return a record whose only scan is the newest of the example's, with other fields."""
    changed = record(version)
    leg = changed["origin_info"] or {}
    leg["trackinfo"] = [leg["trackinfo"][0] | fields]
    changed["destination_info"] = None
    return changed


def with_scans(*scans: dict[str, Any], leg: str = "origin_info", **fields: Any) -> dict[str, Any]:
    """Return a v4 record with these scans, newest first, and no others."""
    changed = record(**fields)
    for name in LEGS:
        changed[name]["trackinfo"] = list(scans) if name == leg else []
    return changed


def scans_in(one: dict[str, Any]) -> int:
    return sum(len((one.get(leg) or {}).get("trackinfo") or []) for leg in LEGS)


def rows(table: pa.Table) -> list[dict[str, Any]]:
    return table.to_pylist()


def row(table: pa.Table, **which: Any) -> dict[str, Any]:
    found = [one for one in rows(table) if all(one[name] == value for name, value in which.items())]
    assert len(found) == 1, which
    return found[0]


def plain(table: pa.Table) -> pa.Table:
    """Return ``table`` with coded columns as texts: the order of the codes is no content."""
    fields = [
        pa.field(one.name, one.type.value_type if pa.types.is_dictionary(one.type) else one.type)
        for one in table.schema
    ]
    return table.cast(pa.schema(fields))


def everything(decoded: Page) -> str:
    """Return all that a page became, as one text to search."""
    tables = (decoded.trackings, decoded.checkpoints, decoded.rejected)
    return "\n".join(repr(list(one.values())) for table in tables for one in rows(table))


def extra_of(one: dict[str, Any]) -> Any:
    return json.loads(one["extra"]) if one["extra"] else {}


def aside(decoded: Page) -> Counter[str]:
    """Return how many rows of each kind were set aside."""
    return Counter(decoded.rejected["kind"].to_pylist())
