"""The books are told of every block of a chain that another process follows."""

import asyncio
import contextlib
import random

import pytest

from pithead.bitcoin.network import REGTEST
from pithead.node.trail import Link, Trail
from pithead.pool import farchain, relay
from pithead.pool.farchain import FarChain
from pithead.pool.localexchange import LocalExchange, LocalHub
from pithead.pool.relay import NodeDesk
from tests.pool.conftest import START
from tests.pool.livepool import ToldNode

SOON = 20


class BranchingNode(ToldNode):
    """Has a whole chain, of which blocks can be exchanged."""

    def __init__(self):
        super().__init__()
        self._links = {}
        self.chain = {}
        self.extend(3)

    def extend(self, count, instead_of=0):
        """So many new blocks, in the place of the last ones."""
        self.height -= instead_of
        parent = self.chain.get(self.height, "00" * 32)
        for _ in range(count):
            self.height += 1
            name = random.randbytes(32).hex()
            self._links[name] = Link(self.height, name, parent, int(START))
            self.chain[self.height] = parent = name
        self.chain = {h: name for h, name in self.chain.items() if h <= self.height}
        self.tip_wire = bytes.fromhex(parent)[::-1]
        self.changed.set()
        self.changed = asyncio.Event()

    async def _link(self, name):
        return self._links[name]

    async def tips(self, known=None):
        trail = Trail(known or {})
        while True:
            changed = self.changed
            for tip in await trail.follow(self._links[self.chain[self.height]], self._link):
                yield tip
            await changed.wait()


class Reader:
    """What the books know, by what they are told."""

    def __init__(self, known=()):
        self.chain, self.told = dict(known), []

    async def read(self, far):
        async for tip in far.tips(dict(self.chain)):
            self.told.append(tip)
            self.chain = {h: name for h, name in self.chain.items() if h < tip.height}
            self.chain[tip.height] = tip.hash_display

    async def reaches(self, chain):
        async with asyncio.timeout(SOON):
            while self.chain != chain:  # noqa: ASYNC110 - what is told is not awaited here
                await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def followed(directory, known=()):
    real, hub, exchange = BranchingNode(), await LocalHub.open(directory), LocalExchange(directory)
    desk = NodeDesk(real, hub)
    await desk.serve()
    far, reader = FarChain.open(REGTEST, exchange), Reader(known)
    await asyncio.wait_for(exchange.linked(), SOON)
    await desk.template()
    await far.template()
    reading = asyncio.ensure_future(reader.read(far))
    try:
        yield real, desk, reader, hub
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await far.close()
        await exchange.close()
        await hub.close()


@pytest.fixture(autouse=True)
def often(monkeypatch):
    monkeypatch.setattr(relay, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(farchain, "AGAIN_SECONDS", 0.05)


async def test_books_that_know_nothing_begin_at_the_tip_and_are_told_of_all_that_follows(tmp_path):
    async with followed(tmp_path) as (real, desk, reader, _):
        lowest = real.height
        await reader.reaches({lowest: real.chain[lowest]})
        real.extend(3)
        await desk.template()
        await reader.reaches({h: name for h, name in real.chain.items() if h >= lowest})
        assert [tip.is_best for tip in reader.told] == [True, False, False, True]
        assert {tip.time for tip in reader.told} == {int(START)}


async def test_what_changed_while_nobody_looked_is_told_from_where_the_chains_part(tmp_path):
    known = BranchingNode().chain  # another's: nothing of it is in the chain
    async with followed(tmp_path, known) as (real, _, reader, _):
        await reader.reaches(real.chain)


async def test_after_any_changes_and_losses_the_books_have_the_chain(tmp_path, monkeypatch):
    async with followed(tmp_path) as (real, desk, reader, hub):
        lowest = real.height
        await reader.reaches({lowest: real.chain[lowest]})
        tell, since = hub.tell, NodeDesk._answer_since

        async def lossy(*told):
            if random.random() < 0.5:
                await tell(*told)

        async def away(self, known):
            return b"" if random.random() < 0.3 else await since(self, known)

        monkeypatch.setattr(hub, "tell", lossy)
        monkeypatch.setattr(NodeDesk, "_answer_since", away)
        for _ in range(30):
            depth = random.randrange(min(4, real.height - lowest + 1))
            real.extend(depth + random.randrange(1, 4), instead_of=depth)
            await desk.template()
            await asyncio.sleep(random.random() / 50)
        await reader.reaches({h: name for h, name in real.chain.items() if h >= lowest})


async def test_a_tip_is_told_once(tmp_path):
    async with followed(tmp_path) as (real, desk, reader, _):
        lowest = real.height
        await reader.reaches({lowest: real.chain[lowest]})
        for _ in range(5):
            real.extend(1)
            await desk.template()
        await reader.reaches({h: name for h, name in real.chain.items() if h >= lowest})
        names = [tip.hash_display for tip in reader.told]
        assert len(names) == len(set(names))
