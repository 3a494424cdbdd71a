"""Publishing: readers never wait, never block, and never see half a run."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest
from factories import record, scan
from loading import load, rows
from watching import Writer, watching

from airflow_provider_trackingmore.exceptions import ConfigurationError, WarehouseBusyError, WarehouseError
from airflow_provider_trackingmore.store import locks, publish, run_models, write_parquet
from airflow_provider_trackingmore.store.snapshots import Snapshots


@pytest.fixture
def published(tmp_path):
    return str(tmp_path / "out" / "analytics.duckdb")


RUNS = """
SELECT DISTINCT title FROM trackings UNION SELECT DISTINCT description FROM checkpoints
UNION SELECT run_id FROM loads ORDER BY ALL
"""

LOOK = f"""
def look(path):
    with duckdb.connect(path, read_only=True) as connection:
        runs = connection.execute({RUNS!r}).fetchall()
        notes = connection.execute("FROM duckdb_tables() WHERE table_name = 'notes'").fetchall()
        return ",".join(run for run, in runs), bool(notes)
"""

NOTES = "CREATE TABLE notes AS FROM range(10)"


def publish_run(warehouse: str, published: str, run: int) -> None:
    """Publish a state in which each row of each table has the number of the run."""
    with duckdb.connect(warehouse) as connection:
        connection.execute(f"UPDATE trackings SET title = '{run}'")
        connection.execute(f"UPDATE checkpoints SET description = '{run}'")
        connection.execute(f"UPDATE loads SET run_id = '{run}'")
    publish(warehouse, published)


def beside(published: str) -> list[str]:
    return sorted(path.name for path in Path(published).parent.iterdir())


def make_old(folder: Path) -> None:
    os.utime(folder, (0, 0))


def test_the_published_file_holds_the_tables_and_nothing_internal(warehouse, published):
    load(warehouse, [record("a", scan("2026-11-01T10:00:00"))])
    result = publish(warehouse, published)
    assert result == {"path": published, "bytes": Path(published).stat().st_size}
    assert rows(published, "SELECT count(*) FROM checkpoints") == [(1,)]
    assert rows(published, "SELECT DISTINCT schema_name FROM duckdb_tables()") == [("main",)]
    assert "key" not in str(rows(published, "SELECT table_name FROM duckdb_tables()"))


def test_the_published_file_is_read_only_and_alone(warehouse, published):
    load(warehouse, [record("a")])
    publish(warehouse, published)
    assert Path(published).stat().st_mode & 0o777 == 0o444
    assert beside(published) == [".analytics.duckdb.snapshots", "analytics.duckdb"]
    assert [path.name for path in Path(os.path.realpath(published)).parent.iterdir()] == ["analytics.duckdb"]


def test_the_published_file_has_the_storage_version_that_every_duckdb_opens(warehouse, published):
    load(warehouse, [record("a")])
    publish(warehouse, published)
    ((tags,),) = rows(published, "SELECT tags FROM duckdb_databases() WHERE path IS NOT NULL")
    assert tags["storage_version"].startswith("v1.0.0")


def test_the_warehouse_is_never_replaced_by_its_own_copy(warehouse):
    load(warehouse, [record("a")])
    with pytest.raises(ConfigurationError, match="the warehouse itself"):
        publish(warehouse, warehouse)
    load(warehouse, [record("b")])


def test_a_published_copy_is_not_taken_for_a_warehouse(warehouse, published):
    load(warehouse, [record("a")])
    publish(warehouse, published)
    os.chmod(published, 0o644)
    with pytest.raises(WarehouseError, match="published copy"):
        publish(published, warehouse + ".again")


@pytest.mark.parametrize("name", ["published.duckdb", 'quoted "name".duckdb', "it's here.duckdb"])
def test_any_file_name_can_be_published(tmp_path, name):
    load(str(tmp_path / name), [record("a")])
    publish(str(tmp_path / name), tmp_path / "out" / name)
    assert rows(str(tmp_path / "out" / name), "SELECT count(*) FROM trackings") == [(1,)]


def test_a_reader_keeps_its_snapshot_and_the_next_one_sees_the_new(warehouse, published):
    load(warehouse, [record("a")])
    publish(warehouse, published)
    with duckdb.connect(published, read_only=True) as reader:
        load(warehouse, [record("b")])
        publish(warehouse, published)
        assert reader.execute("SELECT count(*) FROM trackings").fetchall() == [(1,)]
    assert rows(published, "SELECT count(*) FROM trackings") == [(2,)]


def test_readers_of_fifty_publishes_meet_whole_runs_whatever_a_writer_does(warehouse, published):
    load(warehouse, [record(name, scan("2026-11-01T10:00:00")) for name in "abcdefgh"])
    publish_run(warehouse, published, 0)
    written_into = set()

    def write_into(run: int, sql: str = NOTES) -> Writer:
        os.chmod(published, 0o644)
        writer = Writer(published)
        written_into.add(run)
        if sql:
            writer.execute(sql)
        return writer

    with watching(published, LOOK, LOOK) as watch:
        for run in range(1, 51):
            if run == 10:
                write_into(9).kill_while_writing()
            elif run == 20:
                # It has a log, lives through the next publish, and goes on.
                writer = write_into(19)
            elif run == 30:
                # It has no log yet when its file is replaced.
                writer = write_into(29, "")
            publish_run(warehouse, published, run)
            if run in (20, 21):
                writer.execute("INSERT INTO notes FROM range(10)")
            elif run in (30, 31):
                writer.execute(NOTES if run == 30 else "CHECKPOINT")
                writer.execute("INSERT INTO notes FROM range(10)")
            if run in (22, 32):
                writer.kill_while_writing()
            if run in (10, 20, 21, 22, 30, 31, 32, 33):
                assert rows(published, RUNS) == [(str(run),)]
                assert not rows(published, "FROM duckdb_tables() WHERE table_name = 'notes'")
    assert watch.errors == []
    assert all(result["reads"] > 10 for result in watch.results)
    assert {runs for runs, _ in watch.seen} <= {str(run) for run in range(51)}
    assert {run for run, is_written_into in watch.seen if is_written_into} <= {str(n) for n in written_into}


def test_a_log_left_by_a_killed_writer_does_not_spoil_the_next_file(warehouse, published):
    load(warehouse, [record("a")])
    publish(warehouse, published)
    os.chmod(published, 0o644)
    writer = Writer(published)
    writer.execute(NOTES)
    writer.kill_while_writing()
    assert Path(os.path.realpath(published) + ".wal").exists()
    load(warehouse, [record("b")])
    publish(warehouse, published)
    assert not Path(os.path.realpath(published) + ".wal").exists()
    assert rows(published, "SELECT count(*) FROM trackings") == [(2,)]


def test_a_log_beside_the_link_is_removed_for_readers_before_duckdb_1_5(warehouse, published):
    load(warehouse, [record("a")])
    publish(warehouse, published)
    Path(published + ".wal").write_bytes(b"what an old DuckDB left")
    publish(warehouse, published)
    assert beside(published) == [".analytics.duckdb.snapshots", "analytics.duckdb"]


def test_a_writer_blocks_no_reader_of_the_next_file(warehouse, published):
    load(warehouse, [record("a")])
    publish(warehouse, published)
    os.chmod(published, 0o644)
    writer = Writer(published)
    with pytest.raises(duckdb.IOException, match="lock"):
        rows(published, "FROM trackings")
    publish(warehouse, published)
    assert rows(published, "SELECT count(*) FROM trackings") == [(1,)]
    writer.kill_while_writing()


def test_a_file_of_an_earlier_version_gives_way_to_the_link(warehouse, published):
    load(warehouse, [record("a")])
    publish(warehouse, published)
    plain = Path(os.path.realpath(published)).read_bytes()
    Path(published).unlink()
    Path(published).write_bytes(plain)
    with duckdb.connect(published, read_only=True) as reader:
        load(warehouse, [record("b")])
        publish(warehouse, published)
        assert reader.execute("SELECT count(*) FROM trackings").fetchall() == [(1,)]
    assert Path(published).is_symlink()
    assert rows(published, "SELECT count(*) FROM trackings") == [(2,)]


def test_a_reader_needs_no_right_to_write(warehouse):
    load(warehouse, [record("a")])
    # Not below this test's own files, where nobody else may look.
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    try:
        publish(warehouse, folder / "analytics.duckdb")
        for path in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
            path.chmod(0o555)
        script = (
            "import duckdb, os, sys; os.geteuid() or os.setuid(65534)\n"
            "assert not os.access(os.path.dirname(sys.argv[1]), os.W_OK)\n"
            "print(duckdb.connect(sys.argv[1], read_only=True).execute('FROM trackings').fetchall() != [])"
        )
        call = [sys.executable, "-c", script, str(folder / "analytics.duckdb")]
        assert subprocess.run(call, check=True, capture_output=True, text=True).stdout == "True\n"
    finally:
        for path in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
            path.chmod(0o755)
        shutil.rmtree(folder)


def test_a_copy_is_kept_while_a_reader_has_it_open(warehouse, published):
    load(warehouse, [record("a")])
    publish(warehouse, published)
    first = Path(os.path.realpath(published))
    script = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only=True); print(1, flush=True); input()"
    )
    call = [sys.executable, "-c", script, published]
    with subprocess.Popen(call, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdout.readline() == "1\n"
        publish(warehouse, published)
        make_old(first.parent)
        publish(warehouse, published)
        assert first.exists()
        reader.communicate("\n")
    publish(warehouse, published)
    assert not first.exists()


def test_a_publish_that_fails_leaves_the_old_file_and_no_other(warehouse, published, monkeypatch):
    load(warehouse, [record("a")])
    publish(warehouse, published)

    def fail(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="no space"):
        publish(warehouse, published)
    assert len(list(Path(published).parent.rglob("*.duckdb"))) == 2
    assert rows(published, "SELECT count(*) FROM trackings") == [(1,)]


def test_two_warehouses_published_to_one_path_at_once_take_turns(tmp_path, published):
    stores = [str(tmp_path / name / "warehouse.duckdb") for name in "ab"]
    for number, store in enumerate(stores):
        load(store, [record(f"{number}-{other}") for other in range(number + 1)])
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda number: publish(stores[number % 2], published), range(8)))
    assert rows(published, "SELECT count(*) FROM trackings") in ([(1,)], [(2,)])
    assert not list(Path(published).parent.rglob("*.draft"))


def test_a_folder_of_snapshots_that_another_run_makes_in_the_same_moment_is_taken(
    warehouse, published, monkeypatch
):
    load(warehouse, [record("a")])
    mkdir = os.mkdir

    def late(path, *mode):
        if str(path).endswith(".snapshots") and not os.path.exists(path):
            mkdir(path)
        mkdir(path, *mode)

    monkeypatch.setattr(os, "mkdir", late)
    publish(warehouse, published)
    assert rows(published, "SELECT count(*) FROM trackings") == [(1,)]


@pytest.mark.parametrize(("write", "path"), [(publish, "analytics.duckdb"), (write_parquet, "parquet")])
def test_whoever_waits_for_another_run_at_the_path_waits_no_longer_than_asked_and_holds_no_warehouse(
    warehouse, tmp_path, monkeypatch, caplog, write, path
):
    caplog.set_level(logging.INFO)
    load(warehouse, [record("a")])
    open_while_waiting = []

    def sleep(seconds: float) -> None:
        call = [sys.executable, "-c", "import duckdb, sys; duckdb.connect(sys.argv[1])", warehouse]
        done = subprocess.run(call, capture_output=True, text=True, check=False)
        open_while_waiting.append(done.stderr)
        time.sleep(seconds)

    monkeypatch.setattr(locks, "time", SimpleNamespace(monotonic=time.monotonic, sleep=sleep))
    with (
        Snapshots.at(tmp_path / path, "path", timedelta(0)).draft(0),
        pytest.raises(WarehouseBusyError, match=f"{path} is being changed by another run"),
    ):
        write(warehouse, tmp_path / path, patience=0.2)
    assert "waiting up to 0.2 s" in caplog.text
    assert set(open_while_waiting) == {""}


def test_a_published_folder_is_refused_by_name(warehouse, tmp_path):
    load(warehouse, [record("a")])
    with pytest.raises(ConfigurationError, match="published is a folder"):
        publish(warehouse, tmp_path)


def test_a_published_url_is_refused_by_name(warehouse):
    with pytest.raises(ConfigurationError, match="published is 's3:"):
        publish(warehouse, "s3://bucket/analytics.duckdb")


def test_what_is_published_are_the_tables_people_ask_with_their_meaning(warehouse, published):
    load(warehouse, [record("a", scan("2026-11-01T10:00:00"))])
    run_models(warehouse)
    publish(warehouse, published)
    told = dict(rows(published, "SELECT table_name, comment FROM duckdb_tables()"))
    assert {"trackings", "checkpoints", "loads", "rejected_records", "checks", "fct_shipments"} < set(told)
    assert all(told.values())
    assert "Filter on one grouping_name" in told["mart_on_time"]
    assert not [name for name in told if name.startswith(("stg_", "int_"))]
    assert {"status_map", "groupings", "holidays"}.isdisjoint(told)
    assert rows(published, "SELECT count(*) FROM duckdb_views() WHERE NOT internal") == [(0,)]
    undocumented = (
        "SELECT table_name, column_name FROM duckdb_columns() WHERE comment IS NULL AND NOT internal"
        " AND database_name = current_database()"
    )
    assert rows(published, undocumented) == []
