"""The key travels in its header to the service itself, and is found nowhere else."""

from __future__ import annotations

import json
import logging
import traceback

import pytest
from loopback import KEY, VERSIONS, Reply, envelope, page

from airflow_provider_trackingmore.api import TrackingMoreClient
from airflow_provider_trackingmore.exceptions import RequestError, TrackingMoreError

HEADERS = {"v2": "Trackingmore-Api-Key", "v3": "Tracking-Api-Key", "v4": "Tracking-Api-Key"}
ODD = "k%20{0}%s\\\"'<&>/?#@:;=|~`"


@pytest.mark.parametrize("version", VERSIONS)
def test_the_key_is_in_the_header_of_its_version_and_nowhere_else(service, client_for, version):
    service.say(page(version))
    client_for(service.url, version).list_page()
    asked = service.asked[0]
    assert [name for name, value in asked.headers.items() if KEY in value] == [HEADERS[version]]
    assert KEY not in asked.target
    assert "Authorization" not in asked.headers


def test_blanks_around_a_pasted_key_are_dropped(service, client_for):
    service.say(page("v4"))
    with TrackingMoreClient(f" {KEY}\n", base_url=service.url) as client:
        client.list_page()
    assert service.asked[0].headers["Tracking-Api-Key"] == KEY


def test_netrc_is_not_read(service, client_for, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("default login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    service.say(page("v4"))
    client = client_for(service.url)
    client._session.trust_env = True  # as with https
    client.list_page()
    assert "Authorization" not in service.asked[0].headers
    assert service.asked[0].headers["Tracking-Api-Key"] == KEY


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("host", ["another", "the-same"])
def test_no_redirect_is_followed(service, elsewhere, client_for, status, host):
    elsewhere.say(page("v4"))
    target = elsewhere.url if host == "another" else service.url
    service.say(Reply(status=status, headers={"Location": f"{target}/v4/trackings/get"}))
    client = client_for(service.url)
    with pytest.raises(RequestError, match="base_url") as caught:
        client.list_page()
    assert caught.value.http_status == status
    assert len(service.asked) == 1


def echoes(key: str) -> list[Reply]:
    """Return every kind of answer, each with the key wherever a server could put it."""
    hidden = {"X-Key": key, "Date": key, "Retry-After": key, "Location": f"https://{key}@{key}/?{key}"}
    text = json.dumps({"message": key, "type": key})
    bodies = [
        *(
            envelope(version, code, key, message=key)
            for version in VERSIONS
            for code in (200, 401, 4001, 7777)
        ),
        envelope("v4", key, key),
        text.encode(),
        text[:-4].encode(),
        key.encode(),
    ]
    replies = [Reply(body, status, hidden) for body in bodies for status in (200, 302, 401, 404, 429, 500)]
    return [*replies, Reply(raw=b"")]


@pytest.mark.parametrize("key", [KEY, ODD])
@pytest.mark.parametrize("version", VERSIONS)
def test_no_text_holds_the_key_even_when_the_server_echoes_it(service, caplog, time, key, version):
    caplog.set_level(logging.DEBUG)
    options = {"retries": 1, "sleep": time.sleep, "monotonic": time.monotonic}
    client = TrackingMoreClient(key, version, service.url, **options)
    assert key not in repr(client) + str(client) + repr(client._session.auth)
    texts = []
    for reply in echoes(key):
        service.say(reply)
        for call in (client.list_page, client.couriers):
            try:
                call()
            except TrackingMoreError as error:
                texts.append(repr(error) + str(vars(error)) + traceback.format_exc())
    client.close()
    assert len(texts) > 100
    assert not [text for text in texts if key in text]
    assert caplog.records
    assert key not in caplog.text


def test_the_fingerprint_tells_keys_apart_and_does_not_hold_them():
    marks = {TrackingMoreClient(key).key_fingerprint for key in ("a", "b", " b ")}
    assert len(marks) == 2
    assert TrackingMoreClient(KEY, "v2").key_fingerprint == TrackingMoreClient(KEY, "v4").key_fingerprint
    assert KEY not in TrackingMoreClient(KEY).key_fingerprint
