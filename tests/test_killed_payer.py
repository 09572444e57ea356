"""A real pool process that pays from a real chain is killed at each step; the chain says who got
what."""

import asyncio
import os
import signal
import subprocess
import sys

import pytest

from pithead.bitcoin.address import script_for_address, witness_address
from pithead.bitcoin.block import Block
from pithead.bitcoin.network import REGTEST
from pithead.node.blockfile import BlockFile

pytestmark = pytest.mark.slow

ALICE = witness_address(0, b"alice".ljust(20, b"."), REGTEST)
SATS = 49_000_000
STEPS = 10
"""Before and after the wallet signs, the plan is kept, the disk has it, the network has it, and the
end is kept."""

PAYING = """
import asyncio, os, signal, sys
from pathlib import Path
from pithead.bitcoin.network import REGTEST
from pithead.node.farmwallet import FarmWallet
from pithead.node.kernel import KernelNode, KernelSettings
from pithead.pool.bookkeeper_settings import BookkeeperSettings
from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.destinations import Destinations
from pithead.pool.events import BlockFound, BlockResolved, ShareAccepted, TipChanged
from pithead.pool.payer import Payer, PayerSettings
from tests.node.mining import mine

directory, address, kill_at = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
steps = 0

def step(_):
    global steps
    steps += 1
    if steps == kill_at:
        os.kill(os.getpid(), signal.SIGKILL)

class Deadly:
    # A port whose every method may be the last thing its process does, before and after it.

    def __init__(self, inner, *names):
        self._inner = inner
        for name in names:
            setattr(self, name, self._wrapped(getattr(inner, name)))

    def __getattr__(self, name):
        return getattr(self._inner, name)

    def _wrapped(self, method):
        if asyncio.iscoroutinefunction(method):
            async def wrapped(*given):
                step(method)
                done = await method(*given)
                step(method)
                return done
        else:
            def wrapped(*given):
                step(method)
                done = method(*given)
                step(method)
                return done
        return wrapped

async def main():
    now = [1_700_000_000.0]
    settings = KernelSettings(first_block_work=8, bootstrap_blocks=120)
    node = await KernelNode.open(directory / "chain", settings, lambda: now[0])
    books = BookkeeperSettings(confirmations=3, commit_seconds=3_600)
    keeper = await Bookkeeper.open(directory / "pool", books)
    if not keeper.users:
        keeper.accept([
            ShareAccepted(int(now[0] * 1000), "alice", "rig", 1_000),
            BlockFound(int(now[0] * 1000), "alice", "rig", 1, "aa", 50_000_000, 900, b""),
            BlockResolved(int(now[0] * 1000), "aa", True, ""),
            TipChanged(int(now[0] * 1000), 1, "aa"), TipChanged(int(now[0] * 1000), 3, "bb"),
        ])
        await keeper.commit()
    destinations = Destinations(keeper.store.engine, REGTEST)
    destinations.set("alice", address)
    payer = Payer(
        Deadly(keeper, "accept", "secure"), Deadly(FarmWallet(node), "prepare", "send"),
        destinations, lambda: now[0], PayerSettings(confirmations=2),
    )
    while not keeper.ledger_balances.get("user:alice:paid"):
        await payer.step()
        now[0] += 60
        await node.submit(mine(await node.template()))
    print(*(keeper.ledger_balances.get(f"user:alice:{kind}", 0)
            for kind in ("confirmed", "paying", "paid")))
    await keeper.close()
    await node.close()

asyncio.run(main())
"""


def run(directory, kill_at):
    return subprocess.run(
        [sys.executable, "-c", PAYING, str(directory), ALICE, str(kill_at)],
        capture_output=True, text=True, timeout=120, env={**os.environ, "PYTHONPATH": os.getcwd()},
        check=False,
    )  # fmt: skip


def paid_in_chain(directory):
    """All that the chain ever paid to alice."""
    blocks = BlockFile(directory / "chain" / "blocks.journal")
    script = script_for_address(ALICE, REGTEST)
    try:
        return [
            output.value_sats
            for record in blocks.records()
            for transaction in Block.parse(record.block).transactions
            for output in transaction.outputs
            if output.script == script
        ]
    finally:
        blocks.close()


@pytest.mark.parametrize("kill_at", range(1, STEPS + 1))
async def test_kill_9_at_a_step_of_a_payout_pays_once_in_the_chain(tmp_path, kill_at):
    first = await asyncio.to_thread(run, tmp_path, kill_at)
    assert first.returncode == -signal.SIGKILL, first.stderr
    second = await asyncio.to_thread(run, tmp_path, 0)
    assert second.returncode == 0, second.stderr
    assert second.stdout.splitlines()[-1].split() == ["0", "0", str(SATS)]
    assert paid_in_chain(tmp_path) == [SATS]
