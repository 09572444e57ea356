"""What goes wrong around a pool that is mined at. Run by `make soak`."""

import asyncio
import resource
import signal
import sqlite3
import time
from contextlib import closing

import pytest

from pithead.cli.config import load
from pithead.cli.poolside import open_pool
from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.database import DATABASE
from tests.test_killed_pool import Ledger, PoolProcess, mine

pytestmark = [pytest.mark.soak, pytest.mark.timeout(600)]

HOUR = 3_600


async def mine_for(pool, ledger, seconds):
    miner = asyncio.create_task(mine(pool.stratum, ledger, "one"))
    await asyncio.sleep(seconds)
    return miner


async def check(directory, ledger):
    """What was answered is credited, and nothing that was not submitted.

    Asked of the sum of the day, which a clock set back leaves alone, not of a window.
    """
    books = await Bookkeeper.open(directory / "pool")
    with closing(sqlite3.connect(directory / "pool" / DATABASE)) as store:
        rows = store.execute("SELECT work FROM days WHERE user = 'alice'").fetchall()
    credited = sum(int(work) for (work,) in rows)
    credited += books._books.meters.users["alice"].own.day_work
    assert ledger.accepted <= credited <= ledger.submitted - ledger.refused
    balances = books.ledger_balances
    assert sum(balances.values()) == 0
    await books.close()


async def test_a_database_locked_for_a_minute_holds_up_no_share(tmp_path):
    pool, ledger = PoolProcess(tmp_path), Ledger()
    await pool.start()
    miner = await mine_for(pool, ledger, 3)
    with closing(sqlite3.connect(tmp_path / "pool" / DATABASE)) as other:
        other.execute("BEGIN EXCLUSIVE")
        before = ledger.shares
        await asyncio.sleep(60)
        assert ledger.shares > before + 100
        other.rollback()
    await asyncio.sleep(8)
    assert await pool.end(signal.SIGTERM) == 0
    await miner
    await check(tmp_path, ledger)


async def test_a_pool_killed_while_the_database_is_locked_has_it_all_in_the_journal(tmp_path):
    pool, ledger = PoolProcess(tmp_path), Ledger()
    await pool.start()
    miner = await mine_for(pool, ledger, 3)
    with closing(sqlite3.connect(tmp_path / "pool" / DATABASE)) as other:
        other.execute("BEGIN EXCLUSIVE")
        await asyncio.sleep(10)
        await pool.end(signal.SIGKILL)
        other.rollback()
    await miner
    await check(tmp_path, ledger)


async def test_a_full_disk_ends_connections_and_once_there_is_room_all_goes_on(tmp_path):
    """The limit on the size of files stands for the disk: writing fails in the same place."""
    pool, ledger = PoolProcess(tmp_path), Ledger()
    await pool.start()
    miner = await mine_for(pool, ledger, 5)
    _, most = resource.prlimit(pool.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pool.process.pid, resource.RLIMIT_FSIZE, (1, most))
    await asyncio.wait_for(miner, 30)  # the connection is closed: its shares cannot be kept
    before = ledger.shares
    miner = await mine_for(pool, ledger, 5)
    await asyncio.wait_for(miner, 30)
    assert ledger.shares == before
    resource.prlimit(pool.process.pid, resource.RLIMIT_FSIZE, (most, most))
    miner = await mine_for(pool, ledger, 5)
    assert ledger.shares > before + 20
    assert await pool.end(signal.SIGTERM) == 0
    await miner
    await check(tmp_path, ledger)


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
async def test_a_clock_that_jumps_an_hour_credits_every_share_once(tmp_path, jump):
    shift = 0.0

    def clock():
        return time.time() + shift

    flags = {
        "pool.stratum_port": 0, "pool.api_port": 0, "admin.port": 0,
        "pool.block_interval_seconds": 1, "pool.first_share_work": 64,
        "pool.least_share_work": 64, "pool.shares_per_minute": 600,
    }  # fmt: skip
    shift = -2.0 * HOUR  # the consensus library takes no block from two hours ahead
    part = await open_pool(load(flags, {}), tmp_path, clock, time.time, 64 * 10)
    ledger = Ledger()
    miner = asyncio.create_task(mine(int(part.stratum.rpartition(":")[2]), ledger, "one"))
    await asyncio.sleep(5)
    before, height = ledger.shares, part.pool.height
    shift += jump
    await asyncio.sleep(10)
    assert ledger.shares > before + 50
    assert part.pool.height > height
    await part.stop()
    await miner
    await check(tmp_path, ledger)
