"""A small sandbox whose clock stands still, and somebody to call it."""

from __future__ import annotations

import json
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import requests
from aftership_caller import Caller as AfterShipCaller
from sandbox_caller import NOW, Caller

from airflow_provider_trackingmore.sandbox import Sandbox


@pytest.fixture
def box():
    running = Sandbox(trackings=240, seed=7, now=NOW, frozen=True, rate_limit=False).start()
    yield running
    # The server takes a tenth of a second to go; nobody has to wait for it.
    Thread(target=running.stop).start()


@pytest.fixture
def call(box):
    with requests.Session() as session:
        yield Caller(box, session)


@pytest.fixture
def ship(box):
    with requests.Session() as session:
        yield AfterShipCaller(box, session)


@pytest.fixture(scope="session")
def contract() -> dict[str, Any]:
    """Return key sets and codes taken from the reference's examples."""
    return json.loads((Path(__file__).parent / "contract.json").read_text())


@pytest.fixture(scope="session")
def aftership() -> dict[str, Any]:
    """Return AfterShip's keys, errors and signatures, from the reference and the SDKs' models."""
    return json.loads((Path(__file__).parent / "aftership_contract.json").read_text())
