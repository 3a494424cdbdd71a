"""The Parquet copy: whole partitions by source and creation month, rewritten only where needed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from factories import key, record, scan
from loading import ACCOUNT, READING, land, load
from watching import watching

from airflow_provider_trackingmore.exceptions import ConfigurationError, WarehouseBusyError, WarehouseError
from airflow_provider_trackingmore.store import restore, write_parquet
from airflow_provider_trackingmore.store.load import load_run

OCTOBER = {"created_at": "2026-10-20T00:00:00+00:00"}


# Two months, so that there are several files of each table to mix.
MOVING = [
    record(f"{month}{number}", scan("2026-11-01T10:00:00"), created_at=f"2026-{month}-20T00:00:00+00:00")
    for month in ("09", "10")
    for number in range(4)
]

LOOKS = {
    "duckdb": """
def look(root):
    root = os.path.realpath(root)
    found = [
        duckdb.execute(f"SELECT string_agg(DISTINCT {column}, ','), count(*) FROM read_parquet("
                       f"'{root}/{table}/*/*/*.parquet', hive_partitioning = true)").fetchone()
        for table, column in (("trackings", "title"), ("checkpoints", "description"))
    ]
    return ",".join({runs for runs, _ in found}), found[0][1], found[1][1]
""",
    "pyarrow": """
import pyarrow.dataset as ds

def look(root):
    root = os.path.realpath(root)
    found = [
        ds.dataset(f"{root}/{table}", partitioning="hive").to_table(columns=[column])[column].to_pylist()
        for table, column in (("trackings", "title"), ("checkpoints", "description"))
    ]
    return ",".join(sorted({run for runs in found for run in runs})), len(found[0]), len(found[1])
""",
}

THROUGH_THE_LINK = """
def look(root):
    pattern = f"'{root}/trackings/*/*/*.parquet', hive_partitioning = true"
    return duckdb.execute(f"SELECT count(*), min(title) FROM read_parquet({pattern})").fetchone()
"""


def write_run(warehouse: str, root: Path, run: int) -> None:
    """Write a state in which each row of both tables has the number of the run."""
    with duckdb.connect(warehouse) as connection:
        connection.execute(
            f"UPDATE trackings SET title = '{run}', observed_at_utc = observed_at_utc + INTERVAL 1 SECOND"
        )
        connection.execute(f"UPDATE checkpoints SET description = '{run}'")
    assert write_parquet(warehouse, root)["written"] == 2


def snapshots(root: Path) -> list[Path]:
    home = root.with_name(f".{root.name}.snapshots")
    return [path for path in home.iterdir() if path.is_dir()]


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


def test_a_mark_on_what_is_gone_is_written_too(warehouse, tmp_path):
    load(warehouse, [record("kept", **OCTOBER), record("gone", **OCTOBER)])
    write_parquet(warehouse, tmp_path / "lake")
    load(warehouse, [record("kept", **OCTOBER)], first=None)
    assert write_parquet(warehouse, tmp_path / "lake")["written"] == 1
    table = ds.dataset(tmp_path / "lake" / "trackings", partitioning="hive").to_table()
    assert table["gone_at_utc"].null_count == 1


@pytest.mark.parametrize("later", ["2026-11-12", "2026-11-11"])
def test_a_mark_that_passes_from_one_tracking_to_another_is_written_too(warehouse, tmp_path, later):
    load(warehouse, [record("a"), record("b")])
    for gone, at in (("a", "2026-11-11"), ("b", later)):
        with duckdb.connect(warehouse) as connection:
            connection.execute("UPDATE trackings SET gone_at_utc = if(tracking_key = ?, ?::TIMESTAMP, NULL)",
                               [key(gone), at])  # fmt: skip
        assert write_parquet(warehouse, tmp_path / "lake")["written"] == 1
        table = ds.dataset(tmp_path / "lake" / "trackings", partitioning="hive").to_table()
        marked = table.filter(ds.field("gone_at_utc").is_valid())["tracking_key"].to_pylist()
        assert marked == [key(gone)]
    assert write_parquet(warehouse, tmp_path / "lake")["written"] == 0


def test_a_month_that_became_empty_is_removed(warehouse, tmp_path):
    root = tmp_path / "parquet"
    load(warehouse, [record("a", scan("2026-11-01T10:00:00"), created_at=None)])
    write_parquet(warehouse, root)
    assert {Path(name).parent.name for name in files(root)} == {"created_month=unknown"}
    load(warehouse, [record("a", scan("2026-11-01T10:00:00"), update_at="2026-11-05T00:00:00+00:00")])
    write_parquet(warehouse, root)
    assert {Path(name).parent.name for name in files(root)} == {"created_month=2026-11"}
    assert write_parquet(warehouse, root)["written"] == 0


@pytest.mark.parametrize("created_at", ["2026-11-01T00:00:00+00:00", "2026-10-20T00:00:00+00:00"])
@pytest.mark.parametrize("form", ["{}", "file://{}"])
def test_the_copy_of_a_warehouse_that_was_lost_is_not_written_over(warehouse, tmp_path, created_at, form):
    """Neither its months that the new warehouse has too, nor those that it has not."""
    root = tmp_path / "parquet"
    load(warehouse, [record("a", created_at=created_at), record("b")])
    write_parquet(warehouse, form.format(root))
    before = files(Path(os.path.realpath(root)))
    anew = str(tmp_path / "anew.duckdb")
    load(anew, [record("b"), record("c")])
    with pytest.raises(WarehouseError, match=r"the warehouse never knew \(1\): .* restore\(\)"):
        write_parquet(anew, form.format(root))
    assert files(Path(os.path.realpath(root))) == before
    restored = str(tmp_path / "restored.duckdb")
    restore(restored, form.format(root))
    load(restored, [record("b"), record("c")])
    assert write_parquet(restored, form.format(root))["trackings"] >= 2


def test_a_copy_of_an_earlier_version_is_restored_without_what_came_later(warehouse, tmp_path):
    root = tmp_path / "parquet"
    load(warehouse, [record("a", scan("2026-11-01T10:00:00")), record("b", **OCTOBER)])
    with duckdb.connect(warehouse) as connection:
        connection.execute("ALTER TABLE trackings DROP COLUMN first_promised_date")
        connection.execute("CREATE TABLE before AS FROM trackings")
        write_parquet(lambda: connection.cursor(), root)
    restored = str(tmp_path / "restored.duckdb")
    assert restore(restored, root) == {"trackings": 2, "checkpoints": 1}
    with duckdb.connect(restored) as connection:
        connection.execute(f"ATTACH '{warehouse}' AS lost (READ_ONLY)")
        told = "SELECT * EXCLUDE (first_promised_date) FROM trackings"
        assert connection.execute(f"{told} EXCEPT FROM lost.before").fetchall() == []


def test_nothing_but_whole_files_and_the_state_is_left(warehouse, tmp_path):
    load(warehouse, [record("a")])
    write_parquet(warehouse, tmp_path / "parquet")
    names = {path.name for path in Path(os.path.realpath(tmp_path / "parquet")).rglob("*") if path.is_file()}
    assert names == {"data.parquet", "_state.json"}


def test_a_snapshot_merged_late_is_written_though_it_was_observed_before_others(warehouse, tmp_path):
    root = tmp_path / "parquet"
    early = land(warehouse, [record("a", update_at="2026-11-05T00:00:00+00:00", title="new")])
    load(warehouse, [record("a"), record("b")])
    write_parquet(warehouse, root)
    load_run(warehouse, ACCOUNT, early, READING)
    assert write_parquet(warehouse, root)["written"] == 1
    assert "new" in ds.dataset(root / "trackings").to_table()["title"].to_pylist()


def test_every_month_is_written_again_when_the_columns_change(warehouse, tmp_path):
    root = tmp_path / "parquet"
    load(warehouse, [record("a"), record("b", **OCTOBER)])
    write_parquet(warehouse, root)
    with duckdb.connect(warehouse) as connection:
        connection.execute("ALTER TABLE checkpoints ADD COLUMN weather VARCHAR")
    assert write_parquet(warehouse, root)["written"] == 2


@pytest.mark.parametrize("reader", ["duckdb", "pyarrow"])
def test_a_reader_that_resolves_the_root_once_meets_one_run_through_fifty_writes(warehouse, tmp_path, reader):
    root = tmp_path / "parquet"
    load(warehouse, MOVING)
    write_run(warehouse, root, 0)
    with watching(str(root), LOOKS[reader], THROUGH_THE_LINK) as watch:
        for run in range(1, 51):
            write_run(warehouse, root, run)
    assert watch.errors == []
    resolved, through_the_link = watch.results
    assert resolved["reads"] > 10
    assert through_the_link["reads"] > 10
    # Every look: the runs in all rows of both tables, and how many rows there were.
    assert {tuple(look) for look in resolved["seen"]} <= {(str(run), 8, 8) for run in range(51)}


def test_a_folder_that_was_resolved_stays_as_it_is(warehouse, tmp_path):
    root = tmp_path / "parquet"
    load(warehouse, [record("a"), record("b", **OCTOBER)])
    write_parquet(warehouse, root)
    resolved = Path(os.path.realpath(root))
    before = {path: path.read_bytes() for path in resolved.rglob("*") if path.is_file()}
    load(warehouse, [record("a", update_at="2026-11-05T00:00:00+00:00", title="new")])
    write_parquet(warehouse, root)
    assert {path: path.read_bytes() for path in resolved.rglob("*") if path.is_file()} == before
    assert root.resolve() != resolved


def test_partitions_without_changes_take_no_room_again(warehouse, tmp_path):
    root = tmp_path / "parquet"
    load(warehouse, [record("a"), record("b", **OCTOBER)])
    write_parquet(warehouse, root)
    load(warehouse, [record("a", update_at="2026-11-05T00:00:00+00:00", title="new")])
    write_parquet(warehouse, root)
    links = {path.parent.name: path.stat().st_nlink for path in (root / "trackings").rglob("*.parquet")}
    assert links == {"created_month=2026-10": 2, "created_month=2026-11": 1}


def test_a_write_without_changes_moves_nothing(warehouse, tmp_path):
    root = tmp_path / "parquet"
    load(warehouse, [record("a")])
    write_parquet(warehouse, root)
    before = root.resolve()
    write_parquet(warehouse, root)
    assert root.resolve() == before
    assert len(snapshots(root)) == 1


def test_a_folder_of_an_earlier_version_becomes_the_first_snapshot(warehouse, tmp_path):
    root = tmp_path / "parquet"
    load(warehouse, [record("a"), record("b", **OCTOBER)])
    write_parquet(warehouse, root.as_uri())
    (root / "trackings" / f".data.parquet.{'0' * 32}").write_bytes(b"half a file")
    load(warehouse, [record("a", update_at="2026-11-05T00:00:00+00:00", title="new")])
    assert write_parquet(warehouse, root)["written"] == 1
    assert root.is_symlink()
    assert len(files(root)) == 4
    assert len(snapshots(root)) == 2
    assert not list(Path(os.path.realpath(root)).rglob(".*"))


def test_a_root_with_other_things_in_it_is_left_alone(warehouse, tmp_path):
    load(warehouse, [record("a")])
    with pytest.raises(ConfigurationError, match=r"holds other things \(warehouse.duckdb"):
        write_parquet(warehouse, tmp_path)
    assert Path(warehouse).exists()


def test_a_root_that_is_a_file_is_refused(warehouse, tmp_path):
    load(warehouse, [record("a")])
    (tmp_path / "parquet").write_text("mine")
    with pytest.raises(ConfigurationError, match="is a file"):
        write_parquet(warehouse, tmp_path / "parquet")


@pytest.mark.parametrize("root", ["parquet", "./new/parquet/", "new/../parquet"])
def test_a_root_may_be_relative_and_end_with_a_slash(warehouse, tmp_path, monkeypatch, root):
    load(warehouse, [record("a")])
    monkeypatch.chdir(tmp_path)
    assert write_parquet(warehouse, root)["path"] == root
    assert len(files(Path(os.path.abspath(root)))) == 2


def test_an_empty_root_may_be_there_already(warehouse, tmp_path):
    load(warehouse, [record("a")])
    (tmp_path / "parquet").mkdir()
    write_parquet(warehouse, tmp_path / "parquet")
    assert len(files(tmp_path / "parquet")) == 2


def test_a_write_that_fails_leaves_the_old_run_and_the_next_one_is_whole(warehouse, tmp_path, monkeypatch):
    root = tmp_path / "parquet"
    load(warehouse, MOVING)
    write_run(warehouse, root, 1)

    def fail(*_: object) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="no space"):
        patch.setattr(pq.ParquetWriter, "write_batch", fail)
        write_run(warehouse, root, 2)
    assert set(ds.dataset(root / "trackings").to_table()["title"].to_pylist()) == {"1"}
    assert len(snapshots(root)) == 1
    write_run(warehouse, root, 3)
    assert set(ds.dataset(root / "trackings").to_table()["title"].to_pylist()) == {"3"}


def test_a_url_keeps_a_plain_folder_and_loses_what_killed_writes_left(warehouse, tmp_path):
    root = tmp_path / "parquet"
    load(warehouse, [record("a")])
    write_parquet(warehouse, root.as_uri())
    leftover = root / "trackings" / f".data.parquet.{'0' * 32}"
    leftover.write_bytes(b"half a file")
    write_parquet(warehouse, root.as_uri())
    assert len(files(root)) == 2
    assert not root.is_symlink()
    assert not leftover.exists()


def test_below_a_url_nothing_is_cleaned_up_while_another_run_may_be_writing_it(warehouse, tmp_path):
    root = tmp_path / "parquet"
    load(warehouse, [record("a")])
    write_parquet(warehouse, root.as_uri())
    unfinished = root / "trackings" / f".data.parquet.{'0' * 32}"
    unfinished.write_bytes(b"half a file")
    hold = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(1, flush=True); input()"
    call = [sys.executable, "-c", hold, warehouse]
    with subprocess.Popen(call, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "1\n"
        with pytest.raises(WarehouseBusyError):
            write_parquet(warehouse, root.as_uri(), patience=0.1)
        other.communicate("\n")
    assert unfinished.exists()


def test_a_month_whose_removal_was_cut_short_does_not_stop_the_next_write(warehouse, tmp_path):
    root = tmp_path / "parquet"
    load(warehouse, [record("a", created_at=None)])
    write_parquet(warehouse, root.as_uri())
    load(warehouse, [record("a", update_at="2026-11-05T00:00:00+00:00")])
    shutil.rmtree(root / "trackings" / "source=trackingmore" / "created_month=unknown")
    write_parquet(warehouse, root.as_uri())
    assert {Path(name).parent.name for name in files(root)} == {"created_month=2026-11"}
