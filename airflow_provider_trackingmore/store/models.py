"""Running the SQL models: in dependency order, in one transaction, then the checks."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_provider_trackingmore.exceptions import CheckFailedError, ConfigurationError
from airflow_provider_trackingmore.resources import sql_folder
from airflow_provider_trackingmore.store import changes
from airflow_provider_trackingmore.store.ddl import quoted
from airflow_provider_trackingmore.store.model_files import (
    CHECKS,
    Check,
    Model,
    name_of,
    read_checks,
    read_models,
    seed_files,
)
from airflow_provider_trackingmore.store.warehouse import PATIENCE, Warehouse, open_warehouse, transaction

if TYPE_CHECKING:
    import os

    import duckdb

log = logging.getLogger(__name__)

_PREFIXES = ("stg_", "int_", "fct_", "dim_", "mart_")


def run_models(
    warehouse: Warehouse,
    folder: str | os.PathLike[str] | None = None,
    *,
    rebuild: bool = False,
    patience: float = PATIENCE,
) -> dict[str, Any]:
    """Bring all models up to date and run the checks, in one transaction; return what was done.

    What is worked out tracking by tracking is worked out again for those only for which something changed,
    or that are still open; everything that adds up is built whole.

    :param warehouse: path of the DuckDB file, or what opens a connection to it.
    :param folder: another folder with ``models``, ``checks`` and ``seeds``; by default the package's.
    :param rebuild: work out every tracking again.
    :param patience: seconds to wait for another run that holds the warehouse.
    :return: ``models``, ``checks``, ``trackings`` worked out (None: all), and ``warnings``: rows found by
        checks marked ``warn``. The table ``checks`` holds the result of each.
    :raises CheckFailedError: if a check marked ``fail`` finds rows; the models are then as before.
    """
    root = Path(folder) if folder else sql_folder()
    models, checks = read_models(root), read_checks(root)
    with open_warehouse(warehouse, must_exist=True, patience=patience) as connection:
        found: dict[Check, int] = {}
        try:
            with transaction(connection):
                worked_out = _build(connection, root, models, rebuild)
                found.update(_run_checks(connection, checks))
                failures = {c.name: rows for c, rows in found.items() if rows and c.severity == "fail"}
                if failures:
                    raise CheckFailedError(failures)
                _keep_results(connection, found)
        except CheckFailedError:
            # The models are as before; what was found stands in the warehouse all the same.
            with transaction(connection):
                _keep_results(connection, found)
            raise
    warnings = {check.name: rows for check, rows in found.items() if rows}
    log.info(
        "built %d models%s; %d checks passed, %d warned",
        len(models),
        "" if worked_out is None else f", {worked_out:,} trackings worked out again",
        len(checks) - len(warnings),
        len(warnings),
    )
    return {"models": len(models), "checks": len(checks), "trackings": worked_out, "warnings": warnings}


def _build(
    connection: duckdb.DuckDBPyConnection, root: Path, models: list[Model], rebuild: bool
) -> int | None:
    """Build what the folder holds; return how many trackings were worked out, None for all."""
    fingerprints = changes.fingerprints(models, seed_files(root))
    kept = set() if rebuild else changes.reusable(connection, fingerprints)
    if kept:
        changes.remember_as_of(connection)
    _drop_models(connection, kept)
    for seed in seed_files(root):
        connection.execute(
            f'CREATE OR REPLACE TABLE "{name_of(seed)}" AS'  # noqa: S608
            " SELECT * FROM read_csv(?, header = true, hive_partitioning = false)",
            [escape(str(seed))],
        )
    worked_out = None
    for model in models:
        if model.name not in kept:
            connection.execute(f'CREATE {model.kind} "{model.name}" AS {model.sql}')
        else:
            worked_out = changes.refresh(connection, model)
        _describe(connection, model)
    changes.forget(connection)
    connection.execute("DELETE FROM meta.built")
    if models:
        connection.executemany(
            "INSERT INTO meta.built VALUES (?, ?)",
            [[model.name, fingerprints.get(model.name)] for model in models],
        )
    return worked_out


def _drop_models(connection: duckdb.DuckDBPyConnection, kept: set[str]) -> None:
    """Drop every relation that a run has built or that has a model's prefix, also if its file is gone."""
    built = {name for (name,) in connection.execute("SELECT name FROM meta.built").fetchall()}
    relations = connection.execute(
        "SELECT view_name, 'VIEW' FROM duckdb_views() WHERE schema_name = 'main' AND NOT internal"
        " AND database_name = current_database()"
        " UNION ALL SELECT table_name, 'TABLE' FROM duckdb_tables() WHERE schema_name = 'main'"
        " AND database_name = current_database()"
    ).fetchall()
    for name, kind in relations:
        if (name in built or name.startswith(_PREFIXES)) and name not in kept:
            connection.execute(f'DROP {kind} "{name}"')


def _describe(connection: duckdb.DuckDBPyConnection, model: Model) -> None:
    connection.execute(f"COMMENT ON {model.kind} \"{model.name}\" IS '{quoted(model.meaning)}'")
    present = {
        name
        for (name,) in connection.execute(
            "SELECT column_name FROM duckdb_columns() WHERE database_name = current_database()"
            " AND schema_name = 'main' AND table_name = ?",
            [model.name],
        ).fetchall()
    }
    for column, meaning in model.columns.items():
        if column not in present:
            raise ConfigurationError(f"the yml file describes {model.name}.{column}, which the model has not")
        connection.execute(f'COMMENT ON COLUMN "{model.name}"."{column}" IS \'{quoted(meaning)}\'')


def _run_checks(connection: duckdb.DuckDBPyConnection, checks: list[Check]) -> dict[Check, int]:
    """Return how many rows each check finds."""
    found: dict[Check, int] = {}
    for check in checks:
        ((rows,),) = connection.execute(f"SELECT count(*) FROM ({check.sql}\n)").fetchall()  # noqa: S608
        found[check] = rows
        if rows:
            log.warning("check %s (%s) found %d rows", check.name, check.severity, rows)
    return found


_CHECK_COLUMNS = {
    "check_name": "name of the check, and of its file in sql/checks",
    "severity": "fail: the models stay as they were; warn: they do not",
    "meaning": "what holds where no row is found",
    "n_rows": "rows that should not be",
    "is_passed": "none was found",
    "checked_at_utc": "when the models were run, UTC",
}


def _keep_results(connection: duckdb.DuckDBPyConnection, found: dict[Check, int]) -> None:
    connection.execute(
        f"CREATE OR REPLACE TABLE {CHECKS} (check_name VARCHAR, severity VARCHAR, meaning VARCHAR,"
        " n_rows BIGINT, is_passed BOOLEAN, checked_at_utc TIMESTAMP)"
    )
    now = datetime.now(UTC).replace(tzinfo=None)
    if found:
        connection.executemany(
            f"INSERT INTO {CHECKS} VALUES (?, ?, ?, ?, ?, ?)",  # noqa: S608
            [[c.name, c.severity, c.meaning, rows, not rows, now] for c, rows in found.items()],
        )
    comment = "One row per check of the last run of the models: how many rows it found that should not be"
    connection.execute(f"COMMENT ON TABLE {CHECKS} IS '{comment}'")
    for column, meaning in _CHECK_COLUMNS.items():
        connection.execute(f"COMMENT ON COLUMN {CHECKS}.{column} IS '{meaning}'")
