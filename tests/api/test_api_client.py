"""The client against a real server on loopback: routes, windows on the wire, and when answers came."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from loopback import NOW, VERSIONS, Reply, envelope, page

from airflow_provider_trackingmore.api.client import TrackingMoreClient
from airflow_provider_trackingmore.exceptions import ConfigurationError, ResponseShapeError

WINDOW = (datetime(2026, 11, 1, 6, tzinfo=UTC), datetime(2026, 11, 2, 8, tzinfo=timezone(timedelta(hours=2))))
UNIX = ("1793512800", "1793599200")
ISO = ("2026-11-01T06:00:00+00:00", "2026-11-02T06:00:00+00:00")
PARAMETERS = {
    ("v2", "created"): ("created_at_min", "created_at_max", UNIX),
    ("v2", "updated"): ("update_time_min", "update_time_max", UNIX),
    ("v3", "created"): ("created_date_min", "created_date_max", UNIX),
    ("v3", "updated"): ("updated_date_min", "updated_date_max", UNIX),
    ("v4", "created"): ("created_date_min", "created_date_max", ISO),
    ("v4", "updated"): ("updated_date_min", "updated_date_max", ISO),
}


@pytest.mark.parametrize(("version", "axis"), PARAMETERS)
def test_a_window_becomes_both_parameters_in_the_times_of_the_version(service, client_for, version, axis):
    service.say(page(version))
    client_for(service.url, version).list_page(**{axis: WINDOW})
    first, last, (since, until) = PARAMETERS[version, axis]
    asked = service.asked[0]
    assert {first: since, last: until}.items() <= asked.query.items()
    assert len(asked.query) == 4
    assert "+" not in asked.target
    if version == "v4":
        assert asked.target.count("%2B00%3A00") == 2


def test_a_moment_without_a_zone_is_not_guessed_at(service, client_for):
    with pytest.raises(ConfigurationError, match="updated"):
        client_for(service.url).list_page(updated=(NOW, NOW.replace(tzinfo=None)))
    assert not service.asked


@pytest.mark.parametrize("version", VERSIONS)
def test_a_window_finds_exactly_the_records_created_in_it(box, client_for, version):
    truth = client_for(box.url, "v2").list_page()
    moments = sorted(
        datetime.fromisoformat(item["created_at"]) for item in json.loads(truth.body)["data"]["items"]
    )
    window = (moments[10], moments[29])
    wanted = sum(window[0] <= moment <= window[1] for moment in moments)
    body = json.loads(client_for(box.url, version).list_page(created=window).body)
    found = body["data"]["items"] if version == "v2" else body["data"]
    assert len(found) == wanted


@pytest.mark.parametrize("version", VERSIONS)
def test_the_service_lists_its_couriers(box, client_for, version):
    couriers = client_for(box.url, version).couriers()
    assert couriers
    assert all(("code" if version == "v2" else "courier_code") in courier for courier in couriers)


DETECT = {"v2": "/v2/carriers/detect", "v3": "/v3/trackings/detect", "v4": "/v4/couriers/detect"}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_number_is_sent_as_json_and_its_couriers_come_back(service, client_for, version):
    service.say(envelope(version, data=[{"code": "ups"}]))
    assert client_for(service.url, version).detect_courier("1Z 9") == [{"code": "ups"}]
    asked = service.asked[0]
    assert (asked.method, asked.target) == ("POST", DETECT[version])
    assert json.loads(asked.body) == {"tracking_number": "1Z 9"}
    assert asked.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_number_the_service_does_not_know_has_no_couriers(box, client_for, version):
    assert client_for(box.url, version).detect_courier("???") == []


@pytest.mark.parametrize(("version", "kinds"), [("v2", 8), ("v3", 9)])
def test_the_status_counts_add_up_to_the_account(box, client_for, version, kinds):
    counts = client_for(box.url, version).status_counts()
    assert len(counts) == kinds
    assert all(name == name.lower() for name in counts)
    assert ("inforeceived" in counts) == (version == "v3")
    assert sum(counts.values()) == client_for(box.url, "v2").list_page().total


def test_an_account_without_trackings_has_no_status_counts(service, client_for):
    service.say(envelope("v2", 4031))
    assert client_for(service.url, "v2").status_counts() == {}


@pytest.mark.parametrize("version", ["v2", "v3"])
def test_the_account_tells_about_itself(box, client_for, version):
    assert "email" in client_for(box.url, version).account_info()


@pytest.mark.parametrize("call", [TrackingMoreClient.status_counts, TrackingMoreClient.account_info])
def test_what_v4_does_not_offer_says_who_does(service, client_for, call):
    with pytest.raises(ConfigurationError, match=r"v4 has no .* route; v2 and v3 have it"):
        call(client_for(service.url))
    assert not service.asked


@pytest.mark.parametrize(
    ("call", "data"),
    [
        (TrackingMoreClient.couriers, {}),
        (TrackingMoreClient.couriers, None),
        (TrackingMoreClient.status_counts, []),
        (TrackingMoreClient.status_counts, {"transit": None}),
        (TrackingMoreClient.status_counts, {"transit": "some"}),
        (TrackingMoreClient.account_info, "text"),
    ],
)
def test_data_of_another_shape_is_an_error_that_names_the_route(service, client_for, call, data):
    service.say(Reply(envelope("v2", data=data) if data is not None else b'{"meta":{"code":200}}'))
    with pytest.raises(ResponseShapeError, match=r"^(couriers|status_counts|account): ") as caught:
        call(client_for(service.url, "v2"))
    assert caught.value.route


@pytest.mark.parametrize("data", [b"[" * 100_000 + b"]" * 100_000, b"[\xff]", b"[nul]"])
def test_data_nobody_can_read_is_an_error_of_the_package(service, client_for, data):
    service.say(b'{"meta":{"code":200},"data":' + data + b"}")
    with pytest.raises(ResponseShapeError):
        client_for(service.url).couriers()


def test_answers_are_in_order_even_if_the_clock_stands_still_or_goes_back(service, client_for):
    service.say(page("v4"))
    moments = iter([NOW, NOW, NOW - timedelta(hours=1), NOW + timedelta(seconds=1)])
    client = client_for(service.url, clock=lambda: next(moments))
    stamps = [client.list_page().received_at for _ in range(4)]
    assert stamps == sorted(set(stamps))
    assert stamps[0] == NOW
    assert stamps[-1] == NOW + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("header", "moment"),
    [
        ("Sat, 21 Nov 2026 12:00:00 GMT", NOW),
        ("Sat, 21 Nov 2026 12:00:00 -0000", NOW),
        ("Sat, 21 Nov 2026 12:00:00", NOW),
        ("Sat, 21 Nov 2026 20:00:00 +0800", NOW),
        ("yesterday", None),
        ("Sat, 21 Nov 2026 12:00:00 +9999", None),
        (None, None),
    ],
)
def test_the_service_time_is_the_date_header(service, client_for, header, moment):
    service.say(Reply(page("v4"), headers={"Date": header} if header else {}))
    assert client_for(service.url).list_page().service_time == moment


@pytest.mark.parametrize("version", VERSIONS)
def test_the_world_of_the_sandbox_tells_its_time(box, client_for, version):
    answer = client_for(box.url, version).list_page()
    assert answer.service_time == NOW
    assert (answer.total is not None) == (version == "v2")


def test_a_closed_client_and_its_connections_are_gone(service, client_for):
    service.say(page("v4"))
    with client_for(service.url) as client:
        client.list_page()
        pool = client._session.get_adapter("http://").poolmanager
        assert len(pool.pools) == 1
    assert len(pool.pools) == 0
