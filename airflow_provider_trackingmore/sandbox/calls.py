"""A request and an answer, without HTTP: what the handlers of both services get and give."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

# Stands in an answer's data where records go that are JSON already.
ITEMS = "@items@"


class Version(Protocol):
    """One version of one service."""

    @property
    def name(self) -> str:
        """Return what the version is called."""


V = TypeVar("V", bound=Version)


class Refused(Exception):  # noqa: N818 - it is the service's answer, not our error
    """The service answers with an error; ``meaning`` is its name there, ``about`` the field it is about."""

    def __init__(self, meaning: str, about: str = "") -> None:
        super().__init__(meaning, about)
        self.meaning, self.about = meaning, about


@dataclass(frozen=True)
class Asked:
    """One HTTP request; ``target`` is path and query as they were sent, ``headers`` ignore case."""

    method: str
    path: str
    target: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass
class Call(Generic[V]):
    """One request that found its version, its route, who handles it, and the variables of its path."""

    asked: Asked
    dialect: V
    route: str
    handler: str
    path: dict[str, str] = field(default_factory=dict)

    @property
    def method(self) -> str:
        """Return the HTTP method."""
        return self.asked.method

    @property
    def query(self) -> dict[str, str]:
        """Return the parameters in the URL."""
        return self.asked.query

    def json(self, *, optional: bool = False) -> Any:
        """Return the body as JSON; an optional body may be empty and is an empty object then.

        :raises Refused: if the body cannot be read.
        """
        if optional and not self.asked.body.strip():
            return {}
        try:
            return json.loads(self.asked.body)
        except ValueError:
            raise Refused("not_json") from None


@dataclass
class Answer:
    """What a handler answers: data under a body code, named by meaning or given as a number.

    ``texts`` are records that are JSON already; in ``data``, :data:`ITEMS` stands in their place.
    """

    data: Any
    code: int | str = "ok"
    items: int = 0
    is_empty: bool = False
    texts: list[str] = field(default_factory=list)


@dataclass
class Reply:
    """What goes out over HTTP."""

    http_status: int
    text: str
    code: int
    items: int = 0
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Served:
    """One answered request, as :attr:`Sandbox.requests` keeps it; the key is never part of it.

    ``at`` is when it came, in seconds of the host's monotonic clock: only differences mean something.
    """

    route: str
    version: str
    method: str
    query: dict[str, str]
    http_status: int = 0
    code: int | None = None
    items: int = 0
    fault: str | None = None
    at: float = field(default_factory=time.monotonic)
