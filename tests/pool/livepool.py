"""The shell of the pool over real sockets, with a node that the test speaks for, and its peers."""

import asyncio
import contextlib
import json

from pithead.bitcoin.network import REGTEST
from pithead.bitcoin.target import target_for_work
from pithead.native import scan
from pithead.node.node import BlockAccepted, NodeUnavailable, Tip
from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.extranonce import Extranonces
from pithead.pool.front import Front
from pithead.pool.jobs import JobBook, JobSettings
from pithead.pool.listener import Listener
from pithead.pool.pool import Pool, PoolSettings
from pithead.pool.session import Session
from pithead.pool.vardiff import VardiffSettings
from pithead.stratum.client import ClientConnection
from pithead.stratum.events import JobReceived
from pithead.work.share import Solution
from tests.pool.conftest import PAYOUT_SCRIPT, START, make_template

FIRST_TIP = bytes(range(32))


class ToldNode:
    """A node that says what the test tells it, and remembers what it was given."""

    network = REGTEST

    def __init__(self):
        self.block_target = target_for_work(1 << 60)
        self.tip_wire = FIRST_TIP
        self.height = 199
        self.submitted = []
        self.answers = [BlockAccepted()]
        self.is_away = False
        self.changed = asyncio.Event()

    async def template(self):
        if self.is_away:
            raise NodeUnavailable("away")
        return make_template(
            height=self.height + 1, prev_hash_wire=self.tip_wire, block_target=self.block_target
        )

    async def submit(self, block):
        self.submitted.append(block)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def tip(self):
        return Tip(self.height, self.tip_wire[::-1].hex(), int(START))

    async def tips(self, known=None):
        self.known = known
        while True:
            changed = self.changed
            yield await self.tip()
            await changed.wait()

    def grow(self, tip_wire):
        self.tip_wire, self.height = tip_wire, self.height + 1
        self.changed.set()
        self.changed = asyncio.Event()

    async def block_hash_display(self, height):
        return self.tip_wire[::-1].hex() if height == self.height else None

    async def close(self):
        pass


class Stage:
    """A pool on a port of its own."""

    def __init__(self, node, pool, listener, bookkeeper):
        self.node, self.pool, self.listener, self.bookkeeper = node, pool, listener, bookkeeper
        self.peers = []

    async def connect(self):
        peer = Peer(*await asyncio.open_connection(*self.listener.address))
        self.peers.append(peer)
        return peer

    async def part(self):
        for peer in self.peers:
            peer.writer.close()
            with contextlib.suppress(ConnectionError):
                await peer.writer.wait_closed()


class Peer:
    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    async def say(self, *messages):
        for message in messages:
            self.writer.write(json.dumps(message).encode() + b"\n")
        await self.writer.drain()

    async def hear(self, count=1):
        return [json.loads(await self.reader.readline()) for _ in range(count)]

    async def log_in(self, name="alice.rig"):
        await self.say(
            {"id": 1, "method": "mining.subscribe", "params": []},
            {"id": 2, "method": "mining.authorize", "params": [name, "x"]},
        )
        return await self.hear(4)


@contextlib.asynccontextmanager
async def opened(directory, node=None, settings=None, gate=None, tls_only=False, wall=None):
    node = node or ToldNode()
    book = JobBook(JobSettings(payout_script=PAYOUT_SCRIPT), first_sequence=1)
    front = Front(
        book=book,
        extranonces=Extranonces(b"key"),
        admit=lambda user: True,
        vardiff=VardiffSettings(first_work=16, least_work=16),
    )
    bookkeeper = await Bookkeeper.open(directory)
    clock = lambda: START + 1.0  # noqa: E731 - one moment is enough
    pool = Pool(
        node, book, bookkeeper, lambda now, wall: Session(front, now, wall), clock,
        wall or clock, settings or PoolSettings(),
    )  # fmt: skip
    await pool.start()
    listener = Listener(pool, "127.0.0.1", 0, gate, tls_only)
    await listener.start()
    stage = Stage(node, pool, listener, bookkeeper)
    try:
        yield stage
    finally:
        await stage.part()
        await listener.stop()
        await pool.stop()
        await bookkeeper.close()


class Miner:
    """Our own client, hashing for real."""

    def __init__(self, peer):
        self.peer = peer
        self.client = ClientConnection("alice.rig", "x", "test/1")
        self.client.start(0.0)
        self.job = None

    async def turn(self):
        self.peer.writer.write(self.client.data_to_send())
        data = await asyncio.wait_for(self.peer.reader.read(65536), 5)
        assert data, "the pool closed the connection"
        events = self.client.receive(data, 0.0)
        self.job = next((e for e in reversed(events) if isinstance(e, JobReceived)), self.job)
        return events

    async def until_job(self):
        while self.job is None:
            await self.turn()

    def solve(self, target=None):
        """A share of the job, at `target` where it must be better than asked."""
        zeros = bytes(self.job.extranonce2_size)
        job = self.job.job
        header = job.header(self.job.extranonce1, Solution(zeros, job.time, 0, job.version)).pack()
        nonce = scan(header, 0, 1 << 16, target or self.job.target)[0]
        return self.client.submit(self.job, Solution(zeros, job.time, nonce, job.version))


async def until(condition):
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("did not come true")
