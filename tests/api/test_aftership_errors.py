"""Every row of AfterShip's error table is an error of its class, with what the SDK's errors have."""

from __future__ import annotations

import json
import logging
import pickle
import traceback
from email.utils import format_datetime

import pytest
from aftership_service import VERSIONS, example, listed, ok, refusal
from loopback import KEY, NOW, Reply

from airflow_provider_trackingmore.api import AfterShipClient
from airflow_provider_trackingmore.api.aftership_versions import AFTERSHIP
from airflow_provider_trackingmore.exceptions import (
    AuthenticationError,
    ConfigurationError,
    ItemError,
    RateLimitError,
    RequestError,
    ServerError,
    TrackingMoreError,
)

# Section 12 of the reference: HTTP status, code, the SDK's name, and our class.
TABLE = [
    (400, 400, "INVALID_REQUEST", RequestError),
    (400, 4001, "INVALID_JSON", RequestError),
    (400, 4002, "INVALID_JSON_DATA", RequestError),
    (400, 4003, "TRACKING_ALREADY_EXIST", ItemError),
    (404, 4004, "TRACKING_DOES_NOT_EXIST", ItemError),
    (400, 4005, "TRACKING_NUMBER_INVALID", ItemError),
    (400, 4006, "TRACKING_REQUIRED", RequestError),
    (400, 4007, "TRACKING_NUMBER_REQUIRED", RequestError),
    (400, 4008, "VALUE_INVALID", RequestError),
    (400, 4009, "VALUE_REQUIRED", RequestError),
    (400, 4010, "SLUG_INVALID", ItemError),
    (400, 4011, "MISSING_OR_INVALID_REQUIRED_FIELD", ItemError),
    (400, 4012, "BAD_COURIER", ItemError),
    (400, 4013, "INACTIVE_RETRACK_NOT_ALLOWED", ItemError),
    (400, 4014, "NOTIFICATION_REQUIRED", RequestError),
    (400, 4015, "ID_INVALID", ItemError),
    (400, 4016, "RETRACK_ONCE_ALLOWED", ItemError),
    (400, 4017, "TRACKING_NUMBER_FORMAT_INVALID", ItemError),
    (401, 401, "API_KEY_INVALID", AuthenticationError),
    (403, 403, "REQUEST_NOT_ALLOWED", AuthenticationError),
    (404, 404, "NOT_FOUND", RequestError),
    (429, 429, "TOO_MANY_REQUEST", RateLimitError),
    *((status, status, "INTERNAL_ERROR", ServerError) for status in (500, 502, 503, 504)),
]


def test_the_table_of_codes_is_that_of_the_reference():
    known = {200, 201} | {code for _, code, _, _ in TABLE}
    found = {name: set(version.codes) for name, version in AFTERSHIP.versions.items()}
    assert found == dict.fromkeys(VERSIONS, known)


@pytest.mark.parametrize(("status", "code", "name", "kind"), TABLE)
@pytest.mark.parametrize("version", ["2024-04", "2026-07"])
def test_a_row_of_the_table_is_an_error_with_all_that_the_sdk_tells(
    service, aftership_for, version, status, code, name, kind
):
    service.say(refusal(code, status, f"words of {code}"))
    with pytest.raises(kind) as caught:
        aftership_for(service.url, version, max_retry=0).get_tracking("t1")
    error = caught.value
    assert type(error) is kind
    assert (error.name, error.meta_code, error.code) == (name, code, code)
    assert (error.status_code, error.http_status, error.route) == (status, status, "get")
    assert error.message == f"words of {code}"
    assert json.loads(error.body)["meta"]["code"] == code
    assert error.transient == (kind in (RateLimitError, ServerError))
    assert "words" not in str(error) + repr(error) + str(vars(error))


CLASSES = {"never": False, "treat_as_present": False, "after_reset": True, "backoff": True}


@pytest.mark.parametrize("answer", example("errors"), ids=lambda answer: answer["name"])
def test_the_answers_of_the_reference_are_tried_again_or_not(service, aftership_for, answer):
    body = json.dumps(answer["body"]) if "body" in answer else answer["body_text"]
    service.say(Reply(body.encode(), answer["status"], answer["headers"]), listed("2026-07", "1"))
    client = aftership_for(service.url)
    if CLASSES[answer["retry_class"]]:
        assert client.list_page().total == 1
        assert len(service.asked) == 2
        return
    with pytest.raises(TrackingMoreError) as caught:
        client.list_page()
    assert caught.value.status_code == answer["status"]
    assert len(service.asked) == 1


@pytest.mark.parametrize("kind", ["BadRequest", "NotFound", "Unauthorized", "TooManyRequests", None, 7])
def test_the_type_beside_the_code_decides_nothing(service, aftership_for, kind):
    body = json.dumps({"data": {}, "meta": {"type": kind, "message": 5, "errors": [], "code": 4004}})
    service.say(Reply(body.encode(), 404))
    with pytest.raises(ItemError) as caught:
        aftership_for(service.url).get_tracking("t1")
    assert (caught.value.name, caught.value.message) == ("TRACKING_DOES_NOT_EXIST", None)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, RequestError), (401, AuthenticationError), (429, RateLimitError), (500, ServerError)],
)
def test_a_code_that_is_not_known_is_classed_by_the_status(service, aftership_for, status, kind):
    service.say(refusal(4999, status))
    with pytest.raises(kind) as caught:
        aftership_for(service.url, max_retry=0).list_page()
    assert caught.value.meta_code == 4999


def test_a_created_tracking_has_a_code_of_its_own(service, aftership_for):
    service.say(ok({"id": "1"}, 201))
    assert aftership_for(service.url).create_tracking("N1") == {"id": "1"}


def test_an_error_keeps_the_body_to_itself_and_leaves_it_behind_between_processes(service, aftership_for):
    service.say(Reply(b"<html>" + b"x" * 100_000, 400))
    with pytest.raises(RequestError) as caught:
        aftership_for(service.url).list_page()
    assert len(caught.value.body) == 1 << 16
    assert caught.value.message is None
    there = pickle.loads(pickle.dumps(caught.value))
    assert vars(there) == vars(caught.value)
    assert there.body is None
    assert len(pickle.dumps(caught.value)) < 1000


def test_no_text_holds_key_or_secret_even_when_the_server_echoes_them(service, caplog, time):
    caplog.set_level(logging.DEBUG)
    secret = "s3cret-of-the-account"
    options = {"sleep": time.sleep, "monotonic": time.monotonic, "max_retry": 1}
    client = AfterShipClient(KEY, domain=service.url, authentication_type="AES", api_secret=secret, **options)
    texts = []
    for hidden in (KEY, secret):
        headers = {"as-api-version": hidden, "Date": hidden, "X-RateLimit-Reset": hidden, "Location": hidden}
        for status in (200, 302, 401, 404, 429, 500):
            for body in (hidden, json.dumps({"meta": {"code": hidden, "message": hidden}, "data": hidden})):
                service.say(Reply(body.encode(), status, headers))
                for call in (client.list_page, client.couriers, lambda: client.get_tracking("1")):
                    try:
                        call()
                    except TrackingMoreError as error:
                        texts.append(repr(error) + str(vars(error)) + traceback.format_exc())
    client.close()
    assert len(texts) > 60
    for hidden in (KEY, secret):
        assert not [text for text in texts if hidden in text]
        assert hidden not in caplog.text


DATE = {"Date": format_datetime(NOW, usegmt=True)}
UNIX = int(NOW.timestamp())


@pytest.mark.parametrize(
    ("headers", "rest"),
    [
        pytest.param({}, 1, id="nothing-told"),
        pytest.param({"X-RateLimit-Reset": str(UNIX + 3)}, 3, id="a-reset"),
        pytest.param({"X-RateLimit-Reset": str(UNIX - 50)}, 1, id="a-reset-gone-by"),
        pytest.param({"X-RateLimit-Reset": "soon"}, 1, id="a-word"),
        pytest.param({"X-RateLimit-Reset": str(UNIX + 3), "Retry-After": "9"}, 9, id="told-to-wait-longer"),
    ],
)
def test_after_a_429_the_client_rests_until_the_limit_is_reset(service, aftership_for, time, headers, rest):
    service.say(refusal(429, 429, **DATE, **headers), listed("2026-07"))
    aftership_for(service.url).list_page()
    assert sum(time.naps) == pytest.approx(rest, abs=0.2)


def test_a_limit_of_the_day_is_told_and_not_waited_for(service, aftership_for, time):
    reset = {"X-RateLimit-Reset": str(UNIX + 7 * 3600)}
    service.say(refusal(429, 429, **DATE, **reset), listed("2026-07"))
    client = aftership_for(service.url)
    for _ in range(2):
        with pytest.raises(RateLimitError) as caught:
            client.list_page()
        assert caught.value.wait_seconds == 7 * 3600
    assert (len(service.asked), time.naps) == (1, [])


PACES = {"list": 6, "create": 20, "get": 5, "detect": 3, "couriers": 5, "predict": 5, "predict_batch": 20}


@pytest.mark.parametrize(("route", "pace"), PACES.items())
def test_each_endpoint_has_the_pace_of_the_reference(route, pace):
    version = AFTERSHIP.versions["2026-07"]
    assert version.pace(version.routes[route].pace) == pace
    old = AFTERSHIP.versions["2024-04"]
    assert {old.pace(of.pace) for of in old.routes.values()} == {10}


def test_one_endpoint_does_not_wait_for_another(service, aftership_for, time):
    service.say(ok({"id": "1", "couriers": []}))
    client = aftership_for(service.url)
    for _ in range(3):
        client.detect_courier("N1")
        client.get_tracking("1")
    assert sum(time.naps) == pytest.approx(2 * 1.02 / 3)


def test_the_limit_of_the_headers_outweighs_the_documented_one(service, aftership_for, time):
    service.say(listed("2026-07", **{"X-RateLimit-Limit": "2", "X-RateLimit-Remaining": "1"}))
    client = aftership_for(service.url)
    for _ in range(4):
        client.list_page()
    # The first two keep to the pace that was known before the first answer.
    assert sum(time.naps) == pytest.approx(1.02 / 6 + 2 * 1.02 / 2)


def test_the_pace_that_was_asked_for_is_not_exceeded_whatever_the_headers_say(service, aftership_for, time):
    service.say(listed("2026-07", **{"X-RateLimit-Limit": "50"}))
    client = aftership_for(service.url, requests_per_second=1)
    for _ in range(3):
        client.list_page()
    assert sum(time.naps) == pytest.approx(2.04)


def test_when_others_have_used_up_the_second_the_next_request_waits_for_its_end(service, aftership_for, time):
    told = {"X-RateLimit-Limit": "6", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(UNIX + 1)}
    service.say(listed("2026-07", **told), listed("2026-07"))
    client = aftership_for(service.url)
    client.list_page()
    client.list_page()
    assert sum(time.naps) == pytest.approx(1)


@pytest.mark.parametrize("nonsense", ["0", "-1", "many", "1e9", "", "9" * 40])
def test_a_header_that_tells_no_limit_changes_nothing(service, aftership_for, time, nonsense):
    told = {f"X-RateLimit-{name}": nonsense for name in ("Limit", "Reset")}
    service.say(listed("2026-07", **told))
    client = aftership_for(service.url)
    for _ in range(3):
        client.list_page()
    assert sum(time.naps) == pytest.approx(2 * 1.02 / 6)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("max_retry", -1),
        ("max_retry", 11),
        ("max_retry", 1.5),
        ("max_retry", "2"),
        ("timeout", 0),
        ("timeout", -1),
        ("timeout", 10_000),
        ("page_size", 0),
        ("page_size", 201),
        ("domain", "api.aftership.com"),
        ("domain", "http://api.aftership.com"),
        ("domain", "https://api.aftership.com?x=1"),
        ("proxy", "proxy.example"),
        ("user_agent", "two\nlines"),
        ("api_version", "v4"),
        ("api_version", "2023-10"),
        ("api_key", ""),
    ],
)
def test_a_wrong_option_is_refused_by_the_name_the_sdk_gives_it(option, value):
    with pytest.raises(ConfigurationError, match=f"^{option}") as caught:
        AfterShipClient(**({"api_key": KEY} | {option: value}))
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("retries", [0, 2, 10])
def test_max_retry_counts_what_follows_the_first_try(service, aftership_for, retries):
    service.say(Reply(status=503))
    with pytest.raises(ServerError) as caught:
        aftership_for(service.url, max_retry=retries).list_page()
    assert len(service.asked) == caught.value.tried == retries + 1


def test_the_public_service_its_newest_version_and_the_limits_of_the_sdk_are_the_default():
    client = AfterShipClient(KEY)
    assert (client.base_url, client.version.name) == ("https://api.aftership.com", "2026-07")
    assert (client._limits.tries, client._timeout, client.page_size) == (3, 10.0, 200)
    assert (
        AfterShipClient(KEY, domain="https://gate.example/tracking/2026-07/").base_url
        == "https://gate.example"
    )


def test_a_proxy_and_a_user_agent_are_used(service, elsewhere, aftership_for):
    service.say(listed("2026-07"))
    aftership_for(elsewhere.url, proxy=service.url, user_agent="shop/2").list_page()
    (asked,) = service.asked
    assert asked.target.startswith(f"{elsewhere.url}/tracking/2026-07/trackings?")
    assert asked.headers["User-Agent"] == "shop/2"
