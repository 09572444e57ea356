"""Which wallet a pool pays from, by its configuration."""

import asyncio

from msgspec.structs import replace

from pithead.cli.payoutside import PayoutPart, _wallet
from pithead.cli.sections import Config
from pithead.node.corewallet import CoreWallet
from pithead.node.farmwallet import FarmWallet
from pithead.node.kernel import KernelNode, KernelSettings
from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.farwallet import FarWallet
from tests.node.test_node import SteppedClock


def at_bitcoind(wallet):
    config = Config()
    return replace(
        config,
        node=replace(
            config.node, kind="bitcoind", network="signet", urls=("http://u:p@10.0.0.1:38332",)
        ),
        payouts=replace(config.payouts, wallet=wallet),
    )


async def test_the_embedded_chain_pays_from_its_own_wallet_and_stops_in_order(tmp_path):
    settings = KernelSettings(first_block_work=8, bootstrap_blocks=1)
    node = await KernelNode.open(tmp_path / "chain", settings, SteppedClock())
    keeper = await Bookkeeper.open(tmp_path / "pool")
    assert isinstance(_wallet(Config(), node, None)[0], FarmWallet)
    part = PayoutPart.open(Config(), node, keeper, SteppedClock())
    assert part.payer is not None
    await asyncio.sleep(0)
    await part.stop()
    await keeper.close()
    await node.close()


async def test_bitcoind_pays_from_the_wallet_that_is_named_and_from_no_other():
    node = object()
    assert _wallet(at_bitcoind(""), node, None) == (None, None)
    wallet, rpc = _wallet(at_bitcoind("pool"), node, None)
    assert isinstance(wallet, CoreWallet)
    assert rpc.address.url == "http://10.0.0.1:38332/wallet/pool"
    assert (rpc.address.user, rpc.address.password) == ("u", "p")
    await rpc.close()
    part = PayoutPart.open(at_bitcoind(""), node, None, SteppedClock())
    assert part.payer is None
    await part.stop()


async def test_an_embedded_chain_in_another_process_pays_over_the_exchange():
    exchange = object()
    assert _wallet(Config(), object(), exchange) == (FarWallet(exchange), None)
    assert _wallet(at_bitcoind(""), object(), exchange) == (None, None)
    wallet, rpc = _wallet(at_bitcoind("pool"), object(), exchange)
    assert isinstance(wallet, CoreWallet), "money is asked for by the books themselves"
    await rpc.close()
