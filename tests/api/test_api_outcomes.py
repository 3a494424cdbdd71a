"""Every answer has a place: the client does with each what the table of outcomes says, over a real server."""

from __future__ import annotations

import gzip
import itertools
import socket

import pytest
from loopback import KEY, VERSIONS, Loopback, Reply, Time, envelope, page

from airflow_provider_trackingmore.api import TrackingMoreClient
from airflow_provider_trackingmore.api.codes import Reaction
from airflow_provider_trackingmore.api.outcomes import NULL_LIST, Flaw, outcome
from airflow_provider_trackingmore.api.versions import VERSIONS as KNOWN
from airflow_provider_trackingmore.exceptions import (
    AuthenticationError,
    QuotaError,
    RateLimitError,
    RequestError,
    ResponseShapeError,
    ServerError,
    TrackingMoreError,
    TransportError,
)
from airflow_provider_trackingmore.tables import decode_page

CALLS = {
    "list": TrackingMoreClient.list_page,
    "couriers": TrackingMoreClient.couriers,
    "detect": lambda client: client.detect_courier("1Z9"),
    "status_counts": TrackingMoreClient.status_counts,
    "account": TrackingMoreClient.account_info,
}
# Each stands for its kind; those that no list of the reference holds, too.
STATUSES = (200, 201, 203, 302, 400, 401, 402, 403, 404, 405, 407, 408, 409, 429, 500, 502, 503)
# Routes differ by code alone, so that these are enough for all but one of them.
FEW_STATUSES = (200, 400, 429, 503)
UNKNOWN = (7777, 555, None)
CODES = [
    (version, route, code)
    for version in VERSIONS
    for route in KNOWN[version].routes
    for code in (*KNOWN[version].codes, *UNKNOWN)
]
ABSENT = object()
# What the service may put where the data belong when there are none.
DATA_OF_ERRORS = ([], {}, None, ABSENT)


@pytest.fixture(scope="module")
def server():
    with Loopback() as running:
        yield running


@pytest.fixture(scope="module")
def clients(server):
    time = Time()
    passing = {"clock": time.now, "monotonic": time.monotonic, "sleep": time.sleep}
    made = {name: TrackingMoreClient(KEY, name, server.url, retries=0, **passing) for name in VERSIONS}
    yield made
    for client in made.values():
        client.close()


def good_data(version: str, route: str) -> object:
    if route == "list" and version == "v2":
        return {"items": [{"id": "1"}], "total": "1"}
    return {"list": [{"id": "1"}], "status_counts": {"transit": 1}, "account": {"email": "a"}}.get(route, [])


def body_of(version: str, code: int | str | None, data: object) -> bytes:
    """Return a body whose message repeats the key, as a careless service might."""
    if code is None:
        return b"<html>%b</html>" % KEY.encode()
    if data is ABSENT:
        return envelope(version, code, message=KEY).replace(b', "data": []', b"")
    if data is None:
        return envelope(version, code, message=KEY).replace(b'"data": []', b'"data": null')
    return envelope(version, code, data, message=KEY)


def all_ways(version: str, route: str, code: int | None):
    """Yield every status with a code, and the body it comes with."""
    shapes = itertools.cycle(DATA_OF_ERRORS)
    for place, status in enumerate(STATUSES if route == "list" else FEW_STATUSES):
        found = outcome(KNOWN[version], route, status, code)
        is_data = found.result in (Reaction.SUCCESS, Reaction.SLOW)
        data = good_data(version, route) if is_data else next(shapes)
        # The number may come as text.
        yield status, found, body_of(version, str(code) if code and place % 2 else code, data)


@pytest.mark.parametrize(("version", "route", "code"), CODES)
def test_the_client_does_with_every_code_on_every_status_what_the_table_says(
    server, clients, caplog, version, route, code
):
    client = clients[version]
    for status, found, body in all_ways(version, route, code):
        server.say(Reply(body, status))
        caplog.clear()
        if isinstance(found.result, Reaction):
            answer = CALLS[route](client)
            if route == "list":
                assert answer.is_empty == (found.result is Reaction.EMPTY)
            elif found.result is Reaction.EMPTY:
                assert not answer
            assert bool(caplog.records) == (found.result is Reaction.SLOW)
            continue
        with pytest.raises(TrackingMoreError) as caught:
            CALLS[route](client)
        error = caught.value
        assert (type(error), error.name) == (found.result, found.name), (status, error)
        assert error.transient == found.result.transient
        assert (error.route, error.http_status, error.code) == (route, status, code)
        assert str(error) == f"{route}: {found.text}"
        assert KEY not in repr(error) + str(vars(error)) + caplog.text


@pytest.mark.parametrize(("version", "route"), dict.fromkeys(row[:2] for row in CODES))
def test_http_204_means_that_there_is_nothing(server, clients, version, route):
    server.say(Reply(status=204))
    found = outcome(KNOWN[version], route, 204, None)
    if found.result is Reaction.EMPTY:
        answer = CALLS[route](clients[version])
        assert answer.is_empty if route == "list" else not answer
    else:
        assert (route, found.result) == ("account", ResponseShapeError)
        with pytest.raises(ResponseShapeError, match="cannot be"):
            CALLS[route](clients[version])


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (302, RequestError),
        (400, RequestError),
        (401, AuthenticationError),
        (402, QuotaError),
        (403, AuthenticationError),
        (404, RequestError),
        (407, RequestError),
        (408, ServerError),
        (429, RateLimitError),
        (500, ServerError),
        (503, ServerError),
    ],
)
def test_a_status_without_a_code_has_a_meaning_of_its_own(version, status, kind):
    """What a gateway, a proxy or a load balancer says in the service's place."""
    assert outcome(KNOWN[version], "list", status, None).result is kind


MB = 1024**2
EMPTY = {"v2": 4031, "v3": 204, "v4": 204}


def packed(body: bytes, encoding: str = "gzip") -> Reply:
    return Reply(body, headers={"Content-Encoding": encoding})


FLAWS = {
    Flaw.NO_ANSWER: lambda version: Reply(raw=b""),
    Flaw.BROKEN_OFF: lambda version: Reply(page(version), headers={"Content-Length": "9999"}),
    Flaw.TOO_SLOW: lambda version: Reply(pieces=itertools.repeat(b" ")),
    Flaw.TOO_LARGE: lambda version: packed(gzip.compress(bytes(2_000_000))),
    Flaw.BADLY_PACKED: lambda version: packed(b"\x1f\x8b nonsense"),
    Flaw.WRONGLY_PACKED: lambda version: packed(page(version), "br"),
    Flaw.BLANK: lambda version: Reply(b" \r\n"),
    Flaw.CUT_OFF: lambda version: Reply(page(version)[:-1]),
    Flaw.NO_DOCUMENT: lambda version: Reply(b"<html>" + KEY.encode()),
    Flaw.NOT_EMPTY: lambda version: Reply(envelope(version, EMPTY[version], [{"id": KEY}])),
    Flaw.WRONG_DATA: lambda version: Reply(envelope(version, data=KEY)),
}


@pytest.mark.parametrize(
    ("version", "route", "flaw"),
    [
        (version, route, flaw)
        for version in VERSIONS
        for route in KNOWN[version].routes
        for flaw in FLAWS
        # The records of a list are not looked at here, and a count or an account is no list of records.
        if not (flaw is Flaw.WRONG_DATA and route == "list")
        and not (flaw is Flaw.NOT_EMPTY and route in ("status_counts", "account"))
    ],
)
def test_the_client_finds_each_flaw_on_each_route(server, client_for, version, route, flaw, caplog):
    server.say(FLAWS[flaw](version))
    seconds = itertools.count(1000.0, 50)
    options = {"retries": 0, "largest_answer": MB, "monotonic": lambda: next(seconds)}
    client = client_for(server.url, version, **options)
    with pytest.raises(TrackingMoreError) as caught:
        CALLS[route](client)
    assert type(caught.value) is flaw.error
    assert str(caught.value).startswith(f"{route}: {flaw.text}")
    assert caught.value.route == route
    assert KEY not in repr(caught.value) + str(vars(caught.value)) + caplog.text


def test_every_flaw_has_been_tried():
    elsewhere = {Flaw.UNTRUSTED, Flaw.OVER_LIMIT, Flaw.NO_LIST}
    assert set(FLAWS) | elsewhere == set(Flaw)
    assert not set(FLAWS) & elsewhere


@pytest.mark.parametrize("version", VERSIONS)
def test_nobody_at_the_address_is_no_answer(client_for, version):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    client = client_for(f"http://127.0.0.1:{port}", version, retries=0)
    with pytest.raises(TransportError, match="no usable answer came") as caught:
        client.list_page()
    assert (caught.value.http_status, caught.value.code) == (None, None)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_certificate_nobody_vouches_for_is_final_and_names_the_option(certificate, client_for, version):
    with Loopback(certificate).say(page(version)) as stranger:
        with pytest.raises(Flaw.UNTRUSTED.error, match="not trusted; set ca_bundle") as caught:
            client_for(stranger.url, version).list_page()
        trusting = client_for(stranger.url, version, ca_bundle=str(certificate[0]))
        assert trusting.list_page().body == page(version)
    assert not caught.value.transient
    assert len(stranger.asked) == 1


@pytest.mark.parametrize("data", [b"[]", b"{}", b"null", b'{"items":[],"page":1}', b'{"items":null}'])
def test_over_the_limit_without_a_list_means_to_rest(service, client_for, time, data):
    service.say(b'{"meta":{"code":202},"data":' + data + b"}", page("v2"))
    assert client_for(service.url, "v2").list_page().total == 1
    assert sum(time.naps) == 120


def test_over_the_limit_with_an_empty_list_that_is_counted_is_an_empty_page(service, client_for):
    service.say(envelope("v2", 202, {"items": [], "total": "0"}))
    assert client_for(service.url, "v2").list_page().total == 0


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("data", ["null", None])
def test_a_list_that_is_null_is_an_empty_page_only_where_the_reference_allows_it(
    service, client_for, version, data
):
    body = page(version, 0).replace(b": []", b": null")
    if data is None:
        body = envelope(version, data={"page": 1} if version == "v2" else []).replace(b', "data": []', b"")
    service.say(body)
    answer = client_for(service.url, version).list_page()
    if version == "v4" and data == "null":
        assert answer.is_empty
        assert NULL_LIST.result is Reaction.EMPTY
        return
    assert not answer.is_empty
    with pytest.raises(Flaw.NO_LIST.error):
        decode_page(answer.body, version=version)


@pytest.mark.parametrize(
    "body",
    [
        b'{"meta":{"code":200,"message":"\\"data\\": null"},"data":[{"id":"1"}]}',
        b'{"meta":{"code":200,"data":null},"data":[{"id":"1"}]}',
        b'{"meta":{"code":200},"data":null,"data":[{"id":"1"}]}',
        b'{"data":[{"id":"1","data":null}],"meta":{"code":200}}',
        b'{"meta":{"code":200},"data":null}{"meta":{"code":200},"data":[]}',
        b'{"meta":{"code":200},"data":nullable}',
    ],
)
def test_only_the_list_itself_counts_as_null(service, client_for, body):
    service.say(body)
    assert not client_for(service.url).list_page().is_empty


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "body", [b'{"data":null}', b'{"meta":{},"data":null}', b'{"code":"","data":{"items":null}}']
)
def test_a_list_that_is_null_without_a_code_is_no_answer(service, client_for, version, body):
    service.say(body)
    with pytest.raises(Flaw.NO_DOCUMENT.error, match="with a code"):
        client_for(service.url, version).list_page()


@pytest.mark.parametrize(
    ("version", "body"),
    [
        ("v2", b'{"meta":{"code":4031},"data":{"total":"1","items":[{"id":"1"}]}}'),
        ("v2", b'{"meta":{"code":4031},"data":[{"id":"1"}]}'),
        ("v3", b'{"code":204,"data":[{"id":"1"}]}'),
        ("v4", b'{"meta":{"code":4102},"data":[{"id":"1"}]}'),
        ("v4", b'{"meta":{"code":204},"data":{"success":[{"id":"1"}]}}'),
        ("v3", b'{"code":204,"data":[]}{"code":200,"data":[{"id":"1"}]}'),
    ],
)
@pytest.mark.parametrize("status", [200, 404])
def test_records_are_never_dropped_because_the_code_says_that_there_are_none(
    service, client_for, version, body, status
):
    service.say(Reply(body, status))
    with pytest.raises(ResponseShapeError):
        client_for(service.url, version).list_page()


@pytest.mark.parametrize(("version", "code"), [("v2", 4031), ("v3", 204), ("v4", 204)])
def test_an_empty_page_cut_off_anywhere_is_none(service, client_for, version, code):
    body = envelope(version, code, [])
    client = client_for(service.url, version, retries=0)
    for length in range(len(body)):
        service.say(body[:length])
        with pytest.raises(TransportError):
            client.list_page()
    service.say(body)
    assert client.list_page().is_empty


def test_a_total_below_zero_is_none(service, client_for):
    service.say(envelope("v2", data={"items": [{"id": "1"}], "total": "-1"}))
    assert client_for(service.url, "v2").list_page().total is None
