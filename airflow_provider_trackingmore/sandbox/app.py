"""The sandbox as an ASGI application: HTTP on the outside, two services and the control routes inside."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from starlette.datastructures import MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request

from airflow_provider_trackingmore.sandbox import control, damage
from airflow_provider_trackingmore.sandbox.aftership.desk import PREFIX as AFTERSHIP
from airflow_provider_trackingmore.sandbox.aftership.desk import Desk as AfterShip
from airflow_provider_trackingmore.sandbox.calls import Asked, Served
from airflow_provider_trackingmore.sandbox.trackingmore.desk import Desk as TrackingMore

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import Message, Receive, Scope, Send

    from airflow_provider_trackingmore.sandbox.faults import Faults
    from airflow_provider_trackingmore.sandbox.service import Premises, Service

BeforeRequest = Callable[[str, dict[str, str]], Any]
EditAnswer = Callable[[str, str, bytes], bytes]


class App:
    """Answer HTTP requests; every answer carries the world's time as its ``Date``.

    ``before_request`` is called with the route's name and the query before each request is answered, and
    may change the world. ``edit_answer`` is called with the route, the version and the body of each answer,
    errors and gateway pages included; what it returns goes out instead.
    """

    def __init__(self, premises: Premises, faults: Faults) -> None:
        self.begin_anew(premises, faults)
        self._zipped = GZipMiddleware(self._serve, minimum_size=500, compresslevel=1)

    def begin_anew(self, premises: Premises, faults: Faults) -> None:
        """Serve another world, as if nothing had ever been asked."""
        self.premises, self.faults = premises, faults
        self.trackingmore, self.aftership = TrackingMore(premises), AfterShip(premises)
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
                ahead = self.premises.switches.seconds_shown_late
                MutableHeaders(scope=message)["date"] = self.premises.world.clock.http_date(ahead=ahead)
            await send(message)

        scope["sandbox.send"] = send
        await self._zipped(scope, receive, send_dated)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        asked = await _asked(request)
        if asked.path.startswith(control.PREFIX):
            response: Response | None = control.answer(self, asked.method, asked.path, asked.body)
        else:
            response = await self._answer(asked)
        if response is None:
            damage.drop(scope["sandbox.send"])
        else:
            await response(scope, receive, send)

    async def _answer(self, asked: Asked) -> Response | None:
        """Return the response to a service call, or nothing if the connection is to be dropped."""
        service: Service = self.aftership if asked.path.startswith(AFTERSHIP) else self.trackingmore
        call = service.call(asked)
        if self.before_request:
            self.before_request(call.route, dict(call.query))
        served = Served(call.route, call.dialect.name, call.method, dict(call.query))
        self.requests.append(served)
        fault = self.faults.take(call.route, call.dialect.name)
        served.fault = fault.kind if fault else None
        if fault and fault.kind == "dropped":
            return None
        if fault and damage.replaces(fault):
            response, served.code = damage.replacement(fault, service, call)
        else:
            reply = service.answer(call)
            served.code, served.items = reply.code, reply.items
            response = damage.as_response(reply)
        if self.edit_answer:
            body = self.edit_answer(call.route, call.dialect.name, bytes(response.body))
            response = damage.with_body(response, body)
        served.http_status = response.status_code
        return await damage.spoil(fault, response) if fault and not damage.replaces(fault) else response


async def _asked(request: Request) -> Asked:
    """Return the request as the services see it."""
    target = request.scope.get("raw_path", request.url.path.encode()).decode("latin-1")
    if query := request.scope["query_string"].decode("latin-1"):
        target += f"?{query}"
    return Asked(
        request.method,
        request.scope["path"],
        target,
        dict(request.query_params),
        request.headers,
        await request.body(),
    )


async def _lifespan(receive: Callable[[], Awaitable[Message]], send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
