"""What an answer means: good, empty, or which error. Both status levels are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlsplit

from airflow_provider_trackingmore.api.codes import Cause, Code, Reaction
from airflow_provider_trackingmore.api.envelope import is_cut_off
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
_FINAL: dict[Cause, type[ServiceError]] = {
    Cause.REQUEST: RequestError,
    Cause.KEY: AuthenticationError,
    Cause.QUOTA: QuotaError,
}


def judge(route: str, response: requests.Response, envelope: Envelope, version: ApiVersion) -> bool:
    """Return whether a good answer says that there is nothing; raise the right error for any other.

    The body's code decides where there is one, because v2 and v3 put errors on HTTP 200; but a success
    code does not outweigh a bad HTTP status.
    """
    status = response.status_code
    code = None if envelope.code is None else version.codes.get(envelope.code)
    reaction = code.reaction_on(route) if code else None
    if status == 429 or reaction is Reaction.WAIT:
        _raise_rate_limit(route, response, envelope)
    if reaction is Reaction.EMPTY:
        return True
    if code is None or reaction is None or (reaction is Reaction.SUCCESS and status >= 300):
        _raise_by_status(route, response, envelope)
    if reaction is not Reaction.SUCCESS:
        _raise_by_code(route, status, envelope, code, reaction)
    if is_cut_off(response.content):
        raise TransportError(f"{route}: the answer is cut off", route=route, http_status=status)
    return False


def _raise_rate_limit(route: str, response: requests.Response, envelope: Envelope) -> NoReturn:
    told = response.headers.get("Retry-After", "").strip()
    error = RateLimitError(
        f"{route}: asked too often; the account must rest",
        route=route,
        http_status=response.status_code,
        code=envelope.code,
        name="rate_limited",
    )
    error.wait_seconds = max(SHORTEST_REST, float(told) if told.isdigit() else 0.0)
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
    if status in (401, 403):
        raise error(AuthenticationError, f"the key is refused (HTTP {status})")
    if status >= 400:
        raise error(RequestError, f"refused (HTTP {status})")
    if status >= 300:
        host = urlsplit(response.headers.get("Location", "")).hostname or "another address"
        raise error(RequestError, f"redirected to {host}, which is not followed; correct base_url")
    if envelope.code is not None:
        raise error(RequestError, f"unknown code {envelope.code}")
    if not response.content.strip() or is_cut_off(response.content):
        raise error(TransportError, "the answer is empty or cut off")
    raise error(ResponseShapeError, "the answer is not a document with a code")
