"""Every code has the reaction the reference's tables ask for, and every answer is judged on both levels."""

from __future__ import annotations

import gzip
import pickle

import pytest
from loopback import VERSIONS, Reply, envelope, page

from airflow_provider_trackingmore.api.codes import Cause, Reaction
from airflow_provider_trackingmore.api.versions import VERSIONS as KNOWN
from airflow_provider_trackingmore.exceptions import (
    AuthenticationError,
    CheckFailedError,
    ItemError,
    QuotaError,
    RateLimitError,
    RequestError,
    ResponseShapeError,
    ServerError,
    TransportError,
)

# Tables 3.9, 4.7 and 5.9 of the reference; "key" and "quota" are final codes with that cause.
TABLE = {
    "v2": {
        "success": [200, 201],
        "slow": [202],
        "empty": [4031],
        "wait": [429],
        "retry": [500, 503],
        "skip": [409, 4014, 4015, 4016, 4017, 4032],
        "key": [401, 403, 4001, 4002],
        "quota": [402, 4019, 4021],
        "final": [404, 405, 4012, 4013, 4018, 4020, 4033],
    },
    "v3": {
        "success": [200],
        "empty": [204],
        "wait": [429],
        "retry": [408, 511, 512, 513],
        "skip": [421, 422, 423, 424],
        "key": [401, 403],
        "quota": [203],
        "final": [400, 404, 411, 412, 413, 417],
    },
    "v4": {
        "success": [200],
        "empty": [204, 4102],
        "wait": [429],
        "retry": [511, 512, 513],
        "skip": [4101, 4110, 4112, 4113, 4120, 4121, 4122, 4160, *range(4161, 4169)],
        "key": [401, 403],
        "quota": [4190],
        "final": [400, 404, 4103, 4111, 4130],
    },
}
ROWS = [
    (version, code, wanted)
    for version, kinds in TABLE.items()
    for wanted, numbers in kinds.items()
    for code in numbers
]
ERRORS = {
    "wait": RateLimitError,
    "retry": ServerError,
    "skip": ItemError,
    "key": AuthenticationError,
    "quota": QuotaError,
    "final": RequestError,
}
TRANSIENT = ("wait", "retry")


@pytest.mark.parametrize("version", VERSIONS)
def test_the_code_table_holds_the_codes_of_the_reference_and_no_others(version):
    listed = {code for row_version, code, _ in ROWS if row_version == version}
    assert set(KNOWN[version].codes) == listed


@pytest.mark.parametrize(("version", "code", "wanted"), ROWS)
def test_a_code_asks_for_what_the_reference_says(version, code, wanted):
    known = KNOWN[version].codes[code]
    final = {"key": Cause.KEY, "quota": Cause.QUOTA, "final": Cause.REQUEST}
    reaction = Reaction.FINAL if wanted in final else Reaction(wanted)
    assert known.reaction_on("list") is reaction
    assert known.cause is final.get(wanted, Cause.REQUEST)


@pytest.mark.parametrize(("version", "code", "wanted"), ROWS)
def test_a_list_that_answers_a_code_becomes_an_answer_or_the_right_error(
    service, client_for, version, code, wanted
):
    # v4 pairs codes with HTTP statuses, v2 and v3 put everything on 200.
    status = 400 if version == "v4" and code >= 4000 else 200
    data = {"items": [{"id": "1"}], "total": "1"} if wanted == "slow" else []
    service.say(Reply(envelope(version, code, data), status))
    client = client_for(service.url, version, retries=0)
    if wanted not in ERRORS:
        answer = client.list_page()
        assert answer.is_empty == (wanted == "empty")
        return
    with pytest.raises(ERRORS[wanted]) as caught:
        client.list_page()
    assert type(caught.value) is ERRORS[wanted]
    assert caught.value.transient == (wanted in TRANSIENT)
    assert (caught.value.code, caught.value.http_status, caught.value.route) == (code, status, "list")
    assert caught.value.name == KNOWN[version].codes[code].name
    assert "text" not in str(caught.value)


@pytest.mark.parametrize(("version", "code"), [("v2", 4032), ("v3", 204), ("v4", 4121)])
def test_a_number_nobody_recognises_has_no_couriers(service, client_for, version, code):
    service.say(envelope(version, code, {}))
    assert client_for(service.url, version).detect_courier("??") == []


def test_over_the_limit_keeps_the_records_warns_and_slows_down(service, client_for, time, caplog):
    service.say(envelope("v2", 202, {"items": [{"id": "1"}], "total": "1"}))
    client = client_for(service.url, "v2")
    assert client.list_page().total == 1
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    client.list_page()
    assert sum(time.naps) >= 5


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        pytest.param(500, ServerError, id="server-trouble"),
        pytest.param(404, RequestError, id="no-such-address"),
        pytest.param(401, AuthenticationError, id="key-refused"),
        pytest.param(429, RateLimitError, id="asked-too-often"),
        pytest.param(302, RequestError, id="redirected"),
    ],
)
def test_a_success_code_does_not_outweigh_a_bad_http_status(service, client_for, version, status, kind):
    service.say(Reply(page(version), status))
    with pytest.raises(kind) as caught:
        client_for(service.url, version, retries=0).list_page()
    assert caught.value.http_status == status


@pytest.mark.parametrize(("version", "code"), [("v2", 4031), ("v3", 204), ("v4", 4102)])
@pytest.mark.parametrize("status", [302, 401, 500, 503])
def test_an_empty_code_on_trouble_is_no_end_of_the_list(service, client_for, version, code, status):
    service.say(Reply(envelope(version, code), status))
    with pytest.raises((ServerError, RequestError, AuthenticationError)):
        client_for(service.url, version, retries=0).list_page()


@pytest.mark.parametrize("version", VERSIONS)
def test_http_204_is_an_empty_page(service, client_for, version):
    service.say(Reply(status=204))
    assert client_for(service.url, version).list_page().is_empty


@pytest.mark.parametrize("data", [[], {}, None])
def test_an_empty_answer_may_hold_anything_empty(service, client_for, data):
    body = envelope("v3", 204, data).replace(b'"data": []', b'"data": ' + repr(data).encode())
    service.say(body.replace(b"None", b"null"))
    assert client_for(service.url, "v3").list_page().is_empty


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        pytest.param(7777, 200, RequestError, id="unknown-code-is-final"),
        pytest.param(7777, 502, ServerError, id="unknown-code-on-a-server-error-is-not"),
        pytest.param(7777, 401, AuthenticationError, id="unknown-code-on-401"),
        pytest.param(502, 200, ServerError, id="unlisted-5xx-code-on-http-200"),
    ],
)
def test_an_unknown_code_is_never_taken_for_data(service, client_for, version, code, status, kind):
    service.say(Reply(envelope(version, code), status))
    with pytest.raises(kind) as caught:
        client_for(service.url, version, retries=0).list_page()
    assert (caught.value.code, caught.value.http_status, caught.value.name) == (code, status, None)


def test_a_code_of_one_version_means_nothing_in_another(service, client_for):
    service.say(envelope("v4", 4031))
    with pytest.raises(RequestError, match="unknown code 4031"):
        client_for(service.url, "v4").list_page()


HTML = b"<html><body><h1>Gateway</h1></body></html>"


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        pytest.param(Reply(HTML), ResponseShapeError, id="html-on-200"),
        pytest.param(Reply(HTML, 502), ServerError, id="html-on-502"),
        pytest.param(Reply(HTML, 503), ServerError, id="html-on-503"),
        pytest.param(Reply(HTML, 429), RateLimitError, id="html-on-429"),
        pytest.param(Reply(HTML, 403), AuthenticationError, id="html-on-403"),
        pytest.param(Reply(b""), TransportError, id="empty-body"),
        pytest.param(Reply(b"[]"), ResponseShapeError, id="a-list-instead-of-an-object"),
        pytest.param(Reply(b"{}"), ResponseShapeError, id="no-code"),
        pytest.param(Reply(b"[" * 200_000), TransportError, id="nested-beyond-reason"),
        pytest.param(Reply(raw=b""), TransportError, id="dropped-without-an-answer"),
        pytest.param(Reply(raw=b"nonsense\r\n\r\n"), TransportError, id="not-http"),
        pytest.param(Reply(b"not gzip", headers={"Content-Encoding": "gzip"}), TransportError, id="bad-gzip"),
        pytest.param(
            Reply(gzip.compress(page("v2", 50))[:-30], headers={"Content-Encoding": "gzip"}),
            TransportError,
            id="gzip-cut-off",
        ),
        pytest.param(
            Reply(b"", 302, {"Location": "http://[elsewhere/"}), RequestError, id="redirect-to-nonsense"
        ),
    ],
)
def test_an_answer_that_is_none_has_its_error(service, client_for, version, reply, kind):
    service.say(reply)
    with pytest.raises(kind) as caught:
        client_for(service.url, version, retries=0).list_page()
    assert type(caught.value) is kind


@pytest.mark.parametrize("version", VERSIONS)
def test_a_connection_that_ends_early_is_no_answer(service, client_for, version):
    body = page(version, 3)
    service.say(Reply(body, headers={"Content-Length": str(len(body) + 100)}))
    with pytest.raises(TransportError):
        client_for(service.url, version, retries=0).list_page()


@pytest.mark.parametrize("version", VERSIONS)
def test_a_body_cut_off_anywhere_is_never_taken_for_a_page(service, client_for, version):
    body = page(version, 2)
    client = client_for(service.url, version, retries=0)
    for length in range(len(body)):
        service.say(body[:length])
        with pytest.raises(TransportError):
            client.list_page()


def test_braces_in_texts_do_not_make_a_page_look_cut_off(service, client_for):
    service.say(envelope("v4", data=[{"id": "1", "note": "}}} {"}]))
    assert not client_for(service.url).list_page().is_empty


def test_errors_survive_the_way_between_processes():
    failed = pickle.loads(pickle.dumps(CheckFailedError({"fct_deliveries": 3})))
    assert failed.failures == {"fct_deliveries": 3}
    assert str(failed) == "model checks failed: fct_deliveries (3 rows); the models were not changed"
    limited = RateLimitError("list: asked too often", route="list", http_status=429, code=429)
    limited.wait_seconds = 300
    assert vars(pickle.loads(pickle.dumps(limited))) == vars(limited)
