"""The search for secrets finds them wherever something may keep them, and cannot be satisfied by nothing."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import sqlite3
import zipfile
import zlib
from urllib.parse import quote

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from left_behind import finds, texts_below

SECRET = "Sx4/Q8mN+2bVt7Lw=RkYd5uHc"
TEXT = f"before {SECRET} after"


def in_a_log(folder):
    (folder / "deep").mkdir()
    (folder / "deep" / "task.log").write_text(TEXT)


def in_the_name_of_a_file(folder):
    (folder / SECRET.replace("/", "")[:12]).mkdir()
    (folder / f"x{SECRET[len(SECRET) // 2 :]}").write_text("")


def in_a_packed_log(folder):
    (folder / "task.log.gz").write_bytes(gzip.compress(TEXT.encode()))


def in_an_archive(folder):
    with zipfile.ZipFile(folder / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner.gz", gzip.compress(TEXT.encode()))


def in_airflows_database(folder):
    with sqlite3.connect(folder / "airflow.db") as connection:
        connection.execute("CREATE TABLE xcom (value TEXT)")
        connection.execute("INSERT INTO xcom VALUES (?)", [TEXT])


def in_a_packed_blob_of_airflows_database(folder):
    with sqlite3.connect(folder / "airflow.db") as connection:
        connection.execute("CREATE TABLE serialized_dag (data_compressed BLOB)")
        connection.execute("INSERT INTO serialized_dag VALUES (?)", [zlib.compress(TEXT.encode())])


def in_a_packed_column_of_duckdb(folder):
    with duckdb.connect(str(folder / "w.duckdb")) as connection:
        connection.execute("CREATE SCHEMA meta")
        connection.execute(
            "CREATE TABLE meta.t AS SELECT md5(i::VARCHAR) || CASE i WHEN 70000 THEN ? ELSE '' END AS x"
            " FROM range(100000) AS r(i)",
            [TEXT],
        )
    assert SECRET.encode() not in (folder / "w.duckdb").read_bytes()


def in_a_comment_of_duckdb(folder):
    with duckdb.connect(str(folder / "w.duckdb")) as connection:
        connection.execute("CREATE TABLE t (x INTEGER)")
        connection.execute(f"COMMENT ON COLUMN t.x IS '{TEXT}'")


def in_a_column_of_parquet(folder):
    pq.write_table(pa.table({"x": [TEXT] * 3}), folder / "data.parquet", compression="zstd")


def in_a_nested_column_of_parquet(folder):
    pq.write_table(pa.table({"x": [{"y": [TEXT]}]}), folder / "data.parquet", compression="zstd")


def in_the_description_of_parquet(folder):
    pq.write_table(pa.table({"x": [1]}).replace_schema_metadata({"about": TEXT}), folder / "data.parquet")


PLACES = [value for name, value in list(globals().items()) if name.startswith("in_")]
DISGUISED = {
    "plain": SECRET,
    "small letters": SECRET.lower(),
    "in JSON": json.dumps({"password": SECRET}),
    "in a URL": f"http://user:{quote(SECRET, safe='')}@host/",
    "in a header": base64.b64encode(f"user:{SECRET}".encode()).decode(),
    "in another header": base64.b64encode(f"some-user:{SECRET}!".encode()).decode(),
    "in base64": base64.b64encode(SECRET.encode()).decode(),
    "in hexadecimal": SECRET.encode().hex(),
    "reversed": SECRET[::-1],
    "the first half": f"{SECRET[:12]}***",
    "the second half": f"***{SECRET[12:]}",
    "md5": hashlib.md5(SECRET.encode()).hexdigest(),
    "sha256": hashlib.sha256(SECRET.encode()).hexdigest().upper(),
    "UTF-16": SECRET.encode("utf-16-le").decode("latin-1"),
}


@pytest.mark.parametrize("leave", PLACES, ids=lambda leave: leave.__name__)
def test_a_secret_is_found(tmp_path, leave):
    leave(tmp_path)
    assert finds(texts_below(tmp_path), SECRET)


@pytest.mark.parametrize("text", DISGUISED.values(), ids=DISGUISED)
def test_a_secret_is_found_in_disguise(tmp_path, text):
    (tmp_path / "task.log").write_text(f"... {text} ...", encoding="latin-1")
    assert finds(texts_below(tmp_path), SECRET)


def test_what_is_no_secret_is_not_found(tmp_path):
    for leave in (in_a_log, in_a_packed_column_of_duckdb, in_a_column_of_parquet, in_airflows_database):
        leave(tmp_path)
    assert finds(texts_below(tmp_path), "Tx5-another-secret-0123456") == []
