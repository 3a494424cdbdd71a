"""What both services stand on: one account over one world, and the writing of answers."""

from __future__ import annotations

import itertools
import json
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_trackingmore.sandbox.calls import ITEMS, Asked, Call, Reply
from airflow_provider_trackingmore.sandbox.drift import drift
from airflow_provider_trackingmore.sandbox.texts import as_text

if TYPE_CHECKING:
    from airflow_provider_trackingmore.sandbox.limits import RateLimiter
    from airflow_provider_trackingmore.sandbox.switches import Switches
    from airflow_provider_trackingmore.sandbox.world import World


@dataclass
class Premises:
    """What every version of every service shares.

    ``secret`` and ``public_key`` are what AfterShip's signatures are checked with; with neither, the key
    alone opens the door.
    """

    world: World
    switches: Switches
    limiter: RateLimiter
    key: str
    secret: str | None = None
    public_key: str | None = None


class Service(ABC):
    """One of the two services, without HTTP: finds the route, checks who asks, answers in its envelope."""

    def __init__(self, premises: Premises) -> None:
        self.premises = premises
        self.world, self.switches, self.limiter = premises.world, premises.switches, premises.limiter
        # Tells one answer from the next, for what may differ between them.
        self.turns = itertools.count()

    @abstractmethod
    def call(self, asked: Asked) -> Call[Any]:
        """Return the call a request means; an unknown path or method still finds a version."""

    @abstractmethod
    def answer(self, call: Call[Any]) -> Reply:
        """Return the reply to a call."""

    @abstractmethod
    def error(self, call: Call[Any], number: int, http_status: int | None = None) -> Reply:
        """Return an error by body code, on its own HTTP status unless another is given."""

    @abstractmethod
    def code_of(self, call: Call[Any], http_status: int) -> int:
        """Return the body code with which an HTTP status is told."""

    def written(self, document: dict[str, Any], texts: list[str]) -> str:
        """Return an answer as JSON, with its records in their place and the drift that is switched on."""
        text = as_text(document)
        if texts:
            text = text.replace(f'"{ITEMS}"', f"[{','.join(texts)}]")
        switches = self.switches
        if switches.extra_keys or switches.numbers_as_text or switches.texts_as_numbers:
            text = as_text(drift(json.loads(text), switches))
        return text
