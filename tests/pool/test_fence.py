"""Who kept the books before writes no more once another has."""

import pytest
import sqlalchemy as sa

from pithead.pool import schema
from pithead.pool.books import BooksSettings
from pithead.pool.credits import PublishedCredits
from pithead.pool.database import open_database
from pithead.pool.fence import Fence, NotLeader, pass_fence
from pithead.pool.notices import Notices, Told
from pithead.pool.position import Position
from pithead.pool.store import Store

WALL = 1_700_000_000.0
TOLD = Told("alice", "worker", "rig is off", {})


@pytest.fixture
def engine(database):
    opened = open_database(database)
    yield opened
    opened.dispose()


def commit(engine, token, sequence):
    store = Store(engine, "pool", token)
    books, _ = store.load(BooksSettings())
    store.commit(books.changes(), Position(1, sequence))


def reached(engine):
    with engine.connect() as connection:
        return connection.scalar(sa.select(schema.positions.c.sequence))


def test_the_same_or_a_greater_token_writes(engine):
    for token, sequence in [(3, 1), (3, 2), (8, 3)]:
        commit(engine, token, sequence)
    assert reached(engine) == 3


def test_a_smaller_token_writes_nothing_of_all_there_is(engine):
    commit(engine, 8, 1)
    with pytest.raises(NotLeader, match="another process keeps the books"):
        commit(engine, 7, 2)
    assert reached(engine) == 1


def test_a_pool_without_a_lease_is_not_held_to_it(engine):
    commit(engine, 0, 1)
    commit(engine, 8, 2)
    commit(engine, 0, 3)
    assert reached(engine) == 3


def test_who_loads_the_books_holds_off_those_before_at_once(engine):
    """What they committed after that would be missing in the books that are loaded."""
    former, later = Store(engine, "pool", 7), Store(engine, "pool", 8)
    books, _ = former.load(BooksSettings())
    later.load(BooksSettings())
    with pytest.raises(NotLeader):
        former.commit(books.changes(), Position(1, 1))
    assert reached(engine) is None


def test_who_keeps_the_books_no_more_tells_users_nothing(engine):
    former, later = Notices(engine, 7), Notices(engine, 8)
    former.put_contact("alice", "webhook", "https://example.org/hook")
    former.tell([TOLD], WALL)
    assert len(former.due(WALL, 10)) == 1
    later.tell([TOLD], WALL)
    for done in (lambda: former.tell([TOLD], WALL, {("alice", "rig"): "off"}),
                 lambda: former.due(WALL, 10)):  # fmt: skip
        with pytest.raises(NotLeader):
            done()
    assert former.states() == {}
    assert len(later.due(WALL, 10)) == 2


def test_what_users_ask_for_is_held_to_no_lease(engine):
    commit(engine, 8, 1)
    Notices(engine, 7).put_contact("alice", "email", "alice@example.org")
    Notices(engine).put_contact("alice", "webhook", "https://example.org/hook")
    assert len(Notices(engine).contacts_of("alice")) == 2


def test_who_keeps_the_books_no_more_publishes_no_day(engine):
    with engine.begin() as connection:
        connection.execute(sa.insert(schema.state).values(day=20_001))
        connection.execute(
            sa.insert(schema.days).values(
                user="alice", day=20_000 * 86_400, part=1, work=5, scoring_rate=1.0
            )
        )
    Fence(engine, 8).check()
    with pytest.raises(NotLeader):
        PublishedCredits(engine, token=7).publish()
    assert [each.users for each in PublishedCredits(engine, token=8).publish()] == [1]


@pytest.mark.slow
def test_one_that_is_frozen_in_a_transaction_holds_off_nobody_for_long(engine):
    if engine.dialect.name != "postgresql":
        pytest.skip("in SQLite others write when it is gone")
    with engine.connect() as frozen:
        pass_fence(frozen, 7)
        commit(engine, 8, 1)
        with pytest.raises(sa.exc.DBAPIError):
            frozen.execute(sa.text("SELECT 1"))
    assert reached(engine) == 1
