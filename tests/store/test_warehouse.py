"""Opening the warehouse: created, migrated, refused where it would lose data."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest
from loading import rows

from airflow_provider_trackingmore.exceptions import (
    ConfigurationError,
    WarehouseBusyError,
    WarehouseError,
)
from airflow_provider_trackingmore.store import warehouse as module
from airflow_provider_trackingmore.store.warehouse import open_warehouse


def test_a_new_warehouse_has_its_tables_with_a_comment_on_each_column(warehouse):
    with open_warehouse(warehouse) as connection:
        tables = connection.execute(
            "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main'"
        ).fetchall()
        bare = connection.execute(
            "SELECT table_name, column_name FROM duckdb_columns()"
            " WHERE schema_name = 'main' AND NOT internal AND comment IS NULL"
        ).fetchall()
    assert {name for (name,) in tables} == {"trackings", "checkpoints", "rejected_records", "loads"}
    assert bare == []


def test_moments_are_naive_so_that_counts_do_not_change_with_the_readers_zone(warehouse):
    with open_warehouse(warehouse) as connection:
        kinds = connection.execute(
            "SELECT DISTINCT data_type FROM duckdb_columns() WHERE NOT internal AND data_type LIKE '%TIME%'"
        )
        assert kinds.fetchall() == [("TIMESTAMP",)]


def test_the_file_has_a_storage_version_that_duckdb_1_5_opens(warehouse):
    with open_warehouse(warehouse) as connection:
        ((tags,),) = connection.execute(
            "SELECT tags FROM duckdb_databases() WHERE database_name = current_database()"
        ).fetchall()
    assert tags["storage_version"].startswith("v1.5.0")


@pytest.mark.parametrize("memory", [":memory:", "", duckdb.connect], ids=["name", "empty", "connection"])
def test_an_in_memory_database_is_refused_because_it_would_forget_every_load(memory):
    with pytest.raises(ConfigurationError, match="forgets every load"), open_warehouse(memory):
        pass


@pytest.mark.parametrize("way", ["path", "connection"])
def test_a_warehouse_that_another_process_holds_is_busy_and_named(tmp_path, way):
    # DuckDB quotes the path, which may hold quotes itself.
    warehouse = str(tmp_path / 'ware "house": 1.duckdb')
    with open_warehouse(warehouse):
        pass
    hold = (
        f"import duckdb, sys; c = duckdb.connect({warehouse!r}); print('held', flush=True); sys.stdin.read()"
    )
    taken = warehouse if way == "path" else lambda: duckdb.connect(warehouse)
    with subprocess.Popen(
        [sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(WarehouseBusyError) as caught, open_warehouse(taken, patience=0.1):
            pass
        other.stdin.close()
    assert caught.value.transient
    assert str(caught.value) == (
        f"the warehouse {warehouse} is open in another process ({other.pid}); "
        "close it, or query the published file"
    )


def damaged(file: Path) -> None:
    with duckdb.connect(file) as connection:
        connection.execute("CREATE TABLE numbers AS FROM range(100_000)")
    content = bytearray(file.read_bytes())
    content[4100:4200] = bytes(100)
    file.write_bytes(content)


def cut(file: Path) -> None:
    duckdb.connect(file).close()
    os.truncate(file, 5000)


BROKEN = {
    "text": lambda file: file.write_text("junk" * 1000),
    "empty": lambda file: file.touch(),
    "zeroes": lambda file: file.write_bytes(bytes(8192)),
    "damaged": damaged,
    "cut": cut,
}


@pytest.mark.parametrize("make", BROKEN.values(), ids=list(BROKEN))
def test_a_file_that_is_no_database_is_named_and_the_page_that_helps_is_too(tmp_path, make):
    # Not busy, though the path has "lock" in it.
    file = tmp_path / "blocks" / "warehouse.duckdb"
    file.parent.mkdir()
    make(file)
    before = file.read_bytes()
    with pytest.raises(WarehouseError) as caught, open_warehouse(file, patience=0.1):
        pass
    assert not caught.value.transient
    told = str(caught.value)
    assert told.startswith(f"the warehouse {file} is no database that DuckDB {duckdb.__version__} can open")
    assert told.endswith("see 'The warehouse is lost' in docs/operations.md")
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("folder", "Is a directory"),
        ("file/w.duckdb", "File exists"),
        ("circle", "Too many levels of symbolic links"),
        ("dangling/w.duckdb", "File exists"),
        ("/proc/none/w.duckdb", "No such file or directory"),
        ("w" * 300, "File name too long"),
    ],
)
def test_a_path_where_no_warehouse_can_be_is_refused_in_the_words_of_the_system(tmp_path, path, said):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "circle").symlink_to("circle")
    (tmp_path / "dangling").symlink_to("nowhere")
    expected = f"^the warehouse {tmp_path / path} cannot be opened: {said}.*; give the path of a file "
    with pytest.raises(WarehouseError, match=expected) as caught, open_warehouse(tmp_path / path):
        pass
    assert not caught.value.transient


def test_a_full_disk_is_left_in_its_own_words_and_to_the_next_try():
    with pytest.raises(duckdb.IOException, match="No space left on device"), open_warehouse("/dev/full"):
        pass


def test_a_warehouse_of_a_newer_schema_is_refused_with_the_way_out(warehouse, monkeypatch):
    monkeypatch.setattr(module, "SCHEMA_VERSION", module.SCHEMA_VERSION + 1)
    with open_warehouse(warehouse):
        pass
    monkeypatch.undo()
    with (
        pytest.raises(WarehouseError, match="install the version of airflow-provider-trackingmore"),
        open_warehouse(warehouse),
    ):
        pass


def test_an_older_warehouse_is_migrated_on_opening(warehouse, monkeypatch):
    with open_warehouse(warehouse):
        pass
    newer = module.SCHEMA_VERSION + 1
    monkeypatch.setattr(module, "SCHEMA_VERSION", newer)
    monkeypatch.setitem(module.MIGRATIONS, newer, ("ALTER TABLE trackings ADD COLUMN colour VARCHAR",))
    with open_warehouse(warehouse) as connection:
        assert connection.execute("SELECT colour FROM trackings").fetchall() == []
    assert rows(warehouse, "SELECT max(version) FROM meta.schema_version") == [(newer,)]


def test_a_migration_that_fails_leaves_the_old_schema(warehouse, monkeypatch):
    with open_warehouse(warehouse):
        pass
    old, newer = module.SCHEMA_VERSION, module.SCHEMA_VERSION + 1
    monkeypatch.setattr(module, "SCHEMA_VERSION", newer)
    steps = ("ALTER TABLE trackings ADD COLUMN colour VARCHAR", "SELECT no_such_column FROM trackings")
    monkeypatch.setitem(module.MIGRATIONS, newer, steps)
    with pytest.raises(duckdb.BinderException), open_warehouse(warehouse):
        pass
    assert rows(warehouse, "SELECT max(version) FROM meta.schema_version") == [(old,)]
    assert rows(warehouse, "SELECT count(*) FROM duckdb_columns() WHERE column_name = 'colour'") == [(0,)]


def test_a_warehouse_of_the_first_schema_version_is_brought_up_to_date(warehouse):
    columns = "SELECT table_name, column_name, data_type, comment FROM duckdb_columns() ORDER BY ALL"
    with open_warehouse(warehouse) as connection:
        new = connection.execute(columns).fetchall()
        connection.execute("ALTER TABLE trackings DROP COLUMN gone_at_utc")
        connection.execute("ALTER TABLE trackings DROP COLUMN first_promised_date")
        connection.execute("ALTER TABLE loads DROP COLUMN n_gone")
        connection.execute("ALTER TABLE loads DROP COLUMN missing")
        connection.execute("DROP TABLE meta.built")
        connection.execute("UPDATE meta.schema_version SET version = 1")
    with open_warehouse(warehouse) as connection:
        assert connection.execute(columns).fetchall() == new


def test_what_an_older_warehouse_holds_as_promised_was_promised_first(warehouse):
    with open_warehouse(warehouse) as connection:
        connection.execute("ALTER TABLE trackings DROP COLUMN first_promised_date")
        connection.execute(
            "INSERT INTO trackings (tracking_key, promised_date) VALUES ('a', '2026-11-20'), ('b', NULL)"
        )
        connection.execute("UPDATE meta.schema_version SET version = 3")
    with open_warehouse(warehouse) as connection:
        kept = connection.execute(
            "SELECT first_promised_date::VARCHAR FROM trackings ORDER BY ALL"
        ).fetchall()
    assert kept == [("2026-11-20",), (None,)]


def test_a_new_warehouse_is_never_there_by_half(warehouse, monkeypatch):
    seen = []

    def watch(path, **options):
        connection = duckdb.connect(path, **options)
        seen.append((Path(path).name, Path(warehouse).exists()))
        return connection

    monkeypatch.setattr(module, "duckdb", SimpleNamespace(connect=watch, Error=duckdb.Error))
    with open_warehouse(warehouse):
        pass
    (made, there_while_made), (opened, _) = seen
    assert made != opened
    assert not there_while_made
    assert [path.name for path in Path(warehouse).parent.iterdir()] == [opened]


def test_what_a_process_left_that_was_killed_in_making_the_warehouse_is_removed(warehouse):
    leftover = Path(warehouse).with_name(".warehouse.duckdb.0123.making")
    for content in (b"", b"half a header"):
        leftover.write_bytes(content)
        with open_warehouse(warehouse):
            pass
        assert not leftover.exists()


def test_a_warehouse_that_another_process_made_meanwhile_is_not_replaced(warehouse, monkeypatch):
    link = os.link

    def late(aside, place):
        with duckdb.connect(place) as other:
            other.execute("CREATE TABLE theirs AS SELECT 1 AS n")
        link(aside, place)

    monkeypatch.setattr(os, "link", late)
    with open_warehouse(warehouse) as connection:
        assert connection.execute("FROM theirs").fetchall() == [(1,)]
