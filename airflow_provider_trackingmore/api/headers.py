"""What the headers of an answer tell."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# A header that asks for years is a mistake, and would silence the account until somebody notices.
LONGEST_WAIT = 86_400.0


def http_date(text: str | None) -> datetime | None:
    """Return the moment of a header like ``Date``, or None if it is absent or unreadable."""
    try:
        # HTTP knows only UTC, so a date that does not say its zone is in it.
        moment = parsedate_to_datetime(text or "")
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def retry_after(headers: Mapping[str, str]) -> float:
    """Return the seconds that ``Retry-After`` asks for, at most a day; 0.0 where it says nothing readable.

    A date counts from the service's own clock, which may differ from ours.
    """
    told = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]*)?", told):
        return min(LONGEST_WAIT, float(told))
    until, now = http_date(told), http_date(headers.get("Date"))
    return min(LONGEST_WAIT, max(0.0, (until - now).total_seconds())) if until and now else 0.0
