"""From an Airflow connection to a client."""

from __future__ import annotations

import json

import pytest

from airflow_provider_trackingmore.exceptions import AnswerTooLargeError, ConfigurationError
from airflow_provider_trackingmore.hooks.trackingmore import TrackingMoreHook
from airflow_provider_trackingmore.sandbox import Sandbox

KEY = "sandbox-key"


@pytest.fixture
def connect(monkeypatch):
    """Set the default connection."""

    def set_connection(**fields):
        value = json.dumps({"conn_type": "trackingmore", "password": KEY} | fields)
        monkeypatch.setenv("AIRFLOW_CONN_TRACKINGMORE_DEFAULT", value)
        return TrackingMoreHook()

    return set_connection


def test_a_connection_with_a_key_alone_is_enough(connect):
    client = connect().get_conn()
    assert (client.version.name, client.base_url, client.page_size) == (
        "v4",
        "https://api.trackingmore.com",
        100,
    )


@pytest.mark.parametrize("empty", [None, ""], ids=["null", "text"])
def test_fields_that_the_form_stored_empty_mean_the_default(connect, empty):
    extra = dict.fromkeys(("api_version", "account", "page_size", "timeout", "retries", "proxy"), empty)
    client = connect(extra=extra).get_conn()
    assert (client.version.name, client.account, client.page_size) == ("v4", "default", 100)


@pytest.mark.parametrize("size", ["250", 250], ids=["text", "number"])
def test_numbers_may_be_stored_as_text(connect, size):
    client = connect(extra={"page_size": size, "requests_per_second": "2.5"}).get_conn()
    assert (client.page_size, client.requests_per_second) == (250, 2.5)


def test_the_limit_on_an_answer_reaches_the_client(connect):
    with Sandbox(trackings=3, frozen=True, rate_limit=False) as box:
        client = connect(host=box.url, extra={"largest_answer": "100"}).get_conn()
        with client, pytest.raises(AnswerTooLargeError):
            client.list_page()


def test_every_extra_reaches_the_client(connect):
    client = connect(
        host="http://127.0.0.1:1", extra={"api_version": "v2", "account": "shop-1", "page_size": 50}
    ).get_conn()
    assert (client.version.name, client.account, client.page_size) == ("v2", "shop-1", 50)
    assert client.base_url == "http://127.0.0.1:1"


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"extra": {"page_size": "many"}}, "page_size"),
        ({"extra": {"api_version": "v5"}}, "api_version"),
        ({"extra": {"largest_answer": "256 MB"}}, "largest_answer"),
        ({"host": "http://tracking.example.com"}, "base_url"),
        ({"password": ""}, "api_key"),
    ],
)
def test_a_wrong_field_is_named(connect, fields, named):
    with pytest.raises(ConfigurationError, match=named):
        connect(**fields).get_conn()


def test_a_misspelt_extra_is_named_in_the_log(connect, caplog):
    connect(extra={"pagesize": "10"}).get_conn()
    assert "pagesize" in caplog.text


@pytest.mark.parametrize("extra", ["no JSON at all", "[1]", '"text"', "7"])
def test_an_extra_that_is_no_object_is_refused_without_its_text(connect, extra):
    with pytest.raises(ConfigurationError, match="extra is no JSON object") as caught:
        connect(extra=extra).get_conn()
    assert caught.value.__cause__ is None
    assert extra not in str(caught.value)


def test_an_extra_whose_name_is_no_name_is_not_repeated(connect, caplog):
    connect(extra={"0815-4711": "", "pagesize": 1}).get_conn()
    assert "['(no name)', 'pagesize'] are not known" in caplog.text
    assert "0815" not in caplog.text


@pytest.mark.parametrize(
    "fields",
    [
        {"extra": {"account": f"shop-{KEY}"}},
        {"extra": {"user_agent": f"agent {KEY}"}},
        {"host": f"https://example.com/{KEY}"},
    ],
)
def test_the_key_in_another_field_as_well_is_refused(connect, fields):
    with pytest.raises(
        ConfigurationError, match="holds the API key; the key belongs into the password"
    ) as caught:
        connect(**fields).get_conn()
    assert KEY not in str(caught.value)


def test_a_connection_that_does_not_exist_is_named():
    with pytest.raises(ConfigurationError, match="connection 'nowhere' does not exist"):
        TrackingMoreHook("nowhere").get_conn()


def test_the_test_button_does_not_make_people_wait_for_retries(connect):
    with Sandbox(trackings=3, frozen=True, rate_limit=False) as box:
        box.faults.add("http_503", times=None)
        done, text = connect(host=box.url).test_connection()
        assert len(box.requests) == 1
    assert (done, text.split(":")[0]) == (False, "ServerError")


def test_making_a_hook_needs_no_connection():
    assert TrackingMoreHook("there_is_no_such_connection").trackingmore_conn_id


def test_the_test_button_is_told_that_the_service_answered(connect):
    with Sandbox(trackings=3, frozen=True, rate_limit=False) as box:
        assert connect(host=box.url).test_connection() == (True, "TrackingMore v4 answered")
        assert [served.route for served in box.requests] == ["list"]


def test_the_test_button_is_told_why_it_failed_without_the_key(connect):
    with Sandbox(trackings=3, frozen=True) as box:
        done, text = connect(host=box.url, password="wrong-key-0815").test_connection()
    assert not done
    assert "AuthenticationError" in text
    assert "0815" not in text
