"""AfterShip without HTTP: find version and route, check key, signature and limits, answer in its envelope."""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from airflow_provider_trackingmore.sandbox.aftership import (
    connections,
    couriers,
    lists,
    notices,
    predictions,
    trackings,
)
from airflow_provider_trackingmore.sandbox.aftership.editions import (
    EDITIONS,
    NEWEST,
    OLDEST_SUPPORTED,
    Edition,
)
from airflow_provider_trackingmore.sandbox.aftership.errors import BY_NUMBER, ERRORS, Error
from airflow_provider_trackingmore.sandbox.aftership.identities import Identities
from airflow_provider_trackingmore.sandbox.aftership.parcels import Parcel, age
from airflow_provider_trackingmore.sandbox.aftership.signing import is_signed
from airflow_provider_trackingmore.sandbox.aftership.wording import write
from airflow_provider_trackingmore.sandbox.calls import Answer, Asked, Call, Refused, Reply
from airflow_provider_trackingmore.sandbox.journeys import DAY
from airflow_provider_trackingmore.sandbox.routes import find
from airflow_provider_trackingmore.sandbox.service import Premises, Service
from airflow_provider_trackingmore.sandbox.texts import Texts
from airflow_provider_trackingmore.sandbox.views import View

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_trackingmore.sandbox.knowledge import Record

PREFIX = "/tracking/"
# Trackings are kept for so long, and then forgotten.
RETENTION = 120 * DAY
_LIMITED = ERRORS["limited"].number
_EMPTY: dict[str, Any] = {"list": {}, "object": {}, "null": None}


class Desk(Service):
    """AfterShip's tracking API, eight versions."""

    def __init__(self, premises: Premises) -> None:
        super().__init__(premises)
        self.texts: Texts[Edition] = Texts(self.switches, self.write, age)
        self.identities = Identities(self.world)
        self.connections: dict[str, dict[str, Any]] = {}
        self._today = (0, 0)

    def call(self, asked: Asked) -> Call[Edition]:
        """Return the call a request means; what belongs to no version is the newest one's to refuse."""
        raw_path = asked.target.partition("?")[0]
        edition = next((one for one in EDITIONS if raw_path.startswith(one.prefix + "/")), None)
        if edition is None:
            return Call(asked, NEWEST, "unknown", "no_page")
        below = raw_path.removeprefix(edition.prefix)
        if self.switches.retired_versions and edition.name < OLDEST_SUPPORTED.name:
            edition = OLDEST_SUPPORTED
        match find(edition.routes, asked.method, below):
            case (route, variables):
                path = {name: unquote(value) for name, value in variables.items()}
                return Call(asked, edition, route.name, route.handler, path)
        return Call(asked, edition, "unknown", "no_page")

    def answer(self, call: Call[Edition]) -> Reply:
        """Return the reply to a call."""
        edition, asked = call.dialect, call.asked
        if asked.headers.get("as-api-key") != self.premises.key:
            return self._refuse(edition, "unauthorised")
        if not is_signed(asked, self.premises, self.world.clock.now()):
            return self._refuse(edition, "unauthorised")
        limits, passes = self._limits(call)
        reply = self._handled(call) if passes else self._refuse(edition, "limited")
        reply.headers |= limits
        return reply

    def error(self, call: Call[Edition], number: int, http_status: int | None = None) -> Reply:
        """Return an error by body code, on its own HTTP status unless another is given."""
        reply = self._failed(call.dialect, BY_NUMBER[number])
        if http_status is not None:
            reply.http_status = http_status
        if number == _LIMITED:
            next_second = self.world.clock.epoch() + 1
            reply.headers |= _rate_headers(call.dialect.per_second(call.route), 0, next_second)
        return reply

    def code_of(self, call: Call[Edition], http_status: int) -> int:
        """Return the body code with which an HTTP status is told: they are the same."""
        return http_status

    def write(self, record: Record, edition: Edition, now: int) -> dict[str, Any]:
        """Return a record as a tracking of a version."""
        return write(Parcel(View(record, now, self.world.anchor, self.switches)), edition)

    def show(self, record: Record, edition: Edition) -> dict[str, Any]:
        """Return a record as a tracking of a version, at the present."""
        return self.write(record, edition, self.world.clock.epoch())

    def parcel(self, record: Record) -> Parcel:
        """Return a record as any version sees it, at the present."""
        return Parcel(View(record, self.world.clock.epoch(), self.world.anchor, self.switches))

    def kept(self) -> list[Record]:
        """Return the records AfterShip still keeps, newest first."""
        horizon = self.world.clock.epoch() - RETENTION
        records = self.world.records()
        return [record for record in records if record.shipment.created_at >= horizon]

    def if_kept(self, record: Record | None) -> Record | None:
        """Return a record, unless AfterShip has forgotten it."""
        horizon = self.world.clock.epoch() - RETENTION
        return record if record and record.shipment.created_at >= horizon else None

    def _handled(self, call: Call[Edition]) -> Reply:
        edition = call.dialect
        if call.handler not in HANDLERS:
            return self._refuse(edition, call.handler)
        try:
            with self.world.lock:
                answer = HANDLERS[call.handler](self, call)
        except Refused as refusal:
            return self._refuse(edition, refusal.meaning, refusal.about)
        number = 201 if answer.code == "created" else 200
        document = {"meta": {"code": number}, "data": answer.data}
        text = self.written(document, answer.texts)
        return Reply(number, text, number, answer.items, self._headers(edition))

    def _refuse(self, edition: Edition, meaning: str, about: str = "") -> Reply:
        return self._failed(edition, ERRORS[meaning], about)

    def _failed(self, edition: Edition, error: Error, about: str = "") -> Reply:
        document = error.envelope(about)
        if self.switches.empty_data != "absent":
            document["data"] = _EMPTY[self.switches.empty_data]
        text = self.written(document, [])
        return Reply(error.http_status, text, error.number, headers=self._headers(edition))

    def _headers(self, edition: Edition) -> dict[str, str]:
        trace = hashlib.md5(f"{self.world.seed}:{next(self.turns)}".encode(), usedforsecurity=False)
        return {"as-api-version": edition.name, "as-trace-id": trace.hexdigest()}

    def _limits(self, call: Call[Edition]) -> tuple[dict[str, str], bool]:
        """Count a call; return what the headers say of the limit, and whether the call passes."""
        if not self.limiter.enabled:
            return {}, True
        edition, now = call.dialect, self.world.clock.epoch()
        day = now // DAY
        self._today = (day, self._today[1] + 1 if self._today[0] == day else 1)
        quota = self.switches.daily_quota
        if quota is not None and self._today[1] > quota:
            return _rate_headers(quota, 0, (day + 1) * DAY), False
        limit = edition.per_second(call.route)
        window = self.limiter.window(self.premises.key, "" if edition.organisation_limit else call.route)
        passed = self.limiter.timer() * self.limiter.speed - window.since
        reset = now + max(math.ceil(1 - passed), 1)
        return _rate_headers(limit, max(limit - window.calls, 0), reset), window.calls <= limit


def _rate_headers(limit: int, remaining: int, reset: int) -> dict[str, str]:
    return {
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": str(remaining),
        "X-RateLimit-Reset": str(reset),
    }


HANDLERS: dict[str, Callable[[Desk, Call[Edition]], Answer]] = {
    "list": lists.list_trackings,
    "create": trackings.create,
    "get": trackings.get,
    "update": trackings.update,
    "delete": trackings.delete,
    "retrack": trackings.retrack,
    "complete": trackings.complete,
    "last_checkpoint": notices.last_checkpoint,
    "notified": notices.notified,
    "notify": notices.notify,
    "unnotify": notices.unnotify,
    "own_couriers": couriers.own,
    "all_couriers": couriers.everyone,
    "couriers": couriers.filtered,
    "detect": couriers.detected,
    "connections": connections.listed,
    "connect": connections.create,
    "connection": connections.get,
    "reconnect": connections.update,
    "disconnect": connections.delete,
    "predict": predictions.one,
    "predict_batch": predictions.batch,
}
