"""Where every answer belongs: one decision that the client follows and ``docs/answers.md`` prints.

:func:`outcome` decides by version, route, HTTP status and body code. :class:`Flaw` holds what can be wrong
with an answer whatever its code says. Nothing is sent or read here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from airflow_provider_trackingmore.api.codes import Cause, Reaction
from airflow_provider_trackingmore.exceptions import (
    AnswerTooLargeError,
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
    from airflow_provider_trackingmore.api.service import ApiVersion


@dataclass(frozen=True)
class Outcome:
    """What an answer comes to: a reaction with which the client goes on, or the error it raises.

    ``text`` says why, and ``name`` which code decided, if one did.
    """

    result: Reaction | type[ServiceError]
    text: str
    name: str | None = None


class Flaw(Enum):
    """What can be wrong with an answer whatever its code says: ``error`` is raised, ``text`` says why."""

    NO_ANSWER = TransportError, "no usable answer came"
    UNTRUSTED = RequestError, "the certificate is not trusted; set ca_bundle"
    BROKEN_OFF = TransportError, "the answer broke off before its end"
    TOO_SLOW = TransportError, "the answer took longer in all than ten times the time-out"
    TOO_LARGE = (
        AnswerTooLargeError,
        "the answer is larger than largest_answer; ask for smaller pages (page_size) or allow more",
    )
    BADLY_PACKED = TransportError, "the answer cannot be unpacked"
    WRONGLY_PACKED = ResponseShapeError, "the answer is packed in a way that was not asked for"
    BLANK = TransportError, "the answer is empty"
    CUT_OFF = TransportError, "the answer is cut off"
    NO_DOCUMENT = ResponseShapeError, "the answer is not one document with a code"
    NOT_EMPTY = ResponseShapeError, "the code says that there is nothing, but records came with it"
    OVER_LIMIT = RateLimitError, "the account is over its limit, and no list came"
    NO_LIST = ResponseShapeError, "the code means success, but there is no list"
    WRONG_DATA = ResponseShapeError, "the code means success, but data is not of the right kind"

    @property
    def error(self) -> type[ServiceError]:
        """Return the class to raise."""
        error: type[ServiceError] = self.value[0]
        return error

    @property
    def text(self) -> str:
        """Return why."""
        text: str = self.value[1]
        return text

    def raised(self, route: str, detail: str = "", http_status: int | None = None) -> ServiceError:
        """Return the error to raise; ``detail`` must hold nothing of what the service sent."""
        text = f"{route}: {self.text}" + (f" ({detail})" if detail else "")
        return self.error(text, route=route, http_status=http_status)


# The answer did not come to its end.
_UNFINISHED = (Flaw.BROKEN_OFF, Flaw.TOO_SLOW, Flaw.CUT_OFF)


def says_enough(status: int, flaw: Flaw) -> bool:
    """Return whether an HTTP status alone says what to do, where a flaw keeps the body from being read.

    Not a refusal that was told by half: among others it may be an empty list. 408 and 429 mean to try again
    anyhow.
    """
    is_refusal = 400 <= status < 500 and status not in (408, 429)
    return status >= 300 and not (is_refusal and flaw in _UNFINISHED)


class Kept(Enum):
    """What stays when an answer has come to its result."""

    ANSWER = "what came"
    EMPTY = "that there is nothing"
    OTHERS = "what was asked about other numbers"
    FINISHED = "the windows that had landed"
    NOTHING = "nothing"


def kept(route: str, result: Reaction | type[ServiceError]) -> Kept:
    """Return what stays after ``result`` on ``route``."""
    if isinstance(result, Reaction):
        return Kept.EMPTY if result is Reaction.EMPTY else Kept.ANSWER
    if route == "list":
        return Kept.FINISHED
    return Kept.OTHERS if result is ItemError else Kept.NOTHING


# The reference allows it in v4, where the form of an empty list is unconfirmed.
NULL_LIST = Outcome(Reaction.EMPTY, "succeeded, and the list is null")

_CAUSES: dict[Cause, type[ServiceError]] = {
    Cause.REQUEST: RequestError,
    Cause.KEY: AuthenticationError,
    Cause.QUOTA: QuotaError,
}

# HTTP statuses that say more than their hundred does.
_STATUSES: dict[int, tuple[type[ServiceError], str]] = {
    401: (AuthenticationError, "the key is refused"),
    402: (QuotaError, "the plan must be paid first"),
    403: (AuthenticationError, "the key is refused"),
    407: (RequestError, "the proxy asks for a user and a password; set proxy"),
    408: (ServerError, "the service gave up waiting for the request"),
}

# Behind every key there is an account, so nothing found cannot be true there.
_NEVER_EMPTY = ("account",)


def outcome(version: ApiVersion, route: str, status: int, code: int | None) -> Outcome:
    """Return what an answer of ``route`` comes to; ``code`` is None where the body names none.

    The body's code decides where there is one, because v2 and v3 put errors on HTTP 200. But 429 on either
    level means to rest, a success code does not outweigh a bad HTTP status, and one that says that there is
    nothing only those that mean "not found".
    """
    known = None if code is None else version.codes.get(code)
    reaction = known.reaction_on(route) if known else None
    name = known.name if known else None
    if status == 429 or reaction is Reaction.WAIT:
        return Outcome(RateLimitError, "asked too often; the account must rest", version.codes[429].name)
    if status == 204 or (reaction is Reaction.EMPTY and (status < 300 or status in (400, 404))):
        if route in _NEVER_EMPTY:
            return Outcome(ResponseShapeError, "nothing was found, which cannot be", name)
        return Outcome(Reaction.EMPTY, "there is nothing", name)
    if known is None or reaction is None or reaction is Reaction.EMPTY:
        return _by_status(status, code)
    if reaction in (Reaction.SUCCESS, Reaction.SLOW):
        return Outcome(reaction, known.meaning, name) if status < 300 else _by_status(status, code)
    errors: dict[Reaction, type[ServiceError]] = {
        Reaction.SKIP: ItemError,
        Reaction.RETRY: ServerError,
        Reaction.FINAL: _CAUSES[known.cause],
    }
    return Outcome(errors[reaction], f"code {code} ({name}): {known.meaning}", name)


def _by_status(status: int, code: int | None) -> Outcome:
    """Return what the HTTP status means: the body names no code, or none that may decide."""
    if status in _STATUSES:
        error, text = _STATUSES[status]
        return Outcome(error, f"{text} (HTTP {status})")
    if status >= 500:
        return Outcome(ServerError, f"the service is in trouble (HTTP {status})")
    if status >= 400:
        return Outcome(RequestError, f"refused (HTTP {status})")
    if status >= 300:
        text = f"redirected (HTTP {status}), which is not followed; correct the address (base_url, domain)"
        return Outcome(RequestError, text)
    if code is None:
        return Outcome(Flaw.NO_DOCUMENT.error, Flaw.NO_DOCUMENT.text)
    if 500 <= code < 600:
        return Outcome(ServerError, f"the service is in trouble (unknown code {code})")
    return Outcome(RequestError, f"unknown code {code}")
