"""The queries of ``docs/queries.md``, executed: each gives the output printed below it.

``python tests/docs/test_queries.py`` writes the outputs anew.
"""

from __future__ import annotations

import re
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from airflow_provider_trackingmore.api import TrackingMoreClient
from airflow_provider_trackingmore.sandbox import Sandbox
from airflow_provider_trackingmore.store import publish, run_models
from airflow_provider_trackingmore.sync import sync

PAGE = Path(__file__).parents[2] / "docs" / "queries.md"
QUERY = re.compile(
    r"^## (?P<title>.*?)$.*?^```sql\n(?P<sql>.*?)^```\n(\n```text\n(?P<output>.*?)^```\n)?", re.M | re.S
)


def published(folder: Path) -> str:
    """Return the file that the world of the page gives."""
    now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    warehouse, analytics = str(folder / "warehouse.duckdb"), str(folder / "analytics.duckdb")
    with (
        Sandbox(trackings=5000, seed=7, now=now, frozen=True, rate_limit=False) as box,
        TrackingMoreClient("sandbox-key", "v4", box.url, requests_per_second=1000) as client,
    ):
        sync(client, warehouse)
    run_models(warehouse)
    publish(warehouse, analytics)
    return analytics


def output(connection: duckdb.DuckDBPyConnection, sql: str) -> str:
    result = connection.execute(sql)
    names = [column[0] for column in result.description]
    rows = [["" if value is None else str(value) for value in row] for row in result.fetchall()]
    widths = [max(len(cell) for cell in column) for column in zip(names, *rows, strict=True)]
    lines = [
        " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
        for cells in (names, ["-" * width for width in widths], *rows)
    ]
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def analytics(tmp_path_factory):
    with duckdb.connect(published(tmp_path_factory.mktemp("queries")), read_only=True) as connection:
        yield connection


@pytest.mark.parametrize("match", [pytest.param(m, id=m["title"]) for m in QUERY.finditer(PAGE.read_text())])
def test_a_query_gives_the_printed_output(analytics, match):
    assert match["output"] == output(analytics, match["sql"])
    assert match["output"].count("\n") > 2, "a query without rows shows nothing"


def test_there_are_twenty():
    assert len(QUERY.findall(PAGE.read_text())) == 20


def write() -> None:
    with tempfile.TemporaryDirectory() as folder, duckdb.connect(published(Path(folder))) as connection:

        def anew(match: re.Match[str]) -> str:
            head = match[0].split("\n```text\n")[0].rstrip("\n")
            return f"{head}\n\n```text\n{output(connection, match['sql'])}```\n"

        PAGE.write_text(QUERY.sub(anew, PAGE.read_text()))


if __name__ == "__main__":
    sys.exit(write())
