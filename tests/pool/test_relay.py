"""A node seen from another process gives the same work, judges the same blocks, tells each tip."""

import asyncio
import contextlib
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.bitcoin.network import REGTEST
from pithead.node.node import BlockAccepted, BlockRefused, NodeUnavailable
from pithead.pool import relay
from pithead.pool.localexchange import LocalExchange, LocalHub
from pithead.pool.relay import NodeDesk, RelayedNode, decode_template, encode_template
from tests.pool.conftest import make_template, make_transaction
from tests.pool.livepool import ToldNode

NEW_TIP = bytes(reversed(range(32)))


@contextlib.asynccontextmanager
async def relayed(directory):
    real, hub, exchange = ToldNode(), await LocalHub.open(directory), LocalExchange(directory)
    desk = NodeDesk(real, hub)
    await desk.serve()
    far = RelayedNode.open(REGTEST, exchange)
    await asyncio.wait_for(exchange.linked(), 20)
    try:
        yield real, desk, far, hub
    finally:
        await far.close()
        await exchange.close()
        await hub.close()


async def next_tip(tips):
    return await asyncio.wait_for(anext(tips), 20)


def test_a_template_arrives_as_it_was():
    template = make_template(
        transactions=(make_transaction(1), make_transaction(2)),
        witness_commitment_script=b"\x6a\x24",
        block_target=2**255,
    )
    assert decode_template(encode_template(template)) == template
    bare = replace(template, transactions=(), witness_commitment_script=None)
    assert decode_template(encode_template(bare)) == bare


@given(st.binary(max_size=200))
def test_bytes_of_any_kind_are_a_template_or_refused(data):
    with contextlib.suppress(msgspec.MsgspecError):
        decode_template(data)


async def test_far_off_there_is_the_template_that_the_desk_gave_last(tmp_path):
    async with relayed(tmp_path) as (real, desk, far, _):
        with pytest.raises(NodeUnavailable):
            await far.template()
        given_here = await desk.template()
        assert await far.template() == given_here
        assert await far.template() == given_here
        real.is_away = True
        with pytest.raises(NodeUnavailable):
            await desk.template()
        with pytest.raises(NodeUnavailable):
            await far.template()


async def test_each_new_tip_is_told_far_off_with_its_work(tmp_path):
    async with relayed(tmp_path) as (real, desk, far, _):
        await desk.template()
        await far.template()
        tips = far.tips()
        assert (await next_tip(tips)).hash_display == real.tip_wire[::-1].hex()
        real.grow(NEW_TIP)
        await desk.template()
        tip = await next_tip(tips)
        assert (tip.height, tip.hash_display) == (real.height, NEW_TIP[::-1].hex())
        assert (await far.template()).prev_hash_wire == NEW_TIP


async def test_a_tip_whose_telling_was_lost_is_seen_all_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(relay, "LOOK_SECONDS", 0.05)
    async with relayed(tmp_path) as (real, desk, far, hub):
        await desk.template()
        await far.template()
        tips = far.tips()
        await next_tip(tips)

        async def deaf(subject, payload):
            pass

        monkeypatch.setattr(hub, "tell", deaf)
        real.grow(NEW_TIP)
        await desk.template()
        assert (await next_tip(tips)).hash_display == NEW_TIP[::-1].hex()
        assert (await far.template()).prev_hash_wire == NEW_TIP


@pytest.mark.parametrize(
    "answer",
    [BlockAccepted(), BlockAccepted(duplicate=True), BlockAccepted(inconclusive=True),
     BlockRefused("bad-cb-amount")],
)  # fmt: skip
async def test_a_block_is_judged_by_the_real_node(tmp_path, answer):
    async with relayed(tmp_path) as (real, _, far, _):
        real.answers = [answer]
        assert await far.submit(b"block") == answer
        assert real.submitted == [b"block"]


async def test_where_the_real_node_is_away_so_is_the_far_one(tmp_path):
    async with relayed(tmp_path) as (real, _, far, hub):
        real.answers = [NodeUnavailable("away")]
        with pytest.raises(NodeUnavailable, match="cannot reach it"):
            await far.submit(b"block")
        assert await far.block_hash_display(real.height) == real.tip_wire[::-1].hex()
        assert await far.block_hash_display(5) is None
        assert (await far.tip()).height == real.height
        await hub.close()
        for asked in (far.submit(b""), far.tip(), far.template(), far.block_hash_display(1)):
            with pytest.raises(NodeUnavailable):
                await asked
