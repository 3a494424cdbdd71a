"""The second life of the SQL folder: dbt makes of it what the plain runner makes.

dbt stands in an environment of its own, which ``make dbt`` brings: it holds back libraries that Airflow
takes newer.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from worlds import Rows, difference, make_world

from airflow_provider_trackingmore.resources import sql_folder
from airflow_provider_trackingmore.store import run_models
from airflow_provider_trackingmore.store.models import read_models

sys.path.insert(0, str(Path(__file__).parents[1] / "store"))

ROOT = Path(__file__).parents[2]
DBT = ROOT / ".tools" / "dbt" / "bin" / "dbt"
MODELS = [model.name for model in read_models(sql_folder())]
SEEDS = sorted(path.stem for path in (sql_folder() / "seeds").glob("*.csv"))
CHECKS = {path.stem: path.read_text() for path in (sql_folder() / "checks").glob("*.sql")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two warehouses loaded alike, ``plain`` with the runner's models and ``dbt`` with dbt's."""
    if not DBT.exists() and not os.environ.get("CI"):
        pytest.skip("dbt is not there; `make dbt` brings it")
    folder = tmp_path_factory.mktemp("lives")
    make_world(str(folder / "plain.duckdb"), 300)
    shutil.copy(folder / "plain.duckdb", folder / "dbt.duckdb")
    run_models(str(folder / "plain.duckdb"))
    profile = re.search(
        r"^```yaml\n(.*?)^```", (ROOT / "docs" / "dbt.md").read_text(), re.MULTILINE | re.DOTALL
    )
    (folder / "profiles.yml").write_text(profile[1])
    done = subprocess.run(
        [str(DBT), "build", "--project-dir", str(sql_folder()), "--profiles-dir", str(folder)],
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "WAREHOUSE": str(folder / "dbt.duckdb"),
            "DBT_TARGET_PATH": str(folder / "target"),
            "DBT_LOG_PATH": str(folder / "logs"),
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return folder


@pytest.fixture(scope="module")
def both(folder):
    with duckdb.connect() as connection:
        for name in ("plain", "dbt"):
            connection.execute(f"ATTACH '{folder / name}.duckdb' AS {name} (READ_ONLY)")
        yield connection


def rows(connection, relation: str) -> Rows:
    result = connection.execute(f"FROM {relation}")
    return Rows([column[0] for column in result.description], result.fetchall())


@pytest.mark.parametrize("name", [*SEEDS, *MODELS])
def test_dbt_makes_the_same_rows_and_types_as_the_runner(both, name):
    types = "SELECT column_name, column_type FROM (DESCRIBE {}.{})"
    assert (
        both.execute(types.format("plain", name)).fetchall()
        == both.execute(types.format("dbt", name)).fetchall()
    )
    assert difference(rows(both, f"plain.{name}"), rows(both, f"dbt.{name}"), 1e-12) is None


def test_the_world_puts_rows_into_every_model(both):
    assert [name for name in MODELS if not both.execute(f"FROM plain.{name} LIMIT 1").fetchall()] == []


def test_dbt_and_the_runner_make_views_of_the_same_models(both):
    views = "SELECT view_name FROM duckdb_views() WHERE database_name = ? AND NOT internal ORDER BY 1"
    assert both.execute(views, ["dbt"]).fetchall() == both.execute(views, ["plain"]).fetchall()


def test_dbt_builds_all_there_is_and_runs_every_check(folder):
    results = json.loads((folder / "target" / "run_results.json").read_text())["results"]
    done = {one["unique_id"].split(".")[2] for one in results}
    assert {*MODELS, *SEEDS, *CHECKS} <= done
    assert {one["status"] for one in results} <= {"success", "pass", "warn"}


def test_dbt_takes_each_check_as_severely_as_the_file_says(folder):
    nodes = json.loads((folder / "target" / "manifest.json").read_text())["nodes"].values()
    by_dbt = {node["name"]: node["config"]["severity"].lower() for node in nodes if node["name"] in CHECKS}
    by_file = {
        name: re.search(r"^-- severity: (fail|warn)$", sql, re.MULTILINE)[1] for name, sql in CHECKS.items()
    }
    assert by_dbt == {name: {"fail": "error"}.get(severity, severity) for name, severity in by_file.items()}


def test_dbt_leaves_descriptions_in_the_warehouse_too(both):
    ((missing,),) = both.execute(
        "SELECT count(*) FROM duckdb_columns() WHERE database_name = 'dbt' AND comment IS NULL"
        " AND schema_name = 'main' AND regexp_matches(table_name, '^(stg|int|dim|fct|mart)_')"
    ).fetchall()
    assert missing == 0
