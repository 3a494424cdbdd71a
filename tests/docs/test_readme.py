"""The README, executed: its examples run, its tables and outputs are what the code says.

``python tests/docs/test_readme.py`` writes the generated parts anew.
"""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from airflow_provider_trackingmore import connection_form
from airflow_provider_trackingmore.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL)


def between(marker: str, text: str) -> tuple[int, int]:
    """Return where the generated part after ``<!-- marker -->`` stands, up to the next blank line."""
    start = text.index(f"<!-- {marker} -->\n") + len(f"<!-- {marker} -->\n")
    return start, text.index("\n\n", start) + 1


def options_table(form: connection_form.ConnectionForm) -> str:
    rows = ["| Field | Meaning |", "|---|---|"]
    rows += [
        f"| {field['label']} (`{name}`) | {field['description']} |" for name, field in form.extras.items()
    ]
    return "\n".join(rows) + "\n"


OPTIONS = {
    "options": options_table(connection_form.TRACKINGMORE),
    "aftership options": options_table(connection_form.AFTERSHIP),
}


def query_output(analytics: str) -> str:
    with duckdb.connect(analytics, read_only=True) as connection:
        result = connection.execute(blocks("sql")[0])
        names = [column[0] for column in result.description]
        rows = [["" if value is None else str(value) for value in row] for row in result.fetchall()]
    widths = [max(len(cell) for cell in column) for column in zip(names, *rows, strict=True)]

    def line(cells: list[str]) -> str:
        return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"

    ruler = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join(["```text", line(names), ruler, *map(line, rows), "```"]) + "\n"


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """Run the script of the README in a folder of its own, against the sandbox it names."""
    return run_script(tmp_path_factory.mktemp("readme"))


def run_script(folder: Path) -> str:
    (script,) = [block for block in blocks("python") if "TrackingMoreClient(" in block]
    now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    with Sandbox(trackings=5000, seed=7, now=now, frozen=True, rate_limit=False) as box:
        script = script.replace("http://127.0.0.1:8765", box.url)
        script = re.sub(r'"(\w+\.duckdb)"', lambda match: repr(str(folder / match[1])), script)
        exec(compile(script, "README.md", "exec"), {})
    return str(folder / "analytics.duckdb")


def test_the_script_runs_and_the_query_gives_the_printed_output(ran):
    text = README.read_text()
    start, end = between("output", text)
    assert text[start:end] == query_output(ran)


def test_the_error_of_the_readme_is_the_one_that_it_names(capsys):
    (script,) = [block for block in blocks("python") if "AfterShipClient(" in block]
    with Sandbox(trackings=3, frozen=True, rate_limit=False) as box:
        exec(compile(script.replace("http://127.0.0.1:8765", box.url), "README.md", "exec"), {})
    (said,) = re.findall(r"# (\w+ \d+ \d+)$", script, re.MULTILINE)
    assert capsys.readouterr().out.strip() == said


@pytest.mark.parametrize("marker", OPTIONS)
def test_the_options_are_those_of_the_connection_form(marker):
    text = README.read_text()
    start, end = between(marker, text)
    assert text[start:end] == OPTIONS[marker]


def test_the_dag_of_the_readme_parses_into_its_three_tasks():
    (source,) = [block for block in blocks("python") if "DAG(" in block]
    scope: dict = {}
    exec(compile(source, "README.md", "exec"), scope)
    assert scope["load"].downstream_task_ids == {"run_models"}
    assert scope["models"].downstream_task_ids == {"publish"}


def test_every_operator_is_in_the_table():
    from airflow_provider_trackingmore.operators import aftership, report, trackingmore, warehouse

    modules = (aftership, report, trackingmore, warehouse)
    names = {name for module in modules for name in vars(module) if name.endswith("Operator")}
    listed = set(re.findall(r"^\| `(\w+Operator)` \|", README.read_text(), re.MULTILINE))
    assert listed == {name for name in names if not name.startswith(("Base", "Resting", "Service"))}


def test_every_file_that_is_linked_exists():
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README.read_text())
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_make_target_that_is_named_exists():
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"\bmake (\w+)", README.read_text())) <= targets | {"and"}


def main() -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        output = query_output(run_script(Path(folder)))
    text = README.read_text()
    for marker, made in (("output", output), *OPTIONS.items()):
        start, end = between(marker, text)
        text = text[:start] + made + text[end:]
    README.write_text(text)


if __name__ == "__main__":
    sys.exit(main())
