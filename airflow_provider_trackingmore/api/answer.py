"""One answered request, and the records in it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from airflow_provider_trackingmore.api.outcomes import Flaw

if TYPE_CHECKING:
    from datetime import datetime

_Kind = TypeVar("_Kind", dict[str, Any], list[dict[str, Any]])


@dataclass(frozen=True)
class Answer:
    """One answered request: ``body`` as bytes, moments in UTC.

    ``received_at`` is this machine's clock, strictly increasing over a client, so that it orders the
    answers. ``service_time`` is the service's own clock (its ``Date`` header, whole seconds), or None.
    ``total`` is the number of matching records, where the version tells it. ``is_empty`` is True where
    the code itself says that there is nothing.
    """

    body: bytes
    route: str
    received_at: datetime
    service_time: datetime | None
    is_empty: bool
    total: int | None


def data_of(answer: Answer, kind: type[_Kind]) -> _Kind:
    """Return the answer's ``data``.

    :raises ResponseShapeError: if it is not of ``kind``.
    """
    try:
        data = json.loads(answer.body).get("data")
    except (ValueError, RecursionError):
        # Not from the error: it holds the whole answer.
        raise Flaw.NO_DOCUMENT.raised(answer.route) from None
    if not isinstance(data, kind):
        raise Flaw.WRONG_DATA.raised(answer.route, f"no {kind.__name__}")
    return data


def listed(answer: Answer) -> list[dict[str, Any]]:
    """Return the answer's ``data`` as a list; empty where the code says that there is nothing."""
    return [] if answer.is_empty else data_of(answer, list)
