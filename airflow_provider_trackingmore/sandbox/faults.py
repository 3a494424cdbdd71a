"""Ways in which an answer can go wrong, queued by tests and used up by requests."""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass
from typing import Any

from airflow_provider_trackingmore.sandbox.aftership.editions import EDITIONS
from airflow_provider_trackingmore.sandbox.trackingmore.dialects import DIALECTS

# What each fault does; ``code`` faults carry the meaning of a body code, the others a kind of damage.
KINDS: dict[str, str] = {
    "http_429": "HTTP 429 with the version's body for it",
    "body_429": "body code 429 on HTTP 200",
    "http_500": "HTTP 500 with a JSON error",
    "http_502": "HTTP 502 with a JSON error",
    "http_503": "HTTP 503 with a JSON error",
    "html_502": "HTTP 502 with a gateway's HTML page",
    "html_503": "HTTP 503 with a gateway's HTML page",
    "html_200": "HTTP 200 with an HTML page",
    "http_504": "HTTP 504 with a JSON error",
    "empty_body": "HTTP 200 with nothing in it",
    "empty_502": "HTTP 502 with nothing in it",
    "truncated": "half of the JSON, with a Content-Length that fits the half",
    "short_body": "half of the JSON, then the connection closes before Content-Length is reached",
    "slow": "the right answer after `seconds`",
    "dropped": "the connection closes without an answer",
    "redirect": "HTTP 302 to another host",
    "code": "the body code `code`, with the HTTP status that belongs to it",
}


VERSIONS = tuple(dialect.name for dialect in (*DIALECTS, *EDITIONS))


@dataclass
class Fault:
    """One queued fault: what, on which route (any if empty), after how many good ones, how often.

    ``times`` of nothing means for ever.
    """

    kind: str
    route: str | None = None
    version: str | None = None
    times: int | None = 1
    after: int = 0
    seconds: float = 15.0
    location: str = "https://elsewhere.example/"
    code: int = 429

    def applies(self, route: str, version: str) -> bool:
        """Return whether a request is one this fault waits for."""
        return self.route in (None, route) and self.version in (None, version)


class Faults:
    """The queue of faults; the oldest one that fits a request is used."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queue: list[Fault] = []

    def add(self, kind: str, **choices: Any) -> Fault:
        """Queue a fault; ``choices`` are the fields of :class:`Fault`.

        :raises ValueError: if there is no such kind or choice.
        """
        if kind not in KINDS:
            raise ValueError(f"there is no fault {kind!r}; there are: {', '.join(KINDS)}")
        try:
            fault = Fault(kind, **choices)
        except TypeError:
            known = ", ".join(name for name in Fault.__dataclass_fields__ if name != "kind")
            raise ValueError(f"a fault takes {known}; not all of {', '.join(choices)}") from None
        if wrong := _wrong(fault):
            raise ValueError(f"{wrong} of a fault cannot be {getattr(fault, wrong)!r}")
        with self._lock:
            self._queue.append(fault)
        return fault

    def take(self, route: str, version: str) -> Fault | None:
        """Return the fault that hits this request, and use it up."""
        with self._lock:
            for fault in self._queue:
                if not fault.applies(route, version):
                    continue
                if fault.after > 0:
                    fault.after -= 1
                    continue
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self._queue.remove(fault)
                return fault
        return None

    def clear(self) -> None:
        """Forget every queued fault."""
        with self._lock:
            self._queue.clear()

    def as_list(self) -> list[dict[str, Any]]:
        """Return what is queued."""
        with self._lock:
            return [asdict(fault) for fault in self._queue]


def _wrong(fault: Fault) -> str | None:
    """Return the first field that holds something it cannot."""
    fits = {
        "route": fault.route is None or isinstance(fault.route, str),
        "version": fault.version is None or fault.version in VERSIONS,
        "times": fault.times is None or (type(fault.times) is int and fault.times > 0),
        "after": type(fault.after) is int and fault.after >= 0,
        "seconds": isinstance(fault.seconds, int | float) and fault.seconds >= 0,
        "location": isinstance(fault.location, str),
        "code": type(fault.code) is int,
    }
    return next((name for name, fit in fits.items() if not fit), None)
