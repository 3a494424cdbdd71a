"""The client's options, checked before anything is sent.

No text ever holds the key, nor a value that is wrong: it may be a key in the wrong field.
"""

from __future__ import annotations

import ipaddress
import os
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from airflow_provider_trackingmore.exceptions import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_trackingmore.api.service import ApiVersion, Service

_ACCOUNT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_SHORTEST_KEY = 8  # shorter ones, in tests, may be part of any word
_HOST = re.compile(r"[A-Za-z0-9._:-]+")


def shape(value: Any) -> str:
    """Return what a value looks like, without saying what it is."""
    if isinstance(value, str):
        return f"a text of {len(value)} characters"
    # No key is so short a number.
    is_plain = value is None or (isinstance(value, bool | int | float) and len(repr(value)) <= 8)
    return repr(value) if is_plain else f"a value of type {type(value).__name__}"


def checked_key(key: str) -> str:
    """Return the key without surrounding blanks."""
    if not isinstance(key, str) or not key.strip():
        raise ConfigurationError("api_key is empty; set the account's key (the connection's password)")
    if not re.fullmatch(r"[!-~]+", key.strip()):
        raise ConfigurationError("api_key holds a space, line break or non-ASCII character; paste it again")
    return key.strip()


def checked_secret(secret: str | None) -> str:
    """Return the secret that requests are signed with, a word or a private key."""
    if not isinstance(secret, str) or not secret.strip():
        raise ConfigurationError("api_secret is empty; AES needs the account's secret, RSA its private key")
    return secret


def refuse_key_in(key: str, others: Mapping[str, Any]) -> None:
    """Refuse options that hold the key as well: they are logged and stored."""
    for name, text in others.items():
        if len(key) >= _SHORTEST_KEY and key in str(text):
            raise ConfigurationError(f"{name} holds the API key; the key belongs into the password alone")


def checked_account(account: str) -> str:
    """Return the label; it becomes part of every key, where the colon separates."""
    if not isinstance(account, str) or not _ACCOUNT.fullmatch(account):
        raise ConfigurationError(
            f"account is {shape(account)}; use up to 64 letters, digits, '.', '_' or '-', without a colon"
        )
    return account


def checked_number(name: str, value: Any, lowest: float, highest: float) -> Any:
    """Return ``value`` if it is a number between the bounds."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not lowest <= value <= highest:
        raise ConfigurationError(f"{name} is {shape(value)}; use a number from {lowest} to {highest}")
    return value


def checked_whole(name: str, value: Any, lowest: int, highest: int) -> int:
    """Return ``value`` if it is a whole number between the bounds."""
    if isinstance(value, float):
        raise ConfigurationError(f"{name} is {shape(value)}; use a whole number from {lowest} to {highest}")
    return int(checked_number(name, value, lowest, highest))


def checked_user_agent(text: str) -> str:
    """Return ``text`` if a header can hold it."""
    if not isinstance(text, str) or not re.fullmatch(r"[!-~]([ -~]*[!-~])?", text):
        raise ConfigurationError("user_agent holds a line break or non-ASCII character, or blanks around it")
    return text


def checked_proxy(url: str) -> str:
    """Return ``url`` if it names a proxy; it may hold a password, so no text repeats it."""
    parts = _split("proxy", url, "http://proxy.example:3128")
    if parts.scheme not in ("http", "https", "socks5", "socks5h") or not parts.hostname:
        raise ConfigurationError("proxy must look like http://proxy.example:3128")
    return url


def checked_ca_bundle(path: str) -> str:
    """Return ``path`` if there is something."""
    if not isinstance(path, str) or not os.path.exists(path):
        raise ConfigurationError(f"ca_bundle is {shape(path)}, but no path of a file on this machine")
    return path


def checked_url(url: str, service: Service, version: ApiVersion) -> str:
    """Return ``url`` without a trailing slash or version; refuse what would send the key in the clear."""
    name = service.url_option
    parts = _split(name, url, service.url)
    host = parts.hostname or ""
    extras = "@" in parts.netloc or parts.query or parts.fragment
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(host) or extras:
        raise ConfigurationError(f"{name} must look like {service.url}, without user, query or fragment")
    if parts.scheme == "http" and not _is_loopback(host):
        raise ConfigurationError(
            f"{name} is plain http to another machine: the key would travel unencrypted; use https"
        )
    path = parts.path.rstrip("/")
    for suffix in (version.prefix, f"/{version.name}"):
        path = path.removesuffix(suffix)
    return f"{parts.scheme}://{parts.netloc}{path}"


def _split(name: str, url: str, example: str) -> SplitResult:
    """Return the parts of ``url``; the port has been looked at."""
    try:
        parts = urlsplit(url.strip())
        _ = parts.port
    except (ValueError, AttributeError):
        raise ConfigurationError(f"{name} is no URL; it must look like {example}") from None
    return parts


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
