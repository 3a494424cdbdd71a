"""The HTTP session: it gives the key to nobody but the service, and keeps what it was sent out of the log."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import requests
from requests.auth import AuthBase

if TYPE_CHECKING:
    from airflow_provider_trackingmore.api.secret import Secret


class KeyHeader(AuthBase):
    """Adds the key to a request; as an auth object it also keeps ``~/.netrc`` out."""

    is_dated = False  # whether what it adds holds for a time only

    def __init__(self, header: str, key: Secret) -> None:
        self._header = header
        self._key = key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Return the request with its header."""
        request.headers[self._header] = self._key.reveal()
        return request


class Session(requests.Session):
    """Follows no redirect: it would take the key along, and be read without a limit."""

    auth: KeyHeader

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Lead nowhere."""


class _NoUnreadableHeaders(logging.Filter):
    """Keeps headers that urllib3 cannot read, which it would quote, out of the log."""

    def filter(self, record: logging.LogRecord) -> bool:
        if "Failed to parse headers" in str(record.msg):
            record.msg, record.args, record.exc_info = "an answer has headers that cannot be read", (), None
        return True


logging.getLogger("urllib3.connection").addFilter(_NoUnreadableHeaders())
