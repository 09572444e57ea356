"""A pool of several processes is one pool to who runs it and to who mines there."""

import asyncio
import contextlib
from time import monotonic

import pytest

from pithead.bitcoin.network import REGTEST
from pithead.bitcoin.target import target_for_work
from pithead.pool.admission import Admission, tell_users
from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.extranonce import Extranonces, Server
from pithead.pool.front import Front
from pithead.pool.head import Branch, Head
from pithead.pool.intake import Intake
from pithead.pool.jobs import JobBook, JobSettings
from pithead.pool.listener import Listener
from pithead.pool.localexchange import LocalExchange, LocalHub
from pithead.pool.outbox import Outbox
from pithead.pool.pool import PoolSettings
from pithead.pool.relay import NodeDesk, RelayedNode
from pithead.pool.session import Session
from pithead.pool.vardiff import VardiffSettings
from tests.pool.conftest import PAYOUT_SCRIPT, START
from tests.pool.livepool import Miner, Peer, ToldNode, until

BEGAN = monotonic()


def clock():
    return START + 1.0 + monotonic() - BEGAN


def parts(number, admit=lambda user: True):
    book = JobBook(JobSettings(payout_script=PAYOUT_SCRIPT), first_sequence=1)
    front = Front(
        book, Extranonces(b"key", Server(1, number)), admit,
        vardiff=VardiffSettings(first_work=16, least_work=16),
    )  # fmt: skip
    return book, lambda now, wall: Session(front, now, wall)


class Whole:
    """A head and two branches in one process, over a real exchange."""

    async def open(self, undo, directory):
        self.node = ToldNode()
        self.keeper = await Bookkeeper.open(directory / "pool")
        undo.push_async_callback(self.keeper.close)
        self.hub = await LocalHub.open(directory)
        undo.push_async_callback(self.hub.close)
        desk = NodeDesk(self.node, self.hub)
        await desk.serve()
        book, open_session = parts(0)
        self.head = Head(
            self.hub, desk, book, self.keeper, open_session, clock, clock, PoolSettings()
        )
        met = self.keeper.meet(clock, 5.0)
        await self.head.start()
        undo.push_async_callback(self.head.stop)
        intake = asyncio.create_task(Intake(self.hub, self.head.take, met, clock).run())
        undo.callback(intake.cancel)
        self.branches = [await self.branch(undo, directory, number) for number in (0, 1)]

    async def branch(self, undo, directory, number):
        exchange = LocalExchange(directory)
        undo.push_async_callback(exchange.close)
        await asyncio.wait_for(exchange.linked(), 20)
        name = f"front-{number}"
        outbox = Outbox.open(directory / name, name, exchange, clock)
        undo.push_async_callback(outbox.close)
        node = RelayedNode.open(REGTEST, exchange)
        undo.push_async_callback(node.close)
        book, open_session = parts(number)
        pool = Branch(
            name, exchange, node, book, outbox, open_session, clock, clock, PoolSettings()
        )
        await pool.start()
        undo.push_async_callback(pool.stop)
        listener = Listener(pool, "127.0.0.1", 0)
        await listener.start()
        undo.push_async_callback(listener.stop)
        return listener

    async def connect(self, undo, number):
        peer = Peer(*await asyncio.open_connection(*self.branches[number].address))
        undo.callback(peer.writer.close)
        return peer


@pytest.fixture
async def whole(tmp_path):
    async with contextlib.AsyncExitStack() as undo:
        made = Whole()
        await made.open(undo, tmp_path)
        made.undo = undo
        yield made


async def test_shares_of_both_front_ends_are_in_one_set_of_books(whole):
    miners = [Miner(await whole.connect(whole.undo, number)) for number in (0, 1)]
    for miner in miners:
        await miner.until_job()
        miner.solve()
        await miner.turn()
    await until(lambda: whole.keeper.profile("alice", clock()).windows.work_24h >= 32)
    (worker,) = whole.keeper.workers("alice", clock())
    assert worker.work_24h == 32
    assert set(whole.keeper.reached) == {"front-0", "front-1"}
    assert whole.head.vitals().counts.accepted == 2


async def test_a_block_found_far_off_is_in_the_chain_and_answered_for_in_the_books(whole):
    whole.node.block_target = target_for_work(16)
    whole.node.grow(bytes(reversed(range(32))))
    miner = Miner(await whole.connect(whole.undo, 0))
    await miner.until_job()
    while miner.job.job.prev_hash_wire != whole.node.tip_wire:
        await miner.turn()
    miner.solve()
    await miner.turn()
    await until(lambda: whole.keeper.blocks_found == 1 and not whole.keeper.unresolved)
    assert len(set(whole.node.submitted)) == 1
    assert 1 <= len(whole.node.submitted) <= 2


async def test_the_head_knows_the_connections_of_all_and_its_word_reaches_them(whole):
    peers = [await whole.connect(whole.undo, number) for number in (0, 1)]
    for peer, name in zip(peers, ("alice.rig", "bob.rig"), strict=True):
        await peer.log_in(name)
    await until(lambda: len(whole.head.vitals().share_works) == 2)
    assert whole.head.connections == 2
    assert whole.head.vitals().most_connections == 2 * PoolSettings().max_connections
    assert whole.head.tell("hello bob", "bob") == 1
    assert whole.head.tell("all") == 2
    first = (await asyncio.wait_for(peers[0].hear(), 5))[0]
    second = await asyncio.wait_for(peers[1].hear(2), 5)
    assert first["params"] == ["all"]
    assert [each["params"] for each in second] == [["hello bob"], ["all"]]


async def test_who_has_an_account_is_known_far_off_and_before_that_nobody_is_turned_away(tmp_path):
    hub = await LocalHub.open(tmp_path)
    await tell_users(hub, lambda: ["alice"])
    exchange = LocalExchange(tmp_path)
    closed, opened = Admission(exchange, False), Admission(exchange, True)
    assert closed.admit("mallory")
    await asyncio.wait_for(exchange.linked(), 20)
    await closed.look()
    await opened.look()
    assert closed.admit("alice")
    assert not closed.admit("mallory")
    assert opened.admit("mallory")
    await hub.close()
    await closed.look()
    assert not closed.admit("mallory")
    await exchange.close()
