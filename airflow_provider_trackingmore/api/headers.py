"""What the headers of an answer tell."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# A header that asks for years is a mistake, and would silence the account until somebody notices.
LONGEST_WAIT = 86_400.0

# A clock that says anything else is wrong, and sums with it may leave the calendar.
_PRESENT = range(2015, 2101)


def http_date(text: str | None) -> datetime | None:
    """Return the moment of a header like ``Date``, or None if it is absent or unreadable."""
    try:
        # HTTP knows only UTC, so a date that does not say its zone is in it.
        moment = parsedate_to_datetime(text or "")
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def told_time(headers: Mapping[str, str]) -> datetime | None:
    """Return the service's own clock, its ``Date``; None if it is absent or cannot be a present moment."""
    moment = http_date(headers.get("Date"))
    return moment if moment and moment.year in _PRESENT else None


def retry_after(headers: Mapping[str, str]) -> float:
    """Return the seconds that ``Retry-After`` asks for, at most a day; 0.0 where it says nothing readable.

    A date counts from the service's own clock, which may differ from ours.
    """
    told = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]*)?", told):
        return min(LONGEST_WAIT, float(told))
    until, now = http_date(told), told_time(headers)
    return min(LONGEST_WAIT, max(0.0, (until - now).total_seconds())) if until and now else 0.0


@dataclass(frozen=True)
class Limit:
    """What an answer tells of its route: requests a second, how many are left, and until when (Unix)."""

    per_second: float | None = None
    remaining: int | None = None
    reset: float | None = None


def limit_told(headers: Mapping[str, str]) -> Limit:
    """Return what ``X-RateLimit-Limit`` and its siblings say; None where that is no plain number."""
    told = [headers.get(f"X-RateLimit-{name}", "").strip() for name in ("Limit", "Remaining", "Reset")]
    limit, remaining, reset = (int(text) if re.fullmatch(r"[0-9]{1,12}", text) else None for text in told)
    return Limit(limit or None, remaining, reset)


def until_reset(headers: Mapping[str, str]) -> float:
    """Return the seconds to the end of the counted window by the service's own clock, at most a day."""
    reset, now = limit_told(headers).reset, told_time(headers)
    return min(LONGEST_WAIT, max(0.0, reset - now.timestamp())) if reset is not None and now else 0.0
