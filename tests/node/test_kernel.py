"""The embedded chain across restarts, crashes and second owners."""

import asyncio
import os
import signal
import subprocess
import sys

import pytest

from pithead.bitcoin.network import REGTEST
from pithead.node.kernel import KernelNode, KernelSettings
from pithead.node.library import ChainInUse
from pithead.node.node import BlockAccepted
from tests.node.mining import mine
from tests.node.test_node import SteppedClock

SETTINGS = KernelSettings(first_block_work=8)

MINE_UNTIL_KILLED = """
import asyncio, sys
from pathlib import Path
from pithead.node.kernel import KernelNode, KernelSettings
from tests.node.mining import mine

async def main():
    now = [1_790_000_000.0]
    settings = KernelSettings(first_block_work=8)
    node = await KernelNode.open(Path(sys.argv[1]), settings, lambda: now[0])
    while True:
        now[0] += 60
        raw = mine(await node.template())
        await node.submit(raw)
        tip = await node.tip()
        print(tip.height, tip.hash_display, flush=True)

asyncio.run(main())
"""


async def test_the_first_start_mines_a_chain_worth_what_the_real_one_is(tmp_path):
    steps = []
    node = await KernelNode.open(
        tmp_path, SETTINGS, SteppedClock(), lambda done, total: steps.append((done, total))
    )
    template = await node.template()
    assert template.height == 601
    assert REGTEST.subsidy_sats(template.height) == 312_500_000
    assert steps[-1] == (600, 600)
    assert template.min_time <= template.time == int(SteppedClock()())
    await node.close()


async def test_a_chain_closed_in_order_comes_back_with_wallet_and_block_work(tmp_path):
    clock = SteppedClock()
    node = await KernelNode.open(tmp_path, SETTINGS, clock)
    for _ in range(5):
        clock.now += 10
        assert await node.submit(mine(await node.template())) == BlockAccepted()
    tip, template = await node.tip(), await node.template()
    await node.close()
    node = await KernelNode.open(tmp_path, SETTINGS, clock)
    assert await node.tip() == tip
    again = await node.template()
    assert again.transactions == template.transactions
    assert again.block_target == template.block_target
    await node.close()


async def test_blocks_faster_than_the_interval_make_the_next_harder(tmp_path):
    clock = SteppedClock()
    node = await KernelNode.open(tmp_path, SETTINGS, clock)
    targets = []
    for _ in range(6):
        template = await node.template()
        targets.append(template.block_target)
        clock.now += 6
        await node.submit(mine(template))
    assert targets == sorted(targets, reverse=True)
    assert targets[-1] < targets[0]
    await node.close()


async def test_a_second_owner_is_told_that_the_chain_is_in_use(tmp_path):
    node = await KernelNode.open(tmp_path, SETTINGS, SteppedClock())
    second = "import sys; from pathlib import Path; from pithead.node.library import *\n"
    second += (
        "try: ConsensusLibrary(Path(sys.argv[1]))\nexcept ChainInUse as e: print(e); sys.exit(7)"
    )
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", second, str(tmp_path)], capture_output=True
    )
    assert done.returncode == 7
    assert b"another process" in done.stdout
    await node.close()
    assert issubclass(ChainInUse, Exception)


@pytest.mark.slow
def test_no_block_whose_acceptance_was_seen_is_lost_by_a_kill(tmp_path):
    for round_ in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", MINE_UNTIL_KILLED, str(tmp_path)],
            stdout=subprocess.PIPE, text=True, cwd=os.getcwd(),
        )  # fmt: skip
        lines = [process.stdout.readline() for _ in range(7 + 5 * round_)]
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        lines += process.stdout.read().splitlines()
        process.stdout.close()
        height, hash_display = (
            lines[-1].split()[:2] if len(lines[-1].split()) == 2 else lines[-2].split()
        )

        async def look(height=int(height)):
            node = await KernelNode.open(tmp_path, SETTINGS, SteppedClock())
            found = await node.block_hash_display(height)
            await node.close()
            return found

        assert asyncio.run(look()) == hash_display
