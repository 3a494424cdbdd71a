"""Signed requests, as AfterShip asks for them: HMAC-SHA256 ("AES") or RSA with PSS.

Section 3 of the vendor's reference. A signature holds for three minutes around its date, so every try is
signed anew.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from email.utils import format_datetime
from typing import TYPE_CHECKING

from airflow_provider_trackingmore.api.session import KeyHeader
from airflow_provider_trackingmore.exceptions import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    import requests

    from airflow_provider_trackingmore.api.secret import Secret

SIGNATURE_HEADERS = {"AES": "as-signature-hmac-sha256", "RSA": "as-signature-rsa-sha256"}


def string_to_sign(
    method: str, target: str, headers: Mapping[str, str], body: bytes | None, date: str
) -> str:
    """Return what is signed of a request.

    :param target: path and query as they are on the wire; the query is sorted, its encoding kept.
    :param headers: all headers; those whose names begin with ``as-`` are signed.
    """
    path, _, query = target.partition("?")
    # Of a name that stands twice the first value counts.
    values: dict[str, str] = {}
    for pair in query.split("&") if query else []:
        name, _, value = pair.partition("=")
        values.setdefault(name, value)
    resource = path + ("?" if query else "") + "&".join(f"{n}={values[n]}" for n in sorted(values))
    named = {name.lower().strip(): value.strip() for name, value in headers.items()}
    signed = [f"{name}:{named[name]}" for name in sorted(named) if name.startswith("as-")]
    # MD5 is what the service compares; the signature is what protects.
    digest = hashlib.md5(body, usedforsecurity=False).hexdigest().upper() if body else ""
    kind = "application/json" if body else ""
    return "\n".join([method.upper(), digest, kind, date, "\n".join(signed), resource])


def hmac_signature(secret: str) -> Callable[[str], str]:
    """Return what signs a text with HMAC-SHA256."""

    def sign(text: str) -> str:
        return base64.b64encode(hmac.digest(secret.encode(), text.encode(), "sha256")).decode()

    return sign


def rsa_signature(private_key: str) -> Callable[[str], str]:
    """Return what signs a text with RSA-PSS and SHA-256; ``private_key`` is PEM text.

    :raises ConfigurationError: if it is none.
    """
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    try:
        # Environment variables often hold a backslash and an n where a line ends.
        text = private_key.replace("\\n", "\n")
        key = serialization.load_pem_private_key(text.encode(), password=None)
    except (ValueError, TypeError):
        # Not from the error, whose frames hold the key.
        key = None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ConfigurationError("api_secret is no RSA private key in PEM form, as RSA needs it")
    signer, digest = key, hashes.SHA256()
    scheme = padding.PSS(padding.MGF1(digest), salt_length=digest.digest_size)

    def sign(text: str) -> str:
        return base64.b64encode(signer.sign(text.encode(), scheme, digest)).decode()

    return sign


_SCHEMES: dict[str, Callable[[str], Callable[[str], str]]] = {"AES": hmac_signature, "RSA": rsa_signature}


class Signature(KeyHeader):
    """Adds the key, the date and a signature over both to a request.

    :param kind: ``AES`` or ``RSA``.
    :param now: what the time is at the service.
    """

    is_dated = True

    def __init__(
        self, header: str, key: Secret, kind: str, secret: Secret, now: Callable[[], datetime]
    ) -> None:
        super().__init__(header, key)
        self._header_of_signature = SIGNATURE_HEADERS[kind]
        self._sign = _SCHEMES[kind](secret.reveal())
        self._now = now

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Return the request with its headers; called again for every try."""
        super().__call__(request)
        date = format_datetime(self._now(), usegmt=True)
        request.headers["date"] = date
        body = request.body.encode() if isinstance(request.body, str) else request.body
        text = string_to_sign(request.method or "", request.path_url, request.headers, body, date)
        request.headers[self._header_of_signature] = self._sign(text)
        return request
