"""What takes minutes: many kills under load, and a whole day of a farm. Run by `make soak`."""

import asyncio
import random
import signal
import time
from decimal import Decimal

import pytest

from pithead.pool.bookkeeping import Bookkeeper
from tests.farming import ApiClient, running_farm, until
from tests.test_killed_pool import Ledger, PoolProcess, mine

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1700)]

DAY = 86_400


async def test_a_hundred_kills_at_random_moments_lose_nothing_and_count_nothing_twice(tmp_path):
    dice = random.Random(11)
    pool, ledger = PoolProcess(tmp_path), Ledger()
    for _ in range(100):
        await pool.start()
        miner = asyncio.create_task(mine(pool.stratum, ledger, "one"))
        await asyncio.sleep(dice.uniform(0.05, 2.0))
        await pool.end(signal.SIGKILL)
        await miner
    books = await Bookkeeper.open(tmp_path / "pool")
    (worker,) = books.workers("alice", time.time())
    assert ledger.accepted <= worker.work_24h <= ledger.submitted - ledger.refused
    await books.close()


async def test_a_day_of_a_farm_ends_in_daily_hashrates_and_rewards(tmp_path):
    """From somewhere in a day to past the next midnight and a hundred blocks more."""
    settings = {"farm__miners": 4, "farm__speed": 400.0, "pool__confirmations": 100}
    async with running_farm(tmp_path, **settings) as farm:
        began = farm.clock.now()
        first_midnight = (int(began) // DAY + 1) * DAY
        await until(lambda: farm.clock.now() > first_midnight + 2.5 * 3_600, 900)
        alice = ApiClient(farm.file, 0)
        (hashrate, *_) = (await alice.get("/accounts/hash_rate_daily/json/user/btc"))["btc"]
        assert hashrate["date"] == first_midnight - DAY
        mined = (first_midnight - began) / DAY
        expected = 2 * 200_000 * mined  # two machines of 200 TH/s, in Gh/s over the whole day
        assert hashrate["hash_rate_24h"] == pytest.approx(expected, rel=0.1)
        rows = (await alice.get("/accounts/rewards/json/btc/"))["btc"]["daily_rewards"]
        (rewards,) = [row for row in rows if row["date"] == first_midnight - DAY]
        assert Decimal(rewards["total_reward"]) > 0
        assert Decimal(rewards["mining_reward"]) == Decimal(rewards["total_reward"])
