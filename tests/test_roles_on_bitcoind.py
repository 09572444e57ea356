"""A pool of several processes on a real bitcoind: blocks it takes, and users its wallet pays, while
each process is killed once. Skipped where there is no bitcoind (set BITCOIND to its path)."""

import signal
import time
from contextlib import asynccontextmanager

import httpx
import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from pithead.cli.main import main
from pithead.pool import schema
from pithead.pool.bookkeeper_settings import BookkeeperSettings
from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.database import open_database
from pithead.pool.ledger import confirmed
from tests.machines import several_machines
from tests.node.realnode import BITCOIND, RealNode, until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(BITCOIND is None, reason="no bitcoind: set BITCOIND to the path of one"),
]

BLOCK_WORK = 150_000
CONFIRMATIONS = 2
FUNDED_BLOCKS = 200
"""The wallet can spend the first hundred."""


@asynccontextmanager
async def pool_on_bitcoind(path):
    """Settings of processes with roles, none of them started, and a node whose wallet has coins."""
    node = RealNode(path / "bitcoind")
    async with several_machines(path, with_database=True) as pool:
        try:
            await node.start()
            await node.call("createwallet", "pool")
            address = await node.call("getnewaddress")
            await node.call("generatetoaddress", FUNDED_BLOCKS, address)
            pool.settings |= {
                "node.role": "node",
                "node.kind": "bitcoind",
                "node.urls": node.address.url,
                "node.cookie_files": str(node.address.cookie_file),
                "node.zmq": f"tcp://127.0.0.1:{node.zmq_port}",
                "node.regtest_block_work": BLOCK_WORK,
                "pool.payout_address": address,
                "pool.work_scale": 1,
                "pool.confirmations": CONFIRMATIONS,
                "payouts.wallet": "pool",
                "payouts.sats_per_vbyte": 2,
                "payouts.confirmations": 2,
            }
            pool.front.settings |= pool.settings
            yield pool, node
        finally:
            await node.stop()


def told(pool, *command):
    made = CliRunner().invoke(main, ["--set", f"pool.database={pool.database}", *command])
    assert made.exit_code == 0, made.output
    return made.output.strip()


class Operator:
    """Asks the admin API of whoever keeps the books."""

    def __init__(self, pool):
        self.token = told(pool, "admin", "create", "ops")

    def of(self, machine):
        return httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{machine.settings['admin.port']}/api/v1",
            headers={"Authorization": f"Bearer {self.token}"}, timeout=30,
        )  # fmt: skip

    async def pays(self, machine):
        """The transaction that pays what is due; asked until something is."""
        async with self.of(machine) as client:

            async def paid():
                answer = await client.post("/payouts")
                assert answer.status_code == 200, answer.text
                return answer.json()["txid"]

            return await until(paid, 60, good=bool)


async def received(node, address):
    """Satoshis of each coin of an address in the chain."""
    found = await node.call("scantxoutset", "start", [f"addr({address})"])
    return sorted(round(each["amount"] * 10**8) for each in found["unspents"])


async def test_blocks_are_taken_and_users_paid_once_whoever_is_killed(tmp_path):
    async with pool_on_bitcoind(tmp_path) as (pool, node):
        nodes = [pool.machine(name, "node") for name in ("node-a", "node-b")]
        books = [pool.accounting(), pool.accounting()]
        await nodes[0].begin()
        await nodes[0].serves()
        await nodes[1].begin()
        await nodes[1].says("waiting for the lease of the node")
        await pool.start(*books)
        await pool.more_shares(50)
        address = await node.call("getnewaddress", "", "legacy")
        operator = Operator(pool)
        told(pool, "account", "create", "alice")
        told(pool, "account", "pay-to", "alice", address)
        txid = await operator.pays(books[0])
        await books[0].end(signal.SIGKILL)
        await nodes[0].end(signal.SIGKILL)
        await pool.more_shares()
        await nodes[1].serves()
        await books[1].serves()
        await pool.more_shares(50)
        await until(lambda: node.call("gettransaction", txid), 60,
                    good=lambda told: told["confirmations"] >= 2)  # fmt: skip
        second = await operator.pays(books[1])
        assert second != txid
        await pool.more_shares(50)
        await pool.stop(books[1], nodes[1])
        await pool.each_share_counted_once()
        await the_books_and_the_chain_agree(pool, node, address, {txid, second})


async def the_books_and_the_chain_agree(pool, node, address, txids):
    settings = BookkeeperSettings(database=pool.database, confirmations=CONFIRMATIONS)
    keeper = await Bookkeeper.open(pool.books / "pool", settings)
    blocks, chain = keeper.pool("alice", time.time()).blocks, keeper.chain
    unanswered = {each.hash_display for each in keeper.unresolved}
    balances = keeper.ledger_balances
    await keeper.close()
    assert len(blocks) > 3
    for block in blocks:
        if block.state != "orphaned" and block.hash_display not in unanswered:
            assert await node.call("getblockhash", block.height) == block.hash_display
    for height, hash_display in chain.items():
        assert await node.call("getblockhash", height) == hash_display
    await node.call("generatetoaddress", 1, await node.call("getnewaddress"))
    transactions = [await node.call("gettransaction", txid) for txid in txids]
    assert all(each["confirmations"] > 0 for each in transactions)
    paid = await received(node, address)
    assert len(paid) == len(txids)
    assert sum(paid) == balances["user:alice:paid"] + balances["user:alice:paying"]
    assert balances.get(confirmed("alice"), 0) >= 0


async def test_a_block_found_while_nobody_has_the_node_is_with_the_one_near_the_front_end(tmp_path):
    async with pool_on_bitcoind(tmp_path) as (pool, node):
        pool.front.settings |= {
            "node.near_urls": node.address.url,
            "node.near_cookie_files": str(node.address.cookie_file),
        }
        first, second = pool.machine("node-a", "node"), pool.machine("node-b", "node")
        books = pool.accounting()
        await first.begin()
        await first.serves()
        await pool.start(books)
        await first.end(signal.SIGKILL)
        height = await node.call("getblockcount")
        await until(lambda: node.call("getblockcount"), 120, good=lambda now: now > height)
        found = await node.call("getblockhash", height + 1)
        assert found in pool.front.said()
        await second.begin()
        await second.serves()
        await pool.more_shares(50)
        await pool.stop(books, second)
        await pool.each_share_counted_once()
        assert await is_taken(pool, found)


async def is_taken(pool, hash_display):
    """Whether the books have it and the answer of the pool's own node."""
    engine = open_database(pool.database)
    columns = sa.select(schema.blocks.c.resolved, schema.blocks.c.state)
    with engine.connect() as connection:
        row = connection.execute(columns.where(schema.blocks.c.hash_display == hash_display)).one()
    engine.dispose()
    return row.resolved and row.state in ("new", "orphaned")  # others of its height were found
