"""Reading an answer by the table of outcomes: it is good, empty, or the right error is raised."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from airflow_provider_trackingmore.api.codes import Reaction
from airflow_provider_trackingmore.api.envelope import is_cut_off, is_null_list, read_records
from airflow_provider_trackingmore.api.headers import retry_after, until_reset
from airflow_provider_trackingmore.api.outcomes import NULL_LIST, Flaw, outcome, says_enough
from airflow_provider_trackingmore.exceptions import RateLimitError, ServiceError, TransientError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_trackingmore.api.body import Received
    from airflow_provider_trackingmore.api.envelope import Envelope
    from airflow_provider_trackingmore.api.outcomes import Outcome
    from airflow_provider_trackingmore.api.service import ApiVersion


# What a service asks for after a refusal if it documents no header that would shorten it, and the window
# that the others count requests in.
SHORTEST_REST = 120.0
COUNTED_WINDOW = 1.0


def judge(route: str, received: Received, envelope: Envelope, version: ApiVersion) -> Reaction:
    """Return ``SUCCESS``, ``SLOW`` or ``EMPTY`` for a good answer; raise its error for any other."""
    found = outcome(version, route, received.status, envelope.code)
    says_nothing = received.status < 300 and envelope.code is None
    if received.status != 204 and (isinstance(found.result, Reaction) or says_nothing):
        found = _look_closer(found, route, received.body, envelope, version)
    elif envelope.code is None and not says_enough(received.status, Flaw.CUT_OFF):
        found = _with_flaw(found, Flaw.CUT_OFF) if is_cut_off(received.body) else found
    if isinstance(found.result, Reaction):
        return found.result
    raise _with_wait(
        found.result(
            f"{route}: {found.text}",
            route=route,
            http_status=received.status,
            code=envelope.code,
            name=found.name,
            body=received.body,
        ),
        retry_after(received.headers),
        _rest(received.headers, version),
    )


def _rest(headers: Mapping[str, str], version: ApiVersion) -> float:
    """Return the shortest rest after a refusal."""
    return max(COUNTED_WINDOW, until_reset(headers)) if version.tells_limits else SHORTEST_REST


def _look_closer(found: Outcome, route: str, body: bytes, envelope: Envelope, version: ApiVersion) -> Outcome:
    """Return what the body adds where status and code say that all is well, or say nothing."""
    flaw = _flaw(found, route, body, envelope, version)
    if flaw is not None:
        return _with_flaw(found, flaw)
    may_be_null = version.list_may_be_null and route == "list" and found.result is Reaction.SUCCESS
    return NULL_LIST if may_be_null and is_null_list(body, version) else found


def _with_flaw(found: Outcome, flaw: Flaw) -> Outcome:
    return replace(found, result=flaw.error, text=flaw.text)


def _flaw(found: Outcome, route: str, body: bytes, envelope: Envelope, version: ApiVersion) -> Flaw | None:
    if not body.strip():
        return Flaw.BLANK
    if is_cut_off(body):
        return Flaw.CUT_OFF
    is_empty = found.result is Reaction.EMPTY
    may_lack_list = found.result is Reaction.SLOW and route == "list" and envelope.total is None
    # Both are rare, and neither comes with a large body; a page is never parsed here.
    if is_empty or may_lack_list:
        try:
            records = read_records(body, version)
        except ValueError:
            return Flaw.NO_DOCUMENT
        if is_empty and records:
            return Flaw.NOT_EMPTY
        if may_lack_list and not records:
            return Flaw.OVER_LIMIT
    return None


def _with_wait(error: ServiceError, told: float, rest: float) -> ServiceError:
    """Return the error with the wait that the service asks for, if trying again can help at all."""
    if isinstance(error, RateLimitError):
        error.wait_seconds = max(rest, told)
    elif isinstance(error, TransientError) and told:
        error.wait_seconds = told
    return error
