"""What every node behind the port must do; each adapter runs through it."""

import asyncio
from contextlib import aclosing

import pytest

from pithead.bitcoin.block import Block
from pithead.node.kernel import KernelNode, KernelSettings
from pithead.node.node import BlockAccepted, BlockRefused, NodeUnavailable
from tests.node.mining import mine

NOW = 1_790_000_000.0


class SteppedClock:
    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now


async def kernel(directory, clock):
    return await KernelNode.open(directory, KernelSettings(first_block_work=8), clock)


@pytest.fixture(params=[kernel], ids=["kernel"])
async def node(request, tmp_path):
    clock = SteppedClock()
    node = await request.param(tmp_path / "chain", clock)
    node.test_clock = clock
    yield node
    await node.close()


async def test_a_block_of_a_template_is_accepted_and_becomes_the_tip(node):
    template = await node.template()
    raw = mine(template)
    assert await node.submit(raw) == BlockAccepted(duplicate=False)
    tip = await node.tip()
    assert tip.height == template.height
    assert tip.hash_display == Block.parse(raw).header.hash_wire[::-1].hex()
    assert await node.block_hash_display(tip.height) == tip.hash_display
    assert await node.block_hash_display(tip.height + 1) is None


async def test_the_same_block_again_is_a_duplicate_and_no_loss(node):
    raw = mine(await node.template())
    await node.submit(raw)
    assert await node.submit(raw) == BlockAccepted(duplicate=True)


async def test_a_second_block_on_the_same_parent_is_not_on_the_best_chain(node):
    template = await node.template()
    await node.submit(mine(template, b"one"))
    answer = await node.submit(mine(template, b"two"))
    assert isinstance(answer, BlockRefused)
    assert answer.reason.startswith("inconclusive")


async def test_templates_carry_fees_transactions_and_a_commitment_and_stay_acceptable(node):
    values = []
    for _ in range(30):
        template = await node.template()
        assert template.transactions
        assert template.witness_commitment_script is not None
        values.append(template.value_sats)
        node.test_clock.now += 60
        assert await node.submit(mine(template)) == BlockAccepted()
    assert max(values) / min(values) < 1.1
    assert len(set(values)) > 20


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"value_sats": 999_999_999_999}, "bad-cb-amount"),
        ({"height": 9_999}, "bad-cb-height"),
        (
            {"witness_commitment_script": b"\x6a\x24\xaa\x21\xa9\xed" + bytes(32)},
            "bad-witness-merkle",
        ),
        ({"time": 2_000_000_000}, "time-too-new"),
        ({"min_time": 0, "time": 1_000_000_000}, "time-too-old"),
        ({"bits": 0x1D00FFFF}, "high-hash"),
    ],
)
async def test_an_invalid_block_is_refused_with_the_librarys_reason(node, changes, reason):
    before = await node.tip()
    answer = await node.submit(mine(await node.template(), **changes))
    assert isinstance(answer, BlockRefused)
    assert reason in answer.reason
    assert await node.tip() == before


async def test_a_block_with_a_changed_transaction_has_the_wrong_root(node):
    raw = bytearray(mine(await node.template()))
    raw[130] ^= 1
    answer = await node.submit(bytes(raw))
    assert isinstance(answer, BlockRefused)


@pytest.mark.parametrize("garbage", [b"", b"\x00", bytes(80), b"\xff" * 5000])
async def test_garbage_is_refused(node, garbage):
    assert isinstance(await node.submit(garbage), BlockRefused)


async def test_every_reader_of_tips_gets_the_present_one_and_each_change(node):
    async def read(count):
        async with aclosing(node.tips()) as tips:
            return [(await anext(tips)).height for _ in range(count)]

    readers = [asyncio.create_task(read(2)) for _ in range(3)]
    await asyncio.sleep(0.05)
    height = (await node.tip()).height
    await node.submit(mine(await node.template()))
    assert [await reader for reader in readers] == [[height, height + 1]] * 3


async def test_a_closed_node_says_so(node):
    await node.close()
    with pytest.raises(NodeUnavailable):
        await node.template()
