"""Signatures as AfterShip checks them: HMAC-SHA256 (which it calls AES) and RSA with PSS."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, quote_plus

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from airflow_provider_trackingmore.sandbox.calls import Asked
    from airflow_provider_trackingmore.sandbox.service import Premises

# How far the date that was signed may be from the service's clock, either way.
GOOD_FOR = timedelta(minutes=3)
HMAC_HEADER, RSA_HEADER = "as-signature-hmac-sha256", "as-signature-rsa-sha256"
# How clients spell values that they sign: Python with + for a space, Node with %20 and some marks bare.
_SPELLINGS: tuple[Callable[[str], str], ...] = (
    quote_plus,
    partial(quote, safe=""),
    partial(quote, safe="!'()*"),
)


def is_signed(asked: Asked, premises: Premises, now: datetime) -> bool:
    """Return whether a request carries a good signature, or needs none because no secret is set."""
    if premises.secret is None and premises.public_key is None:
        return True
    return _is_timely(asked.headers.get("date", ""), now) and any(
        _hmac_fits(asked, premises.secret, message) or _rsa_fits(asked, premises.public_key, message)
        for message in (to_sign(asked, spell) for spell in _SPELLINGS)
    )


def to_sign(asked: Asked, spell: Callable[[str], str] = quote_plus) -> bytes:
    """Return what is signed of a request, with the values of its query spelt one way or another."""
    own = sorted(
        f"{name.lower().strip()}:{value.strip()}"
        for name, value in asked.headers.items()
        if name.lower().startswith("as-") and name.lower() not in (HMAC_HEADER, RSA_HEADER)
    )
    digest = hashlib.md5(asked.body, usedforsecurity=False).hexdigest().upper()
    parts = (
        asked.method,
        digest if asked.body else "",
        "application/json" if asked.body else "",
        asked.headers.get("date", ""),
        "\n".join(own),
        _resource(asked.target, spell),
    )
    return "\n".join(parts).encode()


def _resource(target: str, spell: Callable[[str], str]) -> str:
    """Return path and sorted query; of a name that comes twice, only the first value counts."""
    path, _, query = target.partition("?")
    first = dict(reversed(parse_qsl(query, keep_blank_values=True)))
    pairs = (f"{name}={spell(value)}" for name, value in sorted(first.items()))
    return f"{path}?{'&'.join(pairs)}" if first else path


def _is_timely(date: str, now: datetime) -> bool:
    try:
        return abs(parsedate_to_datetime(date) - now) <= GOOD_FOR
    except (ValueError, TypeError):
        return False


def _hmac_fits(asked: Asked, secret: str | None, message: bytes) -> bool:
    if secret is None:
        return False
    expected = base64.b64encode(hmac.digest(secret.encode(), message, "sha256"))
    return hmac.compare_digest(expected, asked.headers.get(HMAC_HEADER, "").encode())


def _rsa_fits(asked: Asked, public_key: str | None, message: bytes) -> bool:
    if public_key is None:
        return False
    key = load_pem_public_key(public_key.encode())
    if not isinstance(key, RSAPublicKey):
        raise TypeError("the sandbox checks signatures with RSA keys only")
    try:
        signature = base64.b64decode(asked.headers.get(RSA_HEADER, ""), validate=True)
        key.verify(signature, message, PSS(MGF1(SHA256()), SHA256.digest_size), SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True
