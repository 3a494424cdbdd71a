"""Every error this package raises on purpose, named after what the reader should do.

::

    TrackingMoreError
    ├── ConfigurationError          an argument or setting is wrong: correct it
    ├── TransientError              nothing is wrong with the request: try again later
    │   ├── TransportError            no usable answer came
    │   ├── RateLimitError            the whole account must rest first
    │   ├── ServerError               the service is in trouble
    │   └── IncompleteWindowError     the window did not hold still; the next run reads it again
    ├── FinalError                  the same request will fail again
    │   ├── AuthenticationError       the key is refused
    │   ├── QuotaError                the plan has no API, or its quota or balance is used up
    │   ├── RequestError              the service says that we asked for nonsense
    │   ├── ResponseShapeError        the answer is not what the reference says
    │   ├── AnswerTooLargeError       the answer is larger than we agreed to read
    │   └── PaginationError           the pages contradict each other
    ├── ItemError                   one number cannot be processed: skip it
    ├── WarehouseError              the warehouse cannot be opened, or does not fit this version or account
    │   └── WarehouseBusyError        another process holds the file: try again later
    ├── RequestsUsedUpError         the run's own limit of requests is reached: it stops cleanly
    └── CheckFailedError            a model check marked ``fail`` found rows

Texts are one sentence a person can act on; facts are attributes. No key, no body, no personal data: what
the service wrote is at hand as ``body`` and ``message``, and nothing prints or pickles it.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any


class TrackingMoreError(Exception):
    """Base of all errors of this package.

    ``transient`` says whether trying again can help, ``wait_seconds`` how long to wait first, where that
    is known.
    """

    transient: bool = False
    wait_seconds: float | None = None


class ConfigurationError(TrackingMoreError, ValueError):
    """An argument, connection field or setting is wrong; the text names it and the way out."""


class _Withheld:
    """What is at hand for whoever asks, and in no dump: not in ``repr``, ``vars`` or a pickle."""

    __slots__ = ("content",)

    def __init__(self, content: bytes | None = None) -> None:
        self.content = content

    def __repr__(self) -> str:
        return "(withheld)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Withheld)

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[type[_Withheld], tuple[()]]:
        return _Withheld, ()


# An error that somebody keeps should not keep megabytes with it.
_LONGEST_BODY = 1 << 16


class ServiceError(TrackingMoreError):
    """What the service answered, as attributes.

    ``http_status`` (or ``status_code``) is None where no answer came, ``code`` (or ``meta_code``) where the
    body named none; ``name`` is the code's name in :mod:`airflow_provider_trackingmore.api.codes`. ``tried``
    says how often the request was sent.
    """

    tried: int = 1

    def __init__(
        self,
        text: str,
        *,
        route: str = "",
        http_status: int | None = None,
        code: int | None = None,
        name: str | None = None,
        body: bytes | None = None,
    ) -> None:
        super().__init__(text)
        self.route = route
        self.http_status = http_status
        self.code = code
        self.name = name
        self._body = _Withheld(None if body is None else body[:_LONGEST_BODY])

    @property
    def status_code(self) -> int | None:
        """Return the HTTP status."""
        return self.http_status

    @property
    def meta_code(self) -> int | None:
        """Return the code of the body."""
        return self.code

    @property
    def body(self) -> bytes | None:
        """Return the answer's body as it came, at most 64 KB of it; it may hold personal data."""
        return self._body.content

    @property
    def message(self) -> str | None:
        """Return the service's own words, which may quote what was sent; None where it had none."""
        found: Any = None
        with suppress(ValueError, RecursionError):
            found = json.loads(self.body or b"null")
        if isinstance(found, dict):
            meta = found.get("meta")
            found = meta.get("message") if isinstance(meta, dict) else found.get("message")
        return found if isinstance(found, str) else None


class TransientError(ServiceError):
    """Trying the same request again later can help, after ``wait_seconds`` where that is known."""

    transient = True
    wait_seconds: float | None = None


class TransportError(TransientError):
    """No usable answer: a refused or dropped connection, a time-out, a body cut off."""


class RateLimitError(TransientError):
    """The account has asked too often and must rest ``wait_seconds`` before any other call."""

    wait_seconds: float | None = 120.0


class ServerError(TransientError):
    """The service is in trouble (5xx, 511-513); it may have told ``wait_seconds``."""


class IncompleteWindowError(TransientError):
    """What was read is in the warehouse, but some window did not hold still; the watermark stays."""


class FinalError(ServiceError):
    """The same request will fail again."""


class AuthenticationError(FinalError):
    """The key is wrong, deleted or lacks the right."""


class QuotaError(FinalError):
    """The plan has no API, or its quota, balance or trial is used up."""


class RequestError(FinalError):
    """The service refuses the request as such."""


class ResponseShapeError(FinalError):
    """The answer is not what the reference says; the text names the path, never the value."""


class AnswerTooLargeError(FinalError):
    """The answer is larger than the client's ``largest_answer``; nothing of it was kept."""


class PaginationError(FinalError):
    """The pages of a list contradict each other, so nothing half-read may be trusted."""


class ItemError(ServiceError):
    """One number or courier cannot be processed; the others can."""


class WarehouseError(TrackingMoreError):
    """The warehouse is damaged or no database, or belongs to another version or another account label."""


class WarehouseBusyError(WarehouseError):
    """Another run holds the warehouse, or reads the same account; it will end."""

    transient = True
    wait_seconds: float | None = 30.0


class RequestsUsedUpError(TrackingMoreError):
    """A run has sent as many requests as it was allowed to; what it has read is kept.

    ``left`` says what was not read.
    """

    left: str = "everything"


class CheckFailedError(TrackingMoreError):
    """A model check marked ``fail`` found rows; ``failures`` maps check names to row counts."""

    def __init__(self, failures: dict[str, int]) -> None:
        super().__init__(failures)
        self.failures = failures

    def __str__(self) -> str:
        listed = ", ".join(f"{name} ({count} rows)" for name, count in sorted(self.failures.items()))
        return f"model checks failed: {listed}; the models were not changed"
