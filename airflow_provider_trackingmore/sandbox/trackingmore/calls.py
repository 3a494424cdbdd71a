"""A request that found its version of TrackingMore, and the lists its body may hold."""

from __future__ import annotations

from typing import Any, TypeAlias

from airflow_provider_trackingmore.sandbox import calls
from airflow_provider_trackingmore.sandbox.calls import Refused
from airflow_provider_trackingmore.sandbox.trackingmore.dialects import Dialect

Call: TypeAlias = calls.Call[Dialect]


def json_list(call: Call, most: int = 40) -> list[dict[str, Any]]:
    """Return a body that is an array of objects, or one object, as a list.

    :raises Refused: if it is neither, or longer than ``most``.
    """
    value = call.json()
    rows = [value] if isinstance(value, dict) else value
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Refused("not_json")
    if len(rows) > most:
        raise Refused("too_many")
    return rows
