"""AfterShip's signatures: what they are made of, and when they open the door."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http import HTTPStatus

import pytest
import requests
from aftership_caller import NEWEST, error_of
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from airflow_provider_trackingmore.sandbox import Sandbox

# The moment at which the reference's signatures were made.
SIGNED_AT = datetime(2026, 11, 21, 9, tzinfo=UTC)
COURIERS = f"/tracking/{NEWEST}/couriers"


@pytest.fixture(scope="module")
def vectors(aftership):
    return aftership["signing"]


@pytest.fixture(scope="module")
def signed(vectors):
    """Return a sandbox that wants the signatures of the reference, at their moment."""
    settings = {"trackings": 5, "now": SIGNED_AT, "frozen": True, "rate_limit": False}
    with Sandbox(key=vectors["api_key"], secret=vectors["api_secret"], **settings) as box:
        yield box


@pytest.fixture(scope="module")
def private_key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def keyed(private_key, vectors):
    """Return a sandbox that wants RSA signatures."""
    pem = private_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    settings = {"trackings": 5, "now": SIGNED_AT, "frozen": True, "rate_limit": False}
    with Sandbox(key=vectors["api_key"], public_key=pem, **settings) as box:
        yield box


def send(box, vector, **headers):
    """Send a request of the reference as it was on the wire."""
    body = vector["body"]
    given = {"as-api-key": box.key, "date": vector["date"], **vector["extra_headers"], **headers}
    request = requests.Request(vector["method"], box.url, data=body.encode() if body else None, headers=given)
    prepared = request.prepare()
    prepared.url = box.url + vector["url_on_wire"]
    with requests.Session() as session:
        return session.send(prepared, timeout=5)


def hmac_of(secret: str, message: str) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), message.encode(), hashlib.sha256)).decode()


def pss(key, message: str, salt: int = 32) -> str:
    scheme = padding.PSS(padding.MGF1(SHA256()), salt)
    return base64.b64encode(key.sign(message.encode(), scheme, SHA256())).decode()


class TestSignatures:
    def test_every_signature_of_the_reference_opens_the_door(self, signed, vectors):
        for vector in vectors["vectors"]:
            answer = send(signed, vector, **{"as-signature-hmac-sha256": vector["signature"]})
            assert answer.status_code != HTTPStatus.UNAUTHORIZED, vector["name"]

    def test_the_references_strings_make_the_references_signatures(self, vectors):
        for vector in vectors["vectors"]:
            assert hmac_of(vectors["api_secret"], vector["string_to_sign"]) == vector["signature"]

    def test_no_signature_opens_the_door_of_another_request(self, signed, vectors):
        # Two neighbours among them are one request, its space spelt in two ways.
        stolen = [vector["signature"] for vector in vectors["vectors"]]
        for place, vector in enumerate(vectors["vectors"]):
            for signature in ("", "nonsense", stolen[place - 2]):
                answer = send(signed, vector, **{"as-signature-hmac-sha256": signature})
                assert error_of(answer) == (401, 401), vector["name"]

    def test_the_body_the_query_and_every_own_header_are_signed(self, signed, vectors):
        named = {vector["name"]: vector for vector in vectors["vectors"]}
        for name, change in (
            ("post_with_body", {"body": '{"tracking_number": "1Z0000000000000002", "slug": "ups"}'}),
            ("get_query_is_sorted", {"url_on_wire": f"/tracking/{NEWEST}/trackings?limit=100"}),
            ("extra_as_header", {"extra_headers": {"as-store-id": "Store-2"}}),
            ("get_no_query", {"extra_headers": {"as-store-id": "Store-1"}}),
        ):
            signature = {"as-signature-hmac-sha256": named[name]["signature"]}
            assert error_of(send(signed, named[name] | change, **signature)) == (401, 401)

    def test_the_first_of_two_values_is_signed(self, signed, vectors):
        vector = {
            **vectors["vectors"][0],
            "url_on_wire": f"{COURIERS}?slug=usps&slug=ups",
            "string_to_sign": f"{vectors['vectors'][0]['string_to_sign']}?slug=usps",
        }
        signature = hmac_of(vectors["api_secret"], vector["string_to_sign"])
        assert send(signed, vector, **{"as-signature-hmac-sha256": signature}).ok

    @pytest.mark.parametrize(("seconds", "status"), [(-180, 200), (180, 200), (-181, 401), (181, 401)])
    def test_a_signature_is_good_for_three_minutes_either_way(self, signed, vectors, seconds, status):
        date = format_datetime(SIGNED_AT + timedelta(seconds=seconds), usegmt=True)
        vector = vectors["vectors"][0]
        message = vector["string_to_sign"].replace(vector["date"], date)
        headers = {"date": date, "as-signature-hmac-sha256": hmac_of(vectors["api_secret"], message)}
        assert send(signed, vector, **headers).status_code == status

    def test_a_date_nobody_can_read_opens_nothing(self, signed, vectors):
        vector = vectors["vectors"][0]
        for date in ("", "today", "2026-11-21T09:00:00Z"):
            message = vector["string_to_sign"].replace(vector["date"], date)
            signature = hmac_of(vectors["api_secret"], message)
            assert (
                send(signed, vector, date=date, **{"as-signature-hmac-sha256": signature}).status_code == 401
            )

    def test_rsa_signatures_are_checked_with_the_public_key(self, keyed, vectors, private_key):
        for vector in vectors["vectors"]:
            good = {"as-signature-rsa-sha256": pss(private_key, vector["string_to_sign"])}
            assert send(keyed, vector, **good).status_code != HTTPStatus.UNAUTHORIZED, vector["name"]
            assert error_of(send(keyed, vector)) == (401, 401)

    def test_rsa_signatures_of_another_key_request_or_salt_are_refused(self, keyed, vectors, private_key):
        vector, other = vectors["vectors"][:2]
        stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        for wrong in (
            pss(stranger, vector["string_to_sign"]),
            pss(private_key, other["string_to_sign"]),
            pss(private_key, vector["string_to_sign"], salt=20),
            "not base64!",
            vector["signature"],
        ):
            assert error_of(send(keyed, vector, **{"as-signature-rsa-sha256": wrong})) == (401, 401)

    def test_trackingmore_wants_no_signature(self, signed):
        answer = requests.get(
            f"{signed.url}/v4/couriers/all", headers={"Tracking-Api-Key": signed.key}, timeout=5
        )
        assert answer.ok
