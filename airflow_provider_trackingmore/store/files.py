"""Folders of a local disk or an object store, reached the same way; what is written appears whole."""

from __future__ import annotations

import json
import os
import re
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import fs

from airflow_provider_trackingmore.exceptions import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    import duckdb
    import pyarrow.dataset as ds

# Parquet comes in hundreds of tiny pieces.
_BUFFER = 1 << 20

_UNFINISHED = re.compile(r"\..+\.[0-9a-f]{32}")


@dataclass(frozen=True)
class Folder:
    """A folder of a local disk or an object store; what is written appears whole or not at all."""

    system: fs.FileSystem
    path: str

    @classmethod
    def at(cls, root: str | os.PathLike[str]) -> Folder:
        """Return the folder of a path or URL."""
        text = os.fspath(root)
        if "://" in text:
            return cls(*fs.FileSystem.from_uri(text))
        return cls(fs.LocalFileSystem(), str(Path(text).absolute()))

    @property
    def is_local(self) -> bool:
        """Say whether files here can be renamed."""
        return isinstance(self.system, fs.LocalFileSystem)

    def child(self, name: str) -> Folder:
        """Return a folder below.

        :raises ConfigurationError: if the name is none, and would lead elsewhere.
        """
        return Folder(self.system, self._below(name))

    def names(self) -> list[str]:
        """Return the names of the files, sorted."""
        return self._list(fs.FileType.File)

    def folders(self) -> list[str]:
        """Return the names of the folders, sorted."""
        found = self._list(fs.FileType.Directory)
        # A link may lead anywhere, and what is listed here is cleaned away one day.
        return [name for name in found if not (self.is_local and os.path.islink(f"{self.path}/{name}"))]

    def _list(self, kind: fs.FileType) -> list[str]:
        return sorted(info.base_name for info in self._entries() if info.type is kind)

    def _entries(self) -> list[fs.FileInfo]:
        found: list[fs.FileInfo] = self.system.get_file_info(fs.FileSelector(self.path, allow_not_found=True))
        return found

    def _below(self, name: str) -> str:
        """Return the path of a name in this folder, and of nothing outside."""
        if name in ("", ".", "..") or any(mark in name for mark in "/\\\0"):
            raise ConfigurationError(
                f"a name of {len(name)} characters leads out of its folder; use no '/', '\\' or '..' in it"
            )
        return f"{self.path}/{name}"

    @contextmanager
    def writing(self, name: str, *, mode: int | None = None) -> Iterator[pa.NativeFile]:
        """Open a file for writing that appears when it is whole and on the disk, and not after an error.

        ``mode`` says who may read it on a local disk, whatever this process allows by default.
        """
        self.system.create_dir(self.path, recursive=True)
        target = self._below(name)
        # An object store shows what it has got when a stream is closed, also after an error: it is given
        # whole files only.
        folder = self.path if self.is_local else tempfile.gettempdir()
        aside = f"{folder}/.{name}.{uuid4().hex}"
        try:
            with fs.LocalFileSystem().open_output_stream(aside, buffer_size=_BUFFER) as stream:
                yield stream
            if mode is not None:
                os.chmod(aside, mode)
            to_disk(aside)
            if self.is_local:
                self.system.move(aside, target)
            else:
                fs.copy_files(aside, target, fs.LocalFileSystem(), self.system)
        finally:
            Path(aside).unlink(missing_ok=True)

    def write_parquet(self, name: str, table: pa.Table, unlike: Collection[str]) -> None:
        """Write a table as one Parquet file; values of the columns ``unlike`` hardly ever repeat."""
        repeating = [column for column in table.column_names if column not in unlike]
        with self.writing(name) as stream:
            # Written once and read once: quick to write beats small.
            pq.write_table(
                table, stream, compression="none", write_statistics=False, use_dictionary=repeating
            )

    def write_json(self, name: str, value: dict[str, Any]) -> None:
        """Write a small JSON file."""
        with self.writing(name) as stream:
            stream.write(json.dumps(value, indent=1).encode())

    def read_json(self, name: str) -> dict[str, Any]:
        """Read a small JSON file."""
        value: dict[str, Any] = json.loads(self.read_bytes(name))
        return value

    def read_bytes(self, name: str) -> bytes:
        """Read a file that fits into memory."""
        with self.system.open_input_stream(self._below(name)) as stream:
            content: bytes = stream.read()
        return content

    def relation(
        self, connection: duckdb.DuckDBPyConnection, names: list[str], schema: pa.Schema
    ) -> duckdb.DuckDBPyRelation | ds.Dataset:
        """Return the rows of several Parquet files as something DuckDB can query."""
        paths = [f"{self.path}/{name}" for name in names]
        if paths and self.is_local:
            # DuckDB's own reader uses every core; the other way in has one.
            return connection.read_parquet([escape(path) for path in paths], hive_partitioning=False)
        return self.dataset(paths, schema=schema)

    def dataset(self, paths: str | list[str], **how: Any) -> ds.Dataset:
        """Return the rows of Parquet files, or of all below a folder, as Arrow's reader gives them."""
        # It imports pandas where there is one: a second, of which most runs have no need.
        import pyarrow.dataset as ds

        return ds.dataset(paths, format="parquet", filesystem=self.system, **how)

    def to_disk(self) -> None:
        """See to it that the files which have appeared stay, even if the power fails."""
        if self.is_local and Path(self.path).exists():
            to_disk(self.path)

    def written_at(self) -> datetime:
        """Return when something in it was last written, zoned; long ago if nobody can tell."""
        found = [self.system.get_file_info(self.path), *self._entries()]
        return max((info.mtime for info in found if info.mtime), default=datetime.min.replace(tzinfo=UTC))

    def sweep(self, before: datetime) -> None:
        """Remove what killed writers left: files begun before a moment that never appeared."""
        for info in self._entries():
            if info.base_name.startswith(".") and info.mtime and info.mtime < before:
                with suppress(FileNotFoundError):
                    self.system.delete_file(info.path)

    def delete(self, name: str) -> None:
        """Remove a file, if it is there."""
        with suppress(FileNotFoundError):
            self.system.delete_file(self._below(name))

    def remove(self) -> None:
        """Remove the folder with all it holds, if it is there."""
        with suppress(FileNotFoundError):
            self.system.delete_dir(self.path)

    def remove_unfinished(self) -> None:
        """Remove what killed writers left, here and below; call where nobody else writes."""
        if self.is_local:
            for path in Path(self.path).rglob(".*"):
                if _UNFINISHED.fullmatch(path.name):
                    path.unlink()


def to_disk(path: str | os.PathLike[str]) -> None:
    """Wait until a file of a local disk, or the names in a folder, would survive a power failure."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
