"""The models, written for DuckDB and translated by sqlglot, say the same on Spark and on PostgreSQL.

``make test-engines`` brings both engines into an environment of their own; elsewhere these tests are not
collected.
"""

from __future__ import annotations

import duckdb
import pytest
import sqlglot
from engines import Postgres, Spark
from worlds import Rows, difference, make_world

from airflow_provider_trackingmore.resources import sql_folder
from airflow_provider_trackingmore.store import ddl, run_models
from airflow_provider_trackingmore.store.model_files import read_models, seed_files

MODELS = read_models(sql_folder())
GIVEN = [*ddl.TABLES, *(path.stem for path in seed_files(sql_folder()))]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A few hundred trackings and what DuckDB makes of them."""
    warehouse = str(tmp_path_factory.mktemp("world") / "warehouse.duckdb")
    make_world(warehouse, 300)
    run_models(warehouse)
    with duckdb.connect(warehouse, read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module", params=[Spark, Postgres], ids=["spark", "postgres"])
def engine(request, world, tmp_path_factory):
    engine = request.param(tmp_path_factory.mktemp(request.param.dialect))
    try:
        engine.take(world, GIVEN)
        yield engine
    finally:
        engine.close()


@pytest.mark.parametrize("model", MODELS, ids=[model.name for model in MODELS])
def test_a_model_has_the_same_rows_as_in_duckdb(world, engine, model):
    (sql,) = sqlglot.transpile(
        model.sql,
        read="duckdb",
        write=engine.dialect,
        unsupported_level=sqlglot.ErrorLevel.RAISE,
        comments=False,
    )
    engine.build(model.name, sql)
    result = world.execute(f"FROM {model.name}")
    ours = Rows([column[0] for column in result.description], result.fetchall())
    assert ours.rows, "the world tells nothing about this model"
    found = difference(ours, engine.rows(model.name), 1e-9)
    assert found is None
