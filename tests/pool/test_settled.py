"""Sums by the day are those that a look at every block finds, whatever befell the blocks."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from pithead.pool import schema
from pithead.pool.books import BooksSettings
from pithead.pool.database import open_database
from pithead.pool.events import BlockFound, BlockResolved, ShareAccepted, TipChanged
from pithead.pool.history import DAY, History
from pithead.pool.position import Position
from pithead.pool.store import Store

NOON = 1_700_000_000 // DAY * DAY + DAY // 2
HOUR = 3_600
CONFIRMATIONS = 3
USERS = ("alice", "bob")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["block", "block", "accepted", "refused", "tip", "other", "commit", "back"]
        ),
        st.integers(0, 30),
    ),
    max_size=60,
)


def slowly(engine, user):
    """(satoshis, when settled) by day, of days that are over and none of whose blocks waits."""
    blocks, credits = schema.blocks.c, schema.credits.c
    with engine.connect() as connection:
        today = connection.scalar(sa.select(schema.state.c.day)) * DAY
        every = connection.execute(sa.select(blocks.found_ms, blocks.state, blocks.settled_ms))
        owed = connection.execute(
            sa.select(blocks.found_ms, credits.sats)
            .join(schema.credits, credits.hash_display == blocks.hash_display)
            .where(credits.user == user, blocks.state == "confirmed")
        ).all()
        found = {}
        for found_ms, state, settled_ms in every:
            found.setdefault(found_ms // 1000 // DAY * DAY, []).append((state, settled_ms))
    told = {}
    for day, states in found.items():
        if day < today and all(state != "new" for state, _ in states):
            sats = sum(each for at, each in owed if at // 1000 // DAY * DAY == day)
            if sats:
                settled = max(at for _, at in states) // 1000
                told[day] = sats, max(day + DAY, settled)
    return told


def quickly(engine, user):
    days = History(engine, CONFIRMATIONS).daily_rewards(user, 0, NOON + 99 * DAY)
    return {day.day: (day.total_sats, day.calculated_at) for day in days if day.total_sats}


def events_of(step, number, books, at):
    """What a step adds to the journal."""
    tip = books.blocks.tip_height
    match step:
        case "block":
            name = f"{at:08x}{number:056x}"
            height = max(1, tip + 2 - number % 3)
            return [
                ShareAccepted(at, USERS[number % 2], "rig", 1_000 + number),
                BlockFound(at, "alice", "rig", height, name, 10**8 + number, 2**40, b"x"),
            ]
        case "accepted" | "refused":
            waiting = books.blocks.unresolved()
            name = waiting[number % len(waiting)].hash_display if waiting else "none"
            return [BlockResolved(at, name, step == "accepted", "")]
        case "tip":
            height = max(1, tip + 2 - number % 4)
            own = [name for each in books.blocks._at.get(height, {}).items() for name in each[:1]]
            return [TipChanged(at, height, own[0] if own else f"tip {number}")]
        case "other":
            return [TipChanged(at, max(1, tip + 1 - number % 3), f"other {number}")]
    return []


@pytest.mark.slow
@given(STEPS)
@settings(max_examples=40, deadline=None)
def test_sums_of_random_histories_are_those_of_the_slow_query(steps):
    with TemporaryDirectory() as directory:
        engine = open_database(Path(directory) / "pool.sqlite")
        store, rules = Store(engine, "pool"), BooksSettings(confirmations=CONFIRMATIONS)
        tell(steps, engine, store, rules)
        engine.dispose()


def tell(steps, engine, store, rules):
    books, _ = store.load(rules)
    at = max(NOON * 1000, books.last_ms)
    for place, (step, number) in enumerate([*steps, ("commit", 0)], 1):
        if step == "commit":
            changes = books.changes()
            store.commit(changes, Position(1, place))
            store.commit(changes, Position(1, place))  # once more is the same
            for user in USERS:
                assert quickly(engine, user) == slowly(engine, user)
            books, _ = store.load(rules)
            continue
        at += -30 * HOUR * 1000 if step == "back" else number * HOUR * 250
        books.apply_all(events_of(step, number, books, at))


@pytest.fixture
def engine(tmp_path, database):
    engine = open_database(database if isinstance(database, str) else tmp_path / "pool.sqlite")
    yield engine
    engine.dispose()


def test_a_day_is_summed_up_when_its_last_block_matures_and_loses_none_to_a_reorganisation(engine):
    store, rules = Store(engine, "pool"), BooksSettings(confirmations=CONFIRMATIONS)
    found = [("block", 1), ("accepted", 0), ("tip", 1)]
    tell([*found, *found, ("other", 1), *[("tip", 1)] * 2, ("commit", 0)], engine, store, rules)
    assert quickly(engine, "bob") == {}  # the day is not over
    tell([("tip", 29)] * 6 + [("commit", 0)], engine, store, rules)
    (told,) = quickly(engine, "bob").values()
    assert told[0] == 98_000_001  # of the block that stayed, less the fee
    assert quickly(engine, "bob") == slowly(engine, "bob")
