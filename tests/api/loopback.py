"""A server that answers whatever it is told, and time that passes only when somebody sleeps."""

from __future__ import annotations

import json
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

KEY = "k3y-0123456789ab-secret"
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
VERSIONS = ("v2", "v3", "v4")


def envelope(version: str, code: Any = 200, data: Any = None, **meta: Any) -> bytes:
    """Return a body in a version's envelope; ``message`` and the like go where the code is."""
    data = [] if data is None else data
    if version == "v3":
        return json.dumps({"code": code, "message": "text"} | meta | {"data": data}).encode()
    return json.dumps({"meta": {"code": code, "message": "text"} | meta, "data": data}).encode()


def page(version: str, records: int = 1, total: int | None = None) -> bytes:
    """Return a good list page with so many records."""
    items = [{"id": f"{number:032x}"} for number in range(records)]
    if version != "v2":
        return envelope(version, data=items)
    total = records if total is None else total
    return envelope(
        "v2", data={"page": 1, "limit": 100, "total": str(total), "count": records, "items": items}
    )


@dataclass
class Reply:
    """One answer; ``raw`` replaces all of it, status line included, and closes the connection.

    So do ``pieces`` for the body, sent until they end or the client has had enough.
    """

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    pieces: Iterable[bytes] | None = None


@dataclass
class Asked:
    """One request as it came in."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(urlsplit(self.target).query).items()}


class Loopback:
    """Gives its replies one after the other, the last one for ever; keeps what was asked."""

    def __init__(self, certificate: tuple[Path, Path] | None = None) -> None:
        self.replies: list[Reply] = []
        self.asked: list[Asked] = []
        self.connections: set[Any] = set()
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Headers and body are two writes; the second must not wait for the first to be confirmed.
            disable_nagle_algorithm = True

            def handle(self) -> None:
                # A client that has had enough may close at any moment.
                with suppress(ConnectionError):
                    super().handle()

            def answer(self) -> None:
                outer.connections.add(self.client_address)
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                reply = outer.take(Asked(self.command, self.path, dict(self.headers), body))
                if reply.raw is not None:
                    self.close_connection = True
                    self.wfile.write(reply.raw)
                    return
                self.send_response_only(reply.status)
                length = {} if reply.pieces is not None else {"Content-Length": str(len(reply.body))}
                headers = length | reply.headers
                for name, value in headers.items():
                    self.send_header(name, value)
                self.close_connection = headers.get("Content-Length") != str(len(reply.body))
                self.end_headers()
                with suppress(OSError):
                    for piece in (reply.body,) if reply.pieces is None else reply.pieces:
                        self.wfile.write(piece)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_CONNECT = answer  # noqa: N815

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        scheme = "http" if certificate is None else "https"
        self.url = f"{scheme}://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    def say(self, *replies: Reply | bytes) -> Loopback:
        """Answer like this from now on."""
        self.replies = [reply if isinstance(reply, Reply) else Reply(reply) for reply in replies]
        return self

    def take(self, asked: Asked) -> Reply:
        with self._lock:
            self.asked.append(asked)
            return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class Time:
    """Time that passes only in ``sleep``; ``naps`` are the sleeps asked for."""

    def __init__(self) -> None:
        self._passed = 0.0
        self._lock = threading.Lock()
        self.naps: list[float] = []

    def sleep(self, seconds: float) -> None:
        with self._lock:
            assert seconds >= 0
            self.naps.append(seconds)
            self._passed += seconds

    def monotonic(self) -> float:
        return 1000.0 + self._passed

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self._passed)
