"""Opening the pool's database, SQLite or PostgreSQL, and bringing its tables up to date."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
import structlog
from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool

from pithead.pool import schema
from pithead.pool.migrations import HEAD

log = structlog.get_logger(__name__)

DATABASE = "pool.sqlite"
"""The file's name in the directory of a pool."""
BUSY_SECONDS = 5.0
CONNECT_SECONDS = 5
STATEMENT_MS = 60_000
TAKE_YOUR_TIME = "SET LOCAL statement_timeout = 0"
"""For what goes over all there is and holds up nobody."""
MIGRATING = 0x706974
"""Names the lock, among those that other programs take on the same server."""
FIRST = "0001"
VERSION = Table(
    "alembic_version", sa.MetaData(), sa.Column("version_num", sa.String(32), primary_key=True)
)
"""Alembic's own table."""
SCHEMES = re.compile(r"postgresql(\+psycopg)?://")
SEVERAL = re.compile(r"([a-z+]+://(?:[^/?#]*@)?)([^/?#@]*,[^/?#@]*)(/.*)")
"""Of several hosts with commas between, as libpq has it and `sqlalchemy` has not."""

Where = Path | str
"""The path of an SQLite file, or the URL of a PostgreSQL database."""


class StoreError(Exception):
    """The database is not one of this program, or of a newer version of it."""


def database_of(directory: Path, url: str = "") -> Where:
    """What `pool.database` says, or the file in the pool's directory."""
    return url or directory / DATABASE


def open_database(where: Where, busy_seconds: float = BUSY_SECONDS) -> Engine:
    """The database, made where there is none and brought up to date where it is older.

    StoreError for one that cannot be, which is left alone; sqlalchemy.exc.DBAPIError for one
    that is damaged, locked or not there.
    """
    if isinstance(where, Path):
        where.parent.mkdir(parents=True, exist_ok=True)
    engine = _engine(where, busy_seconds)
    try:
        with engine.connect() as connection:
            version = _version(connection)
        if version != HEAD:
            _bring_up_to_date(where, busy_seconds)
    except BaseException:
        engine.dispose()
        raise
    return engine


def engine_of(url: str) -> Engine:
    """A PostgreSQL database as it is; nothing is asked of it yet. StoreError for what is no URL."""
    return _engine(url, BUSY_SECONDS)


def version_of(where: Where) -> str | None:
    """The step that a database is at, None for an empty one; it is not changed.

    StoreError for one that is not of this program, DBAPIError where it does not answer.
    """
    engine = _engine(where, BUSY_SECONDS, poolclass=NullPool)
    try:
        with engine.connect() as connection:
            version = _version(connection)
            return FIRST if version is None and _is_first(connection) else version
    finally:
        engine.dispose()


@contextmanager
def one_moment(engine: Engine) -> Iterator[Connection]:
    """Whatever is read within is of one moment, and holds up nobody who writes."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ")
            connection.exec_driver_sql(TAKE_YOUR_TIME)
        else:
            connection.exec_driver_sql("BEGIN")
        yield connection


@contextmanager
def new_tables(where: Where, version: str) -> Iterator[Connection]:
    """Tables as they were at a version, to be filled; then they are brought up to date.

    StoreError where there are tables already, or of a version that nobody knows. What fails
    within leaves nothing behind.
    """
    if isinstance(where, Path):
        where.parent.mkdir(parents=True, exist_ok=True)
    with _alone(where, BUSY_SECONDS) as connection:
        if sa.inspect(connection).get_table_names():
            raise StoreError("there is a database already; move it away first")
        if version == HEAD:
            _make(connection)
        else:
            _step(connection, version, version)
        yield connection
        if version != HEAD:
            _step(connection, version, HEAD)


def upsert(connection: Connection, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """An insert that can be told what to do where the key is there."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def _engine(where: Where, busy_seconds: float, **options: type[NullPool]) -> Engine:
    if isinstance(where, Path):
        timeout = {"timeout": busy_seconds}
        engine = create_engine(f"sqlite:///{where}", connect_args=timeout, **options)
        event.listen(engine, "connect", _prepare)
        return engine
    return create_engine(
        _with_driver(where),
        pool_pre_ping=True,  # one that was closed by a restart of the server is opened again
        connect_args={
            "connect_timeout": CONNECT_SECONDS,
            "tcp_user_timeout": CONNECT_SECONDS * 1000,  # of a network that says nothing any more
            "options": f"-c statement_timeout={STATEMENT_MS} -c lock_timeout={STATEMENT_MS}",
        },
        **options,
    )


def _with_driver(url: str) -> sa.URL:
    try:
        if not SCHEMES.match(url):
            raise ValueError
        return _of_hosts(url).set(drivername="postgresql+psycopg")
    except (ArgumentError, ValueError):  # without the text itself, which may hold a password
        raise StoreError(
            "pool.database is no URL like postgresql://user:password@host:5432/name, or of several "
            "hosts: @one:5432,two:5432/name"
        ) from None


def _of_hosts(url: str) -> sa.URL:
    """Of several hosts, one that can be written to is looked for, unless the URL says otherwise."""
    several = SEVERAL.match(url)
    if several is None:
        return sa.make_url(url)
    before, hosts, after = several.groups()
    parsed = sa.make_url(before + after)
    wanted = {"target_session_attrs": "read-write", **parsed.query}
    return parsed.set(query={**wanted, "host": tuple(map(_with_port, hosts.split(",")))})


def _with_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    if colon and not (name and port.isdecimal()):
        raise ValueError
    return host if colon else f"{host}:5432"


def _prepare(connection: object, _record: object) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _version(connection: Connection) -> str | None:
    """The step that the database is at; None for one that does not say."""
    if not sa.inspect(connection).has_table(VERSION.name):
        return None
    return connection.scalar(sa.select(VERSION.c.version_num))


def _bring_up_to_date(where: Where, busy_seconds: float) -> None:
    """Make what is missing, all of it or nothing, and alone."""
    with _alone(where, busy_seconds) as connection:
        version = _version(connection)
        if version is None and not _is_first(connection):
            _make(connection)
        elif version != HEAD:
            _migrate(connection, version)


def _make(connection: Connection) -> None:
    """At the last step at once."""
    schema.metadata.create_all(connection)
    VERSION.create(connection)
    connection.execute(sa.insert(VERSION).values(version_num=HEAD))


def _migrate(connection: Connection, version: str | None) -> None:
    if version is None:
        VERSION.create(connection)
        connection.execute(sa.insert(VERSION).values(version_num=FIRST))
    _step(connection, version or FIRST, HEAD)
    log.info("the pool's database was brought up to date", before=version or FIRST, now=HEAD)


def _step(connection: Connection, version: str, target: str) -> None:
    """Take all steps to `target`. StoreError where nobody knows `version`."""
    from alembic import command  # a third of a second, which few starts have to wait for
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "pithead.pool:migrations")
    known = {each.revision for each in ScriptDirectory.from_config(config).walk_revisions()}
    if version not in known:
        raise StoreError(
            f"the pool's database is of a newer version ({version[:20]}; this program knows up to "
            f"{HEAD}); it is left alone"
        )
    command.upgrade(config, target)


def _is_first(connection: Connection) -> bool:
    """Whether it is from before the steps were counted. StoreError for what nobody knows."""
    if not sa.inspect(connection).has_table("schema"):
        return False
    version = connection.scalar(sa.text("SELECT version FROM schema"))
    if version != 1:
        raise StoreError(f"the pool's database has the unknown schema {version}")
    return True


@contextmanager
def _alone(where: Where, busy_seconds: float) -> Iterator[Connection]:
    """A transaction that holds changes of tables too, and lets no other process do the same."""
    engine = _engine(where, busy_seconds, poolclass=NullPool)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _leave_beginning_to_us)
        event.listen(engine, "begin", _begin_at_once)
    try:
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.exec_driver_sql(TAKE_YOUR_TIME)
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(MIGRATING)))
            yield connection
    finally:
        engine.dispose()


def _leave_beginning_to_us(connection: object, _record: object) -> None:
    connection.isolation_level = None  # type: ignore[attr-defined]


def _begin_at_once(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
