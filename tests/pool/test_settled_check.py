"""Sums of past days are checked, and those of an older database are made from its blocks."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import sqlalchemy as sa
from hypothesis import given, settings

from pithead.pool import schema
from pithead.pool.audit import sums
from pithead.pool.books import BooksSettings
from pithead.pool.database import new_tables, open_database
from pithead.pool.settled_check import unlike_settled
from pithead.pool.store import Store
from tests.pool.test_settled import CONFIRMATIONS, STEPS, tell
from tests.postgres import new_database

BEFORE_SUMS = "0006"
BUSY = [
    *[("block", n) for n in range(4)], *[("accepted", 0)] * 3, ("refused", 0),
    *[("tip", 1)] * 6, ("block", 7), ("accepted", 0), *[("tip", 29)] * 6, ("other", 2),
    ("block", 1), ("accepted", 0), *[("tip", 29)] * 9,
]  # fmt: skip


def lived(where, steps):
    """A database in which a history was told."""
    engine = open_database(where)
    rules = BooksSettings(confirmations=CONFIRMATIONS)
    tell([*steps, ("commit", 0)], engine, Store(engine, "pool"), rules)
    return engine


def problems(engine):
    with engine.connect() as connection:
        return list(unlike_settled(connection))


def rows(engine, *tables):
    with engine.connect() as connection:
        return [sorted(connection.execute(sa.select(table)).all()) for table in tables]


def as_it_was(engine, where, version):
    """A database that has been at `version` with the rows of another, and is up to date now."""
    with engine.connect() as now, new_tables(where, version) as old:
        for table in schema.metadata.sorted_tables:
            names = {each["name"] for each in sa.inspect(old).get_columns(table.name)} \
                if sa.inspect(old).has_table(table.name) else set()  # fmt: skip
            columns = [each for each in table.columns if each.name in names]
            found = [dict(row) for row in now.execute(sa.select(*columns)).mappings()] \
                if columns else []  # fmt: skip
            if found:
                old.execute(sa.insert(table), found)
    return open_database(where)


@pytest.mark.slow
@given(STEPS)
@settings(max_examples=20, deadline=None)
def test_whatever_befell_the_blocks_nothing_is_found_that_is_not_there(steps):
    with TemporaryDirectory() as directory:
        engine = lived(Path(directory) / "pool.sqlite", steps)
        assert problems(engine) == []
        engine.dispose()


@pytest.mark.slow
@given(STEPS)
@settings(max_examples=12, deadline=None)
def test_an_older_database_gets_the_sums_it_would_have_had(steps):
    with TemporaryDirectory() as directory:
        engine = lived(Path(directory) / "pool.sqlite", steps)
        older = as_it_was(engine, Path(directory) / "older.sqlite", BEFORE_SUMS)
        tables = schema.settled_days, schema.settled_gains
        assert rows(older, *tables) == rows(engine, *tables)
        older.dispose()
        engine.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def older(request, tmp_path):
    """Where a database of an older version is to be."""
    if request.param == "sqlite":
        return tmp_path / "older.sqlite"
    return new_database(request.getfixturevalue("postgres"))


def test_a_populated_database_of_before_the_sums_is_brought_up_to_date(tmp_path, older):
    engine = lived(tmp_path / "pool.sqlite", BUSY)
    made = as_it_was(engine, older, BEFORE_SUMS)
    days, gains = rows(engine, schema.settled_days, schema.settled_gains)
    assert len(days) >= 2
    assert len(gains) >= 3
    assert rows(made, schema.settled_days, schema.settled_gains) == [days, gains]
    with made.connect() as connection:
        assert sums(connection) == []
    made.dispose()
    engine.dispose()


@pytest.mark.parametrize(
    ("change", "why"),
    [("UPDATE settled_gains SET sats = sats + 1", "the ledger has"),
     ("UPDATE settled_gains SET refund_sats = refund_sats + 1", "the blocks gave"),
     ("DELETE FROM settled_gains", "its sum is nothing"),
     ("DELETE FROM settled_days", "was not summed up"),
     ("UPDATE settled_days SET settled_ms = settled_ms + 1", "was settled at"),
     ("INSERT INTO settled_days VALUES (86400, 5)", "is not settled"),
     ("INSERT INTO settled_gains VALUES ('zoe', 86400, 5, 0, 0, 0)", "gave zoe nothing"),
     ("UPDATE entries SET sats = sats + 1 WHERE kind = 'matured' AND account LIKE '%:confirmed'",
      "the ledger has")],
)  # fmt: skip
def test_what_was_changed_by_hand_is_told(tmp_path, change, why):
    engine = lived(tmp_path / "pool.sqlite", BUSY)
    assert problems(engine) == []
    with engine.begin() as connection:
        connection.exec_driver_sql(change)
    assert any(why in each for each in problems(engine))
    with engine.connect() as connection:
        assert any(why in each for each in sums(connection))
    engine.dispose()


def test_no_more_is_told_than_anybody_reads(tmp_path):
    engine = lived(tmp_path / "pool.sqlite", BUSY)
    with engine.begin() as connection:
        for day in range(1, 40):
            connection.exec_driver_sql(f"INSERT INTO settled_days VALUES ({day * 86_400}, 5)")
    found = problems(engine)
    assert len(found) == 21
    assert found[-1] == "and 19 more"
    engine.dispose()
