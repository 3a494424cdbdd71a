"""What an answer means: good, empty, or which error. Both status levels are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from airflow_provider_trackingmore.api.codes import Cause, Code, Reaction
from airflow_provider_trackingmore.api.envelope import is_cut_off
from airflow_provider_trackingmore.api.headers import retry_after
from airflow_provider_trackingmore.exceptions import (
    AuthenticationError,
    ItemError,
    QuotaError,
    RateLimitError,
    RequestError,
    ResponseShapeError,
    ServerError,
    ServiceError,
    TransportError,
)

if TYPE_CHECKING:
    import requests

    from airflow_provider_trackingmore.api.envelope import Envelope
    from airflow_provider_trackingmore.api.versions import ApiVersion

SHORTEST_REST = 120.0
_GOOD = (Reaction.SUCCESS, Reaction.SLOW)
_FINAL: dict[Cause, type[ServiceError]] = {
    Cause.REQUEST: RequestError,
    Cause.KEY: AuthenticationError,
    Cause.QUOTA: QuotaError,
}


def judge(route: str, response: requests.Response, envelope: Envelope, version: ApiVersion) -> Reaction:
    """Return ``SUCCESS``, ``SLOW`` or ``EMPTY`` for a good answer; raise the right error for any other.

    The body's code decides where there is one, because v2 and v3 put errors on HTTP 200; but a success
    code does not outweigh a bad HTTP status, and an empty one only those that mean "not found".
    """
    status = response.status_code
    code = None if envelope.code is None else version.codes.get(envelope.code)
    reaction = code.reaction_on(route) if code else None
    if status == 429 or reaction is Reaction.WAIT:
        _raise_rate_limit(route, response, envelope)
    if status == 204 or (reaction is Reaction.EMPTY and status in (200, 400, 404)):
        return Reaction.EMPTY
    if code is None or reaction is None or reaction is Reaction.EMPTY:
        _raise_by_status(route, response, envelope)
    if reaction not in _GOOD:
        _raise_by_code(route, status, envelope, code, reaction)
    if status >= 300:
        _raise_by_status(route, response, envelope)
    if is_cut_off(response.content):
        raise TransportError(f"{route}: the answer is cut off", route=route, http_status=status)
    return reaction


def _raise_rate_limit(route: str, response: requests.Response, envelope: Envelope) -> NoReturn:
    error = RateLimitError(
        f"{route}: asked too often; the account must rest",
        route=route,
        http_status=response.status_code,
        code=envelope.code,
        name="rate_limited",
    )
    error.wait_seconds = max(SHORTEST_REST, retry_after(response.headers))
    raise error


def _raise_by_code(route: str, status: int, envelope: Envelope, code: Code, reaction: Reaction) -> NoReturn:
    kinds: dict[Reaction, type[ServiceError]] = {
        Reaction.SKIP: ItemError,
        Reaction.RETRY: ServerError,
        Reaction.FINAL: _FINAL[code.cause],
    }
    text = f"{route}: code {envelope.code} ({code.name}): {code.meaning}"
    raise kinds[reaction](text, route=route, http_status=status, code=envelope.code, name=code.name)


def _raise_by_status(route: str, response: requests.Response, envelope: Envelope) -> NoReturn:
    """Raise by the HTTP status: the body names no code, or none that is known."""
    status = response.status_code

    def error(kind: type[ServiceError], text: str) -> ServiceError:
        return kind(f"{route}: {text}", route=route, http_status=status, code=envelope.code)

    if status >= 500:
        raise error(ServerError, f"the service is in trouble (HTTP {status})")
    if status == 200 and 500 <= (envelope.code or 0) < 600:
        raise error(ServerError, f"the service is in trouble (unknown code {envelope.code})")
    if status in (401, 403):
        raise error(AuthenticationError, f"the key is refused (HTTP {status})")
    if status >= 400:
        raise error(RequestError, f"refused (HTTP {status})")
    if status >= 300:
        raise error(RequestError, f"redirected (HTTP {status}), which is not followed; correct base_url")
    if envelope.code is not None:
        raise error(RequestError, f"unknown code {envelope.code}")
    if not response.content.strip() or is_cut_off(response.content):
        raise error(TransportError, "the answer is empty or cut off")
    raise error(ResponseShapeError, "the answer is not a document with a code")
