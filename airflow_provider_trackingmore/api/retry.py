"""When to send a request again, and how long to wait first: a pure decision."""

from __future__ import annotations

from dataclasses import dataclass

from airflow_provider_trackingmore.exceptions import (
    RateLimitError,
    ServiceError,
    TransientError,
)


@dataclass(frozen=True)
class RetryLimits:
    """How often and how long to try: ``tries`` counts the first one; the rest are seconds."""

    tries: int = 5
    first_wait: float = 1.0
    longest_wait: float = 60.0
    total_seconds: float = 900.0


def wait_before_next(
    error: ServiceError, tried: int, elapsed: float, limits: RetryLimits, jitter: float
) -> float | None:
    """Return the seconds to wait before the next try, or None to give up.

    A rate limit names its own wait, and shortening it makes matters worse; everything else doubles from
    ``first_wait``, and lasts at least as long as the service told. ``jitter`` is a number from 0 to 1 that
    the caller draws.
    """
    if not isinstance(error, TransientError) or tried >= limits.tries:
        return None
    if isinstance(error, RateLimitError) and error.wait_seconds is not None:
        wait = error.wait_seconds
    else:
        backoff = min(limits.longest_wait, limits.first_wait * 2 ** (tried - 1)) * (0.5 + jitter / 2)
        wait = max(backoff, error.wait_seconds or 0.0)
    return wait if elapsed + wait <= limits.total_seconds else None
