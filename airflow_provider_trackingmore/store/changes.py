"""Which trackings must be worked out again since the models were last built, and doing only those.

A tracking's rows depend on its snapshot, on whether it is gone, and on how far its account is known. So
they change when it has another snapshot, when it went or came back, while it is open or about to be called
expired, and when the end of what is known passes one of its scans or its header. Nothing else changes them,
except another text of the models, for which the fingerprint stands.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

    from airflow_provider_trackingmore.store.model_files import Model

# The models with rows per tracking that cost most; what adds up over trackings is always built whole.
BY_TRACKING = (
    "int_left_out_checkpoints",
    "int_date_only_moments",
    "int_shipment_outcomes",
    "int_exception_episodes",
)

_AFFECTED = """
CREATE TEMP TABLE affected_trackings AS
WITH known AS (
    SELECT source, account, least(int_as_of.as_of_utc, as_of_before.as_of_utc) AS settled_until
    FROM int_as_of JOIN as_of_before USING (source, account)
),
shipments AS (
    SELECT t.tracking_key, t.observed_at_utc, t.gone_at_utc, known.settled_until,
           coalesce(t.updated_at_utc, t.created_at_utc) AS told_at_utc
    FROM stg_trackings t LEFT JOIN known ON known.source = t.source AND known.account = t.account
)
SELECT coalesce(s.tracking_key, o.tracking_key) AS tracking_key
FROM shipments s FULL JOIN int_shipment_outcomes o ON o.tracking_key = s.tracking_key
WHERE s.tracking_key IS NULL OR o.tracking_key IS NULL OR o.outcome IN ('open', 'expired')
   OR s.observed_at_utc IS DISTINCT FROM o.observed_at_utc OR s.gone_at_utc IS DISTINCT FROM o.gone_at_utc
   OR s.settled_until IS NULL OR s.told_at_utc > s.settled_until
UNION
SELECT s.tracking_key
FROM stg_checkpoints c JOIN shipments s ON s.tracking_key = c.tracking_key
WHERE c.event_at_utc > (SELECT min(settled_until) FROM known) AND c.event_at_utc > s.settled_until
"""


def fingerprints(models: list[Model], seeds: list[Path]) -> dict[str, str]:
    """Return, for each model by tracking, a mark of everything but data that its rows depend on."""
    texts = {model.name: model.sql.encode() for model in models}
    texts |= {seed.stem: seed.read_bytes() for seed in seeds}
    parents = {model.name: model.depends_on for model in models}
    marks = {}
    for name in BY_TRACKING:
        if name in texts:
            family, todo = set(), [name]
            while todo:
                one = todo.pop()
                if one not in family:
                    family.add(one)
                    todo += parents.get(one, ())
            whole = b"\0".join(one.encode() + b"\0" + texts[one] for one in sorted(family))
            marks[name] = hashlib.sha256(whole).hexdigest()
    return marks


def reusable(connection: duckdb.DuckDBPyConnection, marks: dict[str, str]) -> set[str]:
    """Return the models by tracking whose rows may stay: all of them, or none."""
    built = dict(connection.execute("SELECT name, fingerprint FROM meta.built").fetchall())
    wanted = {name: marks.get(name) for name in BY_TRACKING}
    return (
        set(BY_TRACKING) if all(mark and built.get(name) == mark for name, mark in wanted.items()) else set()
    )


def remember_as_of(connection: duckdb.DuckDBPyConnection) -> None:
    """Keep, while the models are built, how far each account was known before."""
    connection.execute("CREATE OR REPLACE TEMP TABLE as_of_before AS FROM int_as_of")


def refresh(connection: duckdb.DuckDBPyConnection, model: Model) -> int:
    """Work a model out again for the affected trackings; return how many there are.

    The model's own text is used: while it runs, temporary views of the same names show it only the
    affected trackings of what it depends on.
    """
    ((database, known),) = connection.execute(
        "SELECT current_database(), (SELECT count(*) FROM duckdb_tables() WHERE temporary"
        " AND table_name = 'affected_trackings')"
    ).fetchall()
    if not known:
        connection.execute(_AFFECTED)
    main = f'"{database.replace(chr(34), chr(34) * 2)}".main'
    shown = [name for name in model.depends_on if _has_tracking_key(connection, name)]
    for name in shown:
        affected = f'{main}."{name}" SEMI JOIN affected_trackings USING (tracking_key)'
        connection.execute(f'CREATE TEMP VIEW "{name}" AS FROM {affected}')
    target = f'{main}."{model.name}"'
    connection.execute(
        f"DELETE FROM {target} WHERE tracking_key IN (SELECT tracking_key FROM affected_trackings)"  # noqa: S608
    )
    connection.execute(f"INSERT INTO {target} BY NAME SELECT * FROM ({model.sql}\n)")  # noqa: S608
    for name in shown:
        connection.execute(f'DROP VIEW temp."{name}"')
    ((count,),) = connection.execute("SELECT count(*) FROM affected_trackings").fetchall()
    return int(count)


def forget(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop what was kept while the models were built."""
    for name in ("affected_trackings", "as_of_before"):
        connection.execute(f"DROP TABLE IF EXISTS temp.{name}")


def _has_tracking_key(connection: duckdb.DuckDBPyConnection, relation: str) -> bool:
    ((found,),) = connection.execute(
        "SELECT count(*) FROM duckdb_columns() WHERE database_name = current_database()"
        " AND schema_name = 'main' AND table_name = ? AND column_name = 'tracking_key'",
        [relation],
    ).fetchall()
    return bool(found)
