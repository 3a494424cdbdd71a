"""What a day leaves behind, in a form that can be compared: tables row by row, and the names of files."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.dataset as ds

from airflow_provider_trackingmore.store.state import Account, read_state

# This machine's clock, and what a run is called: no two runs agree on them.
_OF_THE_RUN = {
    "observed_at_utc",
    "first_observed_at_utc",
    "migrated_at_utc",
    "checked_at_utc",
    "started_at_utc",
    "finished_at_utc",
    "run_id",
    # Where in its page a record stood that was rejected: the pages differ with the windows.
    "path",
    # What was learnt from the pages that a run happened to see.
    "largest_page",
}

_LANDING = "warehouse.duckdb.landing"
_RUN = re.compile(
    r"warehouse\.duckdb\.landing/trackingmore/default/v\d/(?P<run>\d{8}T\d{6}Z-\w{8})"
    r"/(?P<name>(run|merged|(created|updated)-\d+-\d+)\.json"
    r"|(created|updated)-\d+-\d+\.[0-9a-f]{12}\.(trackings|checkpoints|rejected)\.parquet)"
)

_SNAPSHOT = re.compile(r"snapshots/\d{8}T\d{6}Z-[0-9a-f]{8}/")

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class State:
    """All that a folder holds.

    ``loads`` are compared by what they add up to: a run that was killed after it was merged is followed by
    one that finds nothing new, so there may be a row more, and requests are counted twice.
    """

    tables: dict[str, Rows]
    loads: dict[str, Any]
    files: frozenset[str]
    strays: frozenset[str]

    def differences(self, found: State) -> list[str]:
        """Say in what ``found`` differs from this."""
        said = [_table_differs(name, rows, found.tables.get(name)) for name, rows in self.tables.items()]
        said += [f"{name} is there" for name in found.tables.keys() - self.tables.keys()]
        said += [f"{name} is missing" for name in self.files - found.files]
        said += [f"{name} was left" for name in found.files - self.files]
        said += [f"{name} was left" for name in found.strays]
        for name, value in self.loads.items():
            other = found.loads.get(name)
            if isinstance(value, frozenset):
                said += [f"no load of {name} says {window}" for window in value - (other or frozenset())]
            elif other != value:
                said.append(f"loads: {name} is {other}, not {value}")
        return sorted(filter(None, said))


def _table_differs(name: str, expected: Rows, found: Rows | None) -> str:
    if found is None:
        return f"{name} is missing"
    if expected == found:
        return ""
    missing = [row for row in expected if row not in found]
    extra = [row for row in found if row not in expected]
    return f"{name} has {len(found)} rows, not {len(expected)}; missing {missing[:2]}, extra {extra[:2]}"


def state_of(folder: Path) -> State:
    """Return what a folder holds."""
    tables: dict[str, Rows] = {}
    loads: dict[str, Any] = {}
    for path in filter(Path.exists, (folder / "warehouse.duckdb", folder / "published" / "analytics.duckdb")):
        with duckdb.connect(path, read_only=True) as connection:
            tables |= {f"{path.stem}.{name}": rows for name, rows in _tables(connection).items()}
            loads |= {f"{path.stem} {name}": value for name, value in _loads(connection).items()}
            if path.stem == "warehouse":
                loads["watermark"] = _watermark(connection)
    for root in filter(Path.exists, (folder / "parquet" / table for table in ("trackings", "checkpoints"))):
        tables[f"parquet.{root.name}"] = _parquet(root)
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    # Snapshots stay for a while, so there may be more of them, but each is whole.
    files = {_SNAPSHOT.sub("snapshots/one/", name) for name in files}
    landed = {name for name in files if name.startswith(f"{_LANDING}/")}
    return State(tables, loads, frozenset(files - landed), _strays(folder, landed))


def _tables(connection: duckdb.DuckDBPyConnection) -> dict[str, Rows]:
    """Return every table and view but ``loads``, its rows in order, and what is said of the columns."""
    columns = connection.execute(
        "SELECT schema_name, table_name, column_name, data_type, comment FROM duckdb_columns()"
        " WHERE NOT internal AND database_name = current_database() ORDER BY ALL"
    ).fetchall()
    found: dict[str, Rows] = {"columns": columns}
    for schema, table in sorted({(schema, table) for schema, table, *_ in columns}):
        names = [column for *place, column, _, _ in columns if place == [schema, table]]
        kept = ", ".join(f'"{name}"' for name in names if name not in _OF_THE_RUN)
        if table != "loads":
            rows = connection.execute(f'SELECT {kept} FROM "{schema}"."{table}" ORDER BY ALL').fetchall()
            found[f"{schema}.{table}"] = rows
    return found


def _loads(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Return what the loads add up to, and what must hold of each row."""
    ((new, changed, checkpoints, rejected, distinct, complete),) = connection.execute(
        "SELECT sum(n_new), sum(n_changed), sum(n_checkpoints), sum(n_rejected),"
        " count(DISTINCT run_id) = count(*), bool_and(is_complete) FROM loads"
    ).fetchall()
    windows = connection.execute("SELECT window_from_utc, window_to_utc FROM loads").fetchall()
    ((unwitnessed,),) = connection.execute(
        "SELECT count(*) FROM trackings WHERE observed_at_utc IS NULL"
        " OR NOT coalesce(first_observed_at_utc <= observed_at_utc, false)"
    ).fetchall()
    return {
        "n_new": new,
        "n_changed": changed,
        "n_checkpoints": checkpoints,
        "n_rejected": rejected,
        "runs are distinct": distinct,
        "all are complete": complete,
        "windows": frozenset(windows),
        "trackings first seen after they were last seen": unwitnessed,
    }


def _watermark(connection: duckdb.DuckDBPyConnection) -> Any:
    ((source, account, version, key),) = connection.execute(
        "SELECT source, account, api_version, key_fingerprint FROM meta.accounts"
    ).fetchall()
    return read_state(connection, Account(source, account, version, key)).watermark


def _parquet(root: Path) -> Rows:
    """Return the rows that an engine finds which knows nothing of us."""
    table = ds.dataset(root, partitioning="hive", format="parquet").to_table()
    kept = table.select([name for name in table.column_names if name not in _OF_THE_RUN])
    return sorted(tuple(map(str, row.values())) for row in kept.to_pylist())


def _strays(folder: Path, landed: set[str]) -> frozenset[str]:
    """Return what has no place in the landing folder.

    Which windows a run reads depends on where the run before it was killed; what kinds of files it leaves
    does not. Runs are kept for a week, so the folder of a killed one stays.
    """
    found = {name: _RUN.fullmatch(name) for name in landed}
    strays = {name for name, match in found.items() if not match}
    runs = {match["run"] for match in found.values() if match}
    folders = {path.name for path in folder.glob(f"{_LANDING}/*/*/*/*")}
    strays |= {
        f"the empty folder {name}" for name in folders - runs - {Path(name).parent.name for name in strays}
    }
    for run in runs:
        marks = {match["name"] for match in found.values() if match and match["run"] == run}
        strays |= {f"{run} without {name}" for name in {"run.json", "merged.json"} - marks}
    for path in (folder / name for name in landed if name.endswith(".json")):
        json.loads(path.read_text())
    return frozenset(strays)
