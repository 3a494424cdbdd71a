"""What a model or check says it depends on is what it reads, as a parser sees it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from airflow_provider_trackingmore.resources import sql_folder
from airflow_provider_trackingmore.store import ddl

FILES = sorted(path for folder in ("models", "checks") for path in (sql_folder() / folder).rglob("*.sql"))
KNOWN = {path.stem for path in (sql_folder() / "models").rglob("*.sql")} | {
    path.stem for path in (sql_folder() / "seeds").glob("*.csv")
}


def relations(path: Path) -> set[str]:
    """Return what a file reads from, its own common table expressions left out."""
    tree = sqlglot.parse_one(path.read_text(), read="duckdb")
    own = {cte.alias for cte in tree.find_all(exp.CTE)}
    return {table.name for table in tree.find_all(exp.Table)} - own


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_declared_dependencies_are_the_actual_ones(path):
    declared = re.findall(r"^-- depends_on: \{\{ ref\('(\w+)'\) \}\}$", path.read_text(), re.MULTILINE)
    assert len(declared) == len(set(declared))
    # The tables of the store are always there; models and seeds have to be made first.
    assert set(declared) == relations(path) - set(ddl.TABLES)
    assert set(declared) <= KNOWN


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_no_common_table_expression_hides_a_relation(path):
    tree = sqlglot.parse_one(path.read_text(), read="duckdb")
    assert not {cte.alias for cte in tree.find_all(exp.CTE)} & (KNOWN | set(ddl.TABLES))
