"""Books are a function of their events: money adds up, and a store in between changes nothing."""

from collections import defaultdict

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pithead.pool.books import Books
from pithead.pool.database import open_database
from pithead.pool.events import (
    BlockFound,
    Event,
    spelled,
)
from pithead.pool.position import Position
from pithead.pool.standing import Standing
from pithead.pool.store import Store
from tests.pool.histories import NOW, SETTINGS, USERS, applied, busy_steps, events_of, seen, steps


@given(busy_steps, st.data())
@settings(max_examples=60, deadline=None)
def test_events_taken_together_leave_what_they_leave_one_by_one(busy_steps, data):
    events = events_of(busy_steps)
    cut = data.draw(st.integers(0, len(events)), label="second batch from")
    together = Books(SETTINGS)
    together.apply_all(events[:cut])
    together.apply_all(events[cut:])
    one_by_one = applied(events)
    now = max(event.time_ms for event in events) / 1000
    assert seen(together, now + 100) == seen(one_by_one, now + 100)
    left, right = together.changes(), one_by_one.changes()
    for changes in (left, right):  # which go to a store, in any order
        for rows in (changes.meters, changes.points, changes.gone, changes.credits):
            rows.sort()
    assert left == right


@given(steps)
def test_every_satoshi_is_owed_kept_or_taken_back(steps):
    books = applied(events_of(steps))
    balances = books.ledger.balances
    assert sum(balances.values()) == 0
    standing = [block for block in books.blocks.latest("alice") if block.state != "orphaned"]
    if len(books.blocks.luck()) <= 15:
        assert -books.ledger.balance("income:block") == sum(block.value_sats for block in standing)
    for user in USERS:
        profile = Standing(books).profile(user, NOW)
        assert profile.confirmed_sats >= 0
        assert profile.unconfirmed_sats >= 0
        assert profile.today_sats >= 0


@given(steps)
@settings(deadline=None)
def test_what_users_get_of_a_block_and_what_the_pool_keeps_is_its_value(steps):
    books = applied(events_of(steps))
    values = {
        event.hash_display: event.value_sats
        for event in events_of(steps)
        if isinstance(event, BlockFound)
    }
    lines = defaultdict(int)
    for entry in books.changes().entries:
        is_users = entry.account.startswith("user:") and entry.account.endswith(":unconfirmed")
        if entry.kind in ("found", "reinstated") and (is_users or entry.account == "pool:fee"):
            lines[entry.number, entry.hash_display] += entry.sats
    for (_, name), sats in lines.items():
        assert sats == values[name]


@given(steps)
@settings(max_examples=40, deadline=None)
def test_telling_a_history_again_from_its_journal_leaves_the_same_ledger(steps):
    events = events_of(steps)
    told = msgspec.msgpack.decode(
        msgspec.msgpack.encode([spelled(event) for event in events]),
        type=list[Event],
        strict=False,
    )
    again, first = applied(told), applied(events)
    assert again.changes().entries == first.changes().entries
    assert again.ledger.balances == first.ledger.balances


@pytest.mark.slow
@given(steps, st.data())
@settings(max_examples=25, deadline=None)
def test_books_from_a_store_equal_undisturbed_ones(tmp_path_factory, steps, data):
    events = events_of(steps)
    at = data.draw(st.integers(0, len(events)), label="crash after")
    engine = open_database(tmp_path_factory.mktemp("store") / "pool.sqlite")
    store, books = Store(engine, "pool"), Books(SETTINGS)
    for number, event in enumerate(events, 1):
        books.apply(event)
        if number % 9 == 0:
            store.commit(books.changes(), Position(1, number))
    engine2 = open_database(tmp_path_factory.mktemp("store") / "pool.sqlite")
    crashed = Store(engine2, "pool")
    writer = Books(SETTINGS)
    for number, event in enumerate(events[:at], 1):
        writer.apply(event)
        if number % 9 == 0:
            crashed.commit(writer.changes(), Position(1, number))
    again, position = crashed.load(SETTINGS)
    for event in events[position.sequence if position else 0 :]:
        again.apply(event)
    now = max(event.time_ms for event in events) / 1000 if events else NOW
    undisturbed = applied(events)
    for later in (0, 100, 5_000, 90_000):
        assert seen(again, now + later) == seen(undisturbed, now + later)
    store.commit(books.changes(), Position(1, len(events)))
    crashed.commit(again.changes(), Position(1, len(events)))
    assert dump(engine2) == dump(engine)
    engine.dispose()
    engine2.dispose()


@given(steps, st.integers(1, 5))
def test_changes_taken_in_slices_are_those_taken_at_once(steps, most):
    whole, sliced = applied(events_of(steps)), applied(events_of(steps))
    changes = sliced.begin_changes()
    while sliced.move_meters(changes, most):
        pass
    assert changes == whole.changes()
    assert not sliced.changes().meters


def dump(engine):
    with engine.connect() as connection:
        names = [
            row[0]
            for row in connection.exec_driver_sql(
                "SELECT name FROM sqlite_master WHERE type='table'"
            )
        ]
        return {
            name: sorted(map(tuple, connection.exec_driver_sql(f"SELECT * FROM {name}")))
            for name in names
        }
