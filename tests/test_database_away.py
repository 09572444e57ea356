"""The database goes away while the pool is mined at: nothing is lost, nothing counted twice."""

import asyncio
import signal
import time

import httpx
import psutil
import pytest
import sqlalchemy as sa
from sqlalchemy import event

from pithead.pool.accounts import Accounts
from pithead.pool.bookkeeper_settings import BookkeeperSettings
from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.database import open_database
from pithead.pool.store import Store
from tests.pool.test_bookkeeping import NOW, crash, readings, shares
from tests.postgres import new_database, running_server
from tests.test_killed_pool import Ledger, PoolProcess, mine


@pytest.fixture
def server():
    """A server of this test's own, as it is killed."""
    with running_server() as server:
        yield server


def kill(server):
    """All its processes, as when the machine it runs on loses its power."""
    postmaster = psutil.Process(server.get_pid())
    every = [postmaster, *postmaster.children()]
    for process in every:
        process.kill()
    psutil.wait_procs(every, timeout=20)


async def until(condition):
    while True:
        if await asyncio.to_thread(condition):
            return
        await asyncio.sleep(0.1)


def committed_place(url):
    """Up to where in the journal the store is."""
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        found = connection.execute(sa.text("SELECT epoch, sequence FROM positions")).one()
    engine.dispose()
    return tuple(found)


def token_in(url, user):
    engine = open_database(url)
    try:
        return Accounts(Store(engine, "")).create_token(user)
    finally:
        engine.dispose()


@pytest.mark.slow
@pytest.mark.timeout(180)
async def test_a_postgresql_server_that_is_killed_holds_up_no_share_and_is_caught_up_with(
    tmp_path, server
):
    url = new_database(server)
    token = token_in(url, "alice")
    pool, ledger = PoolProcess(tmp_path), Ledger()
    await pool.start("--set", f"pool.database={url}")
    miner = asyncio.create_task(mine(pool.stratum, ledger, "one"))
    api = httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{pool.api}", headers={"SlushPool-Auth-Token": token}
    )
    async with api:
        await until(lambda: ledger.shares > 20)
        assert (await api.get("/accounts/profile/json/btc/")).status_code == 200

        await asyncio.to_thread(kill, server)
        before = ledger.shares
        await until(lambda: ledger.shares > before + 50)
        profile = await api.get("/accounts/profile/json/btc/")
        assert (profile.status_code, profile.json()["username"]) == (200, "alice")
        days = await api.get("/accounts/rewards/json/btc/")
        assert (days.status_code, days.headers["Retry-After"]) == (503, "5")
        stranger = {"SlushPool-Auth-Token": "a-token-of-nobody"}
        assert (await api.get("/stats/json/btc/", headers=stranger)).status_code == 503

        await asyncio.to_thread(server.ensure_postgres_running)
        at_return = await asyncio.to_thread(committed_place, url)
        await until(lambda: committed_place(url) > at_return)
        assert (await api.get("/accounts/rewards/json/btc/")).status_code == 200

    assert await pool.end(signal.SIGKILL) == -signal.SIGKILL
    await miner
    books = await Bookkeeper.open(tmp_path / "pool", BookkeeperSettings(database=url))
    (worker,) = books.workers("alice", time.time())
    assert ledger.accepted <= worker.work_24h <= ledger.submitted - ledger.refused
    assert sum(books.ledger_balances.values()) == 0
    await books.close()


@pytest.mark.slow
async def test_a_pool_killed_while_its_server_is_down_has_it_all_in_the_journal(tmp_path, server):
    url = new_database(server)
    settings = BookkeeperSettings(commit_seconds=3_600, database=url)
    keeper = await Bookkeeper.open(tmp_path, settings)
    keeper.accept(shares(NOW, 10))
    assert await keeper.commit()
    await asyncio.to_thread(kill, server)
    for start in (10, 20):
        keeper.accept(shares(NOW + start, 10))
        assert not await keeper.commit()
    expected = readings(keeper, NOW + 30)
    assert keeper.pool("alice", NOW + 30).windows.work_5m == 30_000
    await crash(keeper)
    with pytest.raises(sa.exc.DBAPIError):
        await Bookkeeper.open(tmp_path, settings)
    await asyncio.to_thread(server.ensure_postgres_running)
    for _ in range(2):
        keeper = await Bookkeeper.open(tmp_path, settings)
        assert readings(keeper, NOW + 30) == expected
        await keeper.close()


async def test_an_sqlite_disk_that_is_full_waits_in_the_journal(tmp_path):
    """SQLite's own limit on the pages of a file stands for the disk: the error is the same."""
    limit = [2**31]

    def bound(connection, *_):
        connection.execute(f"PRAGMA max_page_count={limit[0]}").close()

    settings = BookkeeperSettings(commit_seconds=3_600)
    keeper = await Bookkeeper.open(tmp_path, settings)
    event.listen(keeper.store.engine, "checkout", bound)
    limit[0] = 1  # no more than there are
    users = [f"user{number}" for number in range(500)]
    for attempt in range(2):
        keeper.accept([each for name in users for each in shares(NOW + attempt, 1, name)])
        assert not await keeper.commit()
    assert keeper.behind >= 2 * len(users)
    limit[0] = 2**31
    assert await keeper.commit()
    assert await keeper.commit()
    assert keeper.behind == 0
    expected = readings(keeper, NOW + 10)
    await crash(keeper)
    again = await Bookkeeper.open(tmp_path, settings)
    assert readings(again, NOW + 10) == expected
    assert again.pool("user7", NOW + 10).windows.work_5m == 2 * len(users) * 1_000
    await again.close()
