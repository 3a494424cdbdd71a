"""Signed requests are those of the official SDKs, and every try has a signature of its own."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime

import pytest
from aftership_service import example, listed, refusal
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from loopback import KEY, NOW, Reply

from airflow_provider_trackingmore.api.signing import hmac_signature, rsa_signature, string_to_sign
from airflow_provider_trackingmore.exceptions import AuthenticationError, ConfigurationError

KNOWN = example("signing_vectors")
VECTORS = {vector["name"]: vector for vector in KNOWN["vectors"]}
SECRET = "secret-of-the-account"


@pytest.fixture(scope="module")
def private_key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(private_key) -> str:
    return private_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def text_of(vector) -> str:
    headers = {"AS-Api-Key": f" {KNOWN['api_key']} ", "Accept": "*/*", "aftership-client": "x"}
    body = vector["body"].encode() if vector["body"] else None
    return string_to_sign(
        vector["method"].lower(),
        vector["url_on_wire"],
        headers | vector["extra_headers"],
        body,
        vector["date"],
    )


@pytest.mark.parametrize("name", VECTORS)
def test_the_text_and_its_hmac_are_those_of_the_official_sdk(name):
    vector = VECTORS[name]
    assert text_of(vector) == vector["string_to_sign"]
    assert hmac_signature(KNOWN["api_secret"])(text_of(vector)) == vector["signature"]


@pytest.mark.parametrize("name", VECTORS)
def test_the_rsa_signature_of_every_text_holds_for_the_public_key(name, private_key):
    scheme = padding.PSS(padding.MGF1(hashes.SHA256()), salt_length=32)
    text = VECTORS[name]["string_to_sign"]
    first, second = (base64.b64decode(rsa_signature(pem(private_key))(text)) for _ in range(2))
    assert first != second
    for signature in (first, second):
        private_key.public_key().verify(signature, text.encode(), scheme, hashes.SHA256())
    with pytest.raises(InvalidSignature):
        private_key.public_key().verify(first, text.encode() + b" ", scheme, hashes.SHA256())


def test_of_a_name_that_stands_twice_the_first_value_is_signed():
    text = string_to_sign("GET", "/p?b=2&a=1&b=3&c", {}, None, "date")
    assert text.endswith("\n/p?a=1&b=2&c=")


def text_from_the_wire(asked) -> bytes:
    """Return what the service takes to be signed, from what came over the wire alone."""
    headers = {name.lower(): value for name, value in asked.headers.items()}
    path, _, query = asked.target.partition("?")
    signed = sorted(n for n in headers if n.startswith("as-") and "signature" not in n)
    parts = [
        asked.method,
        hashlib.md5(asked.body).hexdigest().upper() if asked.body else "",
        headers["content-type"] if asked.body else "",
        headers["date"],
        "\n".join(f"{name}:{headers[name]}" for name in signed),
        path + ("?" + "&".join(sorted(query.split("&"))) if query else ""),
    ]
    return "\n".join(parts).encode()


def recomputed(asked) -> str:
    return base64.b64encode(hmac.digest(SECRET.encode(), text_from_the_wire(asked), "sha256")).decode()


def test_the_service_can_recompute_every_signature_from_the_wire(service, aftership_for):
    service.say(listed("2026-07"))
    client = aftership_for(service.url, authentication_type="AES", api_secret=SECRET)
    client.list_page(filters={"keyword": "a b", "tracking_numbers": "A,B", "order_id": ""})
    for call in (client.retrack, client.get_tracking, client.delete_tracking):
        call("an id/with=signs")
    client.update_tracking("1", note='é "quoted"')
    assert [asked.method for asked in service.asked] == ["GET", "POST", "GET", "DELETE", "PUT"]
    for asked in service.asked:
        assert asked.headers["as-signature-hmac-sha256"] == recomputed(asked)
        assert asked.headers["date"] == "Sat, 21 Nov 2026 12:00:00 GMT"
    assert "keyword=a%20b" in service.asked[0].target
    assert "%2B00%3A00" in service.asked[0].target


def test_an_rsa_signature_goes_out_in_its_own_header(service, aftership_for, private_key):
    service.say(listed("2026-07"))
    aftership_for(service.url, authentication_type="RSA", api_secret=pem(private_key)).list_page()
    (asked,) = service.asked
    assert "as-signature-hmac-sha256" not in asked.headers
    private_key.public_key().verify(
        base64.b64decode(asked.headers["as-signature-rsa-sha256"]),
        text_from_the_wire(asked),
        padding.PSS(padding.MGF1(hashes.SHA256()), salt_length=32),
        hashes.SHA256(),
    )


def test_a_key_alone_goes_out_without_date_and_signature(service, aftership_for):
    service.say(listed("2026-07"))
    aftership_for(service.url).list_page()
    names = {name.lower() for name in service.asked[0].headers}
    assert "as-api-key" in names
    assert not names & {"date", "as-signature-hmac-sha256", "as-signature-rsa-sha256"}


def test_every_try_is_signed_anew(service, aftership_for, time):
    service.say(Reply(status=500), Reply(status=503, headers={"Retry-After": "200"}), listed("2026-07"))
    aftership_for(service.url, authentication_type="AES", api_secret=SECRET).list_page()
    dates = [parsedate_to_datetime(asked.headers["date"]) for asked in service.asked]
    assert dates[2] - dates[1] >= timedelta(seconds=199)
    assert dates[2] == time.now().replace(microsecond=0)
    for asked in service.asked:
        assert asked.headers["as-signature-hmac-sha256"] == recomputed(asked)


def dated(reply: Reply, moment: datetime) -> Reply:
    reply.headers["Date"] = format_datetime(moment, usegmt=True)
    return reply


def test_a_clock_that_is_wrong_is_found_out_by_the_first_refusal(service, aftership_for, time):
    ahead = NOW + timedelta(minutes=20)
    service.say(dated(refusal(401, 401), ahead), dated(listed("2026-07"), ahead))
    client = aftership_for(service.url, authentication_type="AES", api_secret=SECRET)
    client.list_page()
    client.list_page()
    dates = [parsedate_to_datetime(asked.headers["date"]) for asked in service.asked]
    assert [date - NOW for date in dates] == [timedelta(0), timedelta(minutes=20), timedelta(minutes=20)]
    assert sum(time.naps) < 1


@pytest.mark.parametrize("scheme", ["API_KEY", "AES"])
def test_a_key_that_is_wrong_is_asked_with_once_or_once_more_by_another_clock(service, aftership_for, scheme):
    ahead = NOW + timedelta(minutes=20)
    replies = [dated(refusal(401, 401), ahead + timedelta(minutes=20 * n)) for n in range(5)]
    service.say(*replies)
    secret = {"api_secret": SECRET} if scheme == "AES" else {}
    client = aftership_for(service.url, authentication_type=scheme, **secret)
    with pytest.raises(AuthenticationError):
        client.list_page()
    assert len(service.asked) == (1 if scheme == "API_KEY" else 2)


@pytest.mark.parametrize("scheme", ["AES", "RSA"])
@pytest.mark.parametrize("secret", [None, "", "  ", 5])
def test_a_scheme_without_its_secret_is_refused(aftership_for, scheme, secret):
    with pytest.raises(ConfigurationError, match=r"^api_secret"):
        aftership_for("https://service.test", authentication_type=scheme, api_secret=secret)


def test_a_secret_that_signs_nothing_is_refused(aftership_for):
    with pytest.raises(ConfigurationError, match=r"^api_secret is set, but authentication_type is API_KEY"):
        aftership_for("https://service.test", api_secret=SECRET)


def test_an_rsa_key_may_hold_its_line_ends_as_a_backslash_and_an_n(service, aftership_for, private_key):
    service.say(listed("2026-07"))
    text = pem(private_key).replace("\n", "\\n")
    aftership_for(service.url, authentication_type="RSA", api_secret=text).list_page()
    assert "as-signature-rsa-sha256" in service.asked[0].headers


def test_what_is_no_rsa_key_is_refused_without_being_shown(aftership_for):
    curve = ec.generate_private_key(ec.SECP256R1())
    for secret in ("no key at all", pem(curve)):
        with pytest.raises(ConfigurationError, match=r"^api_secret is no RSA private key") as caught:
            aftership_for("https://service.test", authentication_type="RSA", api_secret=secret)
        assert secret not in str(caught.value)
        assert caught.value.__context__ is None


@pytest.mark.parametrize("scheme", ["aes", "", None, KEY])
def test_an_unknown_scheme_is_refused_by_name(aftership_for, scheme):
    with pytest.raises(ConfigurationError, match=r"^authentication_type .*API_KEY, AES or RSA") as caught:
        aftership_for("https://service.test", authentication_type=scheme)
    assert KEY not in str(caught.value)


def test_neither_key_nor_secret_is_seen_in_any_dump(aftership_for):
    client = aftership_for("https://service.test", authentication_type="AES", api_secret=SECRET)
    text = "".join(f"{one!r} {vars(one)}" for one in (client, client._session, client._session.auth))
    assert SECRET not in text
    assert KEY not in text


def test_the_secret_in_another_option_as_well_is_refused(aftership_for):
    with pytest.raises(ConfigurationError, match=r"^account holds"):
        aftership_for("https://service.test", authentication_type="AES", api_secret=SECRET, account=SECRET)
