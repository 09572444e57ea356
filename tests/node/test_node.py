"""What every node behind the port must do; each adapter runs through it."""

import asyncio
from contextlib import aclosing
from dataclasses import replace

import pytest

from pithead.bitcoin.block import Block
from pithead.bitcoin.hashing import display_from_wire
from pithead.bitcoin.script import ANYONE_CAN_SPEND
from pithead.bitcoin.transaction import Transaction, TxIn, TxOut
from pithead.node.kernel import KernelNode, KernelSettings
from pithead.node.node import BlockAccepted, BlockRefused, NodeUnavailable
from pithead.node.wallet import WALLET_SCRIPT
from tests.node.mining import mine, solved, with_only

NOW = 1_700_000_000.0
"""In the past of every machine that runs this: the library looks at the real clock."""
FAR_FUTURE = 0xF000_0000


class SteppedClock:
    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now


async def kernel(directory, clock):
    return await KernelNode.open(directory, KernelSettings(first_block_work=8), clock)


@pytest.fixture(params=[pytest.param(kernel, id="kernel", marks=pytest.mark.slow)])
async def node(request, begun):
    clock = SteppedClock()
    node = await request.param(begun, clock)
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
        ({"time": FAR_FUTURE}, "time-too-new"),
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


async def test_a_block_with_another_merkle_root_is_refused(node):
    template = await node.template()
    block = Block.parse(mine(template))
    answer = await node.submit(
        solved(replace(block, header=replace(block.header, merkle_root_wire=bytes(32)))).serialize()
    )
    assert isinstance(answer, BlockRefused)
    assert "bad-txnmrklroot" in answer.reason


async def test_a_coin_of_a_coinbase_is_refused_while_it_is_young(node):
    first = await node.template()
    raw = mine(first)
    await node.submit(raw)
    coinbase = Block.parse(raw).transactions[0]
    spend = Transaction(
        2,
        (TxIn(coinbase.txid_wire, 0, witness=(ANYONE_CAN_SPEND,)),),
        (TxOut(coinbase.outputs[0].value_sats, WALLET_SCRIPT),),
    )
    answer = await node.submit(mine(with_only(await node.template(), spend)))
    assert isinstance(answer, BlockRefused)
    assert "bad-txns-premature-spend-of-coinbase" in answer.reason


async def test_a_coin_that_does_not_exist_cannot_be_spent(node):
    spend = Transaction(
        2, (TxIn(bytes(31) + b"\x01", 0, witness=(ANYONE_CAN_SPEND,)),), (TxOut(1, WALLET_SCRIPT),)
    )
    answer = await node.submit(mine(with_only(await node.template(), spend)))
    assert isinstance(answer, BlockRefused)
    assert "bad-txns-inputs-missingorspent" in answer.reason


@pytest.mark.parametrize("garbage", [b"", b"\x00", bytes(80), b"\xff" * 5000, bytes(4_100_000)])
async def test_garbage_is_refused_and_the_chain_goes_on(node, garbage):
    assert isinstance(await node.submit(garbage), BlockRefused)
    assert await node.submit(mine(await node.template())) == BlockAccepted()


async def test_a_longer_branch_takes_over_and_templates_follow_it(node):
    template = await node.template()
    await node.submit(mine(template, b"one"))
    other = mine(template, b"two")
    await node.submit(other)
    parent = Block.parse(other).header.hash_wire
    child = with_only(replace(await node.template(), prev_hash_wire=parent))
    raw = mine(child)
    assert await node.submit(raw) == BlockAccepted()
    assert (await node.tip()).hash_display == display_from_wire(Block.parse(raw).header.hash_wire)
    assert await node.block_hash_display(template.height) == display_from_wire(parent)
    for _ in range(3):
        assert await node.submit(mine(await node.template())) == BlockAccepted()


async def test_every_reader_of_tips_gets_the_present_one_and_each_change(node):
    async def read(count):
        async with aclosing(node.tips()) as tips:
            return [(await anext(tips)).height for _ in range(count)]

    readers = [asyncio.create_task(read(2)) for _ in range(3)]
    await asyncio.sleep(0.05)
    height = (await node.tip()).height
    await node.submit(mine(await node.template()))
    assert [await reader for reader in readers] == [[height, height + 1]] * 3


async def test_a_reader_of_tips_hears_the_blocks_between_and_those_of_a_branch_that_wins(node):
    async with aclosing(node.tips()) as tips:
        first = await anext(tips)
        await node.submit(mine(await node.template()))
        template = await node.template()
        raws = [mine(template, b"one"), mine(template, b"two")]
        for raw in raws:
            await node.submit(raw)
        told = [await anext(tips) for _ in range(2)]
        assert [tip.height for tip in told] == [first.height + 1, first.height + 2]
        assert [tip.is_best for tip in told] == [False, True]
        parent = Block.parse(raws[1]).header.hash_wire
        await node.submit(mine(with_only(replace(await node.template(), prev_hash_wire=parent))))
        branch = [await anext(tips) for _ in range(2)]
        assert [tip.height for tip in branch] == [first.height + 2, first.height + 3]
        assert branch[0].hash_display == display_from_wire(parent)


async def test_a_reader_of_tips_that_was_away_hears_what_came_since(node):
    height = (await node.tip()).height
    known = {height - 3: await node.block_hash_display(height - 3), height - 2: "00" * 32}
    async with aclosing(node.tips(known)) as tips:
        told = [await anext(tips) for _ in range(3)]
    assert [tip.height for tip in told] == [height - 2, height - 1, height]
    assert told[0].hash_display == await node.block_hash_display(height - 2)


async def test_a_closed_node_says_so_and_its_readers_of_tips_come_to_an_end(node):
    async def read():
        return [tip.height async for tip in node.tips()]

    reader = asyncio.create_task(read())
    height = (await node.tip()).height
    while_closing = await asyncio.gather(node.close(), node.template(), return_exceptions=True)
    assert isinstance(while_closing[1], NodeUnavailable)
    assert await reader in ([], [height])
    with pytest.raises(NodeUnavailable):
        await node.template()
