"""Three NATS servers of which one dies: what was kept is not lost, and a lease moves."""

import asyncio
import time

import pytest

from pithead.pool import schema
from pithead.pool.books import BooksSettings
from pithead.pool.database import open_database
from pithead.pool.exchange import ExchangeAway
from pithead.pool.fence import NotLeader
from pithead.pool.lease import Lease
from pithead.pool.natsexchange import NatsExchange
from pithead.pool.natslink import NatsSettings
from pithead.pool.position import Position
from pithead.pool.store import Store
from tests.natsservers import running_cluster, running_nats

pytestmark = pytest.mark.slow

SOON = 60
COUNT = 1_000
TTL = 2.0


class Ends:
    def __init__(self, servers):
        self.servers = servers
        self.settings = NatsSettings(
            tuple(server.url for server in servers.values()), "pool", replicas=len(servers)
        )
        self.ends = []

    async def one(self):
        self.ends.append(NatsExchange(self.settings))
        await asyncio.wait_for(self.ends[-1].linked(), SOON)
        return self.ends[-1]

    async def leader(self, stream):
        """The name of the server that leads it."""
        async with asyncio.timeout(SOON):
            while True:
                try:
                    link = (await self.one()).link
                    found = await link.within(link.jetstream.stream_info(stream))
                    if found.cluster.leader:
                        return found.cluster.leader
                except ExchangeAway:
                    await asyncio.sleep(0.1)


@pytest.fixture
async def cluster(tmp_path):
    with running_cluster(tmp_path) as servers:
        ends = Ends(servers)
        yield ends
        for end in ends.ends:
            await end.close()


async def give(end, name, pauses, go):
    """Numbers in order, each until it is kept; how long each took goes to `pauses`."""
    for number in range(COUNT):
        if number == 1:
            await go.wait()
        payload, began = f"{name} {number}".encode(), time.monotonic()
        while True:
            try:
                await end.keep(payload, payload.decode())
                break
            except ExchangeAway:
                await asyncio.sleep(0.05)
        if number:  # the first waits for the servers to find each other
            pauses.append(time.monotonic() - began)


async def take_all(end, names, hook=None):
    """What arrived, by sender, until the last of each has."""
    arrived = {name: [] for name in names}
    taken = 0
    async with asyncio.timeout(SOON):
        async for kept in end.kept():
            name, number = kept.payload.decode().split()
            arrived[name].append(int(number))
            await kept.done()
            taken += 1
            if hook is not None:
                await hook(taken)
            if all(COUNT - 1 in numbers for numbers in arrived.values()):
                break
    return arrived


def without_repeats(numbers):
    """In order; what arrived again is not next."""
    fresh = []
    for number in numbers:
        if number == len(fresh):
            fresh.append(number)
        else:
            assert number < len(fresh), "something was left out"
    return fresh


@pytest.mark.parametrize("whom", ["the leader of the stream", "another"])
async def test_nothing_is_lost_or_out_of_order_when_a_server_is_killed(cluster, whom, capsys):
    books, one, two = [await cluster.one() for _ in range(3)]
    pauses, go, killed, doomed = [], asyncio.Event(), [], []
    giving = asyncio.gather(*(give(end, n, pauses, go) for end, n in [(one, "one"), (two, "two")]))

    async def kill(taken):
        if taken == 2:
            leader = await cluster.leader("pool_kept")
            others = [name for name in cluster.servers if name != leader]
            doomed.append(leader if whom == "the leader of the stream" else others[0])
            go.set()
        if taken == COUNT // 2:
            cluster.servers[doomed[0]].kill()
            killed.append(len(pauses))

    arrived = await take_all(books, ["one", "two"], kill)
    await asyncio.wait_for(giving, SOON)
    for numbers in arrived.values():
        assert without_repeats(numbers) == list(range(COUNT))
    assert 0 < killed[0] < 2 * COUNT - 100, "nothing was given after the kill"
    with capsys.disabled():
        print(f"\n{whom} killed: nothing kept for {max(pauses):.2f} s")  # noqa: T201


async def test_what_was_kept_survives_that_each_server_in_turn_is_killed_and_comes_back(cluster):
    end = await cluster.one()
    for number, server in enumerate(cluster.servers.values()):
        async with asyncio.timeout(SOON):
            await cluster.leader("pool_kept") if number else None
            while True:
                try:
                    await end.keep(f"one {number}".encode(), str(number))
                    break
                except ExchangeAway:
                    await asyncio.sleep(0.05)
        server.kill()
        await asyncio.to_thread(server.start)
    taken = []
    async with asyncio.timeout(SOON):
        async for kept in (await cluster.one()).kept():
            taken.append(kept.payload)
            if len(taken) == 3:
                break
    assert taken == [b"one 0", b"one 1", b"one 2"]


def commit(engine, token, sequence):
    store = Store(engine, "pool", token=token)
    books, _ = store.load(BooksSettings())
    store.commit(books.changes(), Position(1, sequence))


async def test_a_lease_moves_when_its_holder_dies_and_the_store_refuses_the_old_one(
    cluster, tmp_path, capsys
):
    engine = open_database(tmp_path / "pool.sqlite")
    first, second = await cluster.one(), await cluster.one()
    held = Lease(first.link, "books", TTL)
    old = await asyncio.wait_for(held.acquire(), SOON)
    commit(engine, old, 1)
    waiting = asyncio.ensure_future(Lease(second.link, "books", TTL).acquire())
    await asyncio.sleep(TTL * 1.5)
    assert not waiting.done()
    assert held.is_held
    died = time.monotonic()
    await first.close()  # without giving anything back
    new = await asyncio.wait_for(waiting, SOON)
    with capsys.disabled():
        print(f"\na lease of {TTL} s moved {time.monotonic() - died:.2f} s after")  # noqa: T201
    assert new > old
    assert held.lost.done()
    assert not held.is_held
    commit(engine, new, 2)
    with pytest.raises(NotLeader):
        commit(engine, old, 3)
    with engine.connect() as connection:
        assert connection.scalar(schema.positions.select().with_only_columns(
            schema.positions.c.sequence)) == 2  # fmt: skip
    engine.dispose()


async def test_a_lease_outlives_the_server_that_leads_its_bucket(cluster):
    end = await cluster.one()
    lease = Lease(end.link, "books")
    await asyncio.wait_for(lease.acquire(), SOON)
    cluster.servers[await cluster.leader("KV_pool_leases")].kill()
    async with asyncio.timeout(SOON):
        while lease.is_held and lease._tenure.revision == lease._tenure.token:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    assert lease.is_held
    await lease.release()
    assert lease.lost.done()


async def test_who_is_cut_off_knows_that_the_lease_is_lost_and_gets_it_anew(tmp_path):
    with running_nats(tmp_path) as server:
        ends = Ends({"n0": server})
        end = await ends.one()
        lease = Lease(end.link, "books", TTL)
        old = await asyncio.wait_for(lease.acquire(), SOON)
        server.freeze()
        await asyncio.wait_for(lease.lost, SOON)
        assert not lease.is_held
        with pytest.raises(ExchangeAway):
            await end.keep(b"one", "1")
        server.thaw()
        assert await asyncio.wait_for(lease.acquire(), SOON) > old
        assert not lease.lost.done()
        await lease.release()
        for each in ends.ends:
            await each.close()
