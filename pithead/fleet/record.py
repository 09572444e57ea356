"""The fleet's history on disk: one SQLite file, a row for each minute and each quarter hour.

A row is written once its time is over and holds all machines, so that a thousand of them cost one
small write a minute, and what a `kill -9` takes is the minute that was under way.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
import structlog
from sqlalchemy import Column, Connection, Engine, Integer, LargeBinary, Table, Text, event
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.engine.interfaces import DBAPIConnection

from pithead.fleet.history import LENGTHS, QUARTER, Values
from pithead.fleet.points import Row, packed, unpacked

log = structlog.get_logger(__name__)

FILE = "history.sqlite"
VERSION = 1
"""Of the tables, as `PRAGMA user_version` has it."""
BUSY_SECONDS = 5.0
ROWS_AT_ONCE = 100

_TABLES = sa.MetaData()
_MACHINES = Table(
    "machines", _TABLES,
    Column("number", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("last", Integer, nullable=False),
)  # fmt: skip
"""`last`: unix seconds of the newest row that it is in."""
_POINTS = Table(
    "points", _TABLES,
    Column("step", Integer, primary_key=True),
    Column("moment", Integer, primary_key=True),
    Column("machines", LargeBinary, nullable=False),
)  # fmt: skip
"""`step` seconds from `moment` on, in unix seconds; `machines` as `pithead.fleet.points` packs."""


class RecordError(Exception):
    """The file is not one of this program, or of a newer version of it; it is left as it is."""


class Record:
    """Every call blocks: not for the loop."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    def open(cls, path: Path) -> "Record":
        """Made where there is none. Raises RecordError."""
        path.parent.mkdir(parents=True, exist_ok=True)
        engine = sa.create_engine(
            f"sqlite:///{path}", connect_args={"timeout": BUSY_SECONDS, "isolation_level": None}
        )
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", lambda link: link.exec_driver_sql("BEGIN IMMEDIATE"))
        record = cls(engine)
        try:
            with record._alone() as connection:
                _make(connection)
        except RecordError as error:
            engine.dispose()
            raise RecordError(f"{path}: {error}") from error
        return record

    def close(self) -> None:
        self._engine.dispose()

    def newest(self, step: int) -> int | None:
        """The moment of the newest row. Raises RecordError."""
        wanted = sa.select(sa.func.max(_POINTS.c.moment)).where(_POINTS.c.step == step)
        with self._alone() as connection:
            found: int | None = connection.scalar(wanted)
            return found

    def numbers(self) -> dict[str, int]:
        """What rows call each machine, by its id. Raises RecordError."""
        with self._alone() as connection:
            return _numbers(connection)

    def rows(self, step: int, after: float) -> Iterator[tuple[int, Row]]:
        """In the order of their moments. What cannot be read is left out with a line in the log.
        Raises RecordError."""
        wanted = (
            sa.select(_POINTS.c.moment, _POINTS.c.machines)
            .where(_POINTS.c.step == step, _POINTS.c.moment > after)
            .order_by(_POINTS.c.moment)
            .execution_options(yield_per=ROWS_AT_ONCE)
        )
        with self._alone() as connection:
            for moment, packed_row in connection.execute(wanted):
                row = _readable(moment, packed_row)
                if row is not None:
                    yield moment, row

    def write(self, step: int, moment: int, points: Mapping[str, Values]) -> None:
        """What machines did in one step, beside what another fleet wrote of its own; and what is
        too old goes. Raises RecordError."""
        if not points:
            return
        with self._alone() as connection:
            numbers = _known(connection, points, moment)
            here = sa.and_(_POINTS.c.step == step, _POINTS.c.moment == moment)
            former = connection.scalar(sa.select(_POINTS.c.machines).where(here))
            before = None if former is None else _readable(moment, former)
            merged = {} if before is None else before.points()
            merged |= {numbers[name]: values for name, values in points.items()}
            row = insert(_POINTS).values(step=step, moment=moment, machines=packed(merged))
            connection.execute(
                row.on_conflict_do_update(
                    index_elements=["step", "moment"], set_={"machines": row.excluded.machines}
                )
            )
            _forget(connection, step, moment)

    @contextmanager
    def _alone(self) -> Iterator[Connection]:
        """All of it or nothing."""
        try:
            with self._engine.begin() as connection:
                yield connection
        except sa.exc.DBAPIError as error:
            raise RecordError(str(error.orig)) from error


def _prepare(connection: DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _make(connection: Connection) -> None:
    version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    if version > VERSION:
        raise RecordError(f"it is of a newer version of this program ({version}, not {VERSION})")
    if version == VERSION:
        return
    if sa.inspect(connection).get_table_names():
        raise RecordError("it is a database of something else")
    _TABLES.create_all(connection)
    connection.exec_driver_sql(f"PRAGMA user_version={VERSION}")


def _readable(moment: int, row: bytes) -> Row | None:
    try:
        return unpacked(row)
    except ValueError as error:
        log.warning("fleet.history_unreadable", moment=moment, why=str(error))
        return None


def _numbers(connection: Connection) -> dict[str, int]:
    return {name: number for number, name in connection.execute(
        sa.select(_MACHINES.c.number, _MACHINES.c.id)
    )}  # fmt: skip


def _known(connection: Connection, names: Iterable[str], moment: int) -> dict[str, int]:
    """The numbers of all there are, these among them."""
    row = insert(_MACHINES)
    seen = row.on_conflict_do_update(index_elements=["id"], set_={"last": row.excluded.last})
    if moment % QUARTER == 0 or not set(names) <= _numbers(connection).keys():
        connection.execute(seen, [{"id": name, "last": moment} for name in names])
    return _numbers(connection)


def _forget(connection: Connection, step: int, moment: int) -> None:
    """Rows and machines that nothing asks for any more."""
    oldest = moment - step * LENGTHS[step]
    connection.execute(sa.delete(_POINTS).where(_POINTS.c.step == step, _POINTS.c.moment < oldest))
    longest = moment - max(step * length for step, length in LENGTHS.items())
    connection.execute(sa.delete(_MACHINES).where(_MACHINES.c.last < longest))
