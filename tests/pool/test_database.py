"""A database is made, brought up to date or left alone; never half of it."""

import sqlite3

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from pithead.pool import database as module
from pithead.pool import schema
from pithead.pool.accounts import Accounts
from pithead.pool.database import FIRST, VERSION, StoreError, open_database
from pithead.pool.migrations import HEAD
from pithead.pool.store import Store
from tests.postgres import new_database


def script():
    config = Config()
    config.set_main_option("script_location", "pithead.pool:migrations")
    return ScriptDirectory.from_config(config)


def make_first(where):
    """A database as the first version of the program made it."""
    from alembic import command

    with module._alone(where, 5.0) as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", "pithead.pool:migrations")
        command.upgrade(config, FIRST)
        VERSION.drop(connection)
        connection.execute(sa.text("INSERT INTO schema VALUES (1)"))
        connection.execute(sa.text("INSERT INTO users VALUES ('alice', 5)"))


def differences(engine):
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        return compare_metadata(context, schema.metadata)


def version(engine):
    with engine.connect() as connection:
        return connection.scalar(sa.select(VERSION.c.version_num))


def test_the_steps_end_where_the_program_thinks_they_do():
    assert script().get_current_head() == HEAD


def test_a_new_database_is_at_the_last_step_at_once(database):
    engine = open_database(database)
    assert version(engine) == HEAD
    assert differences(engine) == []
    engine.dispose()


def test_a_database_of_the_first_version_goes_all_steps_and_keeps_what_is_in_it(database):
    make_first(database)
    engine = open_database(database)
    assert version(engine) == HEAD
    assert differences(engine) == []
    assert list(Accounts(Store(engine, "pool")).users()) == ["alice"]
    engine.dispose()
    open_database(database).dispose()


def test_a_step_that_fails_leaves_the_database_as_it_was(database, monkeypatch):
    make_first(database)
    monkeypatch.setattr(schema.metadata, "create_all", None)

    def fail(connection, before):
        connection.execute(sa.text("DROP TABLE users"))
        raise RuntimeError("the power is gone")

    monkeypatch.setattr(module, "_migrate", fail)
    with pytest.raises(RuntimeError):
        open_database(database)
    monkeypatch.undo()
    engine = open_database(database)
    assert list(Accounts(Store(engine, "pool")).users()) == ["alice"]
    engine.dispose()


def test_a_database_of_a_newer_version_is_told_and_left_alone(database):
    engine = open_database(database)
    with engine.begin() as connection:
        connection.execute(sa.update(VERSION).values(version_num="9999"))
    engine.dispose()
    with pytest.raises(StoreError, match="9999"):
        open_database(database)


@pytest.mark.parametrize(
    "url", ["mysql://host/name", "nonsense", "postgresql://secret@[::1", "sqlite:///x"]
)
def test_a_url_that_is_none_of_ours_is_told_without_its_password(url):
    with pytest.raises(StoreError, match="postgresql://") as told:
        open_database(url)
    assert "secret" not in str(told.value)


def test_two_that_open_a_new_database_at_once_make_it_once(tmp_path):
    """The second waits for the first, and finds it made."""
    where = tmp_path / "pool.sqlite"
    with sqlite3.connect(where, isolation_level=None) as other:
        other.execute("PRAGMA journal_mode=WAL")
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(sa.exc.OperationalError, match="locked"):
            open_database(where, busy_seconds=0.01)
        other.execute("COMMIT")
    other.close()
    open_database(where).dispose()


@pytest.mark.slow
def test_what_goes_over_all_there_is_may_take_its_time_and_nothing_else(postgres, tmp_path):
    where = new_database(postgres)
    shown = sa.text("SHOW statement_timeout")
    with module.new_tables(where, HEAD) as connection:
        assert connection.scalar(shown) == "0"
    engine = open_database(where)
    with module.one_moment(engine) as connection:
        assert connection.scalar(shown) == "0"
    with engine.connect() as connection:
        assert connection.scalar(shown) == "1min"
        assert connection.get_isolation_level() == "READ COMMITTED"
    engine.dispose()
