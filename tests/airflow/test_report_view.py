"""The report inside the UI of a real API server: for those who are logged in, and one file only."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests
from browsing import chromium

ROOT = Path(__file__).parents[2]
PAGE = (
    "<!doctype html><p id=told>42</p><script>"
    "document.title = 'ran'; try { document.cookie } catch (error) { document.title += ' apart' }"
    "</script>"
)


class Server:
    """An API server of its own with one user, and the file that it is to show."""

    def __init__(self, home: Path) -> None:
        self.report = home / "report.html"
        self._home = home
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self._environment = {k: v for k, v in os.environ.items() if not k.startswith("AIRFLOW")} | {
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "reader:viewer",
            "AIRFLOW__TRACKINGMORE__REPORT": str(self.report),
            "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
        }
        self._log = (home / "server.log").open("w")
        self._airflow("db", "migrate").wait()
        self._process = self._airflow(
            "api-server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"
        )
        self._wait()

    def _airflow(self, *words: str) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "-m", "airflow", *words],
            env=self._environment,
            stdout=self._log,
            stderr=self._log,
            cwd=self._home,
            start_new_session=True,
        )

    def _wait(self) -> None:
        for _ in range(300):
            assert self._process.poll() is None, (self._home / "server.log").read_text()[-4000:]
            try:
                requests.get(f"{self.url}/api/v2/version", timeout=5)
                return
            except requests.ConnectionError:
                time.sleep(0.5)
        raise AssertionError((self._home / "server.log").read_text()[-4000:])

    @property
    def password(self) -> str:
        (file,) = self._home.glob("simple_auth_manager_passwords.json*")
        return json.loads(file.read_text())["reader"]

    def token(self) -> str:
        login = {"username": "reader", "password": self.password}
        return requests.post(f"{self.url}/auth/token", json=login, timeout=30).json()["access_token"]

    def get(self, path: str = "/trackingmore/report", **options) -> requests.Response:
        return requests.get(self.url + path, timeout=30, **options)

    def close(self) -> None:
        os.killpg(self._process.pid, 15)
        self._process.wait()
        self._log.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    running = Server(tmp_path_factory.mktemp("api-server"))
    yield running
    running.close()


@pytest.fixture
def reader(server):
    return {"headers": {"Authorization": f"Bearer {server.token()}"}}


@pytest.mark.airflow
@pytest.mark.parametrize("path", ["/trackingmore/report", "/trackingmore/report?token=x"])
def test_who_is_not_logged_in_gets_nothing(server, path):
    server.report.write_text(PAGE)
    answer = server.get(path)
    assert answer.status_code == 401
    assert "42" not in answer.text
    assert server.get(headers={"Authorization": "Bearer wrong"}).status_code in (401, 403)


@pytest.mark.airflow
def test_who_is_logged_in_gets_the_file_of_the_configuration(server, reader, tmp_path):
    server.report.write_text(PAGE)
    other = tmp_path / "other.html"
    other.write_text("other")
    answer = server.get(**reader)
    assert (answer.status_code, answer.text) == (200, PAGE)
    for path in (f"?path={other}", f"?report={other}", f"/..%2f{other}", f"/{other}"):
        answer = server.get(f"/trackingmore/report{path}", **reader)
        assert answer.status_code == 404 or answer.text == PAGE


@pytest.mark.airflow
def test_a_report_that_is_not_there_yet_is_said_to_be_so(server, reader):
    server.report.unlink(missing_ok=True)
    answer = server.get(**reader)
    assert answer.status_code == 404
    assert "There is no report yet" in answer.text
    assert server.get().status_code == 401


@pytest.mark.airflow
def test_the_page_may_load_nothing_and_stands_apart_from_airflow(server, reader):
    server.report.write_text(PAGE)
    headers = server.get(**reader).headers
    rules = dict(rule.split(maxsplit=1) for rule in headers["Content-Security-Policy"].split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["sandbox"] == "allow-scripts"
    assert rules["frame-ancestors"] == "'self'"
    assert not [rule for rule in rules.values() if ":" in rule or "*" in rule]
    assert headers["Cache-Control"] == "private, no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.airflow
def test_the_ui_shows_it_in_a_frame_whose_scripts_cannot_use_the_login(server):
    server.report.write_text(PAGE)
    with chromium() as browser:
        page = browser.new_page()
        page.goto(f"{server.url}/auth/login/")
        page.fill("input[name=username]", "reader")
        page.fill("input[name=password]", server.password)
        page.keyboard.press("Enter")
        page.get_by_text("Shipments").first.click()
        frame = page.frame_locator("iframe[title=Shipments]")
        frame.locator("#told", has_text="42").wait_for()
        (shown,) = [frame for frame in page.frames if frame.url.endswith("/trackingmore/report")]
        assert page.url == f"{server.url}/plugin/shipments"
        assert shown.title() == "ran apart"
        assert "_token=" in page.evaluate("document.cookie")


class TestWithoutAServer:
    """What only another configuration shows."""

    def ask(self, monkeypatch, path: str):
        from airflow_provider_trackingmore.view import report

        monkeypatch.setenv("AIRFLOW__TRACKINGMORE__REPORT", path)
        return report()

    def test_a_report_may_stand_in_an_object_store(self, monkeypatch, tmp_path):
        (tmp_path / "report.html").write_text(PAGE)
        answer = self.ask(monkeypatch, f"file://{tmp_path}/report.html")
        assert (answer.status_code, answer.body) == (200, PAGE.encode())
        assert self.ask(monkeypatch, f"file://{tmp_path}/nothing.html").status_code == 404

    def test_none_that_is_configured_is_said_to_be_so(self, monkeypatch):
        answer = self.ask(monkeypatch, "")
        assert answer.status_code == 404
        assert b"name its path as [trackingmore] report" in answer.body

    def test_one_that_cannot_be_read_or_leads_elsewhere_is_told_without_its_path(self, monkeypatch, tmp_path):
        answer = self.ask(monkeypatch, str(tmp_path))
        assert answer.status_code == 503
        assert str(tmp_path).encode() not in answer.body
        assert self.ask(monkeypatch, "/data/../etc/passwd").status_code == 500

    def test_every_route_asks_for_a_login(self):
        from airflow_provider_trackingmore.view import app

        (route,) = app.routes
        assert [dependency.call.__qualname__ for dependency in route.dependant.dependencies] == [
            "requires_access_view.<locals>.inner"
        ]
