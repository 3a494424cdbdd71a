"""The service without HTTP: find version and route, check key and limits, answer in its envelope."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from airflow_provider_trackingmore.sandbox.calls import Answer, Asked, Refused, Reply
from airflow_provider_trackingmore.sandbox.journeys import DAY
from airflow_provider_trackingmore.sandbox.routes import find
from airflow_provider_trackingmore.sandbox.service import Premises, Service
from airflow_provider_trackingmore.sandbox.texts import Texts
from airflow_provider_trackingmore.sandbox.trackingmore import account, creates, edits, lists, registry
from airflow_provider_trackingmore.sandbox.trackingmore.calls import Call
from airflow_provider_trackingmore.sandbox.trackingmore.dialects import V2, V4, Dialect, dialect_of
from airflow_provider_trackingmore.sandbox.trackingmore.render import render
from airflow_provider_trackingmore.sandbox.views import View

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_trackingmore.sandbox.knowledge import Record
    from airflow_provider_trackingmore.sandbox.trackingmore.codes import Code

_EMPTY: dict[str, Any] = {"list": [], "object": {}, "null": None}


class Desk(Service):
    """TrackingMore, versions 2, 3 and 4."""

    def __init__(self, premises: Premises) -> None:
        super().__init__(premises)
        self.texts: Texts[Dialect] = Texts(self.switches, self.write, _age)

    def call(self, asked: Asked) -> Call:
        """Return the call a request means; what belongs to no version is v4's to refuse."""
        path = re.sub(r"/{2,}", "/", asked.path)
        dialect = dialect_of(path)
        if dialect is None:
            return Call(asked, V4, "unknown", "no_page")
        match find(dialect.routes, asked.method, path.removeprefix(dialect.prefix)):
            case (route, variables):
                return Call(asked, dialect, route.name, route.handler, variables)
            case wrong_method:
                return Call(asked, dialect, "unknown", "wrong_method" if wrong_method else "no_page")

    def answer(self, call: Call) -> Reply:
        """Return the reply to a call."""
        dialect, headers = call.dialect, call.asked.headers
        key = headers.get(dialect.key_header)
        if key is None and dialect is V2 and self.switches.accept_v4_header_on_v2:
            key = headers.get(V4.key_header)
        if key != self.premises.key:
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

    def error(self, call: Call, number: int, http_status: int | None = None) -> Reply:
        """Return an error by body code, on its own HTTP status unless another is given."""
        code = call.dialect.codes[number]
        reply = self._reply(call.dialect, Answer([], number, is_empty=True))
        reply.http_status = code.http_status if http_status is None else http_status
        return reply

    def code_of(self, call: Call, http_status: int) -> int:
        """Return the body code for an HTTP status: there is one for all server errors."""
        return call.dialect.errors["limited" if http_status == 429 else "server"]

    def write(self, record: Record, dialect: Dialect, now: int) -> dict[str, Any]:
        """Return a record in the words of a version."""
        return render(View(record, now, self.world.anchor, self.switches), dialect.wording)

    def _reply(self, dialect: Dialect, answer: Answer) -> Reply:
        number = dialect.errors[answer.code] if isinstance(answer.code, str) else answer.code
        code = dialect.codes[number]
        document = dialect.envelope(code)
        if not answer.is_empty:
            document["data"] = answer.data
        elif self.switches.empty_data != "absent":
            document["data"] = _EMPTY[self.switches.empty_data]
        status = self._http_status(dialect, code)
        return Reply(status, self.written(document, answer.texts), number, answer.items)

    def _http_status(self, dialect: Dialect, code: Code) -> int:
        if dialect.rides_on_http_200 and self.switches.errors_on_http_200:
            return 200
        return code.http_status


def _age(record: Record, now: int) -> int:
    """Return the days since the newest scan, which v2 and v3 tell."""
    return (now - record.newest_at) // DAY


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
