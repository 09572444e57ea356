"""A pool pays from a wallet of a real bitcoind, is killed between any two steps, and the chain says
who got what. Skipped where there is no bitcoind (set BITCOIND to its path)."""

import pytest

from pithead.bitcoin.address import witness_address
from pithead.bitcoin.network import REGTEST
from pithead.node.corewallet import CoreWallet, CoreWalletSettings
from pithead.node.rpc import RpcAddress, RpcClient
from tests.mortalpayer import SATS, STEPS, pay_though_killed
from tests.node.realnode import BITCOIND, RealNode

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BITCOIND is None, reason="no bitcoind: set BITCOIND to the path of one"),
]


@pytest.fixture
async def bitcoind(tmp_path):
    node = RealNode(tmp_path / "node")
    await node.start()
    await node.call("createwallet", "pool")
    at = node.address
    rpc = RpcClient(RpcAddress(f"{at.url}/wallet/pool", cookie_file=at.cookie_file))
    await node.call("generatetoaddress", 110, await node.call("getnewaddress"))
    yield node, CoreWallet(rpc, CoreWalletSettings(sats_per_vbyte=2))
    await rpc.close()
    await node.stop()


async def test_a_kill_at_any_step_pays_once_over_a_real_bitcoind(bitcoind, tmp_path):
    node, wallet = bitcoind

    async def mine_block():
        await node.call("generatetoaddress", 1, await node.call("getnewaddress"))

    for number in range(1, STEPS + 1):
        address = witness_address(0, bytes([number]) * 20, REGTEST)
        await pay_though_killed(tmp_path / str(number), wallet, address, number, mine_block)
        found = await node.call("scantxoutset", "start", [f"addr({address})"])
        assert [round(each["amount"] * 10**8) for each in found["unspents"]] == [SATS]
