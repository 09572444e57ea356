"""Workers that have vanished are forgotten, and nobody loses anything by it."""

import asyncio
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from pithead.pool import forgetting, schema
from pithead.pool.bookkeeper_settings import BookkeeperSettings
from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.books import Books, BooksSettings
from pithead.pool.database import open_database
from pithead.pool.events import (
    BlockFound,
    BlockResolved,
    PriceSeen,
    RulesChanged,
    ShareAccepted,
    ShareRejected,
    TipChanged,
    WorkerForgotten,
)
from pithead.pool.forgetting import keep_forgetting
from pithead.pool.position import Position
from pithead.pool.rewards import Rules
from pithead.pool.sharelog import JournalFull
from pithead.pool.standing import Standing
from pithead.pool.store import Store
from tests.pool.conftest import START
from tests.pool.livepool import Miner, opened, until

DAY = 86_400
NOON = 1_700_000_000 // DAY * DAY + DAY // 2
USERS, RIGS = ("alice", "bob"), ("rig0", "rig1", "rig2")
RULES = BooksSettings(confirmations=2)
MONEY = (
    schema.entries, schema.balances, schema.days, schema.day_credits, schema.credits, schema.blocks,
    schema.settled_days, schema.settled_gains, schema.rules, schema.fortunes,
    schema.pplns_window, schema.fpps_claims, schema.scheme_state, schema.state,
)  # fmt: skip

steps = st.lists(
    st.tuples(
        st.sampled_from([*["share"] * 4, "reject", "block", "tip", "rules", *["forget"] * 3]),
        st.sampled_from([1, 400, 61_000, 3_600_000, 30_000_000, 90_000_000]),
        st.sampled_from(USERS), st.sampled_from(RIGS), st.integers(1, 10**9),
    ),
    min_size=1, max_size=50,
)  # fmt: skip


def history(steps):
    """Events, among them workers that are forgotten at any moment."""
    time_ms, height = NOON * 1000, 100
    events = [PriceSeen(time_ms, height, 10**9, 500, 2**30)]
    for number, (kind, step, user, rig, work) in enumerate(steps):
        time_ms += step
        match kind:
            case "share":
                events.append(ShareAccepted(time_ms, user, rig, work, work % 2 == 0))
            case "reject":
                events.append(ShareRejected(time_ms, user, rig, "stale", work))
            case "block":
                name, height = f"{number:064x}", height + 1
                events += [
                    ShareAccepted(time_ms, user, rig, work),
                    BlockFound(time_ms, user, rig, height, name, 10**9 + work, 2**30, b"x"),
                    BlockResolved(time_ms, name, True, ""), TipChanged(time_ms, height, name),
                ]  # fmt: skip
            case "tip":
                height += 1
                events.append(TipChanged(time_ms, height, f"f{number:063x}"))
            case "rules":
                scheme = ("score", "pplns", "fpps", "solo")[work % 4]
                events.append(RulesChanged(time_ms, Rules(scheme=scheme)))
            case "forget":
                events.append(WorkerForgotten(time_ms, user, rig))
    return [*events, ShareAccepted(time_ms + 2 * DAY * 1000, "carol", "rig", 1)]


def rows(engine, *tables):
    with engine.connect() as connection:
        return [sorted(connection.execute(sa.select(table)).all()) for table in tables]


def kept(directory, name, events, every):
    """A store in which these events were committed, so many at a time; and the last books."""
    engine = open_database(Path(directory) / name)
    store = Store(engine, "pool")
    books, _ = store.load(RULES)
    for first in range(0, len(events), every):
        books.apply_all(events[first : first + every])
        store.commit(books.changes(), Position(1, first + 1))
    return engine, store, books


def of_users(meters):
    """But for what was refused, which is counted for known workers alone."""
    return [{**row._asdict(), "rejected": 0} for row in meters if not row.worker]


@pytest.mark.slow
@given(steps, st.integers(1, 12))
@settings(max_examples=20, deadline=None)
def test_days_and_ledger_of_users_are_as_if_nobody_was_forgotten(steps, every):
    events = history(steps)
    others = [
        WorkerForgotten(each.time_ms, "nobody", "x") if type(each) is WorkerForgotten else each
        for each in events
    ]
    now = events[-1].time_ms / 1000
    forgotten, remembered = Books(RULES), Books(RULES)
    forgotten.apply_all(events)
    remembered.apply_all(others)
    for user in USERS:
        left, right = (
            replace(Standing(books).profile(user, now), off_workers=0, low_workers=0, ok_workers=0)
            for books in (forgotten, remembered)
        )
        assert left == right
    with TemporaryDirectory() as directory:
        engine, store, _ = kept(directory, "forgotten", events, every)
        engine2, _, _ = kept(directory, "remembered", others, every)
        assert rows(engine, *MONEY) == rows(engine2, *MONEY)
        (left,), (right,) = rows(engine, schema.meters), rows(engine2, schema.meters)
        assert of_users(left) == of_users(right)
        names = {(user, each.name) for user in USERS
                 for each in Standing(forgotten).workers(user, now)}  # fmt: skip
        assert {(row.user, row.worker) for row in left if row.worker} == names | {("carol", "rig")}
        (points,) = rows(engine, schema.counters)
        assert {(row.user, row.worker) for row in points if row.worker} <= names | {
            ("carol", "rig")
        }
        again, _ = store.load(RULES)
        for user in USERS:
            assert sorted(Standing(again).workers(user, now), key=lambda each: each.name) == sorted(
                Standing(forgotten).workers(user, now), key=lambda each: each.name
            )
        engine.dispose()
        engine2.dispose()


@given(steps, st.integers(0, 100))
@settings(max_examples=40, deadline=None)
def test_whoever_is_idle_is_who_had_no_share_since(steps, hours):
    books, last = Books(RULES), {}
    for event in history(steps):
        books.apply(event)
        if type(event) is ShareAccepted:
            last[event.user, event.worker] = event.time_ms
        elif type(event) is WorkerForgotten:
            last.pop((event.user, event.worker), None)
    since = NOON * 1000 + hours * 3_600_000
    expected = {who for who, at in last.items() if at < since}
    assert set(books.meters.idle_since(since)) == expected


async def open_keeper(directory):
    return await Bookkeeper.open(directory, BookkeeperSettings(commit_seconds=3_600))


async def test_who_is_connected_or_has_worked_lately_stays(tmp_path):
    keeper = await open_keeper(tmp_path)
    keeper.accept(
        [ShareAccepted(NOON * 1000, "alice", rig, 5) for rig in RIGS]
        + [ShareAccepted((NOON + 85 * DAY) * 1000, "alice", "rig0", 5)]
    )
    await keeper.commit()
    with keeper.store.engine.begin() as connection:
        for rig in RIGS:
            connection.execute(
                sa.insert(schema.watched).values(user="alice", worker=rig, state="ok")
            )
    now = NOON + 91 * DAY
    assert keeper.forget_idle(92, set(), now) == 0
    assert keeper.forget_idle(90, {("alice", "rig1")}, now) == 1
    assert keeper.forget_idle(90, {("alice", "rig1")}, now) == 0
    assert {each.name for each in keeper.workers("alice", now)} == {"rig0", "rig1"}
    await keeper.commit()
    watched, meters = rows(keeper.store.engine, schema.watched, schema.meters)
    assert {row.worker for row in watched} == {"rig0", "rig1"}
    assert {row.worker for row in meters if row.user} == {"", "rig0", "rig1"}
    await keeper.close()
    keeper = await open_keeper(tmp_path)
    assert {each.name for each in keeper.workers("alice", now)} == {"rig0", "rig1"}
    keeper.accept([ShareAccepted((now + 1) * 1000, "alice", "rig2", 7)])
    (back,) = (each for each in keeper.workers("alice", now + 2) if each.name == "rig2")
    assert back.last_share == now + 1
    await keeper.close()


async def test_a_pool_knows_who_is_connected(tmp_path):
    async with opened(tmp_path) as stage:
        assert stage.pool.workers == frozenset()
        miner = Miner(await stage.connect())
        await miner.until_job()
        assert stage.pool.workers == {("alice", "rig")}


class Keeper:
    def __init__(self):
        self.asked = []

    def forget_idle(self, days, connected, now):
        self.asked.append((days, connected, now))
        if len(self.asked) == 1:
            raise JournalFull("no space left on device")
        return 1


async def test_it_is_looked_again_and_again_also_after_a_full_journal(monkeypatch):
    monkeypatch.setattr(forgetting, "LOOK_SECONDS", 0.001)
    keeper = Keeper()
    task = asyncio.create_task(keep_forgetting(keeper, lambda: {"there"}, 90, lambda: START))
    await until(lambda: len(keeper.asked) > 2)
    task.cancel()
    assert keeper.asked[-1] == (90, {"there"}, START)


@pytest.mark.parametrize("days", [0, 0.0])
async def test_with_no_days_nobody_is_ever_forgotten(days):
    keeper = Keeper()
    await asyncio.wait_for(keep_forgetting(keeper, set, days, lambda: START), 5)
    assert keeper.asked == []
