"""Published clients, unchanged, work against the sandbox: only name resolution and trust come from outside.

They cannot share an environment (three of them are called ``trackingmore``); ``make clients`` brings each
into a folder of its own.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests
from sandbox_caller import NOW

from airflow_provider_trackingmore.sandbox import Sandbox

CLIENTS = Path(__file__).parent / "clients"
SETTINGS = {"trackings": 240, "now": NOW, "frozen": True}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Return certificate and key files for the service's name, trusted by nobody unless told."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed, so no certificate can be made")
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=api.trackingmore.com", "-keyout", str(key), "-out", str(cert)),
            *("-addext", "subjectAltName=DNS:api.trackingmore.com,IP:127.0.0.1"),
            *("-addext", "basicConstraints=critical,CA:TRUE"),
        ],
        check=True,
        capture_output=True,
    )
    return cert, key


@pytest.fixture
def secure(certificate):
    cert, key = certificate
    with Sandbox(**SETTINGS, tls_cert=str(cert), tls_key=str(key)) as box:
        yield box


def sdk(name: str) -> Path:
    """Return the folder of a client, or skip and say how to get it."""
    path = Path(__file__).parents[2] / ".tools" / "clients" / name
    if not path.exists():
        pytest.skip(f"{path.name} is not there; `make clients` brings it")
    return path


def run_redirected(box: Sandbox, script: str, package: Path, trust: Path | None = None) -> dict[str, Any]:
    """Run a script whose client knows no address but the service's own."""
    port = box.url.rsplit(":", 1)[1]
    trusted = {name: str(trust) for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE") if trust}
    return run_python("redirected.py", package, port, str(CLIENTS / script), box.key, **trusted)


def run_python(script: str, package: Path, *arguments: str, **extra: str) -> Any:
    """Run a script with one client's folder in its path."""
    return run([sys.executable, str(CLIENTS / script), *arguments], {"PYTHONPATH": str(package), **extra})


def run(command: list[str], extra: dict[str, str]) -> Any:
    """Return what a program prints as JSON."""
    environment = {key: value for key, value in os.environ.items() if "proxy" not in key.lower()}
    finished = subprocess.run(
        command, env=environment | extra, capture_output=True, text=True, timeout=20, check=False
    )
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)


def assert_v4(answers: dict[str, Any]) -> None:
    assert {name: answer["meta"]["code"] for name, answer in answers.items()} == dict.fromkeys(answers, 200)
    assert {courier["courier_code"] for courier in answers["couriers"]["data"]} >= {"dhl", "usps"}
    assert answers["detect"]["data"][0]["courier_code"] == "usps"
    assert answers["create"]["data"]["tracking_number"] == "HAND0001"
    assert answers["batch"]["data"]["success"][0]["tracking_number"] == "HAND0002"
    assert answers["update"]["data"]["note"] == "handle with care"
    assert answers["delete"]["data"]["id"] == answers["create"]["data"]["id"]
    assert answers["awb"]["data"]["awb_number"] == "235-69030430"


def test_https_is_spoken_when_there_is_a_certificate(secure, certificate):
    assert secure.url.startswith("https://127.0.0.1:")
    assert requests.get(f"{secure.url}/_sandbox/state", verify=str(certificate[0]), timeout=5).ok


def test_the_official_python_client_of_v4_works(secure, certificate):
    answers = run_redirected(secure, "v4_python.py", sdk("python-v4"), certificate[0])
    assert_v4(answers)
    assert len(answers["list"]["data"]) == 5
    assert {served.query.get("pages_amount") for served in secure.requests} >= {"2"}


def test_the_official_node_client_of_v4_works(secure, certificate):
    modules = sdk("node_modules")
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    expired = next(r.shipment.id for r in secure.world.records() if r.status[0] == "expired")
    answers = run(
        [node, "--require", str(CLIENTS / "redirect.js"), str(CLIENTS / "v4_node.js"), secure.key, expired],
        {
            "NODE_PATH": str(modules),
            "NODE_EXTRA_CA_CERTS": str(certificate[0]),
            "SANDBOX_PORT": secure.url.rsplit(":", 1)[1],
        },
    )
    assert_v4(answers)
    assert len(answers["list"]["data"]) == 100


def test_the_published_python_client_of_v3_works(certificate):
    cert, key = certificate
    with Sandbox(**SETTINGS, rate_limit=False, tls_cert=str(cert), tls_key=str(key)) as box:
        answers = run_redirected(box, "v3_python.py", sdk("python-v3"), cert)
    assert {carrier["courier_code"] for carrier in answers["carriers"]} >= {"dhl", "usps"}
    assert answers["detect"][0]["courier_code"] == "usps"
    assert answers["track"]["tracking_number"] == answers["track_with_carrier"]["tracking_number"]


def test_the_published_python_client_of_v2_works():
    with Sandbox(**SETTINGS, rate_limit=False) as box:
        answers = run_redirected(box, "v2_python.py", sdk("python-v2"))
    assert answers["create"]["customer_email"] == "mara.example@example.com"
    assert answers["again"] == 4016
    assert (answers["batch"]["added"], answers["batch"]["errors"][0]["code"]) == (1, 4016)
    assert answers["list"]["data"]["count"] == 100
    assert answers["get"]["tracking_number"] == answers["update"]["tracking_number"] == "HAND0001"
    assert answers["realtime"]["items"][0]["tracking_number"] == "HAND0002"
    assert answers["detect"][0]["code"] == "usps"
    assert answers["delete"] == []
