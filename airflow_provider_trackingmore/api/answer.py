"""One answered request, and the records in it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from airflow_provider_trackingmore.api.envelope import value_at
from airflow_provider_trackingmore.api.outcomes import Flaw
from airflow_provider_trackingmore.exceptions import ResponseShapeError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_Kind = TypeVar("_Kind", dict[str, Any], list[dict[str, Any]])


@dataclass(frozen=True)
class Answer:
    """One answered request: ``body`` as bytes, moments in UTC.

    ``received_at`` is this machine's clock, strictly increasing over a client, so that it orders the
    answers. ``service_time`` is the service's own clock (its ``Date`` header, whole seconds), or None where
    it tells none that can be right. ``total`` is the number of matching records, where the version tells it.
    ``is_empty`` is True where the code itself says that there is nothing. ``next_cursor`` leads to the next
    page and is empty on the last one; None where the version counts pages instead. ``api_version`` is the
    version that answered, and ``query`` what a page of a list was asked for with.
    """

    body: bytes
    route: str
    received_at: datetime
    service_time: datetime | None
    is_empty: bool
    total: int | None
    next_cursor: str | None = None
    api_version: str | None = None
    query: Mapping[str, str] = field(default_factory=dict, repr=False)


def data_of(answer: Answer, kind: type[_Kind], path: tuple[str, ...] = ("data",)) -> _Kind:
    """Return what the answer holds at ``path``.

    :raises ResponseShapeError: if it is not of ``kind``.
    """
    try:
        data = value_at(json.loads(answer.body), path)
    except (ValueError, RecursionError):
        # Not from the error: it holds the whole answer.
        raise Flaw.NO_DOCUMENT.raised(answer.route) from None
    if not isinstance(data, kind):
        raise Flaw.WRONG_DATA.raised(answer.route, f"no {kind.__name__}")
    return data


def listed(answer: Answer, path: tuple[str, ...] = ("data",)) -> list[dict[str, Any]]:
    """Return the list that the answer holds; empty where the code says that there is nothing."""
    return [] if answer.is_empty else data_of(answer, list, path)


def record_of(answer: Answer) -> dict[str, Any]:
    """Return the one record that the answer holds, bare or as the only one of a list: references disagree.

    :raises ResponseShapeError: if there is none.
    """
    try:
        (record,) = data_of(answer, list)
    except ResponseShapeError:
        return data_of(answer, dict)
    except ValueError:
        raise Flaw.WRONG_DATA.raised(answer.route, "not one record") from None
    return record
