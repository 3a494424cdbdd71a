"""Clients that meet real sockets on loopback and never wait for real."""

from __future__ import annotations

import subprocess
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from loopback import KEY, NOW, Loopback, Time

from airflow_provider_trackingmore.api import AfterShipClient, TrackingMoreClient
from airflow_provider_trackingmore.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(autouse=True)
def no_proxy_of_the_machine(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def service():
    with Loopback() as running:
        yield running


@pytest.fixture
def elsewhere():
    """Another host, which must never be asked anything."""
    with Loopback() as running:
        yield running
        assert not running.asked


@pytest.fixture(scope="module")
def box():
    """Keep a world that stands still; tests that change it make their own."""
    running = Sandbox(trackings=240, seed=7, now=NOW, frozen=True, rate_limit=False, key=KEY).start()
    yield running
    # The server takes a moment to go; nobody has to wait for it.
    Thread(target=running.stop).start()


@pytest.fixture
def client_for(time) -> Callable[..., TrackingMoreClient]:
    """Return a maker of clients for a server, which are closed after the test."""
    clients = []

    def make(url: str, version: str = "v4", **options: Any) -> TrackingMoreClient:
        passing = {"clock": time.now, "monotonic": time.monotonic, "sleep": time.sleep}
        client = TrackingMoreClient(KEY, version, url, **(passing | options))
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def aftership_for(time) -> Callable[..., AfterShipClient]:
    """Return a maker of AfterShip clients for a server, which are closed after the test."""
    clients = []

    def make(url: str, version: str | None = None, **options: Any) -> AfterShipClient:
        passing = {"clock": time.now, "monotonic": time.monotonic, "sleep": time.sleep}
        client = AfterShipClient(KEY, version, url, **(passing | options))
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory) -> tuple[Path, Path]:
    """Return the files of a certificate for 127.0.0.1, and of its key."""
    folder = tmp_path_factory.mktemp("tls")
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
        "-subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 -keyout key.pem -out cert.pem"
    )
    subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
    return folder / "cert.pem", folder / "key.pem"
