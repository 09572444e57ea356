"""The shell of the pool over real sockets: order, slow peers, a journal that fails, blocks."""

import asyncio
import contextlib
import json
import socket

import pytest

from pithead.bitcoin.network import REGTEST
from pithead.bitcoin.target import target_for_work
from pithead.native import scan
from pithead.node.node import BlockAccepted, BlockRefused, NodeUnavailable, Tip
from pithead.pool import listener as listening
from pithead.pool import pool as pooling
from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.crowd import CrowdSettings
from pithead.pool.extranonce import Extranonces
from pithead.pool.front import Front
from pithead.pool.jobs import JobBook, JobSettings
from pithead.pool.listener import Listener
from pithead.pool.pool import Pool, PoolSettings
from pithead.pool.session import Session
from pithead.pool.sharelog import JournalFull
from pithead.pool.vardiff import VardiffSettings
from pithead.stratum.client import ClientConnection
from pithead.stratum.events import JobReceived, SubmitAccepted
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

    async def tips(self):
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


@pytest.fixture
async def stage(tmp_path):
    async with opened(tmp_path) as made:
        yield made


@contextlib.asynccontextmanager
async def opened(directory, node=None, settings=None, gate=None, tls_only=False):
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
        node, book, bookkeeper, lambda now, wall: Session(front, now, wall), clock, clock,
        settings or PoolSettings(),
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


async def test_a_log_in_gets_its_answers_then_difficulty_then_a_clean_job(stage):
    peer = await stage.connect()
    subscribed, authorized, difficulty, job = await peer.log_in()
    assert (subscribed["id"], authorized["id"]) == (1, 2)
    assert difficulty["method"] == "mining.set_difficulty"
    assert job["method"] == "mining.notify"
    assert job["params"][-1] is True


async def test_a_share_is_answered_and_credited(stage):
    miner = Miner(await stage.connect())
    await miner.until_job()
    work = miner.solve().work
    events = await miner.turn()
    assert [type(event) for event in events] == [SubmitAccepted]
    (worker,) = stage.bookkeeper.workers("alice", START + 2)
    assert worker.windows.work_5m == work


async def test_a_new_tip_gives_everybody_a_clean_job(stage):
    peers = [await stage.connect() for _ in range(20)]
    for peer in peers:
        await peer.log_in()
    stage.node.grow(bytes(32))
    for peer in peers:
        (job,) = await asyncio.wait_for(peer.hear(), 5)
        assert job["method"] == "mining.notify"
        assert job["params"][1] == "00" * 32
        assert job["params"][-1] is True


async def test_without_the_journal_no_share_is_answered_and_the_connection_ends(stage, monkeypatch):
    miner = Miner(await stage.connect())
    await miner.until_job()

    def refuse(events):
        raise JournalFull("no space left on device")

    monkeypatch.setattr(stage.bookkeeper, "accept", refuse)
    miner.solve()
    miner.peer.writer.write(miner.client.data_to_send())
    assert await asyncio.wait_for(miner.peer.reader.read(), 5) == b""
    monkeypatch.undo()
    assert list(stage.bookkeeper.workers("alice", START + 2)) == []


async def test_a_block_reaches_the_node_without_the_journal_and_the_books_when_it_is_back(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(pooling, "JOURNAL_RETRY_SECONDS", 0.001)
    node = ToldNode()
    node.block_target = target_for_work(16)
    async with opened(tmp_path, node) as stage:
        miner = Miner(await stage.connect())
        await miner.until_job()
        refused = asyncio.Event()

        def refuse(events):
            if node.submitted:
                refused.set()
            raise JournalFull("no space left on device")

        with monkeypatch.context() as full:
            full.setattr(stage.bookkeeper, "accept", refuse)
            miner.solve()
            miner.peer.writer.write(miner.client.data_to_send())
            assert await asyncio.wait_for(miner.peer.reader.read(), 5) == b""
            await asyncio.wait_for(refused.wait(), 5)
            assert len(node.submitted) == 1
            assert stage.bookkeeper.blocks_found == 0
        async with asyncio.timeout(5):
            while not stage.bookkeeper.blocks_found:  # noqa: ASYNC110 - the books tell nobody
                await asyncio.sleep(0.001)
        assert stage.bookkeeper.unresolved == []


async def test_a_block_reaches_the_node_and_a_refused_one_takes_its_rewards_back(tmp_path):
    node = ToldNode()
    node.block_target = target_for_work(64)
    node.answers = [BlockRefused("bad-cb-amount")]
    async with opened(tmp_path, node) as stage:
        miner = Miner(await stage.connect())
        await miner.until_job()
        miner.solve(target=node.block_target)
        await miner.turn()
        await until(lambda: node.submitted)
        await until(lambda: not stage.bookkeeper.unresolved)
        assert stage.bookkeeper.profile("alice", START + 2).unconfirmed_sats == 0
        assert stage.bookkeeper.pool("alice", START + 2).blocks == []


async def test_a_block_that_the_node_had_already_keeps_its_rewards(tmp_path):
    node = ToldNode()
    node.block_target = target_for_work(64)
    node.answers = [BlockAccepted(duplicate=True)]
    async with opened(tmp_path, node) as stage:
        miner = Miner(await stage.connect())
        await miner.until_job()
        miner.solve(target=node.block_target)
        await miner.turn()
        await until(lambda: node.submitted)
        await until(lambda: not stage.bookkeeper.unresolved)
        assert len(node.submitted) == 1
        assert len(stage.bookkeeper.pool("alice", START + 2).blocks) == 1
        assert stage.bookkeeper.profile("alice", START + 2).unconfirmed_sats > 0


async def test_a_node_that_is_away_gets_the_block_when_it_is_back(tmp_path, monkeypatch):
    monkeypatch.setattr("pithead.pool.pool.SUBMIT_RETRY_SECONDS", 0.01)
    node = ToldNode()
    node.block_target = target_for_work(64)
    node.answers = [NodeUnavailable("away"), NodeUnavailable("away"), BlockAccepted()]
    async with opened(tmp_path, node) as stage:
        miner = Miner(await stage.connect())
        await miner.until_job()
        miner.solve(target=node.block_target)
        await miner.turn()
        await until(lambda: len(node.submitted) == 3)
        await until(lambda: not stage.bookkeeper.unresolved)
        assert len(set(node.submitted)) == 1


async def test_a_block_without_an_answer_is_offered_again_at_the_next_start(tmp_path):
    node = ToldNode()
    node.block_target = target_for_work(64)
    node.answers = [NodeUnavailable("away")]
    async with opened(tmp_path, node) as stage:
        miner = Miner(await stage.connect())
        await miner.until_job()
        miner.solve(target=node.block_target)
        await miner.turn()
        await until(lambda: node.submitted)
    back = ToldNode()
    async with opened(tmp_path, back):
        assert back.submitted == node.submitted[:1]
    again = ToldNode()
    async with opened(tmp_path, again):
        assert again.submitted == []


async def test_a_peer_that_does_not_read_is_dropped_and_the_others_are_served(stage, monkeypatch):
    monkeypatch.setattr(listening, "UNREAD_LIMIT_BYTES", 4096)
    reading = await stage.connect()
    await reading.log_in()
    deaf = socket.create_connection(stage.listener.address)
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    lines = [
        {"id": 1, "method": "mining.subscribe", "params": []},
        {"id": 2, "method": "mining.authorize", "params": ["bob.rig", "x"]},
    ]
    deaf.sendall(b"".join(json.dumps(line).encode() + b"\n" for line in lines))
    await until(lambda: stage.pool.connections == 2)
    number = 0
    while stage.pool.connections == 2:
        number += 1
        assert number < 20_000
        stage.node.grow(number.to_bytes(32, "big"))
        (job,) = await asyncio.wait_for(reading.hear(), 5)
        assert job["params"][-1] is True
    deaf.close()
    assert stage.pool.connections == 1


async def test_no_more_connections_than_the_setting_allows(tmp_path):
    async with opened(tmp_path, settings=PoolSettings(max_connections=2)) as stage:
        first, second = await stage.connect(), await stage.connect()
        await first.log_in()
        await second.log_in("bob.rig")
        third = await stage.connect()
        assert await asyncio.wait_for(third.reader.read(), 5) == b""
        second.writer.close()
        await until(lambda: stage.pool.connections == 1)
        fourth = await stage.connect()
        assert (await fourth.log_in("carol.rig"))[1]["result"] is True


@pytest.mark.parametrize(
    "garbage", [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00\x01", b"a" * 20_000, b"\xff\n"]
)
async def test_what_is_no_stratum_is_closed(stage, garbage):
    peer = await stage.connect()
    peer.writer.write(garbage)
    assert await asyncio.wait_for(peer.reader.read(), 5) == b""


async def test_a_reset_in_the_middle_of_a_reply_leaves_no_session(stage):
    peer = await stage.connect()
    await peer.say({"id": 1, "method": "mining.subscribe", "params": []})
    peer.writer.transport.abort()
    await until(lambda: stage.pool.connections == 0)


async def test_a_miner_that_shuts_its_side_is_gone_and_what_it_sent_before_is_credited(stage):
    miner = Miner(await stage.connect())
    await miner.until_job()
    miner.solve()
    miner.peer.writer.write(miner.client.data_to_send())
    miner.peer.writer.write_eof()
    await until(lambda: stage.pool.connections == 0)
    await asyncio.wait_for(miner.peer.reader.read(), 5)
    (worker,) = stage.bookkeeper.workers("alice", START + 2)
    assert worker.windows.work_5m == 16


async def test_miners_keep_their_job_while_the_node_is_away(stage):
    stage.node.is_away = True
    stage.node.grow(bytes(32))
    peer = await stage.connect()
    lines = await peer.log_in()
    assert lines[-1]["method"] == "mining.notify"


async def until(condition):
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("did not come true")


async def test_a_trusted_proxy_says_whose_connection_it_is_and_the_limits_count_that(tmp_path):
    settings = PoolSettings(
        crowd=CrowdSettings(per_address=1), trusted_proxies=frozenset({"127.0.0.1"})
    )
    async with opened(tmp_path, settings=settings) as stage:
        for address in ("192.0.2.1", "192.0.2.2"):
            peer = await stage.connect()
            peer.writer.write(f"PROXY TCP4 {address} 198.51.100.1 5 3333\r\n".encode())
            assert (await peer.log_in())[1]["result"] is True
        again = await stage.connect()
        again.writer.write(b"PROXY TCP4 192.0.2.1 198.51.100.1 5 3333\r\n")
        assert await asyncio.wait_for(again.reader.read(), 5) == b""
        bare = await stage.connect()
        await bare.say({"id": 1, "method": "mining.subscribe", "params": []})
        assert await asyncio.wait_for(bare.reader.read(), 5) == b""
        assert stage.pool.connections == 2


async def test_a_proxy_header_of_a_stranger_ends_the_connection(stage):
    peer = await stage.connect()
    peer.writer.write(b"PROXY TCP4 192.0.2.1 198.51.100.1 5 3333\r\n")
    assert await asyncio.wait_for(peer.reader.read(), 5) == b""


async def test_one_address_has_only_so_many_connections(tmp_path):
    settings = PoolSettings(crowd=CrowdSettings(per_address=2))
    async with opened(tmp_path, settings=settings) as stage:
        first, _ = await stage.connect(), await stage.connect()
        await until(lambda: stage.pool.connections == 2)
        third = await stage.connect()
        assert await asyncio.wait_for(third.reader.read(), 5) == b""
        first.writer.close()
        await until(lambda: stage.pool.connections == 1)
        fourth = await stage.connect()
        assert (await fourth.log_in())[1]["result"] is True


async def test_who_says_more_than_its_allowance_is_read_later_and_loses_nothing(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(pooling, "TICK_SECONDS", 0.01)
    settings = PoolSettings(crowd=CrowdSettings(bytes_per_connection=1000))
    async with opened(tmp_path, settings=settings) as stage:
        stage.pool._wall = asyncio.get_running_loop().time
        loud, quiet = await stage.connect(), await stage.connect()
        pings = [{"id": n, "method": "mining.ping", "params": []} for n in range(120)]
        await loud.say(*pings)
        await until(lambda: any(each._is_paused for each in stage.pool._connections))
        await loud.say({"id": 120, "method": "mining.ping", "params": []})
        assert (await asyncio.wait_for(quiet.log_in(), 5))[1]["result"] is True
        answers = await asyncio.wait_for(loud.hear(120), 5)
        (connection,) = [each for each in stage.pool._connections if each._is_paused]
        connection.allowances[0].left = 0.0
        answers += await asyncio.wait_for(loud.hear(), 5)
        assert [answer["id"] for answer in answers] == list(range(121))
