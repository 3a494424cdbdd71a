"""AfterShip's published clients, unchanged, make every call of their own introductions to the sandbox.

`make clients` brings them: for Python one of every version of the service, for Node the two there are.
"""

from __future__ import annotations

import re
import shutil
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from test_sandbox_clients import CLIENTS, run, run_python, sdk

from airflow_provider_trackingmore.sandbox import Sandbox

PYTHON = {
    "2.0.2": "2024-04",
    "3.0.0": "2024-07",
    "4.0.0": "2024-10",
    "5.0.1": "2025-01",
    "6.0.0": "2025-04",
    "8.0.1": "2025-07",
    "9.0.0": "2026-01",
    "10.0.1": "2026-07",
}
NODE = {"15.0.1": "2025-07", "17.0.0": "2026-07"}
SECRET = "a secret of nobody's"


@pytest.fixture(scope="module")
def keys():
    """Return the PEM texts of a private and its public key."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


def introduced(text: str, client: str) -> set[str]:
    """Return the calls an introduction makes, by area and name."""
    return set(re.findall(rf"{client}\s*\.(\w+\s*\.\w+)\(", text))


def python(version: str, box: Sandbox, *signing: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the answers by call, and every tracking."""
    package = sdk(f"aftership-python-{version}")
    told = run_python("aftership_python.py", package, box.key, box.url, *signing)
    readme = package / "README.md"
    metadata = package / f"aftership_tracking_sdk-{version}.dist-info" / "METADATA"
    wanted = introduced((readme if readme.exists() else metadata).read_text(), "sdk")
    assert wanted
    assert wanted <= set(told["answers"])
    answers = {name: answer.get("data", answer) for name, answer in told["answers"].items()}
    return answers, told["everything"]


def node(version: str, box: Sandbox, *signing: str) -> dict[str, Any]:
    modules, program = sdk(f"aftership-node-{version}/node_modules"), shutil.which("node")
    if program is None:
        pytest.skip("node is not installed")
    script = str(CLIENTS / "aftership_node.js")
    answers = run([program, script, box.key, box.url, *signing], {"NODE_PATH": str(modules)})
    readme = (modules / "@aftership" / "tracking-sdk" / "README.md").read_text()
    wanted = {re.sub(r"\s", "", name) for name in introduced(readme, "aftership")}
    assert wanted
    assert wanted <= set(answers)
    assert all(answer["response_headers"]["as-api-version"] == NODE[version] for answer in answers.values())
    return {name: answer["data"] for name, answer in answers.items()}


def assert_served(box: Sandbox, version: str) -> None:
    assert {served.version for served in box.requests} == {version}
    assert {served.http_status for served in box.requests} <= {200, 201}


@pytest.mark.parametrize(("client", "version"), PYTHON.items())
def test_the_python_client_of_every_version_makes_every_call_of_its_introduction(client, version):
    with Sandbox(trackings=240, speed=100) as box:
        answers, everything = python(client, box)
        there = {record.shipment.tracking_number for record in box.world.records()}
    assert_served(box, version)
    assert {item["tracking_number"] for item in everything} == there
    assert sum(len(item["checkpoints"]) for item in everything) > 1000
    created = answers["tracking.create_tracking"]
    assert (created["tracking_number"], created["slug"], created["tag"]) == ("HAND0001", "usps", "Pending")
    listed = answers["tracking.get_trackings"]
    assert [item["id"] for item in listed["trackings"]] == [created["id"]]
    assert listed["pagination"]["total"] == 1
    assert answers["tracking.get_tracking_by_id"]["id"] == created["id"]
    assert answers["tracking.update_tracking_by_id"]["note"] == "test"
    assert answers["tracking.mark_tracking_completed_by_id"]["subtag"] == "Delivered_001"
    assert answers["tracking.retrack_tracking_by_id"]["active"] is True
    assert answers["tracking.delete_tracking_by_id"]["id"] == created["id"]
    assert [row["slug"] for row in answers["courier.detect_courier"]["couriers"]] == ["usps"]
    batch = answers["estimated_delivery_date.predict_batch"]
    days = [one["estimated_delivery_date"] for one in batch["estimated_delivery_dates"]]
    assert all(re.fullmatch(r"2026-1\d-\d\d", day) for day in days)
    if version == "2024-04":
        assert answers["last_checkpoint.get_checkpoint_by_tracking_id"]["tag"] == "Pending"
        added = answers["notification.add_notification_by_tracking_id"]
        assert added["emails"] == ["test@example.com"]
        assert answers["notification.delete_notification_by_tracking_id"]["emails"] == []
    if version >= "2025-04":
        made = answers["courier_connection.post_courier_connections"]
        assert answers["courier_connection.get_courier_connections"]["courier_connections"] == [made]


@pytest.mark.parametrize("client", ["2.0.2", "10.0.1"])
def test_the_python_clients_signatures_are_good(client, keys):
    private, public = keys
    with Sandbox(trackings=5, speed=100, secret=SECRET, public_key=public) as box:
        python(client, box, "AES", SECRET)
        python(client, box, "RSA", private)
    assert_served(box, PYTHON[client])


@pytest.mark.parametrize(("client", "version"), NODE.items())
def test_the_node_client_makes_every_call_of_its_introduction(client, version):
    with Sandbox(trackings=240, speed=100) as box:
        answers = node(client, box)
    assert_served(box, version)
    created = answers["tracking.createTracking"]
    assert [item["id"] for item in answers["tracking.getTrackings"]["trackings"]] == [created["id"]]
    assert answers["tracking.updateTrackingById"]["note"] == "test"
    assert answers["tracking.markTrackingCompletedById"]["tag"] == "Delivered"
    assert answers["tracking.retrackTrackingById"]["active"] is True
    assert [row["slug"] for row in answers["courier.detectCourier"]["couriers"]] == ["usps"]
    made = answers["courierConnection.postCourierConnections"]
    assert answers["courierConnection.getCourierConnections"]["courier_connections"] == [made]
    assert answers["estimatedDeliveryDate.predict"]["slug"] == "usps"


@pytest.mark.parametrize(("client", "version"), NODE.items())
def test_the_node_clients_signatures_are_good(client, version, keys):
    private, public = keys
    with Sandbox(trackings=5, speed=100, secret=SECRET, public_key=public) as box:
        node(client, box, "AES", SECRET)
        node(client, box, "RSA", private)
    assert_served(box, version)


def test_a_wrong_secret_is_the_clients_own_error(keys):
    with Sandbox(trackings=5, secret=SECRET) as box:
        with pytest.raises(AssertionError, match="UnauthorizedError"):
            python("10.0.1", box, "AES", "another secret")
        assert [served.code for served in box.requests] == [401]
