"""The primary of two PostgreSQL servers dies and the standby takes its place: no share is lost and
none counted twice; questions are read from the standby where that is asked for."""

import asyncio
import time
from contextlib import suppress
from dataclasses import replace

import pytest
import sqlalchemy as sa

from pithead.pool.bookkeeper_settings import BookkeeperSettings
from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.readings import StoreAway
from tests.pool.test_bookkeeping import NOW, a_history, crash, readings, shares
from tests.postgrespair import running_pair

pytestmark = pytest.mark.slow

SOON = 90


@pytest.fixture
def pair():
    with running_pair() as running:
        yield running


def credited(pair):
    """Hashes of the one user's shares, as the standby has them."""
    return sum(
        int(row)
        for (row,) in pair.standby.sql_all(
            "SELECT work FROM counters WHERE worker = 'rig1'", database="pool"
        )
    )


async def accept_until(keeper, over, count=0):
    while not over.is_set():
        keeper.accept(shares(NOW + count // 50, 1))
        count += 1
        await asyncio.sleep(0.002)
    return count


async def committed(keeper):
    async with asyncio.timeout(SOON):
        while not await keeper.commit():  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def test_no_share_is_lost_or_counted_twice_when_the_standby_takes_over(
    pair, tmp_path, capsys
):
    settings = BookkeeperSettings(database=pair.url("pool"), commit_seconds=0.02)
    keeper, over = await Bookkeeper.open(tmp_path, settings), asyncio.Event()
    giving = asyncio.ensure_future(accept_until(keeper, over))
    async with asyncio.timeout(SOON):
        while keeper.failed_commits == 0:
            if await asyncio.to_thread(pair.primary.sql, "SELECT 1 FROM counters", "pool"):
                break
            await asyncio.sleep(0.01)
    died = time.monotonic()
    await asyncio.to_thread(pair.primary.kill)
    async with asyncio.timeout(SOON):
        while keeper.failed_commits < 3:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    await asyncio.to_thread(pair.promote)
    await committed(keeper)
    pause = time.monotonic() - died
    await asyncio.sleep(0.2)
    over.set()
    count = await giving
    await committed(keeper)
    assert await asyncio.to_thread(credited, pair) == count * 1_000
    before = readings(keeper, NOW + 60)
    await crash(keeper)
    again = await Bookkeeper.open(tmp_path, settings)
    assert readings(again, NOW + 60) == before
    await again.close()
    assert await asyncio.to_thread(credited, pair) == count * 1_000
    with capsys.disabled():
        print(f"\n{count} shares; the store stood still for {pause:.2f} s")  # noqa: T201


async def test_what_was_committed_when_the_primary_died_and_the_journal_make_the_whole(
    pair, tmp_path
):
    """As when machine and process die together: the store of the standby and the journal remain."""
    settings = BookkeeperSettings(database=pair.url("pool"), commit_seconds=3_600, confirmations=3)
    keeper, events = await Bookkeeper.open(tmp_path, settings), a_history()
    keeper.accept(events[:50])
    assert await keeper.commit()
    keeper.accept(events[50:])
    before = readings(keeper, NOW + 110)
    await crash(keeper)
    await asyncio.to_thread(pair.primary.kill)
    await asyncio.to_thread(pair.promote)
    keeper = await Bookkeeper.open(tmp_path, settings)
    assert readings(keeper, NOW + 110) == before
    await keeper.close()


async def test_questions_about_the_past_are_read_from_the_standby_and_without_it_from_the_primary(
    pair, tmp_path
):
    settings = BookkeeperSettings(database=pair.url("pool"), commit_seconds=3_600)
    settings = replace(settings, replica=pair.replica_url("pool"))
    keeper = await Bookkeeper.open(tmp_path, settings)
    keeper.accept(a_history())
    assert await keeper.commit()
    connected = (
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = 'pool' AND backend_type = 'client backend'"
    )
    found = []
    async with asyncio.timeout(SOON):
        while not found:
            await asyncio.sleep(0.1)
            with suppress(StoreAway):  # the standby may not even have the tables yet
                found = await keeper.block_rewards("alice", NOW - 86_400, NOW + 86_400)
    assert await asyncio.to_thread(pair.standby.sql, connected) == (1,)
    pair.primary.sql("ALTER SYSTEM RESET synchronous_standby_names")
    pair.primary.sql("SELECT pg_reload_conf()")
    await asyncio.to_thread(pair.standby.kill)
    assert await keeper.block_rewards("alice", NOW - 86_400, NOW + 86_400) == found
    await keeper.close()


def test_a_url_of_several_hosts_becomes_what_the_driver_understands():
    from pithead.pool.database import _with_driver

    url = _with_driver("postgresql://me:s%40cret@one:1,two/name?sslmode=require")
    assert url == sa.make_url(
        "postgresql+psycopg://me:s%40cret@/name?sslmode=require"
        "&target_session_attrs=read-write&host=one:1&host=two:5432"
    )
    url = _with_driver("postgresql://one:1,two:2/name?target_session_attrs=any")
    assert url.query["target_session_attrs"] == "any"
