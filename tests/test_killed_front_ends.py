"""A pool of several processes, any of them killed while it is mined at: each share counts once."""

import asyncio
import os
import random
import signal
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from pithead.cli.main import main
from pithead.pool.bookkeeping import Bookkeeper
from tests.test_killed_pool import Ledger, PoolProcess, mine, within
from tests.test_taken_over_pool import Callers, served

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

NAMES = [f"rig{number}" for number in range(6)]


class CrewProcess(PoolProcess):
    """`pithead pool` with two front ends."""

    def __init__(self, directory):
        super().__init__(directory, block_interval_seconds=10)

    async def start(self, *options):
        os.environ["PITHEAD_POOL_FRONT_ENDS"] = "2"
        try:
            await super().start(*options)
        finally:
            del os.environ["PITHEAD_POOL_FRONT_ENDS"]

    def front_ends(self):
        """Processes that this pool began, by their parent."""
        found = []
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == self.process.pid:
                found.append(int(stat.parent.name))
        return sorted(found)


async def keep_mining(port, ledger, name):
    """As a miner does: when the connection ends, another."""
    while True:
        try:
            await mine(port, ledger, name)
        except OSError:
            await asyncio.sleep(0.1)


async def more_shares(ledgers, count):
    """Every miner has so many more answered, whichever front end it is at."""
    wanted = {name: ledger.shares + count for name, ledger in ledgers.items()}
    async with within(60, f"each miner has {count} more shares answered"):
        while any(each.shares < wanted[name] for name, each in ledgers.items()):  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def two_front_ends(pool, besides=()):
    async with within(30, "two front ends run"):
        while True:
            found = [each for each in pool.front_ends() if each not in besides]
            if len(found) == 2:
                return found
            await asyncio.sleep(0.1)


def is_running(number):
    return Path(f"/proc/{number}").exists()


async def ended(load):
    for task in load:
        task.cancel()
    async with within(30, "the miners end"):
        await asyncio.gather(*load, return_exceptions=True)


async def credited(directory):
    books = await Bookkeeper.open(directory / "pool")
    workers = books.workers("alice", time.time())
    await books.close()
    return {worker.name: worker.work_24h for worker in workers}


async def test_every_answered_share_is_credited_once_whichever_process_is_killed(tmp_path):
    dice = random.Random(7)
    pool, ledgers = CrewProcess(tmp_path), {name: Ledger() for name in NAMES}
    await pool.start()
    load = [
        asyncio.create_task(keep_mining(pool.stratum, ledger, name))
        for name, ledger in ledgers.items()
    ]
    for _ in range(1):
        await more_shares(ledgers, 20)
        front_ends = await two_front_ends(pool)
        victim = dice.choice(front_ends)
        os.kill(victim, signal.SIGKILL)
        await two_front_ends(pool, besides=[victim])
        await more_shares(ledgers, 20)
        orphans = pool.front_ends()
        assert await pool.end(signal.SIGKILL) == -signal.SIGKILL
        await pool.start()
        assert not set(orphans) & set(await two_front_ends(pool))
    await more_shares(ledgers, 20)
    await ended(load)
    assert await pool.end(signal.SIGTERM) == 0

    work = await credited(tmp_path)
    for name, ledger in ledgers.items():
        assert ledger.accepted <= work[name] <= ledger.submitted - ledger.refused
    checked = CliRunner().invoke(main, ["pool", "check", "--data", str(tmp_path)])
    assert "the journal leads to them" in checked.output


async def test_stopped_in_order_the_books_have_what_was_answered_and_nothing_waits(tmp_path):
    pool, ledgers = CrewProcess(tmp_path), {name: Ledger() for name in NAMES}
    await pool.start()
    load = [
        asyncio.create_task(mine(pool.stratum, ledger, name)) for name, ledger in ledgers.items()
    ]
    await more_shares(ledgers, 20)
    front_ends = await two_front_ends(pool)
    for number in front_ends:  # as one who ends a whole group does
        os.kill(number, signal.SIGTERM)
    assert await pool.end(signal.SIGTERM) == 0
    await asyncio.gather(*load)
    assert not any(is_running(each) for each in front_ends)
    work = await credited(tmp_path)
    for name, ledger in ledgers.items():
        assert ledger.accepted <= work[name] <= ledger.submitted - ledger.refused


async def test_a_pool_of_one_process_takes_what_front_ends_of_before_had_left(tmp_path):
    pool, ledger = CrewProcess(tmp_path), Ledger()
    await pool.start()
    miner = asyncio.create_task(mine(pool.stratum, ledger, "rig0"))
    await more_shares({"rig0": ledger}, 20)
    front_ends = await two_front_ends(pool)
    os.kill(pool.process.pid, signal.SIGSTOP)  # the books say nothing, and miners go on
    await more_shares({"rig0": ledger}, 20)
    for number in (*front_ends, pool.process.pid):
        os.kill(number, signal.SIGKILL)
    await pool.process.wait()
    await miner
    alone = PoolProcess(tmp_path)
    await alone.start()
    assert await alone.end(signal.SIGTERM) == 0
    work = await credited(tmp_path)
    assert ledger.accepted <= work["rig0"] <= ledger.submitted - ledger.refused
    assert os.listdir(tmp_path / "front-ends") == []


async def test_a_crew_takes_over_from_a_crew_and_no_connection_is_refused(tmp_path):
    pool, ledgers = CrewProcess(tmp_path), {name: Ledger() for name in NAMES[:2]}
    await pool.start()
    callers = Callers(pool.stratum)
    load = [asyncio.create_task(callers.call()) for _ in range(5)]
    load += [
        asyncio.create_task(keep_mining(pool.stratum, ledger, name))
        for name, ledger in ledgers.items()
    ]
    await more_shares(ledgers, 10)
    old, before = pool.process, callers.answered
    await pool.start("--take-over")
    async with within(60, "the old process ends"):
        assert await old.wait() == 0
    await served(load[:5], callers, before + 50)
    await more_shares(ledgers, 10)
    await ended(load)
    assert await pool.end(signal.SIGTERM) == 0
    work = await credited(tmp_path)
    for name, ledger in ledgers.items():
        assert ledger.accepted <= work[name] <= ledger.submitted - ledger.refused
