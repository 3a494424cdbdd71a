"""An answer is read to its end or not at all, and costs no more memory or time than it may."""

from __future__ import annotations

import gzip
import itertools
import time
import tracemalloc
import zlib

import pytest
from loopback import VERSIONS, Reply, envelope, page

from airflow_provider_trackingmore.exceptions import (
    AnswerTooLargeError,
    AuthenticationError,
    FinalError,
    RateLimitError,
    RequestError,
    ResponseShapeError,
    ServerError,
    TransportError,
)

BODY = page("v4", 5000)
MB = 1024**2


def bare(body: bytes) -> bytes:
    """Return deflate without zlib's header."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


def chunked(body: bytes, size: int = 1000) -> bytes:
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in [*parts, b""])


def packed(encoding: str, body: bytes) -> Reply:
    return Reply(body, headers={"Content-Encoding": encoding})


def bomb(size: int) -> bytes:
    """Return gzip that unpacks to ``size`` zeros, made without packing them all."""
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    first = packer.compress(bytes(MB)) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(bytes(MB)) + packer.flush(zlib.Z_FULL_FLUSH)
    return gzip.compress(b"")[:10] + first + again * (size // MB)


GOOD = [
    pytest.param(Reply(BODY), id="plain"),
    pytest.param(packed("identity", BODY), id="identity"),
    pytest.param(packed("gzip", gzip.compress(BODY)), id="gzip"),
    pytest.param(packed("X-GZip", gzip.compress(BODY)), id="x-gzip"),
    pytest.param(packed("gzip", gzip.compress(BODY[:100]) + gzip.compress(BODY[100:])), id="two-members"),
    pytest.param(packed("deflate", zlib.compress(BODY)), id="deflate"),
    pytest.param(packed("deflate", bare(BODY)), id="deflate-without-a-header"),
    pytest.param(Reply(pieces=[BODY]), id="until-the-connection-closes"),
    pytest.param(Reply(pieces=[chunked(BODY)], headers={"Transfer-Encoding": "chunked"}), id="chunked"),
    pytest.param(
        Reply(
            pieces=[chunked(gzip.compress(BODY))],
            headers={"Transfer-Encoding": "chunked", "Content-Encoding": "gzip"},
        ),
        id="chunked-gzip",
    ),
]


@pytest.mark.parametrize("reply", GOOD)
def test_an_answer_arrives_whole_however_it_is_packed(service, client_for, reply):
    service.say(reply)
    assert client_for(service.url).list_page().body == BODY


def test_only_what_can_be_unpacked_within_the_limit_is_asked_for(service, client_for):
    service.say(page("v4"))
    client_for(service.url).list_page()
    assert service.asked[0].headers["Accept-Encoding"] == "gzip, deflate"


def test_one_connection_serves_good_answers_and_refused_ones(service, client_for):
    refused = Reply(envelope("v4", 4190), 400)
    service.say(Reply(BODY), refused, packed("gzip", gzip.compress(BODY)), Reply(status=204), page("v4"))
    client = client_for(service.url)
    for wanted in (None, FinalError, None, None, None):
        if wanted is None:
            client.list_page()
        else:
            with pytest.raises(wanted):
                client.list_page()
    assert len(service.asked) == 5
    assert len(service.connections) == 1


def test_an_answer_may_be_as_large_as_the_limit_and_no_larger(service, client_for):
    for reply in (Reply(BODY), Reply(pieces=[BODY]), packed("gzip", gzip.compress(BODY))):
        service.say(reply)
        assert client_for(service.url, largest_answer=len(BODY)).list_page().body == BODY
        with pytest.raises(AnswerTooLargeError) as caught:
            client_for(service.url, largest_answer=len(BODY) - 1).list_page()
        assert not caught.value.transient
        assert (caught.value.route, caught.value.http_status) == ("list", 200)


ENDLESS = [
    pytest.param(lambda: packed("gzip", bomb(1024 * MB)), id="a-bomb"),
    pytest.param(lambda: packed("deflate", bomb(1024 * MB)[10:]), id="a-bomb-without-a-header"),
    pytest.param(lambda: Reply(pieces=itertools.repeat(BODY)), id="never-ends"),
    pytest.param(
        lambda: Reply(pieces=itertools.repeat(chunked(BODY)[:-5]), headers={"Transfer-Encoding": "chunked"}),
        id="chunks-never-end",
    ),
    pytest.param(
        # Blocks of nothing: there is always more to unpack, and never anything in it.
        lambda: Reply(
            pieces=itertools.chain([bomb(MB)[:10]], itertools.repeat(b"\0\0\0\xff\xff" * 10_000)),
            headers={"Content-Encoding": "gzip"},
        ),
        id="unpacks-to-nothing-for-ever",
    ),
]


@pytest.mark.parametrize("make", ENDLESS)
def test_an_answer_without_end_costs_no_more_memory_than_the_limit_and_names_the_way_out(
    service, client_for, make
):
    service.say(make())
    client = client_for(service.url, largest_answer=4 * MB)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    with pytest.raises(AnswerTooLargeError, match=r"largest_answer.*page_size"):
        client.list_page()
    peak = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    # The server stands in the same process; it holds a piece or two.
    assert peak < 12 * MB
    assert len(service.asked) == 1


def test_what_says_that_it_is_too_large_is_not_read(service, client_for):
    service.say(Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n{"))
    with pytest.raises(AnswerTooLargeError):
        client_for(service.url).list_page()


def test_after_an_answer_that_was_too_large_the_next_one_is_read(service, client_for):
    service.say(Reply(BODY), page("v4"))
    client = client_for(service.url, largest_answer=1000)
    with pytest.raises(AnswerTooLargeError):
        client.list_page()
    assert client.list_page().body == page("v4")
    assert len(service.connections) == 2


def test_an_answer_that_trickles_for_ever_is_given_up_after_ten_timeouts(service, client_for):
    service.say(Reply(pieces=itertools.repeat(b" ")))
    passed = itertools.count(1000, 20)
    client = client_for(service.url, timeout=30, retries=0, monotonic=lambda: float(next(passed)))
    with pytest.raises(TransportError, match=r"ten times the time-out \(300 s\)"):
        client.list_page()
    assert next(passed) < 1000 + 300 + 200


def test_a_pause_within_an_answer_is_no_longer_than_the_timeout(client_for, service):
    def halting():
        yield b"{"
        time.sleep(0.5)
        yield b"}"

    service.say(Reply(pieces=halting()))
    with pytest.raises(TransportError, match="ReadTimeoutError"):
        client_for(service.url, timeout=0.05, retries=0).list_page()


SHORT = gzip.compress(page("v4", 2))
BROKEN = [
    pytest.param(
        Reply(pieces=[chunked(BODY)[:-5]], headers={"Transfer-Encoding": "chunked"}), id="last-chunk"
    ),
    pytest.param(
        Reply(pieces=[chunked(BODY)[:-600]], headers={"Transfer-Encoding": "chunked"}), id="in-a-chunk"
    ),
    pytest.param(Reply(pieces=[b"zz\r\n{}\r\n"], headers={"Transfer-Encoding": "chunked"}), id="chunk-size"),
    pytest.param(Reply(BODY, headers={"Content-Length": str(len(BODY) + 1)}), id="length-too-large"),
    pytest.param(
        Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"), id="two-lengths"
    ),
    pytest.param(Reply(raw=b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n{}"), id="too-many-headers"),
    pytest.param(
        Reply(raw=b"HTTP/1.1 200 OK\r\nA: " + b"b" * 70_000 + b"\r\n\r\n{}"), id="too-long-a-header"
    ),
    pytest.param(Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Le"), id="in-the-headers"),
    pytest.param(packed("gzip", BODY), id="said-to-be-packed"),
    pytest.param(packed("deflate", b"\x78\x9c" + BODY), id="a-header-and-nonsense"),
    pytest.param(packed("gzip", SHORT[:-8] + bytes(8)), id="wrong-checksum"),
    pytest.param(packed("gzip", SHORT + b"more"), id="more-after-the-end"),
    *(pytest.param(packed("gzip", SHORT[:cut]), id=f"cut-{cut}") for cut in range(1, len(SHORT), 7)),
]


@pytest.mark.parametrize("reply", BROKEN)
def test_an_answer_that_breaks_off_is_none(service, client_for, reply):
    service.say(reply)
    with pytest.raises(TransportError) as caught:
        client_for(service.url, retries=0).list_page()
    assert caught.value.transient


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "k3y"])
def test_a_packing_nobody_asked_for_is_an_error_that_does_not_repeat_it(service, client_for, encoding):
    service.say(packed(encoding, BODY))
    with pytest.raises(ResponseShapeError, match="packed in a way that was not asked for") as caught:
        client_for(service.url).list_page()
    assert encoding not in str(caught.value)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (429, RateLimitError),
        (401, AuthenticationError),
        (503, ServerError),
        (404, RequestError),
        (302, RequestError),
    ],
)
@pytest.mark.parametrize("flaw", ["broken-off", "badly-packed", "too-large"])
def test_a_status_that_says_enough_counts_though_its_body_cannot_be_read(
    service, client_for, version, status, kind, flaw
):
    headers = {"Location": service.url} if status == 302 else {}
    replies = {
        "broken-off": Reply(b"{", status, {"Content-Length": "1000"} | headers),
        "badly-packed": Reply(b"\x1f\x8b nonsense", status, {"Content-Encoding": "gzip"} | headers),
        "too-large": Reply(b"", status, headers, pieces=itertools.repeat(BODY)),
    }
    service.say(replies[flaw])
    if flaw == "broken-off" and status in (401, 404):
        # What the service said about it is not known.
        kind = TransportError
    with pytest.raises(kind) as caught:
        client_for(service.url, version, retries=0, largest_answer=MB).list_page()
    assert type(caught.value) is kind
    assert (caught.value.http_status, caught.value.code) == (status, None)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("status", [400, 401, 404, 409, 422])
def test_a_refusal_that_breaks_off_anywhere_is_tried_again(service, client_for, version, status):
    body = envelope(version, 4190, message="text")
    client = client_for(service.url, version, retries=0)
    for length in range(len(body)):
        whole = {"Content-Length": str(len(body))}
        packing = {"Content-Encoding": "gzip", "Content-Length": "1000"}
        service.say(Reply(body[:length], status, whole), Reply(gzip.compress(body)[:length], status, packing))
        for _ in range(2):
            with pytest.raises(TransportError, match="broke off") as caught:
                client.list_page()
            assert (caught.value.http_status, caught.value.transient) == (status, True)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("status", [400, 401, 404, 409, 422])
def test_a_refusal_whose_json_is_cut_short_is_tried_again(service, client_for, version, status):
    body = envelope(version, 7777).replace(b', "data": []', b"")
    client = client_for(service.url, version, retries=0)
    for length in range(1, len(body)):
        service.say(Reply(body[:length], status))
        with pytest.raises(TransportError, match="cut off") as caught:
            client.list_page()
        assert (caught.value.http_status, caught.value.transient) == (status, True)


@pytest.mark.parametrize("body", [b"", b" ", b"refused", b"<html>{</html>", b"{}", b"null", b'{"meta":{}}'])
def test_a_refusal_that_says_nothing_stays_one(service, client_for, body):
    service.say(Reply(body, 400))
    with pytest.raises(RequestError, match=r"refused \(HTTP 400\)"):
        client_for(service.url).list_page()
    assert len(service.asked) == 1


@pytest.mark.parametrize("flaw", [Reply(b"{", 400), Reply(b"{", 400, {"Content-Length": "9"})])
def test_an_empty_list_that_breaks_off_once_is_read_the_next_time(service, client_for, flaw):
    service.say(flaw, Reply(envelope("v4", 4102), 400))
    assert client_for(service.url).list_page().is_empty
