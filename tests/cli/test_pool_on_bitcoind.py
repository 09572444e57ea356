"""A whole pool on real bitcoinds: blocks found, nodes killed, and a chain that changed meanwhile.

Skipped where there is no bitcoind (set BITCOIND to its path, or have it on PATH).
"""

import asyncio
import time

import pytest

from pithead.bitcoin.target import target_for_work
from pithead.cli.config import load
from pithead.cli.poolside import open_pool
from tests.node.realnode import BITCOIND, RealNode, until
from tests.pool.livepool import Miner, Peer

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BITCOIND is None, reason="no bitcoind: set BITCOIND to the path of one"),
]

BLOCK_WORK = 64
ADDRESS = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"


@pytest.fixture
async def nodes(tmp_path):
    made = [RealNode(tmp_path / name) for name in ("a", "b")]
    try:
        await asyncio.gather(*(each.start() for each in made))
        await made[0].connect(made[1])
        yield made
    finally:
        await asyncio.gather(*(each.stop() for each in made))


async def opened(nodes, directory):
    flags = {
        "node.kind": "bitcoind",
        "node.urls": ",".join(each.address.url for each in nodes),
        "node.cookie_files": ",".join(str(each.address.cookie_file) for each in nodes),
        "node.zmq": f"tcp://127.0.0.1:{nodes[0].zmq_port}",
        "node.poll_seconds": 0.2,
        "node.regtest_block_work": BLOCK_WORK,
        "pool.payout_address": ADDRESS,
        "pool.work_scale": 1,
        "pool.api_port": 0,
        "pool.stratum_port": 0,
        "admin.port": 0,
    }
    return await open_pool(load(flags, {}), directory, time.time, time.time, BLOCK_WORK)


async def find_block(part):
    """Mine as a stranger would, until the pool has found another block and a node has it."""
    host, port = part.stratum.split(":")
    peer = Peer(*await asyncio.open_connection(host, int(port)))
    before = part.bookkeeper.blocks_found
    miner = Miner(peer)
    await miner.until_job()
    miner.solve(target=target_for_work(BLOCK_WORK))
    await miner.turn()
    await until(lambda: settled(part), good=lambda found: found > before)
    peer.writer.close()
    await peer.writer.wait_closed()
    return state(part)[-1]


async def settled(part):
    return 0 if part.bookkeeper.unresolved else part.bookkeeper.blocks_found


def state(part):
    """(height, hash, state) of the blocks, the newest last."""
    blocks = part.bookkeeper.pool("alice", time.time()).blocks
    return [(each.height, each.hash_display, each.state) for each in reversed(blocks)]


async def states(part):
    return [each[2] for each in state(part)]


async def test_blocks_are_found_while_nodes_come_and_go_and_the_chain_changes(nodes, tmp_path):
    first, second = nodes
    part = await opened(nodes, tmp_path / "pool")
    height, hash_display, _ = await find_block(part)
    assert height == 1
    assert await second.call("getbestblockhash") == hash_display
    await first.stop()
    height, kept, _ = await find_block(part)
    assert height == 2
    assert await second.call("getbestblockhash") == kept
    await part.stop()

    await first.start()
    await first.connect(second)
    await first.agree(second)
    for each in nodes:
        await each.call("invalidateblock", kept)
    await second.call("generatetoaddress", 2, ADDRESS)
    await first.agree(second)

    part = await opened(nodes, tmp_path / "pool")
    try:
        await until(lambda: states(part), good=lambda found: found == ["new", "orphaned"])
        height, _, _ = await find_block(part)
        assert height == 4
        other = await first.call("getblockhash", 2)
        for each in nodes:
            await each.call("reconsiderblock", kept)
            await each.call("invalidateblock", other)
        expected = ["new", "new", "new"]
        await until(lambda: states(part), good=lambda found: found == expected)
        height, _, _ = await find_block(part)
        assert height == 3
    finally:
        await part.stop()
