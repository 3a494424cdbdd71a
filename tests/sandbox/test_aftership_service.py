"""The service around AfterShip's routes: key, versions, limits, errors and faults."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus

import pytest
import requests
from aftership_caller import NEWEST, VERSIONS, error_of, every_version
from sandbox_caller import NOW


@every_version
def test_a_missing_or_wrong_key_is_refused_before_anything_else(ship, version):
    for path in ("/trackings", "/nowhere"):
        for headers in ({}, {"as-api-key": "someone-else"}, {"aftership-api-key": "sandbox-key"}):
            assert error_of(ship.of(version)("GET", path, headers=headers)) == (401, 401)


def test_the_keys_name_may_be_written_in_any_case(box, ship):
    assert ship("GET", "/couriers", headers={"AS-API-KEY": box.key}).ok


@every_version
def test_answers_say_their_version_and_how_to_find_them_again(ship, version):
    answers = [ship.of(version)("GET", path) for path in ("/trackings", "/nowhere", "/couriers")]
    assert [answer.headers["as-api-version"] for answer in answers] == [version] * 3
    assert len({answer.headers["as-trace-id"] for answer in answers}) == 3


@every_version
def test_unknown_paths_and_methods_are_not_found(ship, version):
    caller = ship.of(version)
    for method, path in (("GET", "/nowhere"), ("PATCH", "/trackings"), ("GET", "/trackings/a/b/c/d")):
        assert error_of(caller(method, path)) == (404, 404)
    assert error_of(ship.of("2023-10")("GET", "/trackings")) == (404, 404)


def test_routes_come_and_go_with_the_versions(ship):
    numbered, all_couriers, predict, connections, notices = (
        {"2024-04", "2024-07"},
        {"2024-04", "2024-07", "2024-10", "2025-01"},
        {v for v in VERSIONS if v >= "2025-01"},
        {v for v in VERSIONS if v >= "2025-04"},
        {"2024-04"},
    )
    item = ship.items(limit=1)[0]
    for method, path, versions in (
        ("GET", f"/trackings/{item['slug']}/{item['tracking_number']}", numbered),
        ("GET", "/couriers/all", all_couriers),
        ("POST", "/estimated-delivery-date/predict", predict),
        ("GET", "/courier-connections", connections),
        ("GET", f"/last_checkpoint/{item['slug']}/{item['tracking_number']}", notices),
        ("GET", f"/notifications/{item['legacy_id']}", notices),
    ):
        there = {v for v in VERSIONS if ship.of(v)(method, path).status_code != HTTPStatus.NOT_FOUND}
        assert there == versions, path


@pytest.mark.parametrize("version", ["2024-04", "2024-07", "2024-10"])
def test_versions_out_of_support_can_be_answered_as_the_oldest_one_in_support(box, ship, version):
    box.switches.retired_versions = True
    answer = ship.of(version)("GET", "/trackings", limit=1)
    assert answer.headers["as-api-version"] == "2025-01"
    assert "pagination" in answer.json()["data"]
    assert "origin_country_region" in answer.json()["data"]["trackings"][0]
    assert ship.of("2026-01")("GET", "/trackings").headers["as-api-version"] == "2026-01"


class TestRateLimits:
    """Windows of one second, with a clock of our own."""

    @pytest.fixture
    def seconds(self, box):
        box.limiter.enabled, time = True, [1000.0]
        box.limiter.timer = lambda: time[0]
        return time

    @pytest.mark.parametrize("version", [v for v in VERSIONS if v >= "2024-07"])
    def test_every_endpoint_has_a_pace_of_its_own(self, seconds, ship, version):
        caller = ship.of(version)
        for method, path, limit in (
            ("GET", "/trackings", 6),
            ("POST", "/trackings", 20),
            ("GET", "/trackings/0", 5),
            ("PUT", "/trackings/0", 5),
            ("POST", "/trackings/0/retrack", 5),
            ("POST", "/couriers/detect", 3),
            ("GET", "/couriers", 5),
            ("POST", "/estimated-delivery-date/predict-batch", 20),
        ):
            answers = [caller(method, path) for _ in range(limit + 1)]
            assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == [
                *(str(left) for left in reversed(range(limit))),
                "0",
            ]
            assert {answer.headers["X-RateLimit-Limit"] for answer in answers} == {str(limit)}
            assert error_of(answers[-1]) == (429, 429), path
            assert all(answer.status_code != HTTPStatus.TOO_MANY_REQUESTS for answer in answers[:-1])

    def test_2024_04_has_ten_calls_for_all_endpoints_together(self, seconds, ship):
        caller = ship.of("2024-04")
        answers = [caller("GET", path) for path in ["/trackings", "/couriers"] * 5 + ["/couriers/all"]]
        assert [answer.ok for answer in answers] == [True] * 10 + [False]

    def test_the_next_second_begins_anew(self, seconds, ship):
        while ship("GET", "/trackings", limit=1).ok:
            pass
        seconds[0] += 0.9
        refused = ship("GET", "/trackings", limit=1)
        assert (error_of(refused), refused.headers["X-RateLimit-Reset"]) == (
            (429, 429),
            str(int(NOW.timestamp()) + 1),
        )
        seconds[0] += 0.1
        assert ship("GET", "/trackings", limit=1).ok

    def test_a_breach_of_one_service_is_none_of_the_other(self, seconds, ship, call):
        while ship("GET", "/trackings", limit=1).ok:
            pass
        assert call.page("v4").ok

    def test_a_daily_quota_ends_at_midnight(self, box, seconds, ship):
        box.switches.daily_quota = 3
        answers = [ship("GET", f"/trackings/{n}") for n in range(4)]
        assert error_of(answers[-1]) == (429, 429)
        midnight = datetime(2026, 11, 22, tzinfo=UTC)
        assert answers[-1].headers["X-RateLimit-Reset"] == str(int(midnight.timestamp()))
        box.clock.set(midnight)
        assert error_of(ship("GET", "/trackings/0")) == (404, 4004)

    def test_without_limits_no_header_speaks_of_them(self, ship):
        assert "X-RateLimit-Limit" not in ship("GET", "/trackings").headers


class TestErrors:
    def test_every_row_of_the_table_is_known_with_its_status_and_type(self, box, ship, aftership):
        for row in aftership["errors"]:
            box.faults.add("code", code=row["code"])
            answer = ship("GET", "/trackings")
            meta = answer.json()["meta"]
            assert (answer.status_code, meta["code"], meta["type"]) == (
                row["http_status"],
                row["code"],
                row["type"],
            )
            assert answer.headers["as-api-version"] == NEWEST
            assert answer.json()["data"] == {}

    def test_errors_are_worded_as_the_examples_are(self, box, ship, aftership):
        examples = aftership["error_examples"]
        active = next(item for item in ship.items(limit=200) if item["active"])
        ship.create(tracking_number="HAND0001", slug="usps")
        box.switches.takes_unrecognised = False
        box.limiter.enabled = True
        asked = {
            "bad_time_filter": ("GET", "/trackings", {"updated_at_min": "today"}, None),
            "already_exists": ("POST", "/trackings", {}, {"tracking_number": "HAND0001", "slug": "usps"}),
            "courier_not_detected": ("POST", "/trackings", {}, {"tracking_number": "HAND0002"}),
            "retrack_active": ("POST", f"/trackings/{active['id']}/retrack", {}, None),
            "missing_courier_field": (
                "POST",
                "/trackings",
                {},
                {"tracking_number": "HAND0003", "slug": "postcode-courier"},
            ),
            "tracking_missing_type_is_badrequest": ("GET", f"/trackings/{'0' * 32}", {}, None),
            "bad_path": ("GET", "/nowhere", {}, None),
        }
        for name, (method, path, query, body) in asked.items():
            answer = ship(method, path, body=body, **query)
            assert (answer.status_code, answer.json()) == (
                examples[name]["http_status"],
                examples[name]["body"],
            ), name
        for name, kind in (
            ("server_error", "http_500"),
            ("bad_gateway", "http_502"),
            ("gateway_timeout", "http_504"),
        ):
            box.faults.add(kind)
            answer = ship("GET", "/trackings")
            assert (answer.status_code, answer.json()) == (
                examples[name]["http_status"],
                examples[name]["body"],
            )
        assert ship("GET", "/couriers", headers={}).json() == examples["bad_key"]["body"]
        box.switches.estimates = False
        item = {"slug": "usps"}
        forbidden = ship("POST", "/estimated-delivery-date/predict", body=item)
        assert forbidden.json() == examples["forbidden_scope"]["body"]
        broken = requests.post(
            f"{box.url}/tracking/{NEWEST}/trackings", headers={"as-api-key": box.key}, data=b"{", timeout=5
        )
        assert (broken.status_code, broken.json()) == (400, examples["invalid_json"]["body"])

    def test_a_body_that_is_no_object_is_invalid(self, ship):
        assert error_of(ship("POST", "/trackings", body=[1])) == (400, 400)


class TestFaults:
    """The same faults as TrackingMore's hit AfterShip."""

    @pytest.mark.parametrize(
        ("kind", "status"), [("http_429", 429), ("body_429", 200), ("http_503", 503), ("http_504", 504)]
    )
    def test_json_faults_tell_of_their_status(self, box, ship, kind, status):
        box.faults.add(kind)
        answer = ship("GET", "/trackings")
        assert (answer.status_code, answer.json()["meta"]["code"]) == (
            status,
            429 if "429" in kind else status,
        )
        assert ship("GET", "/trackings").ok

    def test_a_429_says_when_it_is_over(self, box, ship):
        box.faults.add("http_429")
        headers = ship("POST", "/couriers/detect").headers
        told = [headers[f"X-RateLimit-{name}"] for name in ("Limit", "Remaining", "Reset")]
        assert told == ["3", "0", str(int(NOW.timestamp()) + 1)]

    def test_gateways_speak_html_or_say_nothing(self, box, ship):
        box.faults.add("html_503")
        box.faults.add("empty_502")
        page, nothing = ship("GET", "/trackings"), ship("GET", "/trackings")
        assert (page.status_code, page.headers["Content-Type"][:9]) == (503, "text/html")
        assert (nothing.status_code, nothing.content) == (502, b"")

    def test_answers_may_be_cut_in_half_or_not_come_at_all(self, box, ship):
        box.faults.add("truncated")
        box.faults.add("dropped")
        with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
            ship("GET", "/trackings").json()
        with pytest.raises(requests.ConnectionError):
            ship("GET", "/trackings")

    def test_faults_can_be_meant_for_one_version_and_route(self, box, ship, call):
        box.faults.add("http_500", version="2025-01", route="list", times=None)
        assert ship.of("2025-01")("GET", "/trackings").status_code == 500
        assert ship.of("2025-01")("GET", "/couriers").ok
        assert ship("GET", "/trackings").ok
        assert call.page("v4").ok


def test_requests_are_remembered_with_their_route_and_version_but_without_the_key(box, ship):
    ship.items(limit=5)
    ship.of("2024-07")("GET", "/trackings/nobody")
    first, second = box.requests
    assert (first.route, first.version, first.http_status, first.code, first.items) == (
        "list",
        NEWEST,
        200,
        200,
        5,
    )
    assert (second.route, second.version, second.http_status, second.code) == ("get", "2024-07", 400, 4015)
    assert box.key not in repr(box.requests)


def test_hooks_see_aftership_as_they_see_trackingmore(box, ship):
    asked = []
    box.before_request = lambda route, query: asked.append((route, query))
    box.edit_answer = lambda route, version, body: body.replace(b'"trackings"', b'"parcels"')
    assert "parcels" in ship.data("GET", "/trackings", limit=1)
    assert asked == [("list", {"limit": "1"})]


def test_drift_reaches_every_level(box, ship):
    box.switches.extra_keys = box.switches.numbers_as_text = True
    item = ship.items(limit=200)[-1]
    assert "new_key" in item
    assert isinstance(item["tracked_count"], str)
    assert "new_key" in item["checkpoints"][0]


def test_one_port_serves_both_services(box, ship, call):
    assert ship("GET", "/couriers").headers["Date"] == call.page("v4").headers["Date"]
