"""Pools whose pages are looked at; alice, who mines there, has a password."""

import asyncio
import time
from dataclasses import dataclass

import pytest

from pithead.cli.serving import listen
from pithead.cli.webside import WebPart
from pithead.pool.accounts import Accounts
from pithead.pool.bookkeeper_settings import BookkeeperSettings
from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.events import BlockFound, BlockResolved, ShareAccepted, TipChanged
from pithead.pool.logins import Logins
from tests.browser import SHOTS
from tests.farming import configuration, running_farm, until

PASSWORD = "correct horse battery"
DAY = 86_400
MONTH, STEP = 30, 300
"""Days, and seconds between two shares of a rig."""
NOW = 1_700_006_400 + MONTH * DAY + 18 * 3_600


@pytest.fixture
async def farm(tmp_path):
    async with running_farm(
        tmp_path, farm__miners=4, farm__speed=120.0, pool__block_interval_seconds=300.0
    ) as farm:
        engine = farm.pool.bookkeeper.store.engine
        await asyncio.to_thread(Logins(engine).set_password, "alice", PASSWORD)
        await until(lambda: farm.pool.bookkeeper.blocks_found >= (40 if SHOTS else 3), 200)
        yield farm


@dataclass
class Month:
    """A pool without miners, whose books are those of a month."""

    url: str
    keeper: Bookkeeper


@pytest.fixture
async def month(tmp_path):
    keeper = await Bookkeeper.open(
        tmp_path / "books", BookkeeperSettings(commit_seconds=3_600, confirmations=3)
    )
    accounts = Accounts(keeper.store)
    accounts.create_user("alice")
    await asyncio.to_thread(Logins(keeper.store.engine).set_password, "alice", PASSWORD)
    keeper.accept(a_month())
    await keeper.commit()
    bound = listen("127.0.0.1", 0, "x")
    web = await WebPart.open(
        configuration(tmp_path, pool__work_scale=10**12),
        None, keeper, accounts, bound, lambda: NOW, time.time,
    )  # fmt: skip
    yield Month(f"http://{web.address}", keeper)
    await web.stop()
    await keeper.close()


def a_month():
    """Two rigs of alice's and one of bob's, faster on some days, and a block each noon."""
    events = []
    start = NOW - (MONTH - 1) * DAY - 18 * 3_600
    for second in range(start, NOW, STEP):
        day, at = (second - start) // DAY, second * 1000
        work = (70 + 5 * (day * 7 % 11)) * STEP + second % 1_700
        for user, rig in (("alice", "rig0"), ("alice", "rig1"), ("bob", "rig")):
            events.append(ShareAccepted(at, user, rig, work))
        if second % DAY == DAY // 2:
            name = f"{100 + day:064x}"
            events += [
                BlockFound(at, "alice", "rig0", 100 + day, name, 312_500_000, 2**24, b"x"),
                BlockResolved(at, name, True, ""),
                TipChanged(at, 100 + day, name),
            ]
    return events
