"""Every option of the client does what it says on the wire; a wrong value is named, the key never."""

from __future__ import annotations

import socket

import pytest
from loopback import KEY, NOW, VERSIONS, Reply, page

from airflow_provider_trackingmore import __version__
from airflow_provider_trackingmore.api import TrackingMoreClient
from airflow_provider_trackingmore.exceptions import (
    ConfigurationError,
    RequestError,
    ServerError,
    TransportError,
)
from airflow_provider_trackingmore.sandbox import Sandbox

PAGING = {
    "v2": ("/v2/trackings/get", "page", "limit", "2000"),
    "v3": ("/v3/trackings/get", "pages_amount", "items_amount", "2000"),
    "v4": ("/v4/trackings/get", "pages_amount", "items_amount", "100"),
}


@pytest.mark.parametrize("version", VERSIONS)
def test_page_and_size_have_the_names_of_the_version(service, client_for, version):
    service.say(page(version))
    path, page_name, size_name, default = PAGING[version]
    client_for(service.url, version).list_page()
    client_for(service.url, version, page_size=7).list_page(page=3)
    client_for(service.url, version, page_size=7).list_page(size=1)
    assert [asked.path for asked in service.asked] == [path] * 3
    assert [asked.query for asked in service.asked] == [
        {page_name: "1", size_name: default},
        {page_name: "3", size_name: "7"},
        {page_name: "1", size_name: "1"},
    ]


def test_a_filter_is_sent_and_one_of_another_version_is_refused(service, client_for):
    service.say(page("v4"))
    client = client_for(service.url)
    client.list_page(filters={"tracking_numbers": "A1,B2"})
    assert service.asked[0].query["tracking_numbers"] == "A1,B2"
    with pytest.raises(ConfigurationError, match=r"'order_numbers'.*courier_code"):
        client.list_page(filters={"order_numbers": "7"})
    assert len(service.asked) == 1


def test_the_user_agent_says_who_asks_or_what_it_is_told(service, client_for):
    service.say(page("v4"))
    client_for(service.url).list_page()
    client_for(service.url, user_agent="shop/2 (ops@example.com)").list_page()
    agents = [asked.headers["User-Agent"] for asked in service.asked]
    assert agents == [f"airflow-provider-trackingmore/{__version__}", "shop/2 (ops@example.com)"]


def test_a_proxy_is_asked_instead_of_the_service(service, elsewhere, client_for):
    service.say(page("v4"))
    client_for(elsewhere.url, proxy=service.url).list_page()
    assert service.asked[0].target.startswith(f"{elsewhere.url}/v4/trackings/get?")


def test_the_option_outweighs_the_proxy_of_the_environment(service, elsewhere, client_for, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", elsewhere.url)
    service.say(Reply(status=502))
    client = client_for("https://service.test", proxy=service.url, retries=0)
    with pytest.raises(TransportError, match="ProxyError"):
        client.list_page()
    assert (service.asked[0].method, service.asked[0].target) == ("CONNECT", "service.test:443")


def test_without_the_option_the_environment_decides(service, client_for, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", service.url)
    service.say(Reply(status=502))
    with pytest.raises(TransportError):
        client_for("https://service.test", retries=0).list_page()
    assert service.asked[0].method == "CONNECT"


def test_plain_http_to_loopback_never_goes_through_a_proxy_of_the_environment(
    service, elsewhere, client_for, monkeypatch
):
    monkeypatch.setenv("HTTP_PROXY", elsewhere.url)
    service.say(page("v4"))
    client_for(service.url).list_page()
    assert service.asked[0].target.startswith("/v4/")


def test_a_ca_bundle_decides_whom_to_trust(certificate, client_for):
    cert, key = map(str, certificate)
    box = Sandbox(trackings=5, now=NOW, rate_limit=False, key=KEY, tls_cert=cert, tls_key=key)
    with box:
        with client_for(box.url, ca_bundle=cert) as trusting:
            assert trusting.list_page().body
        with client_for(box.url) as doubting, pytest.raises(RequestError, match="set ca_bundle"):
            doubting.list_page()


def test_the_timeout_ends_a_silent_answer(client_for):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = client_for(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=0.05, retries=0)
        with pytest.raises(TransportError, match="ReadTimeout") as caught:
            client.list_page()
    assert "timeout=0.05" in str(caught.value.__context__)


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_retries_count_what_follows_the_first_try(service, client_for, retries):
    service.say(Reply(status=503))
    client = client_for(service.url, retries=retries)
    with pytest.raises(ServerError):
        client.list_page()
    assert len(service.asked) == client.request_count == retries + 1


def test_requests_start_no_closer_than_the_pace_allows(service, client_for, time):
    service.say(page("v4"))
    client = client_for(service.url, requests_per_second=4)
    for _ in range(3):
        client.list_page()
    assert time.naps == pytest.approx([0.255, 0.255])
    assert client.waited_seconds == pytest.approx(0.51)


@pytest.mark.parametrize(("version", "pace"), [("v2", 1), ("v3", 1), ("v4", 10)])
def test_the_default_pace_is_the_documented_limit(version, pace):
    assert TrackingMoreClient(KEY, version).requests_per_second == pace


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("page_size", 0),
        ("page_size", 2001),
        ("page_size", 1.5),
        ("page_size", "50"),
        ("page_size", True),
        ("timeout", 0),
        ("timeout", None),
        ("timeout", float("nan")),
        ("retries", -1),
        ("retries", 51),
        ("retries", 2.5),
        ("requests_per_second", 0),
        ("requests_per_second", float("inf")),
        ("requests_per_second", "fast"),
        ("largest_answer", 0),
        ("largest_answer", 1.5),
        ("largest_answer", "1000"),
        ("largest_answer", None),
        ("account", ""),
        ("account", "a:b"),
        ("account", "-a"),
        ("account", "a" * 65),
        ("account", "a\n"),
        ("account", "büro"),
        ("account", 5),
        ("api_version", "v5"),
        ("api_version", ""),
        ("user_agent", "two\r\nlines"),
        ("user_agent", "é"),
        ("proxy", "proxy.example:3128"),
        ("proxy", "ftp://proxy.example"),
        ("proxy", "http://user:s3cret-pw@:3128"),
        ("proxy", "http://proxy.example:many"),
        ("ca_bundle", "/no/such/bundle.pem"),
        ("base_url", "api.trackingmore.com"),
        ("base_url", "ftp://api.trackingmore.com"),
        ("base_url", "https://"),
        ("base_url", "https://user@api.trackingmore.com"),
        ("base_url", "https://:s3cret-pw@api.trackingmore.com"),
        ("base_url", "https://@api.trackingmore.com"),
        ("base_url", "https://api.trackingmore.com/?a=b"),
        ("base_url", "https://api.trackingmore.com/#a"),
        ("base_url", "https://api.trackingmore.com:port"),
        ("base_url", "https://api.trackingmore.com:99999"),
        ("base_url", "https://[::1"),
        ("base_url", "https://api trackingmore.com"),
        ("base_url", "http://api.trackingmore.com"),
        ("base_url", "http://127.0.0.1.example.com"),
        ("base_url", "http://localhost.example.com"),
        ("base_url", "http://192.168.0.1"),
        ("base_url", 5),
    ],
)
def test_a_wrong_value_is_refused_by_the_name_of_its_option(option, value):
    with pytest.raises(ConfigurationError, match=f"^{option}") as caught:
        TrackingMoreClient(**({"api_key": KEY} | {option: value}))
    assert KEY not in str(caught.value)
    assert "s3cret-pw" not in str(caught.value)


@pytest.mark.parametrize(
    "key", ["", "  ", "two words", "line\nbreak", "schlüssel", "\x00key", None, b"bytes"]
)
def test_a_key_no_header_can_hold_is_refused_without_being_shown(key):
    with pytest.raises(ConfigurationError, match=r"^api_key") as caught:
        TrackingMoreClient(key)
    assert not (key and str(key).strip() and str(key) in str(caught.value))


@pytest.mark.parametrize("label", ["a", "shop.eu", "shop_2-b", "A" * 64, "0"])
def test_an_account_label_may_hold_letters_digits_and_three_signs(label):
    assert TrackingMoreClient(KEY, account=label).account == label


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "localhost", "[::1]"])
def test_plain_http_is_fine_on_the_same_machine(host):
    assert TrackingMoreClient(KEY, base_url=f"http://{host}:8765").base_url == f"http://{host}:8765"


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("end", ["", "/", "/{version}", "/{version}/", "{prefix}", "{prefix}/"])
def test_a_base_url_may_end_in_a_slash_or_the_version(service, client_for, version, end):
    service.say(page(version))
    prefix = PAGING[version][0].removesuffix("/get").removesuffix("/trackings" if version != "v3" else "")
    client_for(service.url + "/gate" + end.format(version=version, prefix=prefix), version).list_page()
    assert service.asked[0].path == "/gate" + PAGING[version][0]


def test_the_public_service_is_the_default():
    assert TrackingMoreClient(KEY).base_url == "https://api.trackingmore.com"
