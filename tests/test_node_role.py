"""The node in a process of its own, killed while the pool is mined at: another takes its place, the
books follow the same chain, and each answered share counts once."""

import asyncio
import signal
import time

import pytest

from pithead.bitcoin.address import witness_address
from pithead.bitcoin.block import Block
from pithead.bitcoin.network import REGTEST
from pithead.bitcoin.script import pay_to_witness
from pithead.node.blockfile import BlockFile
from pithead.node.kernel import KernelNode, KernelSettings
from pithead.pool.bookkeeper_settings import BookkeeperSettings
from pithead.pool.bookkeeping import Bookkeeper
from tests.machines import several_machines
from tests.test_roles_on_bitcoind import Operator, told

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def node(pool):
    return pool.machine("node", "node")


async def blocks_of(pool):
    """The books' last ones that the node has answered for (others are offered again at the next
    start), their own chain by height, and what the chain itself says."""
    books = await Bookkeeper.open(
        pool.books / "pool", BookkeeperSettings(database=pool.database, commit_seconds=3_600)
    )
    blocks, chain = books.pool("alice", 2**40).blocks, books.chain
    unanswered = {block.hash_display for block in books.unresolved}
    await books.close()
    kernel = await KernelNode.open(pool.path / "node" / "chain", KernelSettings(4), time.time)
    told = {height: await kernel.block_hash_display(height) for height in chain}
    tip = (await kernel.tip()).height
    await kernel.close()
    decided = [block for block in blocks if block.hash_display not in unanswered]
    return decided, chain, told, tip


async def the_books_follow_the_chain(pool):
    blocks, chain, told, tip = await blocks_of(pool)
    assert chain == told
    assert max(chain) == tip
    assert sorted(chain) == list(range(min(chain), tip + 1)), "a block between two tips is missing"
    assert {block.hash_display for block in blocks if block.state != "orphaned"} <= set(
        chain.values()
    )


async def test_a_node_is_killed_and_another_takes_its_place(tmp_path):
    async with several_machines(tmp_path, with_database=True) as pool:
        pool.settings |= {"node.role": "node"}
        pool.front.settings |= pool.settings
        first, second, leader = node(pool), node(pool), pool.accounting()
        await leader.begin()  # it waits for work
        await leader.says("waiting for the process with the node")
        await first.begin()
        await first.serves()
        await second.begin()
        await second.says("waiting for the lease of the node")
        await leader.serves()
        await pool.front.begin()
        await pool.front.serves()
        pool.mine()
        await pool.more_shares(30)
        await first.end(signal.SIGKILL)
        await pool.more_shares()  # with the work there is
        await second.serves()
        await pool.more_shares(30)
        await leader.end(signal.SIGKILL)
        await pool.more_shares()
        await leader.begin()
        await leader.serves()
        await pool.more_shares()
        await pool.stop(leader, second)
        await pool.each_share_counted_once()
        await the_books_follow_the_chain(pool)


async def test_without_a_node_work_ends_when_it_is_too_old_and_begins_again_with_one(
    tmp_path,
):
    async with several_machines(tmp_path) as pool:
        pool.settings |= {"node.role": "node", "pool.stale_seconds": 3}
        pool.front.settings |= pool.settings
        first, leader = node(pool), pool.accounting()
        await first.begin()
        await first.serves()
        await pool.start(leader)
        await first.end(signal.SIGKILL)
        await pool.front.says("there is no work until a new one")
        before = {name: ledger.shares for name, ledger in pool.ledgers.items()}
        await first.begin()
        await first.serves()
        await pool.front.says("the node gives templates again")
        await pool.more_shares()
        assert all(pool.ledgers[name].shares > shares for name, shares in before.items())
        await pool.stop(leader, first)
        await pool.each_share_counted_once()
        await the_books_follow_the_chain(pool)


async def test_a_node_that_was_not_asked_for_says_so(tmp_path):
    async with several_machines(tmp_path) as pool:
        alone = node(pool)
        await alone.begin()
        assert await asyncio.wait_for(alone.ended(), 60) == 2
        assert 'node.role="node"' in alone.said()


async def test_users_are_paid_from_the_embedded_chain_of_another_process(tmp_path):
    async with several_machines(tmp_path, with_database=True) as pool:
        pool.settings |= {"node.role": "node", "pool.confirmations": 2, "payouts.confirmations": 2}
        pool.front.settings |= pool.settings
        first, leader = node(pool), pool.accounting()
        await first.begin()
        await first.serves()
        await pool.start(leader)
        operator = Operator(pool)
        told(pool, "account", "create", "alice")
        told(pool, "account", "pay-to", "alice", witness_address(0, bytes(20), REGTEST))
        await operator.pays(leader)
        await leader.says("payout ended")
        await pool.stop(leader, first)
        settings = BookkeeperSettings(database=pool.database, confirmations=2)
        books = await Bookkeeper.open(pool.books / "pool", settings)
        owed = books.ledger_balances["user:alice:paid"]
        await books.close()
        assert owed > 0
        assert coins_of(pool, pay_to_witness(0, bytes(20))) == [owed]


def coins_of(pool, script):
    """Satoshis of a script in each transaction of the chain; blocks that lost may have the same."""
    blocks = BlockFile(pool.path / "node" / "chain" / "blocks.journal")
    try:
        found = {
            transaction.txid_wire: output.value_sats
            for record in blocks.records()
            for transaction in Block.parse(record.block).transactions
            for output in transaction.outputs
            if output.script == script
        }
    finally:
        blocks.close()
    return list(found.values())
