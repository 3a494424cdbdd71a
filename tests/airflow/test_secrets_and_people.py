"""What a run leaves behind holds no key, no password, and of people only what was asked for.

The daily Dag runs to its end in an Airflow of its own, and into each kind of failure; then everything it has
left is searched: console and logs, Airflow's database, landing files, warehouse, published file, Parquet.
"""

from __future__ import annotations

import json
import logging
import os
import pickle
import signal
import socketserver
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path

import duckdb
import pytest
from airflow.providers.common.compat.sdk import AirflowFailException, TaskDeferred
from airflow_process import AirflowProcess
from cryptography.fernet import Fernet
from left_behind import finds, texts_below
from marked import HARMLESS, with_marks

from airflow_provider_trackingmore.api import TrackingMoreClient
from airflow_provider_trackingmore.exceptions import TrackingMoreError
from airflow_provider_trackingmore.hooks.trackingmore import TrackingMoreHook
from airflow_provider_trackingmore.operators.trackingmore import TrackingMoreToDuckDBOperator
from airflow_provider_trackingmore.sandbox import Sandbox

pytestmark = pytest.mark.airflow

KEY = "Kx7-Q4zX9bLr2VwN8cYe5fHs6t"
PASSWORD = "Px3-Jm2KwQ9sTb7RzAe4uVdYk8"
PERSON = "Nx5-HedwigMarkedPersonZw1"
ASKED_FOR = "Ax9-TheodorAskedForPersonQ2"
COURIER = "Cx2-CourierAccountEcho9Lm4Bv"
SECRETS = {"the key": KEY, "the proxy's password": PASSWORD, "a courier's credential": COURIER}
NOTHING_HEARD = "http://127.0.0.1:9"
MARKED_PAGE = f"<html><body>{KEY} {PERSON}</body></html>".encode()


class Trial:
    """An Airflow, a sandbox, and how each run of the Dag ended."""

    def __init__(self, airflow: AirflowProcess, box: Sandbox, home: Path) -> None:
        self.airflow, self.box, self.home = airflow, box, home
        self.states: dict[str, str] = {}

    def run(self, name: str, mark: str = PERSON, data: str | None = None, **fields) -> None:
        """Run the Dag once, with a connection of these fields over the good ones."""
        task = {key: fields.pop(key) for key in ("personal", "says") if key in fields}
        self.box.edit_answer = self.box.edit_answer or with_marks(mark, COURIER)
        env = {"TRACKINGMORE_DATA": str(self.home / (data or name))}
        if fields:
            env["AIRFLOW_CONN_TRACKINGMORE_DEFAULT"] = connection(self.box.url, **fields)
        try:
            self.states[name] = self.airflow.run_dag(name, env, **task)
        finally:
            self.box.faults.clear()
            self.box.edit_answer = None


def connection(url: str, **fields) -> str:
    """Return a connection as JSON; ``extra`` adds to what keeps the runs short."""
    quick = {"requests_per_second": 1000, "page_size": 8, "retries": 0, "timeout": 60}
    extra = fields.pop("extra", {})
    extra = quick | extra if isinstance(extra, dict) else extra
    return json.dumps({"conn_type": "trackingmore", "password": KEY, "host": url} | fields | {"extra": extra})


@pytest.fixture(scope="module")
def trial(tmp_path_factory):
    """All runs of the Dag, one after the other in one Airflow."""
    home = tmp_path_factory.mktemp("airflow-home")
    settings = {
        # Airflow's own debug lines tell the secrets that it is told to mask.
        "AIRFLOW__LOGGING__NAMESPACE_LEVELS": "airflow_provider_trackingmore=DEBUG urllib3=DEBUG",
        "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
        "AIRFLOW__CORE__FERNET_KEY": Fernet.generate_key().decode(),
    }
    with (
        Sandbox(trackings=60, seed=11, rate_limit=False, key=KEY) as box,
        AirflowProcess(home, **settings) as airflow,
    ):
        found = Trial(airflow, box, home)
        _prepare(found)
        _succeed(found)
        _fail_at_the_service(found)
        _fail_at_home(found)
        yield found


def _prepare(trial: Trial) -> None:
    """Set Airflow up the way the README says, the key in its database."""
    airflow = trial.airflow
    assert airflow.command("migrate", "db", "migrate") == "done"
    extra = json.loads(connection(""))["extra"]
    added = airflow.command(
        *("add", "connections", "add", "trackingmore_default", "--conn-type", "trackingmore"),
        *("--conn-password", KEY, "--conn-host", trial.box.url, "--conn-extra", json.dumps(extra)),
    )
    assert added == "done"
    trial.states["test"] = airflow.command("test", "connections", "test", "trackingmore_default")
    trial.states["render"] = airflow.command(
        "render", "tasks", "render", "trackingmore_daily", "load", "2026-01-02"
    )


def _succeed(trial: Trial) -> None:
    trial.run("success-v4")
    for version in ("v2", "v3"):
        trial.run(f"success-{version}", extra={"api_version": version})
    trial.run("asked-for", ASKED_FOR, personal=True)


def _fail_at_the_service(trial: Trial) -> None:
    box = trial.box
    box.key = box.app.premises.key = "another-key"
    trial.run("wrong-key")
    box.key = box.app.premises.key = KEY
    box.edit_answer = lambda *_: MARKED_PAGE
    box.faults.add("html_502", times=None)
    trial.run("gateway-page", extra={})
    for name, body in {
        "not-json": MARKED_PAGE,
        "no-list": json.dumps({"meta": {"code": 200, KEY: PERSON}, PERSON: [KEY]}).encode(),
        "code-is-a-mark": json.dumps({"meta": {"code": KEY, "message": PERSON}, "data": PERSON}).encode(),
    }.items():
        box.edit_answer = lambda *_, body=body: body
        trial.run(name, extra={})
    for name in ("truncated", "short_body", "dropped", "empty_body", "http_503"):
        box.faults.add(name, times=None, after=2)
        trial.run(name, extra={})
    box.faults.add(
        "redirect", times=None, location=f"https://{KEY}:{PERSON}@elsewhere.example/{KEY}?{PERSON}"
    )
    trial.run("redirect", extra={})
    box.faults.add("slow", times=None, seconds=3.0)
    trial.run("timeout", extra={"timeout": 0.2})


def _fail_at_home(trial: Trial) -> None:
    password = f"http://somebody:{PASSWORD}@127.0.0.1:9"
    trial.run("proxy", host="https://127.0.0.2:9", extra={"proxy": password})
    trial.run("tls", host=trial.box.url.replace("http:", "https:"))
    trial.run("key-in-page-size", extra={"page_size": KEY})
    # The warehouse of the first success: a row twice, then held by somebody else.
    warehouse = trial.home / "success-v4" / "warehouse.duckdb"
    with duckdb.connect(str(warehouse)) as opened:
        opened.execute("INSERT INTO trackings SELECT * FROM trackings LIMIT 1")
    trial.run("check", data="success-v4")
    with duckdb.connect(str(warehouse)):
        trial.run("busy", data="success-v4")
    # The last one: after it the account rests, in all processes.
    trial.box.faults.add("http_429", times=None, after=2)
    trial.run("429", extra={})


SUCCESSES = ["success-v4", "success-v2", "success-v3", "asked-for"]
FAILURES = {
    "wrong-key": "AuthenticationError",
    "gateway-page": "ServerError",
    "not-json": "ResponseShapeError",
    "no-list": "ResponseShapeError",
    "code-is-a-mark": "ResponseShapeError",
    "truncated": "TransportError",
    "short_body": "TransportError",
    "dropped": "TransportError",
    "empty_body": "TransportError",
    "http_503": "ServerError",
    "redirect": "RequestError",
    "timeout": "TransportError",
    "proxy": "TransportError",
    "tls": "TransportError",
    "key-in-page-size": "ConfigurationError",
    "check": "CheckFailedError",
    "busy": "WarehouseBusyError",
    "429": "RateLimitError",
}


@pytest.fixture(scope="module")
def left(trial):
    """Everything that all the runs have left behind, as texts by place."""
    return texts_below(trial.home)


def test_every_run_ended_as_it_should(trial):
    assert trial.states == (
        {"test": "done", "render": "done"}
        | dict.fromkeys(SUCCESSES, "success")
        | dict.fromkeys(FAILURES, "failed")
    )


@pytest.mark.parametrize(("name", "error"), FAILURES.items())
def test_every_failure_is_the_one_that_was_meant(trial, name, error):
    assert error in trial.airflow.console(name).read_text()


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
def test_no_secret_is_in_anything_left_behind(left, secret):
    assert finds(left, secret) == []


def test_no_person_is_in_anything_left_behind(left):
    assert finds(left, PERSON) == []


def test_people_who_were_asked_for_are_in_the_data_and_nowhere_else(left):
    places = {find.split(":")[0].split(" ")[0] for find in finds(left, ASKED_FOR)}
    assert {"/".join(place.split("/")[:2]) for place in places} == {
        f"asked-for/{name}"
        for name in (
            "warehouse.duckdb",
            "analytics.duckdb",
            ".analytics.duckdb.snapshots",
            ".parquet.snapshots",
            "landing",
        )
    }


def test_everything_that_keeps_something_was_searched(left):
    """Else the tests above would find nothing in nothing."""
    parts = (
        "airflow.db",
        'airflow.db table "rendered_task_instance_fields"',
        'airflow.db table "xcom"',
        'airflow.db table "connection"',
        'airflow.db table "log"',
        "console-success-v4.txt",
        "console-test.txt",
        "console-render.txt",
        'success-v4/warehouse.duckdb table "main"."trackings"',
        'success-v4/warehouse.duckdb table "main"."rejected_records"',
        'success-v4/warehouse.duckdb table "meta"."accounts"',
        'success-v4/analytics.duckdb table "main"."fct_shipments"',
        "success-v4/report.html",
        "success-v4/charts/delivery.svg",
        "success-v4/landing/trackingmore/default/v4",
        "success-v4/.parquet.snapshots/",
    )
    assert [part for part in parts if not any(place.startswith(part) for place in left)] == []
    assert b"trackingmore_default" in left['airflow.db table "rendered_task_instance_fields"']
    assert HARMLESS.lower().encode() in left['success-v4/analytics.duckdb table "main"."rejected_records"']


@pytest.mark.parametrize("name", SUCCESSES)
def test_both_readers_were_tried_and_something_was_set_aside(trial, name):
    with duckdb.connect(str(trial.home / name / "analytics.duckdb"), read_only=True) as published:
        ((windows, irregular, rejected),) = published.execute(
            "SELECT n_windows, n_irregular_pages, n_rejected FROM loads ORDER BY finished_at_utc LIMIT 1"
        ).fetchall()
        extras = published.execute("SELECT extra FROM trackings WHERE extra IS NOT NULL").fetchall()
    assert windows > irregular > 0
    assert rejected > 0
    assert any(HARMLESS in extra for (extra,) in extras)


def test_what_somebody_logs_by_mistake_would_be_found(trial, left):
    trial.run("careless", says=f"{KEY} for {PERSON}")
    said = {"console": trial.airflow.console("careless").read_bytes().lower()}
    assert finds(said, KEY)
    assert finds(said, PERSON)


WRONG_CONNECTIONS = {
    "key-as-page-size": {"extra": {"page_size": KEY}},
    "key-as-version": {"extra": {"api_version": KEY}},
    "key-as-versions": {"extra": {"api_version": [KEY]}},
    "key-as-account": {"extra": {"account": KEY}},
    "key-with-a-colon-as-account": {"extra": {"account": f"{KEY}:{KEY}"}},
    "key-as-timeout": {"extra": {"timeout": [KEY]}},
    "key-as-retries": {"extra": {"retries": {KEY: KEY}}},
    "key-as-pace": {"extra": {"requests_per_second": KEY}},
    "key-as-user-agent": {"extra": {"user_agent": f"agent {KEY}"}},
    "key-as-ca-bundle": {"extra": {"ca_bundle": f"/etc/{KEY}"}},
    "key-as-proxy": {"extra": {"proxy": KEY}},
    "key-as-name-of-an-extra": {"extra": {KEY: KEY, "retries": -1}},
    "key-as-all-of-the-extra": {"extra": KEY},
    "key-in-a-list-as-extra": {"extra": json.dumps([KEY])},
    "key-as-host": {"host": KEY},
    "key-as-machine": {"host": f"https://{KEY}.example"},
    "key-as-machine-without-tls": {"host": f"http://{KEY}.example"},
    "key-in-the-path": {"host": f"https://127.0.0.1:9/{KEY}"},
    "key-in-the-query": {"host": f"https://127.0.0.1:9/?key={KEY}"},
    "key-as-port": {"host": f"https://127.0.0.1:{KEY}"},
    "user-in-the-host": {"host": f"https://{KEY}:{PASSWORD}@127.0.0.1:9"},
    "key-pasted-twice": {"password": f"{KEY}\n{KEY}"},
    "proxy-without-scheme": {"extra": {"proxy": f"somebody:{PASSWORD}@127.0.0.1:9"}},
    "proxy-with-a-bracket": {"extra": {"proxy": f"http://somebody:[{PASSWORD}@127.0.0.1:9"}},
    "proxy-with-a-slash": {"extra": {"proxy": f"http://somebody:/{PASSWORD}@127.0.0.1:9"}},
    "proxy-that-refuses": {
        "host": "https://127.0.0.2:9",
        "extra": {"proxy": f"http://somebody:{PASSWORD}@127.0.0.1:9"},
    },
    "proxy-of-a-kind-not-installed": {
        "host": "https://127.0.0.2:9",
        "extra": {"proxy": f"socks5://somebody:{PASSWORD}@127.0.0.1:9"},
    },
}


def texts_of_a_failure(monkeypatch, caplog, tmp_path, **fields) -> dict[str, bytes]:
    """Return what the operator and the Test button say of a connection with these fields."""
    caplog.set_level(logging.DEBUG)
    fields.setdefault("host", NOTHING_HEARD)
    monkeypatch.setenv("AIRFLOW_CONN_TRACKINGMORE_DEFAULT", connection("", **fields))
    done, told = TrackingMoreHook().test_connection()
    assert not done
    task = TrackingMoreToDuckDBOperator(task_id="load", warehouse=str(tmp_path / "data" / "w.duckdb"))
    with pytest.raises((AirflowFailException, TrackingMoreError, TaskDeferred)) as caught:
        task.execute({})
    shown = traceback.format_exception(caught.value)
    errors = [caught.value, caught.value.__cause__]
    dumped = [f"{error!r} {error} {vars(error)}" for error in errors if error is not None]
    said = {"exception": "".join(shown), "attributes": "".join(dumped), "button": told, "log": caplog.text}
    (tmp_path / "data").mkdir(exist_ok=True)
    return {place: text.lower().encode() for place, text in said.items()} | texts_below(tmp_path)


@pytest.mark.parametrize("fields", WRONG_CONNECTIONS.values(), ids=WRONG_CONNECTIONS)
def test_a_connection_with_a_secret_in_the_wrong_place_is_refused_without_it(
    monkeypatch, caplog, tmp_path, fields
):
    left = texts_of_a_failure(monkeypatch, caplog, tmp_path, **fields)
    assert finds(left, KEY) == []
    assert finds(left, PASSWORD) == []


ANSWERS = {
    "429": b"HTTP/1.1 429 Too Many\r\nRetry-After: %s\r\nContent-Length: %d\r\n\r\n%s",
    "body-of-html": b"HTTP/1.1 200 OK\r\nX-Key: %s\r\nContent-Length: %d\r\n\r\n%s",
    "no-status": b"HTTP/1.1 %s\r\n%d\r\n\r\n%s",
    "no-http": b"%s%d%s\r\n\r\n",
    "bad-chunk": b"HTTP/1.1 200 %s\r\nTransfer-Encoding: chunked\r\nX: %d\r\n\r\n%s\r\n",
    "bad-gzip": b"HTTP/1.1 200 %s\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s",
    "bad-location": b"HTTP/1.1 302 Found\r\nLocation: http://[%s\r\nContent-Length: %d\r\n\r\n%s",
    "bad-header": b"HTTP/1.1 200 OK\r\n%s\r\nContent-Length: %d\r\n\r\n%s",
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_nothing_repeats_what_a_server_echoes(monkeypatch, caplog, tmp_path, answer):
    raw = answer % (KEY.encode(), len(MARKED_PAGE), MARKED_PAGE)
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), answering(raw)) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        left = texts_of_a_failure(monkeypatch, caplog, tmp_path, host=url)
        server.shutdown()
    assert finds(left, KEY) == []
    assert finds(left, PERSON) == []


def answering(raw: bytes) -> type[socketserver.StreamRequestHandler]:
    """Return what reads a request's head and answers with these bytes."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while self.rfile.readline().strip():
                pass
            self.wfile.write(raw)

    return Handler


def test_a_proxy_of_the_environment_keeps_its_password(monkeypatch, caplog, tmp_path):
    monkeypatch.setenv("HTTPS_PROXY", f"http://somebody:{PASSWORD}@127.0.0.1:9")
    left = texts_of_a_failure(monkeypatch, caplog, tmp_path, host="https://127.0.0.2:9")
    assert b"proxyerror: connection refused" in left["exception"]
    assert finds(left, PASSWORD) == []


def test_a_failure_that_is_not_ours_shows_its_kind_only_at_the_test_button(monkeypatch):
    def fail(self: object, **_: object) -> None:
        raise RuntimeError(KEY)

    monkeypatch.setenv("AIRFLOW_CONN_TRACKINGMORE_DEFAULT", connection(NOTHING_HEARD))
    monkeypatch.setattr(TrackingMoreClient, "list_page", fail)
    assert TrackingMoreHook().test_connection() == (False, "unexpected RuntimeError")


def test_no_dump_of_client_hook_or_operator_shows_a_secret(monkeypatch):
    monkeypatch.setenv(
        "AIRFLOW_CONN_TRACKINGMORE_DEFAULT",
        connection(NOTHING_HEARD, extra={"proxy": f"http://somebody:{PASSWORD}@127.0.0.1:9"}),
    )
    hook = TrackingMoreHook()
    task = TrackingMoreToDuckDBOperator(task_id="load", warehouse="/data/warehouse.duckdb")
    with hook.get_conn() as client:
        seen = [client, client._session, client._session.auth, *client._pacers.values(), hook, task]
        text = "".join(f"{one!r} {one} {vars(one)}" for one in seen)
        assert finds({"dump": text.lower().encode()}, KEY) == []
        assert finds({"dump": text.lower().encode()}, PASSWORD) == []
        with pytest.raises((TypeError, AttributeError, pickle.PicklingError)):
            pickle.dumps(client._session.auth)


CRASHING = """
import faulthandler, logging, sys
from pathlib import Path
from airflow_provider_trackingmore.hooks.trackingmore import TrackingMoreHook
from airflow_provider_trackingmore.sync import sync
faulthandler.enable()
logging.basicConfig(level=logging.DEBUG, stream=sys.stdout)
with TrackingMoreHook().get_conn() as client:
    print("begun", flush=True)
    sync(client, Path("w.duckdb").absolute())
"""


@pytest.mark.parametrize("end", [signal.SIGABRT, signal.SIGINT], ids=lambda end: end.name)
def test_a_process_that_crashes_amid_its_requests_leaves_neither_key_nor_people(tmp_path, end):
    with Sandbox(trackings=60, seed=11, rate_limit=False, key=KEY) as box:
        box.edit_answer = with_marks(PERSON, COURIER)
        box.faults.add("slow", times=None, after=12, seconds=20.0)
        extra = {"proxy": "", "timeout": 60}
        env = {
            **os.environ,
            "AIRFLOW_CONN_TRACKINGMORE_DEFAULT": connection(box.url, extra=extra),
            "PYTHONPATH": str(Path(__file__).parents[2]),
        }
        with (tmp_path / "out.txt").open("wb") as out:
            crashing = subprocess.Popen(
                [sys.executable, "-c", CRASHING], cwd=tmp_path, env=env, stdout=out, stderr=out
            )
            wait_until(lambda: any(served.fault for served in box.requests))
            crashing.send_signal(end)
            # The pool of threads waits for its answers first, which the sandbox's end cuts short.
        box.stop()
        assert crashing.wait(timeout=60) != 0
    left = texts_below(tmp_path)
    assert any("trackings.parquet" in place for place in left)
    assert b"begun" in left["out.txt"]
    for mark in (KEY, COURIER, PERSON):
        assert finds(left, mark) == []


def wait_until(is_so) -> None:
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)
