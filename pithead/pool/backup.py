"""A pool's database as one file that any engine takes back: everything of one moment.

The file is gzip of lines of JSON: a header that names the tables, their columns and the version
they are of; rows, some at a time; and a last line with how many there were, so that half a file
is never taken for a whole one. Natural numbers beyond 64 bits are text, bytes are base64.
"""

import gzip
import os
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from pithead.pool import schema
from pithead.pool.database import StoreError, Where, new_tables, one_moment
from pithead.pool.migrations import HEAD
from pithead.pool.schema import Natural

FORMAT = "pithead pool backup 1"
LONGEST_LINE = 256 << 20
"""Far longer than any line that is written; a longer one is no backup."""
COMPRESSION = 1
"""The quickest: rows repeat themselves so much that more costs time and saves little."""

Kind = Literal["integer", "real", "boolean", "text", "bytes"]
Tables = dict[str, dict[str, Kind]]

COLUMN: dict[Kind, sa.types.TypeEngine[Any]] = {
    "integer": sa.BigInteger(),
    "real": sa.Float(),
    "boolean": sa.Boolean(),
    "text": sa.String(),
    "bytes": sa.LargeBinary(),
}
VALUE: dict[Kind, Any] = {
    "integer": Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)],
    "real": float,
    "boolean": bool,
    "text": str,
    "bytes": bytes,
}


class BadBackup(StoreError):
    """The file is not a whole backup; nothing was made of it."""


class Header(msgspec.Struct, frozen=True):
    """The first line."""

    format: str
    version: str
    """The step of `migrations` that the tables are of."""
    made: int
    """Unix seconds."""
    tables: Tables


class Batch(msgspec.Struct, frozen=True, tag="rows", array_like=True):
    """Rows of one table, each an array in the order of the header's columns."""

    table: str
    rows: msgspec.Raw


class End(msgspec.Struct, frozen=True, tag="end", array_like=True):
    """The last line."""

    rows: int


def write_backup(engine: Engine, path: Path, made: int | None = None) -> int:
    """Write a file that was not there; how many rows it has. The pool may run meanwhile.

    FileExistsError where it was; the file has its name only once it is whole.
    """
    tables = {str(table.name): _columns(table) for table in schema.metadata.sorted_tables}
    header = Header(FORMAT, HEAD, int(time.time()) if made is None else made, tables)
    count = 0
    with _new_file(path) as file, one_moment(engine) as connection:
        file.write(msgspec.json.encode(header) + b"\n")
        for name, columns in tables.items():
            for rows in _read(connection, name, columns):
                batch = Batch(name, msgspec.Raw(msgspec.json.encode(rows)))
                file.write(msgspec.json.encode(batch) + b"\n")
                count += len(rows)
        file.write(msgspec.json.encode(End(count)) + b"\n")
    return count


def restore_backup(path: Path, where: Where) -> int:
    """Make a database of a backup, brought up to date; how many rows it has.

    BadBackup for a file that is none or not whole, StoreError where there is a database already;
    nothing is made then.
    """
    with _opened(path) as file:
        lines = _lines(file, path)
        header = _decode(next(lines), Header, path)
        if header.format != FORMAT:
            raise BadBackup(f"{path} is no backup of a pool")
        with new_tables(where, header.version) as connection:
            _check_tables(connection, header, path)
            return _take_in(connection, header, lines, path)


def _take_in(connection: Connection, header: Header, lines: Iterator[bytes], path: Path) -> int:
    count = 0
    for line in lines:
        match _decode(line, Batch | End, path):
            case Batch() as batch:
                columns = header.tables.get(batch.table)
                if columns is None:
                    raise BadBackup(f"{path} has rows of an unknown table {batch.table[:80]!r}")
                count += _insert(connection, batch, columns, path)
            case End(rows):
                if rows != count:
                    raise BadBackup(f"{path} has {count} rows where there should be {rows}")
                return count
    raise BadBackup(f"{path} ends too early")


def _insert(connection: Connection, batch: Batch, columns: dict[str, Kind], path: Path) -> int:
    row_type: Any = tuple[tuple(VALUE[kind] | None for kind in columns.values())]  # type: ignore[misc]
    rows: list[tuple[Any, ...]] = _decode(bytes(batch.rows), list[row_type], path)
    if rows:
        values = [dict(zip(columns, row, strict=True)) for row in rows]
        connection.execute(sa.insert(_plain(batch.table, columns)), values)
    return len(rows)


def _check_tables(connection: Connection, header: Header, path: Path) -> None:
    """What the file has must be what its version had."""
    inspector = sa.inspect(connection)
    there = set(inspector.get_table_names())
    for name, columns in header.tables.items():
        if name not in there or set(columns) != {
            column["name"] for column in inspector.get_columns(name)
        }:
            raise BadBackup(f"{path} has a table {name[:80]!r} unlike that of {header.version}")


def _read(
    connection: Connection, name: str, columns: dict[str, Kind]
) -> Iterator[list[tuple[Any, ...]]]:
    at_once = 10 if "bytes" in columns.values() else 1_000
    options = {"yield_per": at_once, "stream_results": True}
    rows = connection.execute(sa.select(_plain(name, columns)), execution_options=options)
    with rows:
        for some in rows.partitions():
            yield [tuple(row) for row in some]


def _plain(name: str, columns: dict[str, Kind]) -> sa.TableClause:
    """A table whose values are as they are kept."""
    return sa.table(name, *(sa.column(each, COLUMN[kind]) for each, kind in columns.items()))


def _columns(table: sa.Table) -> dict[str, Kind]:
    return {str(column.name): _kind(column.type) for column in table.columns}


def _kind(kind: sa.types.TypeEngine[Any]) -> Kind:
    match kind:
        case sa.BigInteger():
            return "integer"
        case sa.Float():
            return "real"
        case sa.Boolean():
            return "boolean"
        case sa.LargeBinary():
            return "bytes"
        case Natural() | sa.String():
            return "text"
    raise TypeError(f"no backup can hold {kind!r}")


# Files


@contextmanager
def _new_file(path: Path) -> Iterator[gzip.GzipFile]:
    """Gives it its name once it is whole and on the disk."""
    if path.exists():
        raise FileExistsError(17, "there is such a file already", str(path))
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            with gzip.GzipFile("", "wb", COMPRESSION, file, mtime=0) as packed:
                yield packed
            file.flush()
            os.fsync(file.fileno())
        os.link(part, path)  # unlike a rename, it takes nobody's place
    finally:
        part.unlink()


@contextmanager
def _opened(path: Path) -> Iterator[gzip.GzipFile]:
    with gzip.open(path, "rb") as file:
        yield file


def _lines(file: gzip.GzipFile, path: Path) -> Iterator[bytes]:
    """BadBackup where the file is cut off or damaged."""
    while True:
        try:
            line = file.readline(LONGEST_LINE)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise BadBackup(f"{path} is no whole backup of a pool: {error}") from error
        if not line.endswith(b"\n"):
            raise BadBackup(f"{path} ends too early")
        yield line


def _decode(line: bytes, kind: Any, path: Path) -> Any:
    try:
        return msgspec.json.decode(line, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadBackup(f"{path} is no whole backup of a pool: {error}") from error
