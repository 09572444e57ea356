"""A pool process takes the place of another under load: no connection is refused, no work lost."""

import asyncio
import json
import signal
import time
from contextlib import suppress

import pytest

from pithead.pool.bookkeeping import Bookkeeper
from tests.test_killed_pool import Ledger, PoolProcess, mine, within

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


async def keep_mining(port, ledger, name):
    """As a miner does: when the connection ends, another."""
    while True:
        await mine(port, ledger, name)


class Callers:
    """Connect, subscribe and hang up, again and again; who is refused is an error."""

    def __init__(self, port):
        self.port = port
        self.answered = 0
        self.cut_off = 0

    async def call(self):
        while True:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            try:
                writer.write(b'{"id": 1, "method": "mining.subscribe", "params": []}\n')
                line = await reader.readline()
                self.answered += bool(line)
                self.cut_off += not line
            except ConnectionError:
                self.cut_off += 1  # the old process was in the middle of it
            finally:
                writer.close()
                with suppress(ConnectionError):
                    await writer.wait_closed()


class Readers:
    """Ask the web API again and again; who is refused is an error."""

    def __init__(self, port):
        self.port = port
        self.answered = 0

    async def read(self):
        while True:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            try:
                writer.write(b"GET / HTTP/1.1\r\nHost: pool\r\nConnection: close\r\n\r\n")
                self.answered += (await reader.read()).startswith(b"HTTP/1.1 200")
            except ConnectionError:
                pass  # the old process was in the middle of it
            finally:
                writer.close()
                with suppress(ConnectionError):
                    await writer.wait_closed()
            await asyncio.sleep(0.02)


async def served(load, clients, number):
    """Until so many have been answered; raises what ended one of the load."""
    async with within(60, f"{type(clients).__name__} answered {number} times"):
        while clients.answered < number:
            for task in load:
                if task.done():
                    task.result()
            await asyncio.sleep(0.05)


async def extranonce_of(port, session_id=None):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    said = f', "{session_id}"' if session_id else ""
    writer.write(
        b'{"id": 1, "method": "mining.subscribe", "params": ["test/1"%b]}\n' % said.encode()
    )
    answer = await asyncio.wait_for(reader.readline(), 60)
    writer.close()
    await writer.wait_closed()
    (_, (_, session_id)), extranonce1, _ = json.loads(answer)["result"]
    return session_id, extranonce1


@pytest.mark.parametrize(
    "lives", [2, pytest.param(20, marks=[pytest.mark.soak, pytest.mark.timeout(900)])]
)
async def test_nobody_is_refused_and_the_work_adds_up_while_processes_follow_each_other(
    tmp_path, lives
):
    pool = PoolProcess(tmp_path, block_interval_seconds=600)
    await pool.start()
    callers, ledgers = Callers(pool.stratum), {name: Ledger() for name in ("one", "two")}
    readers = Readers(pool.api)
    load = [asyncio.create_task(callers.call()) for _ in range(20)]
    load.append(asyncio.create_task(readers.read()))
    load += [
        asyncio.create_task(keep_mining(pool.stratum, ledger, name))
        for name, ledger in ledgers.items()
    ]
    session_id, extranonce1 = await extranonce_of(pool.stratum)
    for _ in range(lives):
        await asyncio.sleep(1.5)
        read, before, shares = (
            readers.answered,
            callers.answered,
            [ledger.shares for ledger in ledgers.values()],
        )
        assert all(shares)
        old = pool.process
        await pool.start("--take-over")
        async with within(30, "the old process ends"):
            assert await old.wait() == 0
        await served(load, callers, before + 100)
        await served(load, readers, read + 1)
        assert await extranonce_of(pool.stratum, session_id) == (session_id, extranonce1)
    await asyncio.sleep(1.5)
    assert all(
        ledger.shares > count for ledger, count in zip(ledgers.values(), shares, strict=True)
    )
    for task in load:
        task.cancel()
    async with within(30, "the load ends"):
        ended = await asyncio.gather(*load, return_exceptions=True)
    assert all(isinstance(each, asyncio.CancelledError) for each in ended), ended
    assert await pool.end(signal.SIGTERM) == 0

    books = await Bookkeeper.open(tmp_path / "pool")
    credited = {
        worker.name: worker.windows.work_24h for worker in books.workers("alice", time.time())
    }
    for name, ledger in ledgers.items():
        assert ledger.accepted <= credited[name] <= ledger.submitted - ledger.refused
    await books.close()


async def test_without_a_pool_to_take_over_it_just_starts(tmp_path):
    pool = PoolProcess(tmp_path)
    await pool.start("--take-over")
    await extranonce_of(pool.stratum)
    assert await pool.end(signal.SIGTERM) == 0


async def test_a_session_is_resumed_after_kill_9_as_well(tmp_path):
    pool = PoolProcess(tmp_path)
    await pool.start()
    session_id, extranonce1 = await extranonce_of(pool.stratum)
    await pool.end(signal.SIGKILL)
    await pool.start()
    assert await extranonce_of(pool.stratum, session_id) == (session_id, extranonce1)
    assert (await extranonce_of(pool.stratum))[1] != extranonce1
    assert await pool.end(signal.SIGTERM) == 0
