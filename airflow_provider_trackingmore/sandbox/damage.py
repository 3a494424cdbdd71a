"""How a queued fault changes the answer that goes out."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from starlette.responses import HTMLResponse, RedirectResponse, Response

if TYPE_CHECKING:
    from starlette.types import Send

    from airflow_provider_trackingmore.sandbox.calls import Call, Reply
    from airflow_provider_trackingmore.sandbox.faults import Fault
    from airflow_provider_trackingmore.sandbox.service import Service

_PAGE = "<html><head><title>{status}</title></head><body><h1>{status} Gateway trouble</h1></body></html>"


def replaces(fault: Fault) -> bool:
    """Return whether the fault stands in for the answer, so that nothing happens in the world."""
    return fault.kind not in ("truncated", "short_body", "slow")


def replacement(fault: Fault, service: Service, call: Call[Any]) -> tuple[Response, int | None]:
    """Return the response a fault gives instead of an answer, and its body code if it has one."""
    form, _, status = fault.kind.partition("_")
    if form == "code":
        return as_response(service.error(call, fault.code)), fault.code
    if form in ("http", "body"):
        number = service.code_of(call, int(status))
        reply = service.error(call, number, 200 if form == "body" else int(status))
        return as_response(reply), number
    if form == "html":
        return HTMLResponse(_PAGE.format(status=status), int(status)), None
    if form == "redirect":
        return RedirectResponse(fault.location, 302), None
    http_status = 502 if status == "502" else 200
    return Response(b"", http_status, media_type="application/json"), None


async def spoil(fault: Fault, response: Response) -> Response:
    """Return the right answer spoilt: late, or only half of it."""
    if fault.kind == "slow":
        await asyncio.sleep(fault.seconds)
        return response
    whole = bytes(response.body)
    half = with_body(response, whole[: len(whole) // 2])
    if fault.kind == "short_body":
        half.headers["content-length"] = str(len(whole))
        # Says the body is as it is, so that compression keeps off the false length.
        half.headers["content-encoding"] = "identity"
    return half


def with_body(response: Response, body: bytes) -> Response:
    """Return the same response with another body."""
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    return Response(body, response.status_code, headers)


def drop(send: Send) -> None:
    """Close the connection without an answer.

    ASGI has no word for it, so this reaches for the server's own connection.
    """
    server = getattr(send, "__self__", None)
    transport = getattr(server, "transport", None)
    if transport is None:
        raise RuntimeError("only a real server can drop a connection")
    transport.abort()


def as_response(reply: Reply) -> Response:
    """Return a reply as a response."""
    return Response(reply.text.encode(), reply.http_status, reply.headers, "application/json")
