"""Every version of AfterShip is asked in its own words, and read as the version that answered."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from aftership_service import BY_PAGE, VERSIONS, example, listed, ok, refusal
from loopback import KEY, NOW, Reply

from airflow_provider_trackingmore.api import AfterShipClient
from airflow_provider_trackingmore.exceptions import (
    ConfigurationError,
    ItemError,
    PaginationError,
    ResponseShapeError,
    ServerError,
    TransportError,
)
from airflow_provider_trackingmore.sandbox import Sandbox

every_version = pytest.mark.parametrize("version", VERSIONS)
WINDOW = (datetime(2026, 11, 1, 6, tzinfo=UTC), datetime(2026, 11, 2, 8, tzinfo=timezone(timedelta(hours=2))))
KEPT_SINCE = "2026-07-24T12:00:00+00:00"  # 120 days before now
TRACKING = {"id": "t1", "tracking_number": "N1"}

# Method, path below the version, body and the calls that lead there; the versions that have it.
SINCE_2025_01, SINCE_2025_04 = VERSIONS[3:], VERSIONS[4:]
CALLS = [
    (VERSIONS, "GET", "/trackings/t1", None, lambda c: c.get_tracking("t1")),
    (VERSIONS, "GET", "/trackings/t1?lang=fr", None, lambda c: c.get_tracking("t1", lang="fr")),
    (VERSIONS, "GET", "/trackings/t1?fields=tag%2Ctitle", None,
     lambda c: c.get_tracking("t1", fields=["tag", "title"])),
    (VERSIONS, "POST", "/trackings", {"tracking_number": "N1", "slug": "ups"},
     lambda c: c.create_tracking("N1", slug="ups")),
    (VERSIONS, "PUT", "/trackings/t1", {"note": ""}, lambda c: c.update_tracking("t1", note="")),
    (VERSIONS, "DELETE", "/trackings/t1", None, lambda c: c.delete_tracking("t1")),
    (VERSIONS, "POST", "/trackings/t1/retrack", None, lambda c: c.retrack("t1")),
    (VERSIONS, "POST", "/trackings/t1/mark-as-completed", {"reason": "LOST"},
     lambda c: c.mark_as_completed("t1", "LOST")),
    (SINCE_2025_01, "POST", "/trackings/t1/mark-as-completed",
     {"reason": "DELIVERED", "event_datetime": "2026-11-02T06:00:00+00:00"},
     lambda c: c.mark_as_completed("t1", "DELIVERED", WINDOW[1])),
    (SINCE_2025_01, "POST", "/estimated-delivery-date/predict", {"slug": "ups"},
     lambda c: c.predict(slug="ups")),
    (SINCE_2025_04, "POST", "/courier-connections", {"courier_slug": "ups", "credentials": {"a": "b"}},
     lambda c: c.create_courier_connection("ups", {"a": "b"})),
    (SINCE_2025_04, "GET", "/courier-connections/t1", None, lambda c: c.get_courier_connection("t1")),
    (SINCE_2025_04, "PATCH", "/courier-connections/t1", {"credentials": {"a": "b"}},
     lambda c: c.update_courier_connection("t1", {"a": "b"})),
    (SINCE_2025_04, "DELETE", "/courier-connections/t1", None, lambda c: c.delete_courier_connection("t1")),
]  # fmt: skip


def wrapped(version: str, path: str, body):
    """Return a request's body as 2024-04 wants it."""
    is_wrapped = version == "2024-04" and body and not path.endswith("completed")
    return {"tracking": body} if is_wrapped else body


@pytest.mark.parametrize(
    ("version", "method", "path", "body", "call"),
    [(version, *row) for versions, *row in CALLS for version in versions],
)
def test_a_call_is_the_request_of_the_version(service, aftership_for, version, method, path, body, call):
    service.say(ok({"tracking": TRACKING} if version == "2024-04" else TRACKING))
    assert call(aftership_for(service.url, version)) == TRACKING
    (asked,) = service.asked
    assert (asked.method, asked.target) == (method, f"/tracking/{version}{path}")
    assert (json.loads(asked.body) if asked.body else None) == wrapped(version, path, body)
    assert asked.headers["as-api-key"] == KEY


LISTS = [
    (VERSIONS[:4], "GET", "/couriers/all", "couriers", AfterShipClient.couriers),
    (VERSIONS[4:], "GET", "/couriers", "couriers", AfterShipClient.couriers),
    (VERSIONS[:4], "GET", "/couriers", "couriers", AfterShipClient.user_couriers),
    (VERSIONS[4:], "GET", "/couriers?active=true", "couriers", AfterShipClient.user_couriers),
    (VERSIONS, "POST", "/couriers/detect", "couriers", lambda c: c.detect_courier("N1")),
    (VERSIONS, "POST", "/estimated-delivery-date/predict-batch", "estimated_delivery_dates",
     lambda c: c.predict_batch([{"slug": "ups"}])),
]  # fmt: skip


@pytest.mark.parametrize(
    ("version", "method", "path", "name", "call"),
    [(version, *row) for versions, *row in LISTS for version in versions],
)
def test_a_list_is_asked_for_where_the_version_has_it(
    service, aftership_for, version, method, path, name, call
):
    service.say(ok({"total": 1, name: [{"slug": "ups"}]}))
    assert call(aftership_for(service.url, version)) == [{"slug": "ups"}]
    (asked,) = service.asked
    assert (asked.method, asked.target) == (method, f"/tracking/{version}{path}")


@every_version
def test_detect_sends_the_number_and_what_else_is_known(service, aftership_for, version):
    service.say(ok({"total": 0, "couriers": []}))
    assert aftership_for(service.url, version).detect_courier("N1", slug=["ups"]) == []
    body = {"tracking_number": "N1", "slug": ["ups"]}
    assert json.loads(service.asked[0].body) == ({"tracking": body} if version == "2024-04" else body)


def test_the_examples_of_the_reference_are_read(service, aftership_for):
    def answered(name: str, call):
        service.say(Reply(json.dumps(example(name)).encode()))
        return call(aftership_for(service.url, "2024-10" if "2024-10" in name else "2026-07"))

    assert next(c["slug"] for c in answered("couriers_2026-07", AfterShipClient.couriers)) == "demo-express"
    assert answered("couriers_all_2024-10", AfterShipClient.couriers)
    assert answered("detect_2026-07", lambda c: c.detect_courier("N1"))
    assert answered("detect_none_2026-07", lambda c: c.detect_courier("N1")) == []
    assert answered("edd_predict_2026-07", AfterShipClient.predict)["confidence_code"] == 10001
    assert answered("edd_predict_batch_2026-07", lambda c: c.predict_batch([{}]))
    assert answered("retrack_2026-07", lambda c: c.retrack("1"))["id"]
    assert answered("mark_completed_2026-07", lambda c: c.mark_as_completed("1", "LOST"))["tag"]
    assert answered("create_201_2026-07", lambda c: c.create_tracking("N1"))["id"]
    (connection,) = answered("courier_connections_2026-07", lambda c: list(c.courier_connections()))
    assert connection["courier_slug"] == "demo-api"
    assert "credentials" not in connection


def test_a_prediction_may_come_as_the_only_one_of_a_list(service, aftership_for):
    service.say(ok([{"id": "p"}]))
    assert aftership_for(service.url).predict() == {"id": "p"}
    for data in ([], [{}, {}], "text", None):
        service.say(ok(data))
        with pytest.raises(ResponseShapeError, match=r"^predict: "):
            aftership_for(service.url).predict()


@pytest.mark.parametrize(
    ("version", "call"),
    [
        ("2024-10", AfterShipClient.predict),
        ("2025-01", lambda c: list(c.courier_connections())),
        ("2024-04", lambda c: c.get_courier_connection("1")),
    ],
)
def test_what_a_version_does_not_offer_says_who_does(service, aftership_for, version, call):
    with pytest.raises(ConfigurationError, match=f"^{version} has no .* route; .*2026-07 have it"):
        call(aftership_for(service.url, version))
    assert not service.asked


@pytest.mark.parametrize("name", ["", ".", "..", None, 5])
def test_an_id_that_is_none_asks_for_nothing(service, aftership_for, name):
    with pytest.raises(ConfigurationError, match=r"^id is empty"):
        aftership_for(service.url).delete_tracking(name)
    assert not service.asked


def test_an_id_stays_one_part_of_the_address(service, aftership_for):
    service.say(ok(TRACKING))
    aftership_for(service.url).get_tracking("../a?b#c d%")
    assert service.asked[0].target == "/tracking/2026-07/trackings/..%2Fa%3Fb%23c%20d%25"


@every_version
def test_a_list_always_says_since_when_and_writes_times_in_utc_without_fractions(
    service, aftership_for, version
):
    service.say(listed(version))
    client = aftership_for(service.url, version)
    client.list_page()
    client.list_page(updated=WINDOW)
    client.list_page(created=WINDOW)
    first, updated, created = (asked.query for asked in service.asked)
    page = {"page": "1"} if version in BY_PAGE else {}
    assert first == page | {"limit": "200", "created_at_min": KEPT_SINCE}
    low, high = "2026-11-01T06:00:00+00:00", "2026-11-02T06:00:00+00:00"
    assert updated == first | {"updated_at_min": low, "updated_at_max": high}
    assert created == page | {"limit": "200", "created_at_min": low, "created_at_max": high}
    assert all("%2B00%3A00" in asked.target and "+" not in asked.target for asked in service.asked)


def test_nothing_older_is_asked_for_than_the_service_keeps_and_no_end_lies_in_the_future(
    service, aftership_for
):
    service.say(listed("2026-07"))
    client = aftership_for(service.url)
    client.list_page(created=(NOW - timedelta(days=400), NOW - timedelta(days=1)))
    client.list_page(updated=(NOW - timedelta(days=1), NOW + timedelta(seconds=1)))
    old, open_ended = (asked.query for asked in service.asked)
    assert (old["created_at_min"], old["created_at_max"]) == (KEPT_SINCE, "2026-11-20T12:00:00+00:00")
    assert "updated_at_max" not in open_ended
    assert open_ended["updated_at_min"] == "2026-11-20T12:00:00+00:00"


FILTERS = {
    "keyword": "a", "tracking_numbers": "A,B", "slug": "ups", "transit_time": "3", "origin": "USA",
    "destination": "HKG", "tag": "InTransit", "fields": "title", "return_to_sender": "true",
    "shipment_tags": "x", "order_id": "7", "created_at_min": KEPT_SINCE, "created_at_max": KEPT_SINCE,
    "updated_at_min": KEPT_SINCE, "updated_at_max": KEPT_SINCE,
}  # fmt: skip


@every_version
def test_every_filter_of_the_version_is_sent_and_the_renamed_one_under_its_name(
    service, aftership_for, version
):
    service.say(listed(version))
    old, new = "courier_destination_country_iso3", "courier_destination_country_region"
    country, other = (old, new) if version < "2025-01" else (new, old)
    client = aftership_for(service.url, version)
    client.list_page(filters=FILTERS | {country: "USA"})
    assert (FILTERS | {country: "USA"}).items() <= service.asked[0].query.items()
    with pytest.raises(ConfigurationError, match=f"no filter '{other}'"):
        client.list_page(filters={other: "USA"})


@pytest.mark.parametrize("value", [None, 5, ["a", "b"]])
def test_a_filter_that_is_no_text_is_refused_by_name(service, aftership_for, value):
    with pytest.raises(ConfigurationError, match=r"^the filter tag is .*; give a text"):
        aftership_for(service.url).list_page(filters={"tag": value})
    assert not service.asked


@pytest.mark.parametrize("size", [0, 201, "x", 1.5])
def test_a_size_that_no_page_has_is_refused(service, aftership_for, size):
    with pytest.raises(ConfigurationError, match=r"^size is"):
        aftership_for(service.url).list_page(size=size)
    assert not service.asked


def test_a_tag_that_nothing_has_finds_nothing_though_the_service_returns_everything(aftership_for):
    with Sandbox(trackings=3, frozen=True, rate_limit=False, key=KEY) as box:
        box.switches.unknown_tags_match_all = True
        found = aftership_for(box.url).trackings(filters={"shipment_tags": "nobody-has-this"})
        assert list(found) == []


@pytest.mark.parametrize("version", VERSIONS[2:])
def test_a_walk_follows_the_cursors_with_all_filters(service, aftership_for, version):
    service.say(
        listed(version, "1", "2", total=3, cursor="c+1="), listed(version, "3", total=3), listed(version)
    )
    found = aftership_for(service.url, version).trackings(filters={"tag": "Delivered"})
    assert [one["id"] for one in found] == ["1", "2", "3"]
    first, second = (asked.query for asked in service.asked)
    assert second == first | {"cursor": "c+1="}


@pytest.mark.parametrize("version", BY_PAGE)
def test_a_walk_counts_pages_where_there_are_no_cursors(service, aftership_for, version):
    service.say(listed(version, "1", total=2), listed(version, "2", total=2), listed(version, total=2))
    assert [one["id"] for one in aftership_for(service.url, version).trackings()] == ["1", "2"]
    assert [asked.query["page"] for asked in service.asked] == ["1", "2", "3"]


@pytest.mark.parametrize(
    "paging",
    [
        {"total": 1, "next_cursor": "", "has_next_page": False},
        {"total": 1, "next_cursor": None, "has_next_page": False},
        {"total": 1, "has_next_page": False},
        {"total": 1, "next_cursor": "again", "has_next_page": False},
        {"total": 1, "next_cursor": "", "has_next_page": True},
        {"total": 1},
    ],
)
def test_no_cursor_or_no_next_page_ends_a_walk(service, aftership_for, paging):
    service.say(ok({"pagination": paging, "trackings": [TRACKING]}))
    assert list(aftership_for(service.url).trackings()) == [TRACKING]
    assert len(service.asked) == 1


def test_a_page_without_records_that_leads_on_is_no_end(service, aftership_for):
    service.say(listed("2026-07", cursor="a", total=1), listed("2026-07", "1", total=1))
    assert [one["id"] for one in aftership_for(service.url).trackings()] == ["1"]


def test_a_cursor_that_leads_back_ends_in_an_error(service, aftership_for):
    pages = [listed("2026-07", name, cursor=cursor) for name, cursor in (("1", "a"), ("2", "b"), ("3", "a"))]
    service.say(*pages, *pages)
    with pytest.raises(PaginationError, match="leads to a page before it"):
        list(aftership_for(service.url).trackings())
    assert len(service.asked) == 3


def test_a_page_that_repeats_under_another_cursor_ends_in_an_error(service, aftership_for):
    service.say(*(listed("2026-07", "1", cursor=f"c{number}") for number in range(5)))
    with pytest.raises(PaginationError, match="page 2 repeats page 1"):
        list(aftership_for(service.url).trackings())


def test_connections_are_walked_and_narrowed(service, aftership_for):
    def page(name: str, cursor: str) -> Reply:
        paging = {"total": 2, "next_cursor": cursor, "has_next_page": bool(cursor)}
        return ok({"pagination": paging, "courier_connections": [{"id": name, "credentials": {}}]})

    service.say(page("1", "next"), page("2", ""))
    found = aftership_for(service.url).courier_connections(courier_slug="ups")
    assert list(found) == [{"id": "1"}, {"id": "2"}]
    assert service.asked[1].query == {"limit": "200", "courier_slug": "ups", "cursor": "next"}


def test_the_version_that_answers_decides_how_its_answer_is_read(service, aftership_for, caplog):
    service.say(listed("2025-01", "1", total=7, cursor="c", as_api_version="2025-01"))
    client = aftership_for(service.url, "2024-07")
    answers = [client.list_page() for _ in range(3)]
    assert {(a.api_version, a.total, a.next_cursor) for a in answers} == {("2025-01", 7, "c")}
    warnings = [record.getMessage() for record in caplog.records]
    assert warnings == [
        "asked for 2024-07, answered by 2025-01 and read as 2025-01; set api_version to one that the service "
        "still gives, or read what is new with a later release of this package"
    ]


def test_the_end_of_a_tracking_is_a_zoned_moment_that_the_version_knows(service, aftership_for):
    noon = datetime(2026, 11, 20, 12)
    with pytest.raises(ConfigurationError, match="event_datetime has no zone"):
        aftership_for(service.url).mark_as_completed("1", "LOST", noon)
    with pytest.raises(ConfigurationError, match="2024-10 knows no event_datetime"):
        aftership_for(service.url, "2024-10").mark_as_completed("1", "LOST", noon.replace(tzinfo=UTC))
    assert not service.asked


@every_version
def test_the_version_asked_for_answers_without_a_warning(service, aftership_for, version, caplog):
    service.say(listed(version, "1", as_api_version=version), listed(version, "1"))
    client = aftership_for(service.url, version)
    assert [client.list_page().api_version for _ in range(2)] == [version] * 2
    assert not caplog.records


@pytest.mark.parametrize(
    ("told", "read_as"), [("2027-01", "2026-07"), ("2026-02", "2026-01"), ("2019-01", "2024-04")]
)
def test_a_version_nobody_knows_is_read_as_the_one_before_it(service, aftership_for, told, read_as, caplog):
    service.say(listed(read_as, "1", total=4, as_api_version=told))
    answer = aftership_for(service.url, "2025-07").list_page()
    assert (answer.api_version, answer.total) == (read_as, 4)
    assert f"read as {read_as}" in caplog.text


def test_a_cursor_of_the_version_that_answered_is_passed_on(service, aftership_for):
    service.say(
        listed("2025-01", "1", cursor="c", as_api_version="2025-01"),
        listed("2025-01", "2", as_api_version="2025-01"),
    )
    found = aftership_for(service.url, "2024-04").trackings()
    assert [one["id"] for one in found] == ["1", "2"]
    assert service.asked[1].query["cursor"] == "c"


def test_a_tracking_that_exists_before_the_first_try_is_an_error(service, aftership_for):
    service.say(refusal(4003))
    with pytest.raises(ItemError) as caught:
        aftership_for(service.url).create_tracking("N1")
    assert (caught.value.meta_code, len(service.asked)) == (4003, 1)


@pytest.mark.parametrize("trouble", [Reply(raw=b""), Reply(status=502)])
def test_a_tracking_whose_creation_was_answered_by_nobody_is_read(service, aftership_for, trouble):
    service.say(trouble, refusal(4003), listed("2026-07", "1"))
    assert aftership_for(service.url).create_tracking("N1", slug="ups")["id"] == "1"
    query = service.asked[2].query
    assert (query["tracking_numbers"], query["slug"]) == ("N1", "ups")


def test_a_tracking_that_exists_and_is_not_found_stays_an_error(service, aftership_for):
    service.say(Reply(status=502), refusal(4003), listed("2026-07"))
    with pytest.raises(ItemError):
        aftership_for(service.url).create_tracking("N1")


@pytest.mark.parametrize(
    ("trouble", "kind"), [(Reply(raw=b""), TransportError), (Reply(status=500), ServerError)]
)
def test_what_is_allowed_once_is_not_sent_again(service, aftership_for, trouble, kind):
    service.say(trouble, ok(TRACKING))
    with pytest.raises(kind):
        aftership_for(service.url).retrack("t1")
    assert len(service.asked) == 1


def test_what_is_allowed_once_is_sent_again_after_a_429(service, aftership_for):
    service.say(Reply(status=429), ok(TRACKING))
    assert aftership_for(service.url).retrack("t1") == TRACKING


def test_couriers_can_be_narrowed_on_every_version(service, aftership_for):
    service.say(ok({"couriers": [{"slug": "ups"}, {"slug": "dhl"}]}))
    for version in ("2024-10", "2026-07"):
        assert aftership_for(service.url, version).couriers(["dhl"]) == [{"slug": "dhl"}]
    assert service.asked[1].query == {"slug": "dhl"}
