"""The SQL folder read: models with what they depend on and what their columns mean, checks, seeds.

The folder is a dbt project as well: descriptions, and what is a view, stand in dbt's ``_models.yml``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any

import yaml

try:  # where PyYAML was built with it: ten times as fast
    from yaml import CSafeLoader as _YamlLoader
except ImportError:
    from yaml import SafeLoader as _YamlLoader  # type: ignore[assignment]

from airflow_provider_trackingmore.exceptions import ConfigurationError
from airflow_provider_trackingmore.store import ddl

if TYPE_CHECKING:
    from pathlib import Path

_REF = re.compile(r"^--\s*depends_on:\s*\{\{\s*ref\('(\w+)'\)\s*\}\}\s*$", re.MULTILINE)
_SEVERITY = re.compile(r"^--\s*severity:\s*(fail|warn)\s*$", re.MULTILINE)

# The runner's own table beside the models.
CHECKS = "checks"


@dataclass(frozen=True)
class Model:
    """One ``select``; its file name is the relation's name, ``meaning`` what one row of it is."""

    name: str
    layer: str
    sql: str
    depends_on: tuple[str, ...]
    is_view: bool
    meaning: str
    columns: dict[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """Return what the relation is: ``VIEW`` or ``TABLE``."""
        return "VIEW" if self.is_view else "TABLE"


@dataclass(frozen=True)
class Check:
    """One ``select`` of the rows that should not be."""

    name: str
    severity: str
    sql: str

    @property
    def meaning(self) -> str:
        """Return what holds where no row is found: the line after the severity."""
        return _first_words(_SEVERITY.sub("", self.sql).lstrip())


def read_models(root: Path) -> list[Model]:
    """Return the models in an order in which each stands after what it depends on.

    :raises ConfigurationError: if a model depends on one that does not exist, or on itself.
    """
    told = _told(root)
    found: dict[str, Model] = {}
    for path in sorted((root / "models").glob("*/*.sql")):
        name, sql, about = name_of(path), path.read_text(encoding="utf-8"), told.get(path.stem, {})
        # Staging only renames; what takes work is kept.
        stored = "view" if path.parent.name == "staging" else "table"
        found[name] = Model(
            name,
            path.parent.name,
            sql,
            tuple(_REF.findall(sql)),
            about.get("config", {}).get("materialized", stored) == "view",
            about.get("description") or _first_words(sql),
            {column["name"]: column.get("description", "") for column in about.get("columns", [])},
        )
    seeds = {name_of(path) for path in seed_files(root)}
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


def read_checks(root: Path) -> list[Check]:
    """Return the checks by name.

    :raises ConfigurationError: if one does not say how severe it is.
    """
    checks = []
    for path in sorted((root / "checks").glob("*.sql")):
        sql = path.read_text(encoding="utf-8")
        severity = _SEVERITY.search(sql)
        if severity is None:
            raise ConfigurationError(
                f"check {path.name} has no line '-- severity: fail' or '-- severity: warn'"
            )
        checks.append(Check(name_of(path), severity[1], sql))
    return checks


def seed_files(root: Path) -> list[Path]:
    """Return the files whose rows become tables by their names."""
    return sorted((root / "seeds").glob("*.csv"))


def name_of(path: Path) -> str:
    """Return the relation's name.

    :raises ConfigurationError: if it would need quotes, or is taken.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]*", path.stem):
        raise ConfigurationError(f"{path.name}: use lower-case letters, digits and '_' in the name")
    if path.stem in (*ddl.TABLES, CHECKS):
        raise ConfigurationError(f"{path.name}: {path.stem} is a table of the store; give it another name")
    return path.stem


def _told(root: Path) -> dict[str, dict[str, Any]]:
    """Return what the yml files say of each model."""
    files = sorted((root / "models").glob("*/*.yml"))
    told = [yaml.load(path.read_bytes(), _YamlLoader) for path in files]
    return {model["name"]: model for one in told for model in one.get("models", [])}


def _first_words(sql: str) -> str:
    return sql.splitlines()[0].removeprefix("--").strip()
