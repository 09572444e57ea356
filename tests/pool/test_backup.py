"""A backup holds everything of one moment, and any engine takes it back."""

import gzip
import random

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pithead.pool import database as module
from pithead.pool import schema
from pithead.pool.accounts import Accounts
from pithead.pool.backup import restore_backup, write_backup
from pithead.pool.bookkeeper_settings import BookkeeperSettings
from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.database import DATABASE, StoreError, open_database
from pithead.pool.migrations import HEAD
from pithead.pool.store import Store
from tests.pool.test_bookkeeping import NOW, a_history, readings, shares
from tests.pool.test_database import make_first
from tests.postgres import new_database

HUGE = 2**63
"""Of work: a few shares of it are beyond 64 bits."""


def contents(where):
    """All rows of all tables."""
    engine = open_database(where)
    with engine.connect() as connection:
        found = {
            table.name: sorted(map(tuple, connection.execute(sa.select(table))))
            for table in schema.metadata.sorted_tables
        }
    engine.dispose()
    return found


async def filled(directory, where):
    """A pool's database with a row of every kind of value in it."""
    url = where if isinstance(where, str) else ""
    keeper = await Bookkeeper.open(directory, BookkeeperSettings(3, 3, database=url))
    keeper.accept(a_history())
    keeper.accept(shares(NOW + 200, 5, work=HUGE))
    Accounts(keeper.store).create_token("alice")
    await keeper.close()
    return contents(where)


async def test_a_backup_gives_back_every_row(database, tmp_path):
    before = await filled(tmp_path, database)
    assert sum(map(len, before.values())) > 100
    engine = open_database(database)
    count = write_backup(engine, tmp_path / "backup")
    engine.dispose()
    assert restore_backup(tmp_path / "backup", tmp_path / "new.sqlite") == count
    assert count == sum(map(len, before.values()))
    assert contents(tmp_path / "new.sqlite") == before


@pytest.mark.slow
async def test_a_backup_of_one_engine_is_taken_back_by_the_other(postgres, tmp_path):
    before = await filled(tmp_path, tmp_path / DATABASE)
    there = new_database(postgres)
    move(tmp_path / DATABASE, tmp_path / "to", there)
    assert contents(there) == before
    move(there, tmp_path / "fro", tmp_path / "back.sqlite")
    assert contents(tmp_path / "back.sqlite") == before
    keeper = await Bookkeeper.open(tmp_path, BookkeeperSettings(3, 3, database=there))
    assert keeper.blocks_found == 6
    expected = readings(keeper, NOW + 300)
    await keeper.close()
    keeper = await Bookkeeper.open(tmp_path, BookkeeperSettings(3, 3))
    assert readings(keeper, NOW + 300) == expected
    await keeper.close()


def move(old, path, new):
    engine = open_database(old)
    write_backup(engine, path)
    engine.dispose()
    restore_backup(path, new)


async def test_what_is_written_while_a_backup_is_made_is_not_in_it(database, tmp_path, monkeypatch):
    engine = open_database(database)
    accounts = Accounts(Store(engine, "pool"))
    accounts.create_user("alice")
    kind = module.one_moment

    class Interrupted:
        def __init__(self, engine):
            self.inner = kind(engine)

        def __enter__(self):
            connection = self.inner.__enter__()
            connection.scalar(sa.select(schema.positions.c.epoch))
            accounts.create_user("bob")
            return connection

        def __exit__(self, *error):
            return self.inner.__exit__(*error)

    monkeypatch.setattr("pithead.pool.backup.one_moment", Interrupted)
    write_backup(engine, tmp_path / "backup")
    assert list(accounts.users()) == ["alice", "bob"]
    engine.dispose()
    restore_backup(tmp_path / "backup", tmp_path / "new.sqlite")
    assert [name for name, _ in contents(tmp_path / "new.sqlite")["users"]] == ["alice"]


@pytest.fixture(scope="module")
def backup(tmp_path_factory):
    directory = tmp_path_factory.mktemp("backup")
    engine = open_database(directory / "pool.sqlite")
    accounts = Accounts(Store(engine, "pool"))
    for number in range(50):
        accounts.create_token(f"user{number}")
    write_backup(engine, directory / "backup")
    engine.dispose()
    return (directory / "backup").read_bytes()


def test_a_backup_takes_no_other_files_place_and_none_but_its_owner_reads_it(tmp_path):
    engine = open_database(tmp_path / "pool.sqlite")
    path = tmp_path / "backup"
    write_backup(engine, path)
    assert path.stat().st_mode & 0o777 == 0o600
    before = path.read_bytes()
    with pytest.raises(FileExistsError):
        write_backup(engine, path)
    assert path.read_bytes() == before
    engine.dispose()
    assert [each.name for each in tmp_path.iterdir() if "part" in each.name] == []


def test_a_database_that_is_there_is_left_alone(backup, tmp_path):
    (tmp_path / "backup").write_bytes(backup)
    engine = open_database(tmp_path / "pool.sqlite")
    Accounts(Store(engine, "pool")).create_user("bob")
    engine.dispose()
    with pytest.raises(StoreError, match="there is a database already"):
        restore_backup(tmp_path / "backup", tmp_path / "pool.sqlite")
    assert [name for name, _ in contents(tmp_path / "pool.sqlite")["users"]] == ["bob"]


def rewritten(backup, old, new):
    text = gzip.decompress(backup)
    assert old in text
    return gzip.compress(text.replace(old, new, 1))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda data: b"", "too early"),
        (lambda data: b"a letter to the editor", "no whole backup"),
        (lambda data: data[: len(data) // 2], "no whole backup"),
        (lambda data: gzip.compress(gzip.decompress(data)[:-15]), "too early"),
        (lambda data: rewritten(data, b"pithead pool", b"somebody's"), "no backup of a pool"),
        (lambda data: rewritten(data, f'"{HEAD}"'.encode(), b'"9999"'), "newer version"),
        (lambda data: rewritten(data, b'["rows","users"', b'["rows","losers"'), "unknown table"),
        (lambda data: rewritten(data, b'"users":{', b'"losers":{'), "unlike that of"),
        (lambda data: rewritten(data, b'["end",', b'["end",1'), "rows where there should be"),
        (lambda data: rewritten(data, b'[["user0",', b'[[7,'), "no whole backup"),
    ],
)  # fmt: skip
def test_what_is_no_whole_backup_is_told_and_makes_nothing(backup, tmp_path, change, why):
    path, where = tmp_path / "backup", tmp_path / "pool.sqlite"
    path.write_bytes(change(backup))
    with pytest.raises(StoreError, match=why):
        restore_backup(path, where)
    path.write_bytes(backup)
    restore_backup(path, where)
    assert len(contents(where)["tokens"]) == 50


@pytest.mark.slow
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 2**32))
def test_damaged_backups_are_refused(backup, tmp_path_factory, seed):
    dice = random.Random(seed)
    text = bytearray(gzip.decompress(backup))
    for _ in range(dice.randint(1, 3)):
        place = dice.randrange(len(text))
        text[place : place + dice.randint(0, 3)] = dice.randbytes(dice.randint(0, 3))
    directory = tmp_path_factory.mktemp("damaged")
    (directory / "backup").write_bytes(gzip.compress(bytes(text)))
    try:
        restore_backup(directory / "backup", directory / "pool.sqlite")
    except (StoreError, sa.exc.DBAPIError):
        return
    assert len(contents(directory / "pool.sqlite")["tokens"]) == 50


def test_a_backup_of_an_older_version_is_brought_up_to_date(tmp_path, monkeypatch, backup):
    """As the first version would have written it: with its tables, and its number in the header."""
    make_first(tmp_path / "old.sqlite")
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'old.sqlite'}")
    first = sa.MetaData()
    first.reflect(engine, only=lambda name, _: name != "schema")
    for table in first.tables.values():
        for column in table.columns:
            column.type = column.type.as_generic()
    monkeypatch.setattr("pithead.pool.backup.schema.metadata", first)
    monkeypatch.setattr("pithead.pool.backup.HEAD", "0001")
    write_backup(engine, tmp_path / "backup")
    engine.dispose()
    monkeypatch.undo()
    restore_backup(tmp_path / "backup", tmp_path / "new.sqlite")
    assert contents(tmp_path / "new.sqlite")["users"] == [("alice", 5)]
