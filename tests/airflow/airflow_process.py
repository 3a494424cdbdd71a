"""An Airflow in a process of its own, so that all it prints can be kept; run as a script it is that process.

Each line of its input is a task: ``{"env": {...}, "console": path}`` and either ``"dag": true`` for the daily
Dag or ``"command": [...]`` for what is typed after ``airflow``. Each gets one line of output: how it ended.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]


class AirflowProcess:
    """A running Airflow with the home ``home``; close it after use."""

    def __init__(self, home: Path, **settings: str) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
        own = {
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "PYTHONPATH": str(ROOT),
        }
        self._home = home
        self._stray = (home / "stray.txt").open("w")
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            env=kept | own | settings,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stray,
            text=True,
            cwd=home,
        )

    def run_dag(self, name: str, env: dict[str, str], **task: Any) -> str:
        """Run the daily Dag once and return its state; ``name`` names the file of all it prints."""
        return self._do(name, {"env": env, "dag": True} | task)

    def command(self, name: str, *words: str, env: dict[str, str] | None = None) -> str:
        """Return ``done``, or how an ``airflow`` command failed."""
        return self._do(name, {"env": env or {}, "command": words})

    def console(self, name: str) -> Path:
        """Return the file with all that a task has printed."""
        return self._home / f"console-{name}.txt"

    def _do(self, name: str, task: dict[str, Any]) -> str:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(task | {"console": str(self.console(name))}) + "\n")
        self._process.stdin.flush()
        ended = self._process.stdout.readline().strip()
        assert ended, (self._home / "stray.txt").read_text()[-4000:]
        return ended

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._stray, self._process as process:
            assert process.stdin
            process.stdin.close()
            # Airflow lets nothing go at its end, and takes seconds for that.
            process.kill()


def main() -> None:
    """Do what the lines of standard input say."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    sys.path.insert(0, str(ROOT / "dags"))
    for line in sys.stdin:
        task = json.loads(line)
        with _environment(task["env"]), _printing_to(task["console"]):
            ended = _command(task["command"]) if "command" in task else _dag(task)
        print(ended, file=answers)


def _dag(task: dict[str, Any]) -> str:
    import importlib

    from airflow_provider_trackingmore.operators import support

    # One short rest in the triggerer, where there would be many long ones. Counted here, because dag.test()
    # does not hand on what a task was deferred with.
    rests = [0.1]
    support.SHORT_WAIT = 0.5
    support.rest_before_next = lambda error, *_: rests.pop() if error.wait_seconds and rests else None

    module = importlib.reload(importlib.import_module("trackingmore_daily"))
    for operator in module.dag.tasks:
        operator.retries = 0  # the pauses between tries are no part of this
    if "personal" in task:
        module.load.include_personal_data = task["personal"]
    if "says" in task:
        _make_the_hook_say(task["says"])
    run = module.dag.test()
    return str(getattr(run.state, "value", run.state))


def _make_the_hook_say(text: str) -> None:
    """Let the hook log a text, as somebody might add by mistake."""
    from airflow_provider_trackingmore.hooks.trackingmore import TrackingMoreHook

    original = TrackingMoreHook.client

    def client(self: Any, **overrides: Any) -> Any:
        self.log.info("asking with %s", text)
        TrackingMoreHook.client = original  # type: ignore[method-assign]
        return original(self, **overrides)

    TrackingMoreHook.client = client  # type: ignore[method-assign]


def _command(words: list[str]) -> str:
    from airflow.cli import cli_parser

    try:
        arguments = cli_parser.get_parser().parse_args(words)
        arguments.func(arguments)
    except SystemExit as end:
        return f"exit {end.code}" if end.code else "done"
    except Exception:
        import traceback

        traceback.print_exc()
        return "failed"
    return "done"


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def _printing_to(path: str) -> Iterator[None]:
    """Send everything printed, by libraries below Python too, to a file."""
    kept = os.dup(1), os.dup(2)
    with open(path, "ab", buffering=0) as file:
        for number in (1, 2):
            os.dup2(file.fileno(), number)
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for number, descriptor in zip((1, 2), kept, strict=True):
            os.dup2(descriptor, number)
            os.close(descriptor)


if __name__ == "__main__":
    main()
