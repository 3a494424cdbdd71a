"""The service around the routes: keys, paths, limits, clock, control and the log of requests."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest
import requests
from sandbox_caller import HEADERS, LISTS, NOW, VERSIONS, code_of

from airflow_provider_trackingmore.sandbox import Sandbox, Switches
from airflow_provider_trackingmore.sandbox.clock import Clock
from airflow_provider_trackingmore.sandbox.limits import RateLimiter
from airflow_provider_trackingmore.sandbox.trackingmore.dialects import V2, V3, V4
from airflow_provider_trackingmore.sandbox.world import World

UNAUTHORISED = {"v2": (200, 4001), "v3": (200, 401), "v4": (401, 401)}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("headers", [{}, {"wrong": "sandbox-key"}, None])
def test_a_missing_or_wrong_key_is_refused(call, version, headers):
    sent = {HEADERS[version]: "someone-else"} if headers is None else headers
    answer = call("GET", LISTS[version], headers=sent)
    assert (answer.status_code, code_of(answer)) == UNAUTHORISED[version]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_key_is_checked_before_anything_else(call, version):
    assert code_of(call("GET", f"/{version}/nowhere", headers={})) == UNAUTHORISED[version][1]


@pytest.mark.parametrize("version", VERSIONS)
def test_header_names_may_be_written_in_any_case(call, version):
    for name in (HEADERS[version].lower(), HEADERS[version].upper()):
        assert code_of(call("GET", LISTS[version], headers={name: "sandbox-key"})) == 200


def test_v2_takes_the_newer_header_only_when_switched(box, call):
    newer = {"Tracking-Api-Key": box.key}
    assert code_of(call("GET", LISTS["v2"], headers=newer)) == 4001
    box.switches.accept_v4_header_on_v2 = True
    assert code_of(call("GET", LISTS["v2"], headers=newer)) == 200


@pytest.mark.parametrize(("version", "http_status"), [("v2", 200), ("v3", 200), ("v4", 404)])
def test_unknown_paths_get_the_versions_404(call, version, http_status):
    answer = call("GET", f"/{version}/trackings/no/such/page/here")
    assert (answer.status_code, code_of(answer)) == (http_status, 404)


def test_v4_has_no_realtime_and_nothing_lives_outside_the_versions(call):
    assert code_of(call("POST", "/v4/trackings/realtime", body={})) == 404
    assert call("GET", "/v9/trackings/get").status_code in (401, 404)


@pytest.mark.parametrize(("version", "code"), [("v2", 405), ("v3", 400), ("v4", 400)])
def test_wrong_methods_are_refused(call, version, code):
    assert code_of(call("DELETE", LISTS[version])) == code


@pytest.mark.parametrize("version", VERSIONS)
def test_double_slashes_are_folded(call, version):
    assert code_of(call("GET", LISTS[version].replace("/", "//"))) == 200


def test_v3_lists_couriers_under_both_names(call):
    assert call("GET", "/v3/trackings/courier").json() == call("GET", "/v3/trackings/carriers").json()


def test_errors_of_v2_and_v3_can_ride_on_their_own_http_status(box, call):
    box.switches.errors_on_http_200 = False
    assert call("GET", "/v3/trackings/get", headers={}).status_code == 401
    assert call("GET", "/v2/nowhere").status_code == 404


@pytest.mark.parametrize(
    ("word", "expected"),
    [("list", {"data": []}), ("object", {"data": {}}), ("null", {"data": None}), ("absent", {})],
)
def test_data_of_errors_takes_any_shape(box, call, word, expected):
    box.switches.empty_data = word
    document = call.page("v4", 99).json()
    assert {key: value for key, value in document.items() if key == "data"} == expected


@pytest.mark.parametrize(
    ("version", "field", "code"), [("v2", "end_v2", 200), ("v3", "end_v3", 200), ("v4", "end_v4", 4102)]
)
def test_the_end_of_lists_can_be_told_otherwise(box, call, version, field, code):
    setattr(box.switches, field, code)
    answer = call.page(version, 99)
    assert code_of(answer) == code
    assert not (answer.json()["data"] or {}) or answer.json()["data"]["items"] == []


class TestRateLimits:
    """The limiter alone, with a clock of our own."""

    def test_the_pace_is_kept_forever_without_a_breach(self):
        time = [0.0]
        limiter = RateLimiter(timer=lambda: time[0])
        for dialect, pace in ((V2, 1.0), (V3, 1.0), (V4, 10.0)):
            for _ in range(300):
                assert limiter.allows("key", dialect, creates=False)
                time[0] += 1 / pace

    def test_jitter_around_one_call_a_second_is_forgiven(self):
        time = [0.0]
        limiter = RateLimiter(timer=lambda: time[0])
        for number in range(300):
            time[0] = number + (0.3 if number % 2 else 0.0)
            assert limiter.allows("key", V2, creates=False)

    @pytest.mark.parametrize(
        ("dialect", "creates", "room"), [(V2, False, 2), (V3, False, 2), (V4, False, 10), (V4, True, 3)]
    )
    def test_a_burst_beyond_the_limit_is_refused(self, dialect, creates, room):
        limiter = RateLimiter(timer=lambda: 0.0)
        allowed = [limiter.allows("key", dialect, creates=creates) for _ in range(room + 1)]
        assert allowed == [True] * room + [False]

    def test_after_a_breach_every_version_rests_for_two_minutes(self):
        time = [0.0]
        limiter = RateLimiter(timer=lambda: time[0])
        while limiter.allows("key", V2, creates=False):
            pass
        time[0] = 119.9
        assert not limiter.allows("key", V4, creates=False)
        assert limiter.allows("other", V4, creates=False)
        time[0] = 120.1
        assert limiter.allows("key", V4, creates=False)
        assert limiter.allows("key", V2, creates=False)

    def test_speed_makes_the_rest_shorter(self):
        time = [0.0]
        limiter = RateLimiter(speed=60, timer=lambda: time[0])
        while limiter.allows("key", V3, creates=False):
            pass
        time[0] = 1.9
        assert not limiter.allows("key", V3, creates=False)
        time[0] = 2.1
        assert limiter.allows("key", V3, creates=False)

    @pytest.mark.parametrize(("version", "http_status"), [("v2", 200), ("v3", 200), ("v4", 429)])
    def test_a_refused_call_gets_429_without_retry_after(self, box, call, version, http_status):
        box.limiter.enabled, box.limiter.timer = True, lambda: 0.0
        answers = [call.page(version) for _ in range(12)]
        last = answers[-1]
        assert (last.status_code, code_of(last)) == (http_status, 429)
        assert "retry-after" not in last.headers
        assert code_of(answers[0]) == 200


def test_the_date_header_is_the_worlds_time(box, call):
    assert parsedate_to_datetime(call.page("v4").headers["Date"]) == NOW
    box.clock.advance(days=3)
    assert parsedate_to_datetime(call.page("v4").headers["Date"]) == NOW + timedelta(days=3)
    assert call.page("v4").raw.headers.getlist("date") == [call.page("v4").headers["Date"]]


def test_answers_are_compressed_only_for_clients_that_accept_it(box, call):
    assert call.page("v4").headers["Content-Encoding"] == "gzip"
    plain = call("GET", LISTS["v4"], headers={"Tracking-Api-Key": box.key, "Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    assert int(plain.headers["Content-Length"]) == len(plain.content)


def test_the_hook_may_change_the_world_before_each_answer(box, call):
    asked = []

    def hook(route: str, query: dict[str, str]) -> None:
        asked.append((route, query))
        box.world.add()

    box.before_request = hook
    first = call.items("v4", 1, 1)
    second = call.items("v4", 2, 1)
    assert first == second, "a record was added in front, so page two shows what page one showed"
    assert asked == [("list", {"pages_amount": str(n), "items_amount": "1"}) for n in (1, 2)]


def test_requests_are_remembered_without_the_key(box, call):
    call.page("v2", 1, 5)
    call("GET", "/v4/couriers/all", headers={})
    first, second = box.requests
    assert (first.route, first.version, first.http_status, first.code, first.items) == (
        "list",
        "v2",
        200,
        200,
        5,
    )
    assert (second.route, second.code, second.items) == ("couriers", 401, 0)
    assert box.key not in repr(box.requests)


class TestControl:
    """The routes under /_sandbox/, which need no key."""

    def test_the_clock_can_be_moved(self, box, call):
        answer = call("POST", "/_sandbox/clock", body={"advance_seconds": 3600}, headers={})
        assert answer.json() == {"now": "2026-11-21T13:00:00+00:00"}
        call("POST", "/_sandbox/clock", body={"now": "2027-01-01T00:00:00+00:00"})
        assert box.clock.now().year == 2027

    def test_state_and_truth_tell_about_the_world(self, box, call):
        assert call("GET", "/_sandbox/state").json()["trackings"] == 240
        assert call("GET", "/_sandbox/truth").json() == json.loads(json.dumps(box.world.truth()))
        lines = call("GET", "/_sandbox/truth/shipments").text.splitlines()
        assert [json.loads(line) for line in lines] == box.world.shipments()

    def test_switches_are_read_and_set(self, box, call):
        assert call("GET", "/_sandbox/switches").json() == Switches().as_dict()
        call("PUT", "/_sandbox/switches", body={"page_cap": 9, "extra_keys": True})
        assert (box.switches.page_cap, box.switches.extra_keys) == (9, True)

    def test_faults_are_queued_and_cleared(self, box, call):
        queued = call("POST", "/_sandbox/faults", body={"kind": "http_500", "times": 2}).json()
        assert (queued[0]["kind"], queued[0]["times"]) == ("http_500", 2)
        assert call("DELETE", "/_sandbox/faults").json() == []

    def test_records_are_touched_added_and_deleted(self, box, call):
        one, other = (record.shipment.id for record in box.world.records()[:2])
        body = {"touch": [one], "delete": [other], "add": [{"tracking_number": "HAND0001"}]}
        answer = call("POST", "/_sandbox/records", body=body).json()
        assert answer["trackings"] == 240
        assert box.world.find(one).updated_at == box.clock.epoch()
        assert box.world.find(other) is None
        assert box.world.find(answer["added"][0]).shipment.tracking_number == "HAND0001"

    def test_requests_are_listed_and_forgotten(self, call):
        call.page("v4")
        assert call("GET", "/_sandbox/requests").json()[0]["route"] == "list"
        assert call("DELETE", "/_sandbox/requests").json() == []

    @pytest.mark.parametrize(
        ("method", "path", "body", "status", "words"),
        [
            ("POST", "clock", {"advance": 1}, 400, "advance_seconds"),
            ("POST", "clock", {"now": "2026-01-01"}, 400, "zone"),
            ("PUT", "switches", {"nonsense": True}, 400, "there is no switch 'nonsense'"),
            ("PUT", "switches", {"extra_keys": "yes"}, 400, "extra_keys"),
            ("PUT", "switches", {"empty_data": "void"}, 400, "empty_data"),
            ("PUT", "switches", {"list_order": "any"}, 400, "list_order"),
            ("PUT", "switches", {"seconds_shown_late": -1}, 400, "seconds_shown_late"),
            ("PUT", "switches", {"page_cap": 0}, 400, "page_cap"),
            ("POST", "faults", {"kind": "earthquake"}, 400, "there is no fault 'earthquake'"),
            ("POST", "faults", {}, 400, "kind"),
            ("POST", "faults", {"kind": "slow", "times": "often"}, 400, "times"),
            ("POST", "faults", {"kind": "slow", "minutes": 1}, 400, "seconds"),
            ("POST", "records", {"touch": ["nobody"]}, 400, "nobody"),
            ("POST", "records", {}, 400, "touch"),
            ("POST", "records", [1], 400, "object"),
            ("GET", "nowhere", None, 404, "state"),
            ("DELETE", "clock", None, 405, "POST"),
        ],
    )
    def test_wrong_input_gets_a_helpful_sentence(self, call, method, path, body, status, words):
        answer = call(method, f"/_sandbox/{path}", body=body)
        assert answer.status_code == status
        assert words in answer.json()["error"]


def test_the_sandbox_listens_on_loopback_and_is_gone_afterwards():
    with Sandbox(trackings=1, now=NOW) as box:
        assert box.url.startswith("http://127.0.0.1:")
        url = box.url
        assert requests.get(f"{url}/_sandbox/state", timeout=5).ok
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{url}/_sandbox/state", timeout=5)


def test_a_port_that_is_taken_is_an_error():
    with Sandbox(trackings=1, now=NOW) as box:
        taken = int(box.url.rsplit(":", 1)[1])
        with pytest.raises(OSError, match="in use"):
            Sandbox(trackings=1, now=NOW, port=taken).start()


def test_the_command_line_serves_the_same_world_and_stops_when_told():
    options = ["--port", "0", "--trackings", "50", "--seed", "3", "--now", "2026-11-21T12:00:00Z", "--frozen"]
    command = [sys.executable, "-m", "airflow_provider_trackingmore.sandbox", *options, "--key", "k"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        ready = process.stdout.readline()
        url = next(word.removeprefix("url=") for word in ready.split() if word.startswith("url="))
        truth = requests.get(f"{url}/_sandbox/truth/shipments", timeout=5).text
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=5) == 0
    for word in ("key=k", "now=2026-11-21T12:00:00+00:00", "trackings=50", "Ctrl-C"):
        assert word in ready
    here = World(Clock(NOW, frozen=True), trackings=50, seed=3)
    assert [json.loads(line) for line in truth.splitlines()] == here.shipments()


def test_a_switch_that_does_not_exist_cannot_be_set():
    with pytest.raises(AttributeError):
        Switches().page_capp = 3


def test_a_sandbox_that_begins_anew_has_forgotten_everything_but_its_port(box, call):
    url = box.url
    box.switches.page_cap = 3
    box.faults.add("http_500", times=None)
    box.before_request = lambda route, query: box.world.add()
    call.page("v4")
    box.begin_anew(now=NOW - timedelta(days=1))
    assert (box.url, box.requests) == (url, [])
    assert call.walk("v4") == []
    assert (box.switches.page_cap, box.faults.as_list(), box.before_request) == (None, [], None)
    assert box.clock.now() == NOW - timedelta(days=1)
    for title in ("one", "other"):
        box.begin_anew(now=NOW)
        box.world.add(title=title)
        assert [item["title"] for item in call.walk("v4")] == [title]
