"""Publishing: readers never wait, never block, and never see half a run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from factories import record, scan
from loading import load, rows

from airflow_provider_trackingmore.exceptions import ConfigurationError, WarehouseError
from airflow_provider_trackingmore.store import publish


@pytest.fixture
def published(tmp_path):
    return str(tmp_path / "out" / "analytics.duckdb")


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
    assert [path.name for path in Path(published).parent.iterdir()] == ["analytics.duckdb"]


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


def test_a_log_left_by_a_killed_writer_does_not_spoil_the_next_file(warehouse, published):
    load(warehouse, [record("a")])
    publish(warehouse, published)
    os.chmod(published, 0o644)
    script = (
        f"import duckdb, time; c = duckdb.connect({published!r}, config={{'checkpoint_threshold': '1GB'}});"
        "c.execute('CREATE TABLE notes AS SELECT 1 AS n'); print('written', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout.readline() == "written\n"
        writer.send_signal(signal.SIGKILL)
    assert Path(published + ".wal").exists()
    load(warehouse, [record("b")])
    publish(warehouse, published)
    assert not Path(published + ".wal").exists()
    assert rows(published, "SELECT count(*) FROM trackings") == [(2,)]


def test_what_a_killed_publish_left_is_removed_by_the_next(warehouse, published):
    load(warehouse, [record("a")])
    leftover = Path(published).parent / ".analytics.duckdb.0123.building"
    leftover.parent.mkdir()
    leftover.write_bytes(b"half a file")
    publish(warehouse, published)
    assert not leftover.exists()


def test_a_publish_that_fails_leaves_the_old_file_and_no_other(warehouse, published, monkeypatch):
    load(warehouse, [record("a")])
    publish(warehouse, published)

    def fail(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="no space"):
        publish(warehouse, published)
    assert [path.name for path in Path(published).parent.iterdir()] == ["analytics.duckdb"]
    assert rows(published, "SELECT count(*) FROM trackings") == [(1,)]
