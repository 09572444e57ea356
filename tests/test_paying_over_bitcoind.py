"""A pool pays from a wallet of a real bitcoind, is killed between any two steps, and the chain says
who got what. Skipped where there is no bitcoind (set BITCOIND to its path)."""

import pytest

from pithead.bitcoin.address import witness_address
from pithead.bitcoin.network import REGTEST
from pithead.node.corewallet import CoreWallet, CoreWalletSettings
from pithead.node.rpc import RpcAddress, RpcClient
from pithead.pool.bookkeeper_settings import BookkeeperSettings
from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.destinations import Destinations
from pithead.pool.events import BlockFound, BlockResolved, ShareAccepted, TipChanged
from pithead.pool.payer import Payer, PayerSettings
from tests.node.realnode import BITCOIND, RealNode

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BITCOIND is None, reason="no bitcoind: set BITCOIND to the path of one"),
]

NOW = 1_700_000_000.0
SATS = 49_000_000
STEPS = 10
"""Before and after each of: sign, keep the plan, have it on disk, send, keep the end."""


class Killed(BaseException):
    """The pool's process died here."""


class Mortal:
    """Every named method of `inner` may be the last thing the pool does, before it and after."""

    def __init__(self, inner, die, *names):
        self._inner = inner
        for name in names:
            method = getattr(inner, name)
            setattr(self, name, calm(method, die) if name == "accept" else awaited(method, die))

    def __getattr__(self, name):
        return getattr(self._inner, name)


def calm(method, die):
    def wrapped(*given):
        die()
        done = method(*given)
        die()
        return done

    return wrapped


def awaited(method, die):
    async def wrapped(*given):
        die()
        done = await method(*given)
        die()
        return done

    return wrapped


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


async def opened(directory):
    return await Bookkeeper.open(
        directory, BookkeeperSettings(confirmations=3, commit_seconds=3_600)
    )


async def killed(keeper):
    keeper._log.close()

    async def never():
        return False

    keeper.commit = never
    await keeper.close()


def block_of_alice():
    at = int(NOW * 1000)
    return [
        ShareAccepted(at, "alice", "rig", 1_000),
        BlockFound(at, "alice", "rig", 1, "aa", 50_000_000, 900, b""),
        BlockResolved(at, "aa", True, ""),
        TipChanged(at, 1, "aa"),
        TipChanged(at, 3, "bb"),
    ]


async def test_a_kill_at_any_step_pays_once_over_a_real_bitcoind(bitcoind, tmp_path):
    node, wallet = bitcoind
    for number in range(1, STEPS + 1):
        address = witness_address(0, bytes([number]) * 20, REGTEST)
        keeper = await opened(tmp_path / str(number))
        keeper.accept(block_of_alice())
        await keeper.commit()
        Destinations(keeper.store.engine, REGTEST).set("alice", address)
        steps, deaths = [], 0

        def die(steps=steps, number=number):
            steps.append(1)
            if len(steps) == number:
                raise Killed

        while not keeper.ledger_balances.get("user:alice:paid"):
            payer = Payer(
                Mortal(keeper, die, "accept", "secure"), Mortal(wallet, die, "prepare", "send"),
                Destinations(keeper.store.engine, REGTEST), lambda: NOW,
                PayerSettings(confirmations=2),
            )  # fmt: skip
            try:
                await payer.step()
            except Killed:
                deaths += 1
                await killed(keeper)
                keeper = await opened(tmp_path / str(number))
            await node.call("generatetoaddress", 1, await node.call("getnewaddress"))
        assert deaths == 1
        found = await node.call("scantxoutset", "start", [f"addr({address})"])
        assert [round(each["amount"] * 10**8) for each in found["unspents"]] == [SATS]
        assert keeper.ledger_balances["user:alice:paid"] == SATS
        await keeper.close()
