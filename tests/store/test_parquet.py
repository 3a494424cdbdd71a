"""The Parquet copy: whole partitions by source and creation month, rewritten only where needed."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from factories import key, record, scan
from loading import load

from airflow_provider_trackingmore.store import write_parquet

OCTOBER = {"created_at": "2026-10-20T00:00:00+00:00"}


def files(root: Path) -> dict[str, int]:
    return {str(path.relative_to(root)): path.stat().st_mtime_ns for path in root.rglob("*.parquet")}


def test_both_tables_are_partitioned_by_source_and_creation_month(warehouse, tmp_path):
    root = tmp_path / "parquet"
    load(
        warehouse,
        [record("a", scan("2026-11-01T10:00:00")), record("b", scan("2031-01-01T00:00:00"), **OCTOBER)],
    )
    result = write_parquet(warehouse, root)
    assert result == {"path": str(root), "partitions": 2, "written": 2, "trackings": 2}
    assert sorted(files(root)) == [
        f"{table}/source=trackingmore/created_month={month}/data.parquet"
        for table in ("checkpoints", "trackings")
        for month in ("2026-10", "2026-11")
    ]


def test_any_engine_reads_it_with_the_partition_columns(warehouse, tmp_path):
    load(warehouse, [record("a", scan("2026-11-01T10:00:00"))])
    write_parquet(warehouse, tmp_path / "parquet")
    table = ds.dataset(tmp_path / "parquet" / "checkpoints", partitioning="hive").to_table().to_pylist()
    assert [(row["tracking_key"], row["source"], row["created_month"]) for row in table] == [
        (key("a"), "trackingmore", "2026-11")
    ]
    pattern = str(tmp_path / "parquet" / "trackings" / "**" / "*.parquet")
    with duckdb.connect() as connection:
        found = connection.execute("SELECT source FROM read_parquet(?, hive_partitioning = true)", [pattern])
        assert found.fetchall() == [("trackingmore",)]


def test_moments_have_microseconds_and_no_zone(warehouse, tmp_path):
    load(warehouse, [record("a", scan("2026-11-01T10:00:00"))])
    write_parquet(warehouse, tmp_path / "parquet")
    for path in (tmp_path / "parquet").rglob("*.parquet"):
        kinds = {field.type for field in pq.read_schema(path) if pa.types.is_timestamp(field.type)}
        assert kinds == {pa.timestamp("us")}


def test_only_months_with_changes_are_written_again(warehouse, tmp_path):
    root = tmp_path / "parquet"
    load(warehouse, [record("a"), record("b", **OCTOBER)])
    write_parquet(warehouse, root)
    before = files(root)
    assert write_parquet(warehouse, root)["written"] == 0
    load(warehouse, [record("a", update_at="2026-11-05T00:00:00+00:00", title="new")])
    assert write_parquet(warehouse, root)["written"] == 1
    changed = {name for name, moment in files(root).items() if before.get(name) != moment}
    assert changed == {
        f"{table}/source=trackingmore/created_month=2026-11/data.parquet"
        for table in ("trackings", "checkpoints")
    }


def test_a_month_that_became_empty_is_removed(warehouse, tmp_path):
    root = tmp_path / "parquet"
    load(warehouse, [record("a", scan("2026-11-01T10:00:00"), created_at=None)])
    write_parquet(warehouse, root)
    assert {Path(name).parent.name for name in files(root)} == {"created_month=unknown"}
    load(warehouse, [record("a", scan("2026-11-01T10:00:00"), update_at="2026-11-05T00:00:00+00:00")])
    write_parquet(warehouse, root)
    assert {Path(name).parent.name for name in files(root)} == {"created_month=2026-11"}
    assert write_parquet(warehouse, root)["written"] == 0


def test_nothing_but_whole_files_and_the_state_is_left(warehouse, tmp_path):
    load(warehouse, [record("a")])
    write_parquet(warehouse, tmp_path / "parquet")
    names = {path.name for path in (tmp_path / "parquet").rglob("*") if path.is_file()}
    assert names == {"data.parquet", "_state.json"}


def test_the_root_may_be_a_url(warehouse, tmp_path):
    load(warehouse, [record("a")])
    write_parquet(warehouse, (tmp_path / "parquet").as_uri())
    assert len(files(tmp_path / "parquet")) == 2
