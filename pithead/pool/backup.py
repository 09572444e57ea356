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
from pithead.pool.books import BooksSettings
from pithead.pool.bulk import insert_rows
from pithead.pool.database import StoreError, Where, new_tables, one_moment
from pithead.pool.extract import BOOKS, Since, since_now, where_since
from pithead.pool.migrations import HEAD
from pithead.pool.position import Position
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

PLACE = ["front_end", "epoch", "sequence"]
"""The columns of `positions`."""


class BadBackup(StoreError):
    """The file is not a whole backup; nothing was made of it."""


class Extract(msgspec.Struct, frozen=True):
    """What a file has that is no backup but enough to go on from with the journal."""

    since: Since
    scoring_seconds: float
    confirmations: int

    @property
    def settings(self) -> BooksSettings:
        """Those that the books followed."""
        return BooksSettings(self.scoring_seconds, self.confirmations)


class Header(msgspec.Struct, frozen=True):
    """The first line."""

    format: str
    version: str
    """The step of `migrations` that the tables are of."""
    made: int
    """Unix seconds."""
    tables: Tables
    extract: Extract | None = None


class Batch(msgspec.Struct, frozen=True, tag="rows", array_like=True):
    """Rows of one table, each an array in the order of the header's columns."""

    table: str
    rows: msgspec.Raw


class End(msgspec.Struct, frozen=True, tag="end", array_like=True):
    """The last line."""

    rows: int


def write_backup(engine: Engine, path: Path, settings: BooksSettings | None = None) -> int:
    """Write a file that was not there; how many rows it has. The pool may run meanwhile.

    With the `settings` of books it is an extract for checks. FileExistsError where it was there;
    the file has its name only once it is whole.
    """
    tables = schema.metadata.sorted_tables if settings is None else [*BOOKS, schema.positions]
    named = {str(table.name): _columns(table) for table in tables}
    count, since, extract = 0, Since(), None
    with _new_file(path) as file, one_moment(engine) as connection:
        if settings is not None:
            since = since_now(connection)
            extract = Extract(since, settings.time_constant_seconds, settings.confirmations)
        header = Header(FORMAT, HEAD, int(time.time()), named, extract)
        file.write(msgspec.json.encode(header) + b"\n")
        for table in tables:
            for rows in _read(connection, table, since):
                batch = Batch(str(table.name), msgspec.Raw(msgspec.json.encode(rows)))
                file.write(msgspec.json.encode(batch) + b"\n")
                count += len(rows)
        file.write(msgspec.json.encode(End(count)) + b"\n")
    return count


def read_header(path: Path) -> Header:
    """BadBackup for a file that does not begin as a backup does."""
    with _opened(path) as file:
        return _header(_lines(file, path), path)


def position_in(path: Path, front_end: str) -> Position | None:
    """Up to where in the journal of a front end a backup is; None where it knows of none."""
    with _opened(path) as file:
        lines = _lines(file, path)
        if list(_header(lines, path).tables.get("positions", ())) != PLACE:
            raise BadBackup(f"{path} has no places in a journal as this program writes them")
        for line in lines:
            batch = _decode(line, Batch | End, path)
            if isinstance(batch, End):
                return None
            if batch.table == "positions":
                for name, *place in _decode(bytes(batch.rows), list[tuple[str, int, int]], path):
                    if name == front_end:
                        return Position(*place)
    return None


def restore_backup(path: Path, where: Where, or_extract: bool = False) -> int:
    """Make a database of a backup, brought up to date; how many rows it has.

    BadBackup for a file that is none or not whole, StoreError where there is a database already;
    nothing is made then.
    """
    with _opened(path) as file:
        lines = _lines(file, path)
        header = _header(lines, path)
        if header.extract is not None and not or_extract:
            raise BadBackup(f"{path} is an extract for checks: no pool can go on from it alone")
        with new_tables(where, header.version) as connection:
            _check_tables(connection, header, path)
            return _take_in(connection, header, lines, path)


def _header(lines: Iterator[bytes], path: Path) -> Header:
    header: Header = _decode(next(lines), Header, path)
    if header.format != FORMAT:
        raise BadBackup(f"{path} is no backup of a pool")
    return header


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
        insert_rows(connection, _plain(batch.table, columns), values)
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


def _read(connection: Connection, table: sa.Table, since: Since) -> Iterator[list[tuple[Any, ...]]]:
    columns = _columns(table)
    as_kept = (sa.type_coerce(table.c[name], COLUMN[kind]) for name, kind in columns.items())
    query = sa.select(*as_kept)
    if (where := where_since(table, since)) is not None:
        query = query.where(where)
    at_once = 10 if "bytes" in columns.values() else 1_000
    options = {"yield_per": at_once, "stream_results": True}
    rows = connection.execute(query, execution_options=options)
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
