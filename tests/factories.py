"""Small v4 pages, made record by record, for tests that care about a few fields only."""

from __future__ import annotations

import json
from typing import Any


def scan(at: str, status: str = "transit", substatus: str = "transit001", **other: Any) -> dict[str, Any]:
    return {
        "checkpoint_date": at,
        "checkpoint_delivery_status": status,
        "checkpoint_delivery_substatus": substatus,
        "tracking_detail": f"{substatus} at {at}",
        "location": "MUSTERSTADT",
        "country_iso2": "GB",
    } | other


def record(name: str, *scans: dict[str, Any], **other: Any) -> dict[str, Any]:
    """Return a tracking; ``scans`` oldest first, as people think; the service lists them newest first."""
    return {
        "id": f"{name:0>32}",
        "tracking_number": f"NUMBER-{name}",
        "courier_code": "dhl",
        "created_at": "2026-11-01T00:00:00+00:00",
        "update_at": "2026-11-02T00:00:00+00:00",
        "delivery_status": scans[-1]["checkpoint_delivery_status"] if scans else "pending",
        "origin_country": "GB",
        "destination_country": "GB",
        "origin_info": {"courier_code": "dhl", "trackinfo": list(reversed(scans))},
        "destination_info": {"courier_code": None, "trackinfo": []},
    } | other


def body(*records: Any) -> bytes:
    return json.dumps({"meta": {"code": 200, "message": "ok"}, "data": list(records)}).encode()


def key(name: str, account: str = "default") -> str:
    return f"trackingmore:{account}:{name:0>32}"
