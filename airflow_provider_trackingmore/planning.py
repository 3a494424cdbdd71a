"""What a run has to read: its window, fixed before anything is read, and what is known of it beforehand.

Each run opens with one request for the whole list: its answer tells the service's own clock, from which the
upper end is taken, and how large pages are today.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from airflow_provider_trackingmore.api.estimate import estimate_records
from airflow_provider_trackingmore.exceptions import ConfigurationError
from airflow_provider_trackingmore.fetching import decode
from airflow_provider_trackingmore.reading import FEW
from airflow_provider_trackingmore.store.landing import Asked, Range
from airflow_provider_trackingmore.store.state import LOOK_BACK

if TYPE_CHECKING:
    from airflow_provider_trackingmore.api import Answer, ServiceClient
    from airflow_provider_trackingmore.store.state import State
    from airflow_provider_trackingmore.tables import Page

log = logging.getLogger(__name__)

# Older than every tracking service, so that nothing was created before.
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Plan:
    """What a run has to read; nothing is older than ``oldest``.

    ``opening`` answers the run's first request, for the whole list; ``density`` is how many records a
    second are expected at the end of the window.
    """

    window: Range
    opening: Answer
    oldest: datetime
    expected: int | None = None
    expected_requests: int | None = None
    density: float | None = None

    @property
    def axes(self) -> tuple[str, ...]:
        """Return the axes: creation alone finds everything, and nothing moves on it.

        An increment needs both, because a tracking that was never refreshed may have no update time.
        """
        return ("created",) if self.window.first is None else ("updated", "created")

    @property
    def seconds(self) -> tuple[int, int]:
        """Return the first and last second to read."""
        first = max(self.window.first or self.oldest, self.oldest)
        return int(first.timestamp()), int(self.window.last.timestamp())


def plan(client: ServiceClient, state: State, asked: Asked, begun: Range | None = None) -> Plan:
    """Fix the window of a new run, and say what is coming; that of a run that was ``begun`` is fixed.

    :raises ConfigurationError: if the window is empty, or begins before what the service keeps.
    """
    opening = client.list_page()
    if begun is not None:
        return Plan(begun, opening, _oldest(client, begun.last))
    since = None if asked.everything else asked.first or state.watermark
    if since is None:
        return _plan_everything(client, asked, opening)
    return _plan_increment(client, asked, state, opening, since.astimezone(UTC) - LOOK_BACK)


def _plan_everything(client: ServiceClient, asked: Asked, opening: Answer) -> Plan:
    page = decode(client, opening)
    count = page.received if page else 0
    window = Range(None, _end(asked, opening))
    kept = _oldest(client, opening.service_time or datetime.now(UTC))
    if window.last <= kept:
        raise ConfigurationError(
            f"updated_to is {window.last}, but {client.service.label} keeps nothing older than {kept}; "
            "give a later one, or leave it out to read up to now"
        )
    # Counted requests are better spent on reading than on knowing how long it will take.
    expected = None if client.has_limit else estimate_records(client, opening, count)
    requests = None if expected is None else round(expected / (0.7 * count)) + 10 if count else 1
    if requests is None:
        log.info("%s: reading everything the service keeps", _who(client))
    else:
        log.info(
            "%s: reading everything the service keeps, about %d trackings: "
            "about %d requests, %.0f s at %g a second",
            *(_who(client), expected, requests),
            *(requests / client.requests_per_second, client.requests_per_second),
        )
    # So few may well be all there are, unless no more were asked for.
    density = _density(page, window.last) if count > FEW or count == client.page_size else None
    return Plan(window, opening, _oldest(client, window.last), expected, requests, density)


def _plan_increment(
    client: ServiceClient, asked: Asked, state: State, opening: Answer, first: datetime
) -> Plan:
    window = Range(first, _end(asked, opening))
    if (asked.first or first) >= window.last:
        raise ConfigurationError(_empty_window(asked, state, window))
    oldest = _oldest(client, opening.service_time or datetime.now(UTC))
    if client.version.retention and asked.first is not None and asked.first < oldest:
        raise ConfigurationError(
            f"updated_from is {asked.first}, but {client.service.label} keeps nothing older than {oldest}; "
            "begin there, or leave updated_from out to read from the watermark"
        )
    if asked.first is None and first < oldest:
        log.warning(
            "%s: the last reading ended at %s, and the service keeps nothing older than %s; what was created "
            "in between and has left it since was never seen, and cannot be read any more",
            *(_who(client), state.watermark, oldest),
        )
    log.info("%s: reading from %s up to %s", _who(client), window.first, window.last)
    return Plan(window, opening, oldest)


def _oldest(client: ServiceClient, now: datetime) -> datetime:
    """Return the creation time before which the service keeps nothing."""
    return now.astimezone(UTC) - client.version.retention if client.version.retention else BEGINNING


def _end(asked: Asked, answer: Answer) -> datetime:
    now = answer.service_time or datetime.now(UTC)
    last = min(asked.last, now) if asked.last else now
    return last.astimezone(UTC).replace(microsecond=0)


def _empty_window(asked: Asked, state: State, window: Range) -> str:
    if asked.first is None and asked.last is not None and asked.last == window.last:
        return (
            f"updated_to is {window.last}, but the warehouse is loaded up to {state.watermark} already; "
            "give updated_from to read an older window again"
        )
    if asked.first is None:
        return (
            f"the warehouse is loaded up to {state.watermark}, later than the service's clock "
            f"({window.last}): is this another service, or did its clock go back? Reading everything once "
            "more mends a watermark that a wrong clock has set"
        )
    return f"the window is empty: updated_from is {asked.first}, its end {window.last}"


def _density(page: Page | None, until: datetime) -> float | None:
    """Return the records per second that a first page suggests, if lists are newest first."""
    seconds = page.seconds("created") if page else []
    return len(seconds) / max(1.0, until.timestamp() - min(seconds)) if seconds else None


def _who(client: ServiceClient) -> str:
    return f"account {client.account!r} at {client.base_url} ({client.version.name})"
