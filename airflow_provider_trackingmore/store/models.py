"""Running the SQL models: in dependency order, in one transaction, then the checks."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from glob import escape
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_provider_trackingmore.exceptions import CheckFailedError, ConfigurationError
from airflow_provider_trackingmore.resources import sql_folder
from airflow_provider_trackingmore.store import ddl
from airflow_provider_trackingmore.store.warehouse import PATIENCE, Warehouse, open_warehouse, transaction

if TYPE_CHECKING:
    import os

    import duckdb

log = logging.getLogger(__name__)

_REF = re.compile(r"^--\s*depends_on:\s*\{\{\s*ref\('(\w+)'\)\s*\}\}\s*$", re.MULTILINE)
_SEVERITY = re.compile(r"^--\s*severity:\s*(fail|warn)\s*$", re.MULTILINE)
_PREFIXES = ("stg_", "int_", "fct_", "dim_", "mart_")


@dataclass(frozen=True)
class Model:
    """One ``select``; its file name is the relation's name."""

    name: str
    layer: str
    sql: str
    depends_on: tuple[str, ...]

    @property
    def kind(self) -> str:
        """Return ``VIEW`` for staging, which only renames, and ``TABLE`` for what takes work."""
        return "VIEW" if self.layer == "staging" or self.name in ("int_shipment_groups", "int_clocks") else "TABLE"

    @property
    def meaning(self) -> str:
        """Return what one row is: the file's first line."""
        return self.sql.splitlines()[0].removeprefix("--").strip()


def run_models(
    warehouse: Warehouse, folder: str | os.PathLike[str] | None = None, *, patience: float = PATIENCE
) -> dict[str, Any]:
    """Rebuild all models and run the checks, in one transaction; return what was done.

    :param warehouse: path of the DuckDB file, or what opens a connection to it.
    :param folder: another folder with ``models``, ``checks`` and ``seeds``; by default the package's.
    :param patience: seconds to wait for another run that holds the warehouse.
    :return: ``models``, ``checks``, and ``warnings``: rows found by checks marked ``warn``.
    :raises CheckFailedError: if a check marked ``fail`` finds rows; the models are then as before.
    """
    root = Path(folder) if folder else sql_folder()
    models, checks = read_models(root), sorted((root / "checks").glob("*.sql"))
    with open_warehouse(warehouse, must_exist=True, patience=patience) as connection, transaction(connection):
        _drop_models(connection)
        for seed in sorted((root / "seeds").glob("*.csv")):
            connection.execute(
                f'CREATE OR REPLACE TABLE "{_name(seed)}" AS'  # noqa: S608
                " SELECT * FROM read_csv(?, header = true, hive_partitioning = false)",
                [escape(str(seed))],
            )
        for model in models:
            connection.execute(f'CREATE {model.kind} "{model.name}" AS {model.sql}')
            comment = model.meaning.replace("'", "''")
            connection.execute(f"COMMENT ON {model.kind} \"{model.name}\" IS '{comment}'")
        warnings = _run_checks(connection, checks)
    log.info(
        "built %d models; %d checks passed, %d warned",
        len(models),
        len(checks) - len(warnings),
        len(warnings),
    )
    return {"models": len(models), "checks": len(checks), "warnings": warnings}


def read_models(root: Path) -> list[Model]:
    """Return the models in an order in which each stands after what it depends on.

    :raises ConfigurationError: if a model depends on one that does not exist, or on itself.
    """
    found: dict[str, Model] = {}
    for path in sorted((root / "models").glob("*/*.sql")):
        sql = path.read_text(encoding="utf-8")
        found[_name(path)] = Model(_name(path), path.parent.name, sql, tuple(_REF.findall(sql)))
    seeds = {_name(path) for path in (root / "seeds").glob("*.csv")}
    for model in found.values():
        missing = set(model.depends_on) - set(found) - seeds
        if missing:
            raise ConfigurationError(
                f"model {model.name} depends on {min(missing)}, which is no model or seed"
            )
    try:
        order = TopologicalSorter({m.name: set(m.depends_on) - seeds for m in found.values()}).static_order()
        return [found[name] for name in order]
    except CycleError as error:
        raise ConfigurationError(f"models depend on each other: {' -> '.join(error.args[1])}") from None


def _drop_models(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop every relation with a model's prefix, also those whose file is gone."""
    relations = connection.execute(
        "SELECT view_name, 'VIEW' FROM duckdb_views() WHERE schema_name = 'main' AND NOT internal"
        " AND database_name = current_database()"
        " UNION ALL SELECT table_name, 'TABLE' FROM duckdb_tables() WHERE schema_name = 'main'"
        " AND database_name = current_database()"
    ).fetchall()
    for name, kind in relations:
        if name.startswith(_PREFIXES):
            connection.execute(f'DROP {kind} "{name}"')


def _run_checks(connection: duckdb.DuckDBPyConnection, checks: list[Path]) -> dict[str, int]:
    failures: dict[str, int] = {}
    warnings: dict[str, int] = {}
    for path in checks:
        sql = path.read_text(encoding="utf-8")
        severity = _SEVERITY.search(sql)
        if severity is None:
            raise ConfigurationError(
                f"check {path.name} has no line '-- severity: fail' or '-- severity: warn'"
            )
        ((rows,),) = connection.execute(f"SELECT count(*) FROM ({sql}\n)").fetchall()  # noqa: S608
        if rows:
            (failures if severity[1] == "fail" else warnings)[_name(path)] = rows
            log.warning("check %s (%s) found %d rows", _name(path), severity[1], rows)
    if failures:
        raise CheckFailedError(failures)
    return warnings


def _name(path: Path) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", path.stem):
        raise ConfigurationError(f"{path.name}: use lower-case letters, digits and '_' in the name")
    if path.stem in ddl.TABLES:
        raise ConfigurationError(f"{path.name}: {path.stem} is a table of the store; give it another name")
    return path.stem
