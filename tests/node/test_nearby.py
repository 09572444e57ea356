"""A found block goes to nodes nearby at once, whatever becomes of it on the way to the far one."""

import asyncio
import time

import pytest

from pithead.bitcoin.block import Block
from pithead.bitcoin.network import REGTEST
from pithead.node.nearby import NodeWithNearby
from pithead.node.node import BlockAccepted, BlockRefused, NodeUnavailable
from pithead.node.rpc import RpcAddress
from pithead.node.watched import NodeAddress, WatchedNode, WatchSettings
from tests.node.mining import mine
from tests.node.rpcserver import Answer, served
from tests.pool.conftest import make_template

EASY = 2**255


class Far:
    """Answers a block as it is told to, once that is let through."""

    network = REGTEST

    def __init__(self, answer):
        self.answer = answer
        self.let_through = asyncio.Event()
        self.let_through.set()

    async def submit(self, block):
        await self.let_through.wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def close(self):
        pass


def joined(far, *servers):
    near = [
        WatchedNode(
            NodeAddress(RpcAddress(each.url, each.user, each.password)), REGTEST, WatchSettings(),
            time.time, lambda: None,
        )
        for each in servers
    ]  # fmt: skip
    return NodeWithNearby(far, near, time.time)


@pytest.fixture
def block():
    return mine(make_template(block_target=EASY, time=int(time.time())))


def name_of(block):
    return Block.parse(block).header.hash_wire[::-1].hex()


async def test_a_node_nearby_has_the_block_while_the_far_one_is_still_asked(block):
    async with served({"submitblock": None, "preciousblock": None}) as server:
        far = Far(BlockAccepted(duplicate=True))
        far.let_through.clear()
        node = joined(far, server)
        submitting = asyncio.create_task(node.submit(block))
        async with asyncio.timeout(20):
            while not server.called("preciousblock"):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert server.called("submitblock") == [[block.hex()]]
        assert server.called("preciousblock") == [[name_of(block)]]
        far.let_through.set()
        assert await submitting == BlockAccepted()
        await node.close()


@pytest.mark.parametrize(
    ("far", "near", "said"),
    [
        (NodeUnavailable("away"), None, BlockAccepted()),
        (BlockAccepted(), "prev-blk-not-found", BlockAccepted()),
        (BlockAccepted(), Answer(503), BlockAccepted()),
        (BlockRefused("bad-cb-amount"), "bad-cb-amount", BlockRefused("bad-cb-amount")),
        (BlockRefused("high-hash"), Answer(503), BlockRefused("high-hash")),
    ],
)
async def test_one_that_has_the_block_is_enough(block, far, near, said):
    async with served({"submitblock": near, "preciousblock": None}) as server:
        node = joined(Far(far), server)
        assert await node.submit(block) == said
        await node.close()


@pytest.mark.parametrize("near", [Answer(503), "prev-blk-not-found"])
async def test_where_none_can_say_it_is_to_be_offered_again(block, near):
    async with served({"submitblock": near}) as server:
        node = joined(Far(NodeUnavailable("away")), server)
        with pytest.raises(NodeUnavailable):
            await node.submit(block)
        await node.close()


async def test_a_node_nearby_is_asked_nothing_but_to_take_blocks(block):
    async with served({"submitblock": "duplicate", "preciousblock": None}) as server:
        node = joined(Far(BlockAccepted()), server)
        await node.submit(block)
        await node.close()
        assert {method for method, _ in server.calls} == {"submitblock", "preciousblock"}


@pytest.mark.parametrize("garbage", [b"", bytes(79)])
async def test_garbage_is_refused(garbage):
    node = joined(Far(BlockAccepted()))
    assert isinstance(await node.submit(garbage), BlockRefused)
    await node.close()
