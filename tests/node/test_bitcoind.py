"""The node port over played bitcoinds: failover, faults, answers to blocks, reorganisations."""

import asyncio
import json
from contextlib import aclosing

import pytest

from pithead.bitcoin.network import MAINNET, SIGNET
from pithead.bitcoin.target import expected_hashes
from pithead.node.bitcoind import BitcoindNode, BitcoindSettings
from pithead.node.node import BlockAccepted, BlockRefused, NodeUnavailable
from pithead.node.rpc import RpcLimits
from pithead.node.watched import WatchSettings
from pithead.pool.blocks import Blocks
from pithead.pool.events import BlockFound
from tests.node.playednodes import (
    BLOCK_HEADER_ONLY,
    NOW,
    QUICK,
    address,
    eventually,
    link_up,
    name,
    opened,
    template_key,
    until,
)
from tests.node.rpcserver import RECORDED, Answer, refusal, served, transcript

# As recorded


async def test_a_recorded_node_is_mined_on_as_it_was():
    async with served(transcript("regtest", only_last=True)) as server, opened(server) as node:
        tip = await node.tip()
        template = await node.template()
        assert template.prev_hash_wire[::-1].hex() == tip.hash_display
        assert template.height == tip.height + 1
        assert await node.block_hash_display(1_000_000) is None


def submissions():
    """(block, the answers to it in turn) as recorded."""
    lines = (RECORDED / "regtest.jsonl").read_text().splitlines()
    entries = [json.loads(line) for line in lines]
    return [e["params"][0] for e in entries if e["method"] == "submitblock"]


async def test_every_recorded_answer_to_a_block_is_understood():
    said = []
    # The recorded blocks are too old to wait for a parent.
    async with served(transcript("regtest")) as server, opened(server, now=NOW * 2) as node:
        for block_hex in submissions():
            answer = await node.submit(bytes.fromhex(block_hex))
            match answer:
                case BlockAccepted():
                    said.append(f"accepted {answer.remark}".strip())
                case BlockRefused(reason=reason):
                    said.append(reason)
    assert said == [
        "bad-cb-amount",
        "duplicate-invalid",
        "accepted",
        "accepted duplicate",
        "accepted inconclusive",
        "high-hash",
        "prev-blk-not-found",
        "time-too-old",
        "undecodable: Block decode failed",
    ]


async def test_a_recorded_reorganisation_is_told_block_by_block():
    lines = (RECORDED / "reorganisation.jsonl").read_text().splitlines()
    entries = [json.loads(line) for line in lines]
    looks = [e["answer"]["result"] for e in entries if e["method"] == "getblockchaininfo"]
    branches = [
        [e["answer"]["result"]["hash"] for e in part if e["method"] == "getblockheader"][-count:]
        for part, count in ((entries[:6], 3), (entries[6:], 4))
    ]
    answers = transcript("reorganisation")
    answers["getblocktemplate"] = transcript("regtest")[template_key()][-1]
    answers[("getblockchaininfo", "[]")] = [looks[0]]
    async with served(answers) as server, opened(server) as node:
        async with aclosing(node.tips()) as tips:
            assert (await anext(tips)).hash_display == branches[0][-1]
            answers[("getblockchaininfo", "[]")] = [looks[1]]
            told = [(await anext(tips)).hash_display for _ in range(2)]
            assert told == branches[1][2:], "from the lowest block on that the reader knew"
        async with aclosing(node.tips(dict(enumerate(branches[0], 1)))) as tips:
            told = [await anext(tips) for _ in branches[1]]
            assert [tip.hash_display for tip in told] == branches[1]
            assert [tip.height for tip in told] == [1, 2, 3, 4]
            assert [tip.is_best for tip in told] == [False, False, False, True]


async def test_a_recorded_signet_without_peers_is_refused():
    async with served(transcript("signet-open")) as server:
        with pytest.raises(NodeUnavailable, match="initial download"):
            async with opened(server, network=SIGNET):
                pass


async def test_a_signet_whose_blocks_are_signed_is_refused_at_the_start():
    answers = transcript("signet")
    info = answers.pop(("getblockchaininfo", "[]"))[0] | {"initialblockdownload": False}
    answers |= {"getblockchaininfo": info, "getconnectioncount": 3}
    del answers[("getconnectioncount", "[]")]
    async with served(answers) as server:
        with pytest.raises(NodeUnavailable, match="have to be signed"):
            async with opened(server, network=SIGNET):
                pass


async def test_a_node_that_is_starting_says_so():
    async with served(transcript("starting")) as server:
        with pytest.raises(NodeUnavailable, match="is still starting: Loading block index"):
            async with opened(server):
                pass


# Which node


async def test_a_node_of_another_network_is_refused_by_name(chain, servers):
    chain.follow(servers[0], name("a", 20))
    with pytest.raises(NodeUnavailable, match=r"is on regtest, .*network is mainnet"):
        async with opened(servers[0], network=MAINNET):
            pass


async def test_the_first_is_preferred_the_second_takes_over_and_the_first_comes_back(
    chain, servers
):
    first, second = servers
    for server in servers:
        chain.follow(server, name("a", 20))
    async with opened(*servers) as node:
        await node.template()
        assert first.called("getblocktemplate")
        port = first.port
        await first.stop()
        before = len(second.called("getblocktemplate"))
        await eventually(node.template, good=bool)
        assert len(second.called("getblocktemplate")) > before
        await first.start(port)
        first.calls.clear()
        await until(lambda: first.called("getblockchaininfo"))
        await eventually(node.template, good=lambda _: first.called("getblocktemplate"))


async def test_the_most_work_is_followed_not_the_first_or_the_highest(chain, servers):
    chain.follow(servers[0], name("a", 20), work=100)
    chain.follow(servers[1], name("a", 19), work=101)
    async with opened(*servers) as node:
        assert (await node.tip()).height == 19
        assert (await node.template()).prev_hash_wire[::-1].hex() == name("a", 19)


async def test_a_node_in_initial_download_is_passed_over_until_it_is_through(chain, servers):
    for server in servers:
        chain.follow(server, name("a", 20), chain="main")
    chain.follow(servers[0], name("a", 20), chain="main", initialblockdownload=True, work=1000)
    chain.follow(servers[1], name("a", 19), chain="main")
    node = BitcoindNode(
        [address(each) for each in servers], BitcoindSettings(MAINNET, watch=QUICK), lambda: NOW
    )
    await asyncio.gather(*(each.look() for each in node._nodes))
    assert (await node.tip()).height == 19
    chain.follow(servers[0], name("a", 20), chain="main", work=1000)
    await asyncio.gather(*(each.look() for each in node._nodes))
    assert (await node.tip()).height == 20
    await node.close()


async def test_where_no_node_can_be_mined_on_every_reason_is_told(chain, servers):
    chain.follow(servers[0], name("a", 20), chain="main", initialblockdownload=True)
    servers[1].answers["getblockchaininfo"] = Answer(401)
    with pytest.raises(NodeUnavailable, match=r"initial download.*does not take the password"):
        async with opened(*servers, network=MAINNET):
            pass


@pytest.mark.parametrize(
    "fault",
    [
        Answer(200, b"<html>"),
        Answer(503, b"Work queue depth exceeded"),
        Answer(200, b"123456", cut=True),
        Answer(401),
        refusal(-9, "Bitcoin Core is not connected!"),
        refusal(-28, "Verifying blocks…"),
        {"height": "none"},
    ],
)
async def test_a_node_without_a_good_template_is_passed_over(chain, servers, fault):
    for server in servers:
        chain.follow(server, name("a", 20))
    async with opened(*servers) as node:
        servers[0].answers["getblocktemplate"] = fault
        assert (await node.template()).height == chain.template["height"]
        servers[1].answers["getblocktemplate"] = fault
        with pytest.raises(NodeUnavailable) as raised:
            await node.template()
        assert all(server.url in str(raised.value) for server in servers)


async def test_a_node_that_hangs_or_floods_is_passed_over(chain, servers):
    for server in servers:
        chain.follow(server, name("a", 20))
    watch = WatchSettings(0.02, RpcLimits(seconds=0.2, most_bytes=100_000))
    async with opened(*servers, watch=watch) as node:
        for fault in (Answer(never=True), Answer(200, b" " * 100_001)):
            servers[0].answers["getblocktemplate"] = fault
            assert (await node.template()).height == chain.template["height"]


async def test_blocks_of_regtest_may_be_made_harder(chain, servers):
    chain.follow(servers[0], name("a", 20))
    async with opened(servers[0], least_block_work=5000) as node:
        assert expected_hashes((await node.template()).block_target) == 5000


# Blocks


async def test_a_block_goes_to_all_nodes_and_those_that_take_it_prefer_it(chain, servers):
    for server in servers:
        chain.follow(server, name("a", 20))
    servers[1].answers["submitblock"] = "high-hash"
    async with opened(*servers) as node:
        assert await node.submit(BLOCK_HEADER_ONLY) == BlockAccepted()
        for server in servers:
            assert server.called("submitblock") == [[BLOCK_HEADER_ONLY.hex()]]
        assert len(servers[0].called("preciousblock")) == 1
        assert servers[1].called("preciousblock") == []


async def test_a_block_goes_to_nodes_that_are_not_mined_on_as_well(chain, servers):
    chain.follow(servers[0], name("a", 20))
    chain.follow(servers[1], name("a", 20), chain="signet")
    async with opened(*servers) as node:
        assert await node.submit(BLOCK_HEADER_ONLY) == BlockAccepted()
        assert servers[1].called("submitblock") == [], "it is of another network"
        servers[1].answers["getblockchaininfo"] = refusal(-1, "no")
        await until(lambda: node._nodes[1].seen is None)
        await node.submit(BLOCK_HEADER_ONLY)
        assert len(servers[1].called("submitblock")) == 1


async def test_a_block_without_a_nodes_answer_may_be_handed_in_again(chain, servers):
    for server in servers:
        chain.follow(server, name("a", 20))
        server.answers["submitblock"] = [Answer(200, b"123456", cut=True), "duplicate"]
    async with opened(*servers) as node:
        with pytest.raises(NodeUnavailable, match="broke off submitblock"):
            await node.submit(BLOCK_HEADER_ONLY)
        assert await node.submit(BLOCK_HEADER_ONLY) == BlockAccepted(duplicate=True)


async def test_a_node_that_will_not_prefer_a_block_is_no_loss(chain, servers):
    chain.follow(servers[0], name("a", 20))
    servers[0].answers["preciousblock"] = refusal(-5, "Block not found")
    async with opened(servers[0]) as node:
        assert await node.submit(BLOCK_HEADER_ONLY) == BlockAccepted()


async def test_bytes_without_a_header_are_refused_without_asking(chain, servers):
    chain.follow(servers[0], name("a", 20))
    async with opened(servers[0]) as node:
        assert isinstance(await node.submit(b"short"), BlockRefused)
        assert servers[0].called("submitblock") == []


# The chain


async def test_a_closed_node_ends_its_readers(chain, servers):
    chain.follow(servers[0], name("a", 15))
    async with opened(servers[0]) as node:
        reading = asyncio.create_task(_heights(node))
        await asyncio.sleep(0)
    assert await asyncio.wait_for(reading, 5) in ([], [15])
    for ask in (node.template, node.tip, lambda: node.submit(BLOCK_HEADER_ONLY)):
        with pytest.raises(NodeUnavailable, match="closed"):
            await ask()


async def _heights(node):
    return [tip.height async for tip in node.tips()]


async def test_a_failover_to_a_node_on_another_branch_orphans_and_reinstates_the_pools_block(
    chain, servers
):
    """The whole way: nodes, tips and the pool's own account of its blocks."""
    link_up(chain, "b", 14, 15, name("a", 13))
    ours = name("a", 14)
    blocks = Blocks(confirmations=100)
    blocks.found(BlockFound(0, "u", "w", 14, ours, 1, 1, b""), 0, 1.0)
    blocks.resolve(ours, accepted=True)
    fates = []
    chain.follow(servers[0], name("a", 15), work=16)
    chain.follow(servers[1], name("b", 15), work=15)
    async with opened(*servers) as node, aclosing(node.tips({13: name("a", 13)})) as tips:

        async def hear(count):
            for _ in range(count):
                tip = await asyncio.wait_for(anext(tips), 5)
                blocks.tip(tip.height, tip.hash_display)
                fates.extend(fate for _, fate in blocks.settle(0))
            return tip.hash_display

        assert await hear(2) == name("a", 15)
        assert fates == []
        port = servers[0].port
        await servers[0].stop()
        assert await hear(2) == name("b", 15)
        assert fates == ["orphaned"]
        await servers[0].start(port)
        assert await hear(2) == name("a", 15)
        assert fates == ["orphaned", "reinstated"]
