"""The warehouse's tables, made from the Arrow schemas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from airflow_provider_trackingmore.tables.schema import CHECKPOINTS, REJECTED, TRACKINGS

if TYPE_CHECKING:
    from collections.abc import Iterator

_TYPES = {
    pa.string(): "VARCHAR",
    pa.int64(): "BIGINT",
    pa.int32(): "INTEGER",
    pa.int16(): "SMALLINT",
    pa.float64(): "DOUBLE",
    pa.bool_(): "BOOLEAN",
    pa.timestamp("us"): "TIMESTAMP",
    pa.date32(): "DATE",
}


def _without(schema: pa.Schema, *names: str) -> pa.Schema:
    return pa.schema([column for column in schema if column.name not in names])


def _documented(*columns: tuple[str, pa.DataType, str]) -> list[pa.Field]:
    return [pa.field(name, kind, metadata={"doc": doc}) for name, kind, doc in columns]


_MOMENT, _COUNT = pa.timestamp("us"), pa.int64()

LOADS = pa.schema(
    _documented(
        ("run_id", pa.string(), "the run"),
        ("source", pa.string(), "service that was read"),
        ("account", pa.string(), "label of the account"),
        ("api_version", pa.string(), "version of the service's API"),
        ("window_from_utc", _MOMENT, "start of the window; null means everything the service keeps"),
        ("window_to_utc", _MOMENT, "end of the window, on the service's clock"),
        ("is_complete", pa.bool_(), "every record of the window is in the warehouse"),
        ("n_requests", _COUNT, "requests sent"),
        ("n_windows", _COUNT, "windows read by one request each"),
        ("n_received", _COUNT, "records received, repeats included"),
        ("n_distinct", _COUNT, "trackings among them"),
        ("n_new", _COUNT, "trackings not in the warehouse before"),
        ("n_changed", _COUNT, "trackings replaced by a newer snapshot"),
        ("n_unchanged", _COUNT, "trackings that were the same or older"),
        ("n_checkpoints", _COUNT, "checkpoints of the new and changed trackings"),
        (
            "n_rejected",
            _COUNT,
            "records that could not be decoded, those set aside in rejected_records before among them",
        ),
        ("n_irregular_pages", _COUNT, "pages that needed the tolerant reader"),
        ("waited_seconds", pa.float64(), "time spent pacing and resting, summed over the requests in flight"),
        ("started_at_utc", _MOMENT, "this machine's clock"),
        ("finished_at_utc", _MOMENT, "this machine's clock"),
        ("n_gone", _COUNT, "trackings marked as gone; only runs over everything find them"),
        ("missing", pa.string(), "what is missing from a window that is not complete"),
    )
)

TABLES: dict[str, tuple[str, pa.Schema]] = {
    "trackings": (
        "One row per tracking of the service: its latest snapshot",
        pa.schema(
            [
                *_without(TRACKINGS, "record_no"),
                *_documented(
                    ("first_observed_at_utc", _MOMENT, "when the tracking was first received"),
                    (
                        "status_changed_at_utc",
                        _MOMENT,
                        "update time of the first snapshot with the present status; null if never another",
                    ),
                    (
                        "gone_at_utc",
                        _MOMENT,
                        "start of the run over everything that did not find it any more; null: still there",
                    ),
                    (
                        "first_promised_date",
                        pa.date32(),
                        "the first promise received; a service may move the one it tells",
                    ),
                ),
            ]
        ),
    ),
    "checkpoints": (
        "One row per scan of one leg, of the latest snapshot of its tracking",
        pa.schema(
            [
                *_without(CHECKPOINTS, "record_no", "observed_at_utc"),
                *_documented(("first_observed_at_utc", _MOMENT, "when the scan was first received")),
            ]
        ),
    ),
    "rejected_records": ("One row per record that could not be decoded", REJECTED),
    "loads": ("One row per run: what was read and whether it is complete", LOADS),
}


# The models of the last run; a mark of the text for those whose rows may stay.
BUILT = "CREATE TABLE meta.built (name VARCHAR, fingerprint VARCHAR)"


def sql_type(kind: pa.DataType) -> str:
    """Return the DuckDB type of an Arrow type."""
    if pa.types.is_dictionary(kind):
        return sql_type(kind.value_type)
    if pa.types.is_struct(kind):
        return f"STRUCT({', '.join(f'{child.name} {sql_type(child.type)}' for child in kind)})"
    return _TYPES[kind]


def statements() -> Iterator[str]:
    """Yield what creates the tables, with a comment on each table and column.

    What only the loader needs stands in the schema ``meta`` and is not published.
    """
    yield "CREATE SCHEMA meta"
    yield "CREATE TABLE meta.schema_version (version INTEGER, migrated_at_utc TIMESTAMP)"
    yield (
        "CREATE TABLE meta.accounts (source VARCHAR, account VARCHAR, api_version VARCHAR,"
        " key_fingerprint VARCHAR, largest_page BIGINT)"
    )
    yield BUILT
    for name, (meaning, schema) in TABLES.items():
        columns = ", ".join(f"{column.name} {sql_type(column.type)}" for column in schema)
        yield f"CREATE TABLE {name} ({columns})"
        yield f"COMMENT ON TABLE {name} IS '{quoted(meaning)}'"
        for column in schema:
            doc = column.metadata[b"doc"].decode()
            yield f"COMMENT ON COLUMN {name}.{column.name} IS '{quoted(doc)}'"


def added_column(table: str, name: str) -> tuple[str, str]:
    """Return what adds a column to a table of an older warehouse, with its comment."""
    column = TABLES[table][1].field(name)
    doc = quoted(column.metadata[b"doc"].decode())
    return (
        f"ALTER TABLE {table} ADD COLUMN {name} {sql_type(column.type)}",
        f"COMMENT ON COLUMN {table}.{name} IS '{doc}'",
    )


def quoted(text: str) -> str:
    """Return a text as it stands between single quotes."""
    return text.replace("'", "''")
