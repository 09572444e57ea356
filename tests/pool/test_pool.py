"""The shell of the pool over real sockets: order, slow peers, a journal that fails, blocks."""

import asyncio
import json
import socket

import pytest

from pithead.bitcoin.target import target_for_work
from pithead.node.node import BlockAccepted, BlockRefused, NodeUnavailable
from pithead.pool import listener as listening
from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.crowd import CrowdSettings
from pithead.pool.events import BlockFound
from pithead.pool.pool import PoolSettings
from pithead.pool.sharelog import JournalFull
from pithead.stratum.events import SubmitAccepted, SubmitRejected
from tests.pool.conftest import START
from tests.pool.livepool import Miner, ToldNode, opened, until


@pytest.fixture
async def stage(tmp_path):
    async with opened(tmp_path) as made:
        yield made


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
    assert worker.work_5m == work


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
    monkeypatch.setattr("pithead.pool.submission.JOURNAL_RETRY_SECONDS", 0.001)
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
    monkeypatch.setattr("pithead.pool.submission.SUBMIT_RETRY_SECONDS", 0.01)
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


class BusyNode(ToldNode):
    """Takes a turn of the loop for each block, and minds how many it is given at a time."""

    def __init__(self):
        super().__init__()
        self.under_way = self.most = 0
        self.before_template = None

    async def submit(self, block):
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(0)
        self.under_way -= 1
        return await super().submit(block)

    async def template(self):
        if self.before_template is None:
            self.before_template = len(self.submitted)
        return await super().template()


async def test_many_blocks_without_an_answer_are_offered_in_turn_and_hold_up_no_start(tmp_path):
    books = await Bookkeeper.open(tmp_path)
    raws = [bytes([number]) for number in range(50)]
    books.accept(
        [
            BlockFound(int(START * 1000), "alice", "rig", 200, raw.hex() * 32, 10**9, 64, raw)
            for raw in raws
        ]
    )
    await books.close()
    node = BusyNode()
    async with opened(tmp_path, node) as stage:
        assert node.before_template <= 1
        await until(lambda: not stage.bookkeeper.unresolved)
        assert node.submitted == raws
        assert node.most == 1


@pytest.mark.slow
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
    assert worker.work_5m == 16


async def test_miners_keep_their_job_while_the_node_is_away(stage):
    stage.node.is_away = True
    stage.node.grow(bytes(32))
    peer = await stage.connect()
    lines = await peer.log_in()
    assert lines[-1]["method"] == "mining.notify"


async def test_no_work_is_given_out_once_templates_are_too_old_and_again_when_they_come(tmp_path):
    wall = [0.0]
    settings = PoolSettings(stale_seconds=100.0, shortest_refresh_seconds=0.01)
    async with opened(tmp_path, settings=settings, wall=lambda: wall[0]) as stage:
        miner = Miner(await stage.connect())
        await miner.until_job()
        stage.node.is_away = True
        stage.node.grow(bytes(32))
        wall[0] = 100.0
        early = await stage.connect()
        assert (await early.log_in())[-1]["method"] == "mining.notify"
        wall[0] = 101.0
        await until(lambda: stage.pool._jobs.latest is None)
        miner.solve()
        events = await miner.turn()
        assert [(type(each), each.code) for each in events] == [(SubmitRejected, 21)]
        late = await stage.connect()
        await late.say(
            {"id": 1, "method": "mining.subscribe", "params": []},
            {"id": 2, "method": "mining.authorize", "params": ["bob.rig", "x"]},
        )
        assert [line["id"] for line in await late.hear(2)] == [1, 2]
        stage.node.is_away = False
        methods = [line["method"] for line in await late.hear(2)]
        assert methods == ["mining.set_difficulty", "mining.notify"]


async def test_a_block_found_without_new_templates_still_goes_to_the_node(tmp_path):
    node, wall = ToldNode(), [0.0]
    node.block_target = target_for_work(64)
    settings = PoolSettings(stale_seconds=100.0, shortest_refresh_seconds=0.01)
    async with opened(tmp_path, node, settings, wall=lambda: wall[0]) as stage:
        miner = Miner(await stage.connect())
        await miner.until_job()
        node.is_away = True
        node.grow(bytes(32))
        wall[0] = 101.0
        await until(lambda: stage.pool._jobs.latest is None)
        miner.solve(target=node.block_target)
        await miner.turn()
        await until(lambda: node.submitted)


async def test_a_node_is_told_what_of_its_chain_is_known(tmp_path):
    node = ToldNode()
    async with opened(tmp_path, node) as stage:
        await until(lambda: stage.bookkeeper.chain)
    again = ToldNode()
    async with opened(tmp_path, again):
        await until(lambda: hasattr(again, "known"))
    assert again.known == {199: node.tip_wire[::-1].hex()}


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
    monkeypatch.setattr("pithead.pool.pool.TICK_SECONDS", 0.01)
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
