"""Payouts of a real wallet are found by books that were restored from before them. Skipped where
there is no bitcoind (set BITCOIND to its path)."""

import asyncio
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from pithead.bitcoin.network import REGTEST
from pithead.cli.main import main
from pithead.node.corewallet import CoreWallet, CoreWalletSettings
from pithead.node.rpc import RpcAddress, RpcClient
from pithead.pool.destinations import Destinations
from pithead.pool.payer import Payer, PayerSettings
from tests.mortalpayer import NOW, SATS, block_of_alice, opened
from tests.node.realnode import BITCOIND, RealNode

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BITCOIND is None, reason="no bitcoind: set BITCOIND to the path of one"),
]


class Stage:
    """A node with a wallet that pays, one of the users, and books."""

    def __init__(self, node, wallet):
        self.node = node
        self.wallet = wallet
        self.users_wallet = RpcClient(
            RpcAddress(f"{node.address.url}/wallet/users", cookie_file=node.address.cookie_file)
        )

    async def mine(self, blocks):
        await self.call("generatetoaddress", blocks, await self.call("getnewaddress"))

    async def sent(self, outputs):
        """The id of a transaction of its owner that may be replaced."""
        options = {"replaceable": True}
        return (await self.call("send", outputs, None, "unset", 2, options))["txid"]

    async def call(self, method, *params):
        """Of the wallet that pays."""
        return await self.wallet._rpc.call(method, *params, to=object)

    def payer(self, keeper):
        destinations = Destinations(keeper.store.engine, REGTEST)
        return Payer(keeper, self.wallet, destinations, lambda: NOW, PayerSettings(confirmations=2))

    async def told(self, *command, code=0):
        """What the command line says of the books in a directory."""
        node = self.node.address
        settings = {
            "node.kind": "bitcoind",
            "node.urls": node.url,
            "node.cookie_files": str(node.cookie_file),
            "payouts.wallet": "pool",
            "log.level": "warning",
        }
        flags = [each for key, value in settings.items() for each in ("--set", f"{key}={value}")]
        shown = await asyncio.to_thread(CliRunner().invoke, main, [*flags, "pool", *command])
        assert shown.exit_code == code, shown.output
        return shown.output


@pytest.fixture
async def stage(tmp_path):
    node = RealNode(tmp_path / "node", options=("-fallbackfee=0.00002",))
    await node.start()
    for name in ("pool", "users"):
        await node.call("createwallet", name)
    at = node.address
    rpc = RpcClient(RpcAddress(f"{at.url}/wallet/pool", cookie_file=at.cookie_file))
    wallet = CoreWallet(rpc, CoreWalletSettings(sats_per_vbyte=2))
    stage = Stage(node, wallet)
    await stage.mine(110)
    yield stage
    await stage.users_wallet.close()
    await rpc.close()
    await node.stop()


async def test_a_payout_after_the_backup_is_found_and_booked_once(stage, tmp_path):
    address = await stage.users_wallet.call("getnewaddress", to=str)
    own = await stage.call("getnewaddress")
    keeper = await opened(tmp_path / "before" / "pool")
    keeper.accept(block_of_alice())
    destinations = Destinations(keeper.store.engine, REGTEST)
    destinations.set("alice", address)
    destinations.set("operator", own)
    await keeper.commit()
    backup = str(tmp_path / "pool.backup")
    await stage.told("backup", backup, "--data", str(tmp_path / "before"))
    await stage.payer(keeper).step()
    (plan,) = keeper.payouts_underway
    await keeper.close()

    other = await stage.users_wallet.call("getnewaddress", to=str)
    doubtful = {
        await stage.call("sendtoaddress", other, 0.25),
        await stage.sent([{other: 0.1}, {"data": "00ff"}]),
        await stage.sent([{other: 0.1}, {address: 0.2}]),
    }
    to_itself = await stage.call("sendtoaddress", own, 0.5)
    await stage.mine(1)
    in_mempool = await stage.call("sendtoaddress", address, 0.001)
    replaced = await stage.sent([{address: 0.3}])
    instead = (await stage.call("bumpfee", replaced))["txid"]

    after = str(tmp_path / "after")
    await stage.told("restore", backup, "--data", after)
    shown = await stage.told("missing-payouts", "--data", after)
    for txid in (plan.txid_display, to_itself, in_mempool, instead):
        assert re.search(f"{txid}  .* to be booked for 1 users", shown)
    for txid in doubtful:
        assert re.search(f"{txid}  .* left alone: no user is paid at {other}", shown)
    assert replaced not in shown
    assert "nothing was booked" in shown
    assert "to be booked" in await stage.told("missing-payouts", "--data", after)
    assert "booked for 1 users" in await stage.told("missing-payouts", "--data", after, "--book")
    shown = await stage.told("missing-payouts", "--data", after, "--book")
    assert "booked for" not in shown
    assert shown.count("left alone") == len(doubtful)

    keeper = await opened(Path(after) / "pool")
    assert len(keeper.payouts_underway) == 4
    await stage.mine(2)
    await stage.payer(keeper).step()
    assert keeper.payouts_underway == []
    assert keeper.ledger_balances["user:alice:paid"] == SATS + 100_000 + 30_000_000
    assert keeper.ledger_balances["user:alice:confirmed"] == -30_100_000
    assert keeper.ledger_balances["user:operator:confirmed"] == -50_000_000
    await keeper.close()
