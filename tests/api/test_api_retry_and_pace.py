"""Requests keep their distance, come again after trouble, and rest all together after a refusal."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from email.utils import format_datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from loopback import NOW, Reply, Time, envelope, page

from airflow_provider_trackingmore.api.headers import http_date, retry_after, until_reset
from airflow_provider_trackingmore.api.pace import QUIET_REST, Pacer
from airflow_provider_trackingmore.api.retry import RetryLimits, wait_before_next
from airflow_provider_trackingmore.exceptions import (
    AuthenticationError,
    QuotaError,
    RateLimitError,
    ServerError,
    TransportError,
)

LIMITED = RateLimitError("asked too often")


def told(error: ServerError, seconds: float) -> ServerError:
    error.wait_seconds = seconds
    return error


@pytest.mark.parametrize(
    ("error", "tried", "elapsed", "expected"),
    [
        pytest.param(TransportError("reset"), 1, 0, 1.0, id="first-try-waits-little"),
        pytest.param(TransportError("reset"), 4, 0, 8.0, id="wait-doubles"),
        pytest.param(TransportError("reset"), 5, 0, None, id="tries-are-capped"),
        pytest.param(ServerError("busy"), 1, 899, 1.0, id="total-time-may-be-used-up"),
        pytest.param(ServerError("busy"), 1, 899.5, None, id="total-time-is-capped"),
        pytest.param(told(ServerError("busy"), 40), 1, 0, 40, id="told-to-wait-longer"),
        pytest.param(told(ServerError("busy"), 4), 4, 0, 8.0, id="told-to-wait-shorter"),
        pytest.param(told(ServerError("busy"), 4000), 1, 0, None, id="told-to-wait-too-long"),
        pytest.param(LIMITED, 1, 0, 120, id="rate-limit-names-its-wait"),
        pytest.param(LIMITED, 2, 790, None, id="rate-limit-beyond-the-total-time"),
        pytest.param(AuthenticationError("refused"), 1, 0, None, id="a-wrong-key-is-final"),
    ],
)
def test_the_wait_before_the_next_try(error, tried, elapsed, expected):
    assert wait_before_next(error, tried, elapsed, RetryLimits(), jitter=1.0) == expected


@given(st.integers(1, 60), st.floats(0, 1))
def test_a_wait_is_jittered_by_half_and_never_too_long(tried, jitter):
    limits = RetryLimits(tries=100)
    wait = wait_before_next(TransportError("reset"), tried, 0, limits, jitter)
    full = min(limits.longest_wait, 2.0 ** (tried - 1))
    assert full / 2 <= wait <= full


def test_trouble_passes_and_the_caller_does_not_notice(service, client_for, time, caplog):
    service.say(Reply(raw=b""), Reply(status=502), Reply(b"{"), page("v4", 3))
    client = client_for(service.url)
    assert client.list_page().body == page("v4", 3)
    assert client.request_count == len(service.asked) == 4
    waits = sum(time.naps)
    assert 3.5 <= waits <= 7.4
    assert client.waited_seconds == pytest.approx(waits)
    assert [record.levelname for record in caplog.records] == ["WARNING"] * 3


def test_an_error_of_ours_is_not_sent_twice(service, client_for, time):
    service.say(envelope("v2", 4001))
    with pytest.raises(AuthenticationError):
        client_for(service.url, "v2").list_page()
    assert len(service.asked) == 1
    assert time.naps == []


@pytest.mark.parametrize(
    ("told", "rest"),
    [
        pytest.param(None, 120, id="nothing"),
        pytest.param("30", 120, id="less-than-two-minutes"),
        pytest.param("300", 300, id="longer"),
        pytest.param(format_datetime(NOW.replace(minute=5), usegmt=True), 300, id="a-date"),
        pytest.param(format_datetime(NOW.replace(hour=1), usegmt=True), 120, id="a-date-gone-by"),
        pytest.param("soon", 120, id="a-word"),
        pytest.param("\u00b2", 120, id="a-digit-that-is-no-number"),
        pytest.param("-5", 120, id="below-zero"),
        pytest.param("300.5", 300.5, id="with-a-fraction"),
        pytest.param("1e9", 120, id="no-plain-number"),
        pytest.param("60, 300", 120, id="two-numbers"),
    ],
)
def test_after_a_429_the_client_rests_two_minutes_or_longer_if_told(service, client_for, time, told, rest):
    headers = {"Date": format_datetime(NOW, usegmt=True)} | ({"Retry-After": told} if told else {})
    service.say(Reply(status=429, headers=headers), page("v4"))
    client_for(service.url).list_page()
    assert sum(time.naps) == pytest.approx(rest)


@given(st.text(st.characters(max_codepoint=255)))
def test_no_header_breaks_the_reading_of_dates(text):
    moment = http_date(text)
    assert moment is None or moment.utcoffset().total_seconds() == 0
    assert isinstance(retry_after({"Retry-After": text, "Date": text}), float)


ODD_DATES = [
    "garbage",
    "",
    "0",
    "Sun, 99 Foo 2026 99:99:99 GMT",
    "Mon, 01 Jan 0001 00:00:00 GMT",
    "Thu, 01 Jan 1970 00:00:00 GMT",
    "Wed, 31 Dec 2014 23:59:59 GMT",
    "Sat, 01 Jan 2101 00:00:00 GMT",
    "Fri, 31 Dec 9999 23:59:59 GMT",
    "Fri, 31 Dec 9999 23:59:59 -2300",
    "Mon, 01 Jan 0001 00:00:00 +2300",
]


@pytest.mark.parametrize("told", ODD_DATES)
def test_a_date_that_cannot_be_now_counts_as_none_and_is_named_once(service, client_for, caplog, told):
    service.say(Reply(page("v4"), headers={"Date": told}))
    client = client_for(service.url)
    assert [client.list_page().service_time for _ in range(3)] == [None] * 3
    assert [record.getMessage() for record in caplog.records] == [
        "the service's answers bear a Date that cannot be now; going by this machine's clock"
    ]


@pytest.mark.parametrize("told", ["Thu, 01 Jan 2015 00:00:00 GMT", "Fri, 31 Dec 2100 23:59:59 GMT"])
def test_a_date_that_may_be_now_is_the_clock_of_the_service(service, client_for, caplog, told):
    service.say(Reply(page("v4"), headers={"Date": told}))
    assert format_datetime(client_for(service.url).list_page().service_time, usegmt=True) == told
    assert not caplog.records


def test_an_answer_without_a_date_is_nothing_to_warn_of(service, client_for, caplog):
    service.say(page("v4"))
    assert client_for(service.url).list_page().service_time is None
    assert not caplog.records


@pytest.mark.parametrize("told", ODD_DATES)
def test_a_rest_is_not_measured_from_a_date_that_cannot_be_now(told):
    headers = {
        "Date": told,
        "Retry-After": "Sat, 21 Nov 2026 12:05:00 GMT",
        "X-RateLimit-Reset": "1795262700",
    }
    assert (retry_after(headers), until_reset(headers)) == (0.0, 0.0)


def test_a_body_code_429_rests_as_well(service, client_for, time):
    service.say(envelope("v3", 429), page("v3"))
    client_for(service.url, "v3").list_page()
    assert sum(time.naps) == 120


def test_refusals_end_in_the_error_after_as_many_tries_as_allowed(service, client_for, time):
    service.say(Reply(status=429))
    with pytest.raises(RateLimitError) as caught:
        client_for(service.url, retries=2).list_page()
    assert caught.value.transient
    assert caught.value.wait_seconds == 120
    assert len(service.asked) == 3
    assert sum(time.naps) == 240


def test_refusals_end_in_the_error_within_the_total_time(service, client_for, time):
    service.say(Reply(status=429))
    with pytest.raises(RateLimitError):
        client_for(service.url, retries=50).list_page()
    assert sum(time.naps) <= 900
    assert len(service.asked) == 8


def test_a_very_long_rest_is_told_and_kept_but_not_waited_for(service, client_for, time):
    service.say(Reply(status=429, headers={"Retry-After": "86400"}), page("v4"))
    client = client_for(service.url)
    for _ in range(2):
        with pytest.raises(RateLimitError) as caught:
            client.list_page()
        assert caught.value.wait_seconds == 86400
    assert len(service.asked) == 1
    assert time.naps == []
    time.sleep(86400)
    client.list_page()


@pytest.mark.parametrize("told", ["99999999", "9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_nobody_rests_longer_than_a_day(service, client_for, time, told):
    headers = {"Retry-After": told, "Date": format_datetime(NOW, usegmt=True)}
    service.say(Reply(status=429, headers=headers), page("v4"))
    client = client_for(service.url)
    with pytest.raises(RateLimitError) as caught:
        client.list_page()
    assert caught.value.wait_seconds == 86400
    time.sleep(86400)
    client.list_page()


@pytest.mark.parametrize("status", [500, 503])
@pytest.mark.parametrize(
    ("told", "least", "most"),
    [("40", 40, 40), ("0", 0.5, 1), ("soon", 0.5, 1), ("-9", 0.5, 1), (None, 0.5, 1)],
)
def test_trouble_is_waited_out_as_long_as_the_service_tells(
    service, client_for, time, status, told, least, most
):
    service.say(Reply(status=status, headers={"Retry-After": told} if told else {}), page("v4"))
    client_for(service.url).list_page()
    assert least <= sum(time.naps) <= most


def test_trouble_that_will_take_long_is_told_and_not_waited_for(service, client_for, time):
    told = {"Retry-After": "3600"}
    service.say(Reply(envelope("v2", 503), headers=told), page("v2"))
    client = client_for(service.url, "v2")
    with pytest.raises(ServerError) as caught:
        client.list_page()
    assert caught.value.wait_seconds == 3600
    assert time.naps == []
    assert client.list_page().total == 1


def test_an_error_that_is_final_names_no_wait(service, client_for, time):
    service.say(Reply(envelope("v4", 4190), 400, {"Retry-After": "60"}))
    with pytest.raises(QuotaError) as caught:
        client_for(service.url).list_page()
    assert caught.value.wait_seconds is None
    assert time.naps == []


def test_all_threads_of_a_client_rest(service, client_for, time):
    """Three threads ask at once; whoever is not refused has no reason of its own to wait."""
    service.say(Reply(status=429), page("v4"))
    starts, client = [], client_for(service.url, requests_per_second=1000)
    take, gate = service.take, threading.Barrier(3)

    def noted(asked):
        starts.append(time.monotonic())
        return take(asked)

    def ask(number):
        gate.wait(5)
        return client.list_page(page=number)

    service.take = noted
    with ThreadPoolExecutor(3) as pool:
        assert len(list(pool.map(ask, range(3)))) == 3
    # The fake time goes on with every sleeper, so only what came before the refusal may start early.
    assert len(starts) == 4
    client.list_page()
    assert time.monotonic() - starts[0] >= 120


def test_a_rest_holds_for_requests_that_were_not_refused():
    time = Time()
    pacer = Pacer(10, clock=time.monotonic, sleep=time.sleep)
    pacer.rest(120)
    pacer.rest(5)
    pacer.wait_for_turn()
    assert sum(time.naps) == 120


def test_a_rest_is_said_once_for_all_who_wait_for_its_end(caplog):
    caplog.set_level(logging.INFO)
    time = Time()
    pacer = Pacer(10, clock=time.monotonic, sleep=time.sleep)
    pacer.rest(120)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: pacer.wait_for_turn(), range(8)))
    time.sleep(1000 - time.monotonic() % 1000)
    pacer.rest(300)
    pacer.wait_for_turn()
    assert caplog.messages == [
        "the account must rest: waiting 120 s, until 1970-01-01 00:18:40 UTC",
        "the account must rest: waiting 300 s, until 1970-01-01 00:38:20 UTC",
    ]


def test_a_rest_that_is_not_waited_for_is_not_said(caplog):
    caplog.set_level(logging.INFO)
    time = Time()
    pacer = Pacer(10, longest_rest=60, clock=time.monotonic, sleep=time.sleep)
    pacer.rest(120)
    with pytest.raises(RateLimitError):
        pacer.wait_for_turn()
    assert caplog.messages == []


def test_the_pace_itself_is_silent(caplog):
    caplog.set_level(logging.INFO)
    time = Time()
    pacer = Pacer(0.05, clock=time.monotonic, sleep=time.sleep)
    for _ in range(3):
        pacer.wait_for_turn()
    pacer.rest(QUIET_REST)
    pacer.wait_for_turn()
    assert caplog.messages == []


@given(st.floats(0.001, 1000), st.integers(1, 30))
def test_no_two_requests_start_closer_than_the_interval(per_second, count):
    time, starts = Time(), []
    pacer = Pacer(per_second, clock=time.monotonic, sleep=time.sleep)
    for _ in range(count):
        pacer.wait_for_turn()
        starts.append(time.monotonic())
    gaps = [later - earlier for earlier, later in pairwise(starts)]
    assert all(gap >= 1 / per_second for gap in gaps)
    assert starts[0] == 1000.0


def test_a_slow_answer_costs_no_pace():
    time = Time()
    pacer = Pacer(1, clock=time.monotonic, sleep=time.sleep)
    pacer.wait_for_turn()
    time.sleep(5)
    pacer.wait_for_turn()
    assert time.naps == [5]


def test_threads_share_one_pace():
    time, starts = Time(), []
    pacer = Pacer(10, clock=time.monotonic, sleep=time.sleep)

    def start(_):
        pacer.wait_for_turn()
        starts.append(1)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(start, range(20)))
    assert len(starts) == 20
    assert time.monotonic() >= 1000 + 1.9
