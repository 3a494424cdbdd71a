"""How a queued fault changes the answer that goes out."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse, RedirectResponse, Response

if TYPE_CHECKING:
    from starlette.types import Send

    from airflow_provider_trackingmore.sandbox.desk import Desk
    from airflow_provider_trackingmore.sandbox.dialects import Dialect
    from airflow_provider_trackingmore.sandbox.faults import Fault

_PAGE = "<html><head><title>{status}</title></head><body><h1>{status} Gateway trouble</h1></body></html>"


def replaces(fault: Fault) -> bool:
    """Return whether the fault stands in for the answer, so that nothing happens in the world."""
    return fault.kind not in ("truncated", "short_body", "slow")


def replacement(fault: Fault, desk: Desk, dialect: Dialect) -> tuple[Response, int | None]:
    """Return the response a fault gives instead of an answer, and its body code if it has one."""
    form, _, status = fault.kind.partition("_")
    if form == "code":
        reply = desk.error(dialect, fault.code)
        return as_json(reply.text, reply.http_status), fault.code
    if form in ("http", "body"):
        number = dialect.errors["limited" if status == "429" else "server"]
        reply = desk.error(dialect, number, 200 if form == "body" else int(status))
        return as_json(reply.text, reply.http_status), number
    if form == "html":
        return HTMLResponse(_PAGE.format(status=status), int(status)), None
    if form == "redirect":
        return RedirectResponse(fault.location, 302), None
    return Response(b"", media_type="application/json"), None


async def spoil(fault: Fault, response: Response) -> Response:
    """Return the right answer spoilt: late, or only half of it."""
    if fault.kind == "slow":
        await asyncio.sleep(fault.seconds)
        return response
    whole = bytes(response.body)
    half = Response(whole[: len(whole) // 2], response.status_code, media_type="application/json")
    if fault.kind == "short_body":
        half.headers["content-length"] = str(len(whole))
        # Says the body is as it is, so that compression keeps off the false length.
        half.headers["content-encoding"] = "identity"
    return half


def drop(send: Send) -> None:
    """Close the connection without an answer.

    ASGI has no word for it, so this reaches for the server's own connection.
    """
    server = getattr(send, "__self__", None)
    transport = getattr(server, "transport", None)
    if transport is None:
        raise RuntimeError("only a real server can drop a connection")
    transport.abort()


def as_json(text: str, http_status: int) -> Response:
    """Return JSON text as a response."""
    return Response(text.encode(), http_status, media_type="application/json")
