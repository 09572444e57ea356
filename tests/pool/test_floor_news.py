"""What accounts want of their workers' shares reaches the front ends, near and far."""

import asyncio
import contextlib
import sqlite3

import pytest
from sqlalchemy.exc import OperationalError

from pithead.pool import floor_news
from pithead.pool.exchange import ExchangeAway
from pithead.pool.floor_news import FarAway, follow, in_database, tell_floors
from pithead.pool.floors import AccountFloors
from pithead.pool.localexchange import LocalExchange, LocalHub
from tests.pool.livepool import until


class Wishes:
    """What the database says, if it says anything."""

    def __init__(self, **difficulties):
        self.times = 0
        self.said = {tuple(name.split("_")): each for name, each in difficulties.items()}

    def __call__(self):
        self.times += 1
        if self.said is None:
            raise OperationalError("SELECT", {}, sqlite3.OperationalError("locked"))
        return dict(self.said)


@contextlib.asynccontextmanager
async def following(floors, ask):
    task = asyncio.create_task(follow(floors, ask))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture(autouse=True)
def looks_often(monkeypatch):
    monkeypatch.setattr(floor_news, "LOOK_SECONDS", 0.001)


async def test_a_wish_is_noticed_and_holds_while_the_database_is_away():
    floors, wishes = AccountFloors(), Wishes(alice_rig=8.0)
    async with following(floors, in_database(wishes)):
        await until(lambda: floors.difficulties == {("alice", "rig"): 8.0})
        wishes.said, times = None, wishes.times
        await until(lambda: wishes.times > times + 2)
        assert floors.difficulties == {("alice", "rig"): 8.0}
        wishes.said = {}
        await until(lambda: floors.difficulties == {})


async def test_a_front_end_far_off_knows_what_the_books_process_knows(tmp_path):
    async with contextlib.AsyncExitStack() as undo:
        hub = await LocalHub.open(tmp_path)
        undo.push_async_callback(hub.close)
        exchange = LocalExchange(tmp_path)
        undo.push_async_callback(exchange.close)
        await asyncio.wait_for(exchange.linked(), 20)
        near, far, ask = AccountFloors(), AccountFloors(), FarAway(exchange)
        await tell_floors(hub, near)
        with pytest.raises(ExchangeAway):
            await ask()  # before the database was read nobody knows
        near.hold({("alice", "rig"): 8.0, ("bob", "rig"): 0.25})
        await undo.enter_async_context(following(far, ask))
        await until(lambda: far.difficulties == near.difficulties)
        near.hold({("bob", "rig"): 0.25})
        await until(lambda: far.difficulties == {("bob", "rig"): 0.25})
        await hub.close()
        await until(lambda: exchange._link is None)
        with pytest.raises(ExchangeAway):
            await ask()
        assert far.difficulties == {("bob", "rig"): 0.25}


async def test_what_is_known_already_is_not_sent_again(tmp_path):
    class Exchange:
        async def answer(self, subject, reply):
            self.reply = reply

        async def ask(self, subject, payload):
            self.answers.append(await self.reply(payload))
            return self.answers[-1]

    exchange, near = Exchange(), AccountFloors()
    exchange.answers = []
    near.hold({("alice", "rig"): 8.0})
    await tell_floors(exchange, near)
    ask = FarAway(exchange)
    assert await ask() == await ask() == near.difficulties
    assert exchange.answers[0]
    assert exchange.answers[1] == b""
