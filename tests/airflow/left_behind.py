"""Searching what a run leaves behind: every file of a folder, inside what packs its texts as well."""

from __future__ import annotations

import base64
import gzip
import hashlib
import sqlite3
import zipfile
import zlib
from collections import defaultdict
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import duckdb
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DUCKDB, SQLITE, PARQUET, GZIP, ZIP = b"DUCK", b"SQLite format 3\0", b"PAR1", b"\x1f\x8b", b"PK\x03\x04"
SHORTEST_HALF = 12


def disguises(secret: str) -> dict[str, bytes]:
    """Return what tells a secret: itself, halves of it, and what it becomes on the way."""
    raw = secret.encode()
    found = {
        "plain": raw,
        "UTF-16": secret.encode("utf-16-le"),
        "hexadecimal": raw.hex().encode(),
        "for a URL": quote(secret, safe="").encode(),
        "escaped": "".join(f"%{byte:02x}" for byte in raw).encode(),
        "reversed": raw[::-1],
    }
    # Texts before it move what base64 makes of it; the outer characters hold bits of the neighbours.
    for before in range(3):
        packed = base64.b64encode(b"\0" * before + raw).rstrip(b"=")
        found[f"base64 after {before}"] = packed[(before * 8 + 5) // 6 : len(packed) - 1]
    for name in ("md5", "sha1", "sha256"):
        found[name] = hashlib.new(name, raw).hexdigest().encode()
        found[f"{name} in base64"] = base64.b64encode(hashlib.new(name, raw).digest()).rstrip(b"=")
    half = len(secret) // 2
    if half >= SHORTEST_HALF:
        found |= {"first half": raw[:half], "second half": raw[half:]}
    return found


def texts_below(root: Path) -> dict[str, bytes]:
    """Return every text below a folder in lower case, by the place where it stands; names of files too."""
    found: defaultdict[str, list[bytes]] = defaultdict(list)
    for path in sorted(root.rglob("*")):
        place = str(path.relative_to(root))
        found[f"{place} by name"].append(place.encode())
        for part, text in _texts_of(path) if path.is_file() else ():
            found[place + part].append(text)
    return {place: b"\n".join(texts).lower() for place, texts in found.items()}


def finds(texts: dict[str, bytes], secret: str) -> list[str]:
    """Return where the secret stands, and in which disguise."""
    wanted = {name: needle.lower() for name, needle in disguises(secret).items()}
    return [
        f"{place}: {name}"
        for place, text in texts.items()
        for name, needle in wanted.items()
        if needle in text
    ]


def _texts_of(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield every text of a file, with the part of the file where it stands."""
    raw = path.read_bytes()
    yield from _unpacked("", raw)
    start = raw[:16]
    if start == SQLITE:
        yield from _rows(sqlite3.connect(f"file:{path}?mode=ro", uri=True), _SQLITE_TABLES)
    elif start[8:12] == DUCKDB:
        yield from _rows(duckdb.connect(str(path), read_only=True), _DUCKDB_TABLES)
    elif start[:4] == PARQUET:
        table = pq.read_table(path, partitioning=None)
        yield " rows", f"{table.schema}{table.schema.metadata}{table.to_pylist()}".encode()


_SQLITE_TABLES = "SELECT '\"' || name || '\"' FROM sqlite_master WHERE type = 'table'"
_DUCKDB_TABLES = """
SELECT '"' || schema_name || '"."' || table_name || '"' FROM duckdb_tables()
UNION ALL SELECT '"' || schema_name || '"."' || view_name || '"' FROM duckdb_views() WHERE NOT internal
UNION ALL SELECT 'duckdb_' || kind || '()' FROM unnest(['tables', 'columns', 'views', 'schemas']) AS t(kind)
"""


def _rows(connection: Any, tables: str) -> Iterator[tuple[str, bytes]]:
    try:
        for (table,) in connection.execute(tables).fetchall():
            for row in connection.execute(f"SELECT * FROM {table}").fetchall():
                for value in row:
                    raw = value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")
                    yield from _unpacked(f" table {table}", raw)
    finally:
        connection.close()


def _unpacked(place: str, raw: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the bytes, and what they hold if something packed them."""
    yield place, raw
    if raw[:2] == GZIP:
        yield from _unpacked(f"{place} unpacked", gzip.decompress(raw))
    elif raw[:4] == ZIP:
        with zipfile.ZipFile(BytesIO(raw)) as archive:
            for name in archive.namelist():
                yield from _unpacked(f"{place} member {name}", archive.read(name))
    elif raw[:1] == b"\x78":
        try:
            yield f"{place} unpacked", zlib.decompress(raw)
        except zlib.error:
            return
