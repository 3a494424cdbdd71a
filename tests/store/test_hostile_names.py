"""Names and paths that look like SQL, patterns or ways out do what any name does, or are refused."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime, timedelta

import duckdb
import pyarrow as pa
import pytest
from factories import record, scan
from loading import ACCOUNT, load, rows

from airflow_provider_trackingmore.exceptions import ConfigurationError
from airflow_provider_trackingmore.resources import sql_folder
from airflow_provider_trackingmore.store import ddl, publish, run_models, write_parquet
from airflow_provider_trackingmore.store.files import Folder
from airflow_provider_trackingmore.store.landing import Asked, Range, clean_landing, start_run
from airflow_provider_trackingmore.store.state import Account

NAMES = [
    "a'b",
    'a"b',
    "a b",
    "a; DROP TABLE trackings; --",
    "--",
    "ünïcøde 包裹",
    "100%s {x} $HOME",
    "a[b]",
    "a*",
    "**",
    "source=evil",
    "created_month=1999-01",
    "main",
    "temp",
    "system",
    "trackings",
    "loads",
    "stg_trackings",
    "information_schema",
    "x.y",
    "a\nb",
    "-readonly",
]


@pytest.mark.parametrize("name", NAMES)
def test_any_name_of_a_file_or_folder_works(tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()
    warehouse = str(folder / f"{name}.duckdb")
    assert load(warehouse, [record("a", scan("2026-11-01 10:00:00"))]).new == 1
    changed = record("a", scan("2026-11-01 10:00:00"), update_at="2026-11-05T00:00:00+00:00", title="new")
    assert load(warehouse, [changed]).changed == 1
    run_models(warehouse)
    written = write_parquet(warehouse, folder / name)
    assert written["written"] == 1
    published = publish(warehouse, folder / f"{name}-published.duckdb")["path"]
    publish(warehouse, published)
    assert rows(published, "SELECT source, title FROM trackings") == [("trackingmore", "new")]
    parquet = Folder.at(folder / name / "trackings" / "source=trackingmore" / "created_month=2026-11")
    assert parquet.names() == ["data.parquet"]


@pytest.mark.parametrize("name", ["a*", "a?", "a[bc]"])
def test_a_landing_folder_named_like_a_pattern_reads_itself_alone(tmp_path, name):
    table = pa.table({"x": [1]})
    for other in (name, "ab", "ac"):
        Folder.at(tmp_path / other).write_parquet("f.parquet", table, unlike=())
    with duckdb.connect() as connection:
        found = Folder.at(tmp_path / name).relation(connection, ["f.parquet"], table.schema)
        connection.register("found", found)
        assert connection.execute("SELECT count(*) FROM found").fetchall() == [(1,)]


def test_a_killed_publish_of_another_file_is_not_taken_for_ours(tmp_path, warehouse):
    load(warehouse, [record("a")])
    other = tmp_path / ".ab.duckdb.0123.building"
    other.write_text("somebody is at it")
    publish(warehouse, tmp_path / "a*.duckdb")
    assert other.exists()


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "/etc", "a\\b", "a\0b"])
def test_a_folder_leads_nowhere_but_below(tmp_path, name):
    folder = Folder.at(tmp_path)
    for act in (
        lambda: folder.child(name),
        lambda: folder.write_json(name, {}),
        lambda: folder.read_json(name),
    ):
        with pytest.raises(ConfigurationError, match="leads out of its folder"):
            act()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("label", ["..", "../../x", "/etc", "a/b"])
def test_an_account_label_that_nobody_checked_lands_nowhere(tmp_path, label):
    now = datetime.now(UTC)
    with pytest.raises(ConfigurationError):
        start_run(
            str(tmp_path / "root"),
            Account("trackingmore", label, "v4", "mark"),
            Asked(None, None),
            Range(None, now),
        )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("column", ["source", "created_month"])
def test_a_partition_whose_name_leads_out_is_refused(tmp_path, warehouse, column):
    load(warehouse, [record("a", scan("2026-11-01 10:00:00"))])
    with duckdb.connect(warehouse) as connection:
        connection.execute(f"UPDATE trackings SET {column} = 'x/../../../../out'")
    with pytest.raises(ConfigurationError, match="leads out of its folder"):
        write_parquet(warehouse, tmp_path / "deep" / "deeper" / "parquet")
    assert list(tmp_path.rglob("data.parquet")) == []


def test_a_link_among_the_runs_is_neither_read_nor_cleaned_away(tmp_path):
    run = start_run(str(tmp_path / "root"), ACCOUNT, Asked(None, None), Range(None, datetime.now(UTC)))
    elsewhere = tmp_path / "elsewhere"
    parent = os.path.dirname(run.files.path)
    os.rename(run.files.path, elsewhere)
    os.symlink(elsewhere, os.path.join(parent, "20200101T000000Z-link"))
    assert clean_landing(str(tmp_path / "root"), ACCOUNT, timedelta(0)) == 0
    assert (elsewhere / "run.json").exists()


@pytest.fixture
def models(tmp_path):
    """A folder of SQL whose own name looks like a pattern and a partition."""

    def write(**files: str):
        root = tmp_path / "source=evil" / "sql[x]*'; --"
        for name, text in files.items():
            path = root / name.replace("__", "/", 2).replace("__", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return root

    return write


def test_models_and_seeds_come_from_the_folder_given_and_from_no_other(tmp_path, warehouse, models):
    load(warehouse, [record("a")])
    root = models()
    (root / "models" / "marts").mkdir(parents=True)
    (root / "seeds").mkdir()
    (root / "models/marts/mart_seed.sql").write_text("-- it's one row\nselect source from list")
    (root / "seeds/list.csv").write_text("source\nours\n")
    decoy = root.parent / "sqlx'; --" / "seeds"
    decoy.mkdir(parents=True)
    (decoy / "list.csv").write_text("source\ntheirs\n")
    run_models(warehouse, root)
    assert rows(warehouse, "SELECT * FROM mart_seed") == [("ours",)]


@pytest.mark.parametrize("name", ["select", "table", "order"])
def test_a_seed_may_be_called_like_a_word_of_sql(tmp_path, warehouse, name):
    load(warehouse, [record("a")])
    (tmp_path / "sql" / "seeds").mkdir(parents=True)
    (tmp_path / "sql" / "seeds" / f"{name}.csv").write_text("x\n1\n")
    run_models(warehouse, tmp_path / "sql")
    assert rows(warehouse, f'SELECT x FROM "{name}"') == [(1,)]


@pytest.mark.parametrize("name", ["trackings", "checkpoints", "rejected_records", "loads"])
@pytest.mark.parametrize("path", ["seeds/{}.csv", "models/marts/{}.sql"])
def test_no_model_or_seed_replaces_a_table_of_the_store(tmp_path, warehouse, name, path):
    load(warehouse, [record("a")])
    file = tmp_path / "sql" / path.format(name)
    file.parent.mkdir(parents=True)
    file.write_text("select\n1\n")
    with pytest.raises(ConfigurationError, match=f"{name} is a table of the store"):
        run_models(warehouse, tmp_path / "sql")
    assert rows(warehouse, "SELECT count(*) FROM trackings") == [(1,)]


@pytest.mark.parametrize("name", ['x"; DROP TABLE trackings; --', "x y", "Mart", "x'y", "ü"])
def test_a_file_whose_name_is_no_plain_word_is_refused(tmp_path, warehouse, name):
    load(warehouse, [record("a")])
    for path in (f"seeds/{name}.csv", f"models/marts/{name}.sql"):
        file = tmp_path / "sql" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("select 1")
        with pytest.raises(ConfigurationError, match="use lower-case letters"):
            run_models(warehouse, tmp_path / "sql")
        file.unlink()
    assert rows(warehouse, "SELECT count(*) FROM trackings") == [(1,)]


def test_a_month_that_looks_like_sql_is_only_a_text(warehouse):
    load(warehouse, [record(name, scan("2026-11-01 10:00:00")) for name in ("a", "b")])
    with duckdb.connect(warehouse) as connection:
        connection.execute("UPDATE trackings SET created_month = $$x') OR true --$$")
    changed = record("a", scan("2026-11-02 10:00:00"), update_at="2026-11-05T00:00:00+00:00")
    assert load(warehouse, [changed]).changed == 1
    assert rows(warehouse, "SELECT count(DISTINCT tracking_key) FROM checkpoints") == [(2,)]


def test_every_name_that_stands_in_sql_unquoted_is_a_plain_word():
    names = {*ddl.TABLES, *(column.name for _, schema in ddl.TABLES.values() for column in schema)}
    names |= {path.stem for kind in ("sql", "csv") for path in sql_folder().rglob(f"*.{kind}")}
    assert [name for name in sorted(names) if not re.fullmatch(r"[a-z][a-z0-9_]*", name)] == []
