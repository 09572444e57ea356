"""The node port over real bitcoinds: what the recorded exchanges promise, held to by the original.

Skipped where there is no bitcoind (set BITCOIND to its path, or have it on PATH).
"""

import asyncio
import time
from contextlib import aclosing
from dataclasses import replace

import pytest

from pithead.bitcoin.block import Block
from pithead.bitcoin.hashing import display_from_wire
from pithead.bitcoin.network import REGTEST
from pithead.bitcoin.script import ANYONE_CAN_SPEND
from pithead.bitcoin.transaction import Transaction, TxIn, TxOut
from pithead.node.bitcoind import BitcoindNode, BitcoindSettings
from pithead.node.node import BlockAccepted, BlockRefused, NodeUnavailable
from pithead.node.wallet import MATURITY, WALLET_SCRIPT
from pithead.node.watched import WatchSettings
from tests.node.mining import mine
from tests.node.realnode import BITCOIND, RealNode, until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BITCOIND is None, reason="no bitcoind: set BITCOIND to the path of one"),
]

SLOW_POLL = WatchSettings(poll_seconds=30.0)
"""What comes sooner came by ZMQ or a long poll."""


@pytest.fixture
async def nodes(tmp_path):
    made = [RealNode(tmp_path / name) for name in ("a", "b")]
    try:
        await asyncio.gather(*(each.start() for each in made))
        await made[0].connect(made[1])
        yield made
    finally:
        await asyncio.gather(*(each.stop() for each in made))


async def opened(nodes, watch=None, with_zmq=False):
    settings = BitcoindSettings(REGTEST, watch=watch or WatchSettings(poll_seconds=0.2))
    return await BitcoindNode.open([each.at(with_zmq) for each in nodes], settings, time.time)


@pytest.fixture
async def node(nodes):
    node = await opened(nodes)
    yield node
    await node.close()


def hash_of(raw):
    return display_from_wire(Block.parse(raw).header.hash_wire)


async def test_a_block_is_accepted_once_and_both_nodes_have_it(node, nodes):
    template = await node.template()
    raw = mine(template)
    assert await node.submit(raw) == BlockAccepted()
    assert await node.submit(raw) == BlockAccepted(duplicate=True)
    for each in nodes:
        assert await each.call("getbestblockhash") == hash_of(raw)
    await until(node.tip, good=lambda tip: tip.height == template.height)
    assert await node.block_hash_display(template.height) == hash_of(raw)
    assert await node.block_hash_display(template.height + 1) is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"value_sats": 999_999_999_999}, "bad-cb-amount"),
        ({"height": 9_999}, "bad-cb-height"),
        (
            {"witness_commitment_script": b"\x6a\x24\xaa\x21\xa9\xed" + bytes(32)},
            "bad-witness-merkle-match",
        ),
        ({"min_time": 0, "time": 1_000_000_000}, "time-too-old"),
        ({"bits": 0x1D00FFFF}, "bad-diffbits"),
    ],
)
async def test_an_invalid_block_is_refused_for_its_own_reason(node, changes, reason):
    answer = await node.submit(mine(await node.template(), **changes))
    assert isinstance(answer, BlockRefused)
    assert answer.reason.startswith((reason, "high-hash"))


async def test_a_block_whose_parent_is_not_known_yet_may_be_handed_in_again(node):
    with pytest.raises(NodeUnavailable, match="lack the parent"):
        await node.submit(mine(await node.template(), prev_hash_wire=b"\x01" * 32))


@pytest.mark.parametrize("garbage", [b"", bytes(79), bytes(80), b"\xff" * 5000])
async def test_garbage_is_refused(node, garbage):
    assert isinstance(await node.submit(garbage), BlockRefused)


async def test_a_second_block_of_a_height_is_kept_and_preferred(node, nodes):
    template = await node.template()
    first, second = mine(template, b"one"), mine(template, b"two")
    assert await node.submit(first) == BlockAccepted()
    assert await node.submit(second) == BlockAccepted(inconclusive=True)
    assert [await each.call("getbestblockhash") for each in nodes] == [hash_of(second)] * 2


async def test_transactions_are_mined_with_their_fees(node, nodes):
    coins = []
    for _ in range(MATURITY + 3):
        raw = mine(await node.template())
        assert await node.submit(raw) == BlockAccepted()
        coins.append(Block.parse(raw).transactions[0])
    parent = None
    for coin in coins[:3]:
        spend = _spend(coin, fee=10_000)
        await nodes[0].call("sendrawtransaction", spend.serialize().hex())
        parent = spend
    child = _spend(parent, fee=20_000)
    await nodes[0].call("sendrawtransaction", child.serialize().hex())
    # A node makes a new template of one tip after five seconds at the earliest.
    template = await until(node.template, good=lambda template: template.transactions)
    assert len(template.transactions) == 4
    assert template.value_sats == REGTEST.subsidy_sats(template.height) + 50_000
    raw = mine(template)
    assert await node.submit(raw) == BlockAccepted()
    assert child.txid_wire in [each.txid_wire for each in Block.parse(raw).transactions]


def _spend(coin, fee):
    return Transaction(
        2,
        (TxIn(coin.txid_wire, 0, witness=(ANYONE_CAN_SPEND,)),),
        (TxOut(coin.outputs[0].value_sats - fee, WALLET_SCRIPT),),
    )


async def test_a_reorganisation_is_told_block_by_block(node, nodes):
    async with aclosing(node.tips()) as tips:
        first = await anext(tips)
        template = await node.template()
        ours = [mine(template, b"ours")]
        await node.submit(ours[0])
        assert (await anext(tips)).hash_display == hash_of(ours[0])
        for each in nodes:
            await each.call("invalidateblock", hash_of(ours[0]))
        assert (await anext(tips)).hash_display == first.hash_display
        other = mine(template, b"other")
        assert await nodes[1].call("submitblock", other.hex()) is None
        child = mine(
            template,
            height=template.height + 1,
            prev_hash_wire=Block.parse(other).header.hash_wire,
            time=template.time + 1,
        )
        assert await nodes[1].call("submitblock", child.hex()) is None
        await nodes[0].agree(nodes[1])
        told = [(await anext(tips)).hash_display for _ in range(2)]
        assert told == [hash_of(other), hash_of(child)]
        for each in nodes:
            await each.call("reconsiderblock", hash_of(ours[0]))
            await each.call("invalidateblock", hash_of(other))
        back = await anext(tips)
        if back.hash_display == first.hash_display:  # seen between the two calls
            back = await anext(tips)
        assert back.hash_display == hash_of(ours[0])


@pytest.mark.parametrize("with_zmq", [True, False])
async def test_a_block_of_somebody_else_is_told_at_once(nodes, with_zmq):
    node = await opened(nodes[:1], SLOW_POLL, with_zmq)
    heights = []

    async def listen():
        async for tip in node.tips():
            heights.append(tip.height)  # noqa: PERF401 - read while it grows

    async def told():
        """The first blocks may come before the ear is open."""
        await nodes[1].call("submitblock", mine(await node.template()).hex())
        await asyncio.sleep(0.2)
        return heights[-1] if heights else 0

    listening = asyncio.create_task(listen())
    try:
        assert await until(told, good=bool)
    finally:
        await node.close()
        await listening


async def test_another_node_takes_over_and_a_returning_one_is_heard_again(node, nodes):
    await nodes[0].stop(at_once=True)
    raw = mine(await until(node.template))
    assert await node.submit(raw) == BlockAccepted()
    await nodes[1].stop()
    with pytest.raises(NodeUnavailable):
        await node.submit(raw)
    await nodes[1].start()
    assert (await until(node.template)).prev_hash_wire == Block.parse(raw).header.hash_wire
    assert await node.submit(raw) == BlockAccepted(duplicate=True)


async def test_a_block_whose_proof_is_too_weak_is_refused(node):
    block = Block.parse(mine(await node.template()))
    for nonce in range(1000):
        weak = replace(block, header=replace(block.header, nonce=nonce))
        if int.from_bytes(weak.header.hash_wire, "little") >> 255:
            break
    assert await node.submit(weak.serialize()) == BlockRefused("high-hash")
