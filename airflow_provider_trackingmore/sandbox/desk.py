"""The service without HTTP: find version and route, check key and limits, answer in its envelope."""

from __future__ import annotations

import itertools
import json
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from airflow_provider_trackingmore.sandbox import account, creates, edits, lists, registry
from airflow_provider_trackingmore.sandbox.calls import ITEMS, Answer, Call, Refused
from airflow_provider_trackingmore.sandbox.dialects import V2, V4, Dialect, dialect_of
from airflow_provider_trackingmore.sandbox.render import drift
from airflow_provider_trackingmore.sandbox.texts import Texts, as_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from airflow_provider_trackingmore.sandbox.codes import Code
    from airflow_provider_trackingmore.sandbox.limits import RateLimiter
    from airflow_provider_trackingmore.sandbox.switches import Switches
    from airflow_provider_trackingmore.sandbox.world import World

_EMPTY: dict[str, Any] = {"list": [], "object": {}, "null": None}


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


@dataclass
class Reply:
    """What goes out over HTTP, before it is written as JSON."""

    http_status: int
    text: str
    code: int
    items: int = 0


@dataclass
class Desk:
    """Answers requests from the world, under the switches and limits it is given."""

    world: World
    switches: Switches
    limiter: RateLimiter
    key: str

    def __post_init__(self) -> None:
        self.texts = Texts(self.switches, self.world.anchor)
        # Tells one answer from the next, for what may differ between them.
        self.turns = itertools.count()

    def answer(self, call: Call, headers: Mapping[str, str]) -> Reply:
        """Return the reply to a request; ``headers`` are looked up without regard to case."""
        dialect = call.dialect
        key = headers.get(dialect.key_header)
        if key is None and dialect is V2 and self.switches.accept_v4_header_on_v2:
            key = headers.get(V4.key_header)
        if key != self.key:
            return self.refuse(dialect, "unauthorised")
        if not self.limiter.allows(key, dialect, creates=call.route in ("create", "batch")):
            return self.refuse(dialect, "limited")
        if call.handler not in HANDLERS:
            return self.refuse(dialect, call.handler)
        try:
            with self.world.lock:
                return self._reply(dialect, HANDLERS[call.handler](self, call))
        except Refused as refusal:
            return self.refuse(dialect, refusal.meaning)

    def refuse(self, dialect: Dialect, meaning: str) -> Reply:
        """Return an error of a version, named by meaning."""
        number = dialect.errors.get(meaning, dialect.errors["bad_filter"])
        return self._reply(dialect, Answer([], number, is_empty=True))

    def error(self, dialect: Dialect, number: int, http_status: int | None = None) -> Reply:
        """Return an error by body code, on its own HTTP status unless another is given."""
        code = dialect.codes[number]
        reply = self._reply(dialect, Answer([], number, is_empty=True))
        reply.http_status = code.http_status if http_status is None else http_status
        return reply

    def _reply(self, dialect: Dialect, answer: Answer) -> Reply:
        number = dialect.errors[answer.code] if isinstance(answer.code, str) else answer.code
        code = dialect.codes[number]
        document = dialect.envelope(code)
        if not answer.is_empty:
            document["data"] = answer.data
        elif self.switches.empty_data != "absent":
            document["data"] = _EMPTY[self.switches.empty_data]
        text = as_text(document)
        if answer.texts:
            text = text.replace(f'"{ITEMS}"', f"[{','.join(answer.texts)}]")
        if self._drifts():
            text = as_text(drift(json.loads(text), self.switches))
        return Reply(self._http_status(dialect, code), text, number, answer.items)

    def _drifts(self) -> bool:
        switches = self.switches
        return switches.extra_keys or switches.numbers_as_text or switches.texts_as_numbers

    def _http_status(self, dialect: Dialect, code: Code) -> int:
        if dialect.rides_on_http_200 and self.switches.errors_on_http_200:
            return 200
        return code.http_status


def resolve(method: str, raw_path: str, query: dict[str, str], body: bytes) -> Call:
    """Return the call a request means; an unknown path or method still finds its version."""
    path = re.sub(r"/{2,}", "/", raw_path)
    dialect = dialect_of(path)
    if dialect is None:
        return Call(V4, "unknown", "no_page", method, {}, query, body)
    below = path.removeprefix(dialect.prefix)
    wrong_method = False
    for route in dialect.routes:
        found = route.match(below)
        if found is None:
            continue
        if route.method == method:
            return Call(dialect, route.name, route.handler, method, found, query, body)
        wrong_method = True
    return Call(dialect, "unknown", "wrong_method" if wrong_method else "no_page", method, {}, query, body)


HANDLERS: dict[str, Callable[[Desk, Call], Answer]] = {
    "list": lists.list_trackings,
    "get": account.get,
    "realtime": account.realtime,
    "realtime_v2": account.realtime_v2,
    "status_count": account.status_count,
    "count": account.count,
    "account": account.user_info,
    "remote": account.remote,
    "transit_time": account.transit_time,
    "awb": account.waybill,
    "couriers": registry.couriers,
    "detect": registry.detect_courier,
    "create": creates.create,
    "create_v2": creates.create_v2,
    "create_v3": creates.create_v3,
    "batch": creates.batch,
    "batch_v2": creates.batch_v2,
    "update": edits.update,
    "update_v2": edits.update_v2,
    "update_many": edits.update_many,
    "delete": edits.delete,
    "delete_v2": edits.delete_v2,
    "delete_many": edits.delete_many,
    "modify_courier": edits.modify_courier,
    "modify_courier_v2": edits.modify_courier_v2,
    "stop": edits.stop,
    "archive": edits.archive,
    "refresh_many": edits.refresh_many,
    "retrack": edits.retrack,
}
