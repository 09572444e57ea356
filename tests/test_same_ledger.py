"""Whatever fails on the way, the books are those of a run on the same shares in which nothing did:
balances, ledger, days, credits and scores, row for row."""

import asyncio
import contextlib
import itertools

import pytest

from pithead.pool.database import open_database
from pithead.pool.natslink import NatsSettings
from tests.natsservers import running_cluster
from tests.pool.distributed import Pool
from tests.pool.shared_out import recorded, rows, undisturbed
from tests.postgrespair import running_pair

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


_numbers = itertools.count()


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    with running_cluster(tmp_path_factory.mktemp("nats")) as running:
        yield running


@contextlib.asynccontextmanager
async def a_pool(servers, directory, scheme, database=""):
    urls = tuple(server.url for server in servers.values())
    settings = NatsSettings(urls, f"pool{next(_numbers)}", replicas=3)
    pool = Pool(settings, directory, database or directory / "shared.sqlite", scheme)
    pool.servers, pool.killed = servers, []
    async with asyncio.timeout(60):
        await pool.begin()
    try:
        yield pool
    finally:
        for server in pool.killed:
            await asyncio.to_thread(server.start)


async def same(pool, directory, faults, database=None):
    turns = recorded()
    expected = await undisturbed(directory / "undisturbed", pool.scheme, turns)
    await pool.play(turns, faults)
    await pool.settle()
    await pool.end()
    engine = open_database(database or pool.database)
    try:
        found = rows(engine)
    finally:
        engine.dispose()
    for table in expected:
        assert found[table] == expected[table], table
    assert sum(sats for _, sats in found["balances"]) == 0


async def leader_of_the_stream(pool):
    link = pool.books.exchange.link
    stream = f"{pool.settings.prefix}_kept"
    return (await link.within(link.jetstream.stream_info(stream))).cluster.leader


def kill(pool, name):
    pool.servers[name].kill()
    pool.killed.append(pool.servers[name])


async def kill_leader(pool):
    kill(pool, await leader_of_the_stream(pool))


async def kill_another(pool):
    leader = await leader_of_the_stream(pool)
    kill(pool, next(name for name in pool.servers if name != leader))


async def kill_books(pool):
    await pool.books.die()
    pool.successor = asyncio.ensure_future(pool.accounting())


async def succeed(pool):
    pool.books = await pool.successor


def cut_off(name, is_cut_off):
    async def cut(pool):
        pool.fronts[name].is_cut_off = is_cut_off

    return cut


def deliver(name, times):
    async def again(pool):
        pool.fronts[name].again = times

    return again


FAULTS = {
    "none": ("score", {}),
    "a NATS server is killed": ("pplns", {40: kill_another}),
    "the leader of the stream is killed": ("score", {40: kill_leader}),
    "the process with the books is killed": ("score", {40: kill_books, 60: succeed}),
    "a front end is cut off for a minute, over midnight": (
        "fpps", {50: cut_off("front-2", True), 110: cut_off("front-2", False)},
    ),
    "all is delivered three times": (
        "score", {0: deliver("front-1", 3), 1: deliver("front-3", 2)},
    ),
    "two front ends are late by turns": (
        "pplns",
        {
            20: cut_off("front-1", True), 50: cut_off("front-3", True),
            55: cut_off("front-1", False), 80: cut_off("front-3", False),
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
async def test_the_books_are_those_of_an_undisturbed_run_when(fault, servers, tmp_path):
    scheme, faults = FAULTS[fault]
    async with a_pool(servers, tmp_path, scheme) as pool:
        await same(pool, tmp_path, faults)


async def test_they_are_when_the_standby_takes_over_from_a_killed_primary(servers, tmp_path):
    async def fail_over(pool):
        await asyncio.to_thread(pair.primary.kill)
        await asyncio.to_thread(pair.promote)

    with running_pair() as pair:
        async with a_pool(servers, tmp_path, "score", pair.url("pool")) as pool:
            await same(pool, tmp_path, {40: fail_over}, pair.url("pool"))
