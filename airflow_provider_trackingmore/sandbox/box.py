"""A running sandbox inside this process."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import uvicorn

from airflow_provider_trackingmore.sandbox.app import App, BeforeRequest, EditAnswer
from airflow_provider_trackingmore.sandbox.clock import Clock
from airflow_provider_trackingmore.sandbox.faults import Faults
from airflow_provider_trackingmore.sandbox.limits import RateLimiter
from airflow_provider_trackingmore.sandbox.service import Premises
from airflow_provider_trackingmore.sandbox.switches import Switches
from airflow_provider_trackingmore.sandbox.world import World

if TYPE_CHECKING:
    from datetime import datetime

    from airflow_provider_trackingmore.sandbox.calls import Served

HOST = "127.0.0.1"
_START_SECONDS = 10.0


class Sandbox:
    """A stand-in for both services on a loopback port, for as long as the ``with`` block lasts.

    :param trackings: how many shipments exist at the beginning; as many again follow every 120 days.
    :param seed: equal seeds and equal ``now`` make equal worlds.
    :param now: where the world's clock starts; the present when left out.
    :param frozen: the clock stands still until it is moved.
    :param rate_limit: whether calls that come too fast are refused.
    :param speed: makes rate limits that much quicker, the rest after a breach as well as the refill.
    :param key: the only API key that is accepted, by either service.
    :param secret: what AfterShip's HMAC signatures are made with; calls without one are then refused.
    :param public_key: PEM text; AfterShip's RSA signatures are checked with it, as with ``secret``.
    :param port: 0 takes a free one.
    :param tls_cert: certificate file; with ``tls_key`` the sandbox speaks HTTPS.
    :param tls_key: key file of the certificate.
    :param switches: how to behave; the defaults when left out.
    """

    def __init__(
        self,
        *,
        trackings: int = 5000,
        seed: int = 7,
        now: datetime | None = None,
        frozen: bool = False,
        rate_limit: bool = True,
        speed: float = 1.0,
        key: str = "sandbox-key",
        secret: str | None = None,
        public_key: str | None = None,
        port: int = 0,
        tls_cert: str | None = None,
        tls_key: str | None = None,
        switches: Switches | None = None,
    ) -> None:
        self.clock = Clock(now, frozen=frozen)
        self.limiter = RateLimiter(enabled=rate_limit, speed=speed)
        self.key, self._secrets = key, (secret, public_key)
        self.app = App(self._premises(trackings, seed, switches or Switches()), self.faults)
        self._port, self._tls = port, {"ssl_certfile": tls_cert, "ssl_keyfile": tls_key}
        self._server: uvicorn.Server | None = None

    @property
    def url(self) -> str:
        """Return where the sandbox listens, without a slash at the end."""
        return f"{'https' if self._tls['ssl_certfile'] else 'http'}://{HOST}:{self._port}"

    @property
    def requests(self) -> list[Served]:
        """Return what was asked so far."""
        return self.app.requests

    @property
    def before_request(self) -> BeforeRequest | None:
        """Return the hook called with route and query before each request is answered."""
        return self.app.before_request

    @before_request.setter
    def before_request(self, hook: BeforeRequest | None) -> None:
        self.app.before_request = hook

    def begin_anew(self, *, now: datetime, trackings: int = 0, seed: int = 7) -> None:
        """Take another world in place of this one, on the same port, and forget everything else.

        Switches are at their defaults, nothing was asked yet, no fault is queued and no hook set. For tests
        with thousands of small worlds, which would wait longest for the server.
        """
        self.clock.set(now)
        self.app.begin_anew(self._premises(trackings, seed, Switches()), self.faults)

    def _premises(self, trackings: int, seed: int, switches: Switches) -> Premises:
        self.switches, self.faults = switches, Faults()
        self.world = World(self.clock, trackings=trackings, seed=seed)
        return Premises(self.world, self.switches, self.limiter, self.key, *self._secrets)

    @property
    def edit_answer(self) -> EditAnswer | None:
        """Return the hook that may replace the body of each answer, called with route, version and body."""
        return self.app.edit_answer

    @edit_answer.setter
    def edit_answer(self, hook: EditAnswer | None) -> None:
        self.app.edit_answer = hook

    def start(self) -> Sandbox:
        """Listen, and return when requests are answered."""
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, self._port))
        except OSError:
            listener.close()
            raise
        self._port = listener.getsockname()[1]
        self._server = uvicorn.Server(self._config())
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, name="trackingmore-sandbox", daemon=True
        )
        self._thread.start()
        deadline = time.monotonic() + _START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError(f"the sandbox did not start on {self.url}")
            time.sleep(0.005)
        return self

    def stop(self) -> None:
        """Close the port and every connection."""
        if self._server is not None:
            self._server.should_exit = True
            self._server.force_exit = True
            self._thread.join(timeout=5)
            self._server = None

    def _config(self) -> uvicorn.Config:
        settings: dict[str, Any] = {key: value for key, value in self._tls.items() if value}
        # The Date header tells the world's time, so the server must not add the host's.
        return uvicorn.Config(
            self.app,
            # The caller's logging is none of our business.
            log_config=None,
            log_level="critical",
            access_log=False,
            date_header=False,
            server_header=False,
            lifespan="off",
            ws="none",
            # Longer than the pauses a patient client makes, so that it never meets a closed connection.
            timeout_keep_alive=75,
            **settings,
        )

    def __enter__(self) -> Sandbox:
        """Start."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()
