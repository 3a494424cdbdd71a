"""Reading the body of an answer piece by piece, with a limit on its size and on the time it takes.

A few kilobytes can unpack to gigabytes, and a server can go on for ever; neither may cost more memory than
the limit, nor more time than ten time-outs.
"""

from __future__ import annotations

import os
import ssl
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import requests
import urllib3

from airflow_provider_trackingmore.api.outcomes import Flaw, says_enough

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

# The packings asked for; those that other libraries of an environment may add have no limit on size.
ACCEPTED = "gzip, deflate"

# Large enough that the number of pieces costs nothing, small beside any page.
PIECE = 1 << 18


@dataclass(frozen=True)
class Received:
    """An answer as it came; ``body`` is unpacked, and the names of ``headers`` have no letter case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class BodyLimits:
    """How much an answer may cost: ``size`` in bytes, packed or unpacked, ``seconds`` in all."""

    size: int
    seconds: float
    clock: Callable[[], float]


def receive(route: str, response: requests.Response, limits: BodyLimits) -> Received:
    """Return the whole answer to a request sent with ``stream=True``; a connection read to its end is kept.

    A body that cannot be read counts as empty where the HTTP status alone says what to do
    (:func:`.says_enough`).

    :raises TransportError: if the body breaks off, takes too long or cannot be unpacked.
    :raises AnswerTooLargeError: if it is larger than the limit.
    :raises ResponseShapeError: if it is packed in a way that was not asked for.
    """
    with response:
        try:
            body = b"".join(_pieces(response, limits))
        except _UnreadableError as error:
            if not says_enough(response.status_code, error.flaw):
                raise error.flaw.raised(route, error.detail, response.status_code) from None
            body = b""
    return Received(response.status_code, response.headers, body)


class _UnreadableError(Exception):
    def __init__(self, flaw: Flaw, detail: str = "") -> None:
        super().__init__(flaw, detail)
        self.flaw = flaw
        self.detail = detail


def _pieces(response: requests.Response, limits: BodyLimits) -> Iterator[bytes]:
    """Yield the unpacked body."""
    packing = response.headers.get("Content-Encoding", "").strip().lower()
    if (response.raw.length_remaining or 0) > limits.size:
        raise _UnreadableError(Flaw.TOO_LARGE)
    arriving = _limited(_arriving(response.raw, limits), limits.size)
    if packing in ("", "identity"):
        return arriving
    if packing not in ("gzip", "x-gzip", "deflate"):
        raise _UnreadableError(Flaw.WRONGLY_PACKED)
    return _limited(_unpacked(arriving), limits.size)


def _arriving(raw: urllib3.BaseHTTPResponse, limits: BodyLimits) -> Iterator[bytes]:
    """Yield what arrives, as it arrives: waiting for more could take for ever."""
    deadline = limits.clock() + limits.seconds
    try:
        while piece := raw.read1(PIECE, decode_content=False):
            yield piece
            if limits.clock() > deadline:
                raise _UnreadableError(Flaw.TOO_SLOW, f"{limits.seconds:g} s")
    except urllib3.exceptions.HTTPError as error:
        raise _UnreadableError(Flaw.BROKEN_OFF, reason(error)) from error


def _limited(pieces: Iterator[bytes], size: int) -> Iterator[bytes]:
    """Yield the pieces as long as they hold no more than ``size`` bytes together."""
    for piece in pieces:
        size -= len(piece)
        if size < 0:
            raise _UnreadableError(Flaw.TOO_LARGE)
        yield piece


def _unpacked(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield what gzip or deflate packed, never more than a piece at once."""
    decoder = None
    try:
        for packed in pieces:
            while packed:
                if decoder is None or decoder.eof:
                    decoder = zlib.decompressobj(_window_bits(packed))
                unpacked = decoder.decompress(packed, PIECE)
                while unpacked:
                    yield unpacked
                    unpacked = decoder.decompress(decoder.unconsumed_tail, PIECE)
                packed = decoder.unused_data
    except zlib.error as error:
        raise _UnreadableError(Flaw.BADLY_PACKED, str(error)) from error
    if decoder is not None and not decoder.eof:
        raise _UnreadableError(Flaw.BROKEN_OFF)


def _window_bits(packed: bytes) -> int:
    """Return what tells zlib the format: gzip or zlib by their headers, else bare deflate.

    Servers disagree on whether "deflate" has zlib's header.
    """
    has_header = packed[0] == 0x1F or packed[0] & 0x0F == zlib.DEFLATED
    return zlib.MAX_WBITS | 32 if has_header else -zlib.MAX_WBITS


def reason(error: BaseException) -> str:
    """Return why a request failed, without any text that could hold a query or a proxy's password."""
    name, via = type(error).__name__, ""
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, ssl.SSLError):
            return via + str(found.reason or "SSLError")
        if isinstance(found, OSError) and found.errno and not isinstance(found, requests.RequestException):
            return via + (os.strerror(found.errno) if found.errno > 0 else "the host name is unknown")
        inner = getattr(found, "reason", None) or next(iter(found.args), None)
        if isinstance(inner, BaseException):
            name = type(inner).__name__
            via = "ProxyError: " if name == "ProxyError" else via
        found = inner if isinstance(inner, BaseException) else found.__cause__
    return name
