"""The sandbox as an ASGI application: HTTP on the outside, the desk and the control routes inside."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from starlette.datastructures import MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response

from airflow_provider_trackingmore.sandbox import control, damage
from airflow_provider_trackingmore.sandbox.desk import Served, resolve

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

    from airflow_provider_trackingmore.sandbox.calls import Call
    from airflow_provider_trackingmore.sandbox.desk import Desk
    from airflow_provider_trackingmore.sandbox.faults import Faults

BeforeRequest = Callable[[str, dict[str, str]], Any]
EditAnswer = Callable[[str, str, bytes], bytes]


class App:
    """Answer HTTP requests; every answer carries the world's time as its ``Date``.

    ``before_request`` is called with the route's name and the query before each request is answered, and
    may change the world. ``edit_answer`` is called with the route, the version and the body of each answer,
    errors and gateway pages included; what it returns goes out instead.
    """

    def __init__(self, desk: Desk, faults: Faults) -> None:
        self.begin_anew(desk, faults)
        self._zipped = GZipMiddleware(self._serve, minimum_size=500, compresslevel=1)

    def begin_anew(self, desk: Desk, faults: Faults) -> None:
        """Answer from another desk, as if nothing had ever been asked."""
        self.desk, self.faults = desk, faults
        self.requests: list[Served] = []
        self.before_request: BeforeRequest | None = None
        self.edit_answer: EditAnswer | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection's request."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return

        async def send_dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                ahead = self.desk.switches.seconds_shown_late
                MutableHeaders(scope=message)["date"] = self.desk.world.clock.http_date(ahead=ahead)
            await send(message)

        scope["sandbox.send"] = send
        await self._zipped(scope, receive, send_dated)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body = await request.body()
        path = request.url.path
        if path.startswith(control.PREFIX):
            response: Response | None = control.answer(self, request.method, path, body)
        else:
            call = resolve(request.method, path, dict(request.query_params), body)
            response = await self._answer(call, request)
        if response is None:
            damage.drop(scope["sandbox.send"])
        else:
            await response(scope, receive, send)

    async def _answer(self, call: Call, request: Request) -> Response | None:
        """Return the response to a service call, or nothing if the connection is to be dropped."""
        if self.before_request:
            self.before_request(call.route, dict(call.query))
        served = Served(call.route, call.dialect.name, call.method, dict(call.query))
        self.requests.append(served)
        fault = self.faults.take(call.route, call.dialect.name)
        served.fault = fault.kind if fault else None
        if fault and fault.kind == "dropped":
            return None
        if fault and damage.replaces(fault):
            response, served.code = damage.replacement(fault, self.desk, call.dialect)
        else:
            reply = self.desk.answer(call, request.headers)
            served.code, served.items = reply.code, reply.items
            response = damage.as_json(reply.text, reply.http_status)
        if self.edit_answer:
            response = _with_body(
                response, self.edit_answer(call.route, call.dialect.name, bytes(response.body))
            )
        served.http_status = response.status_code
        return await damage.spoil(fault, response) if fault and not damage.replaces(fault) else response


def _with_body(response: Response, body: bytes) -> Response:
    """Return the same response with another body."""
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    return Response(body, response.status_code, headers)


async def _lifespan(receive: Callable[[], Awaitable[Message]], send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
