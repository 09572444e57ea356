"""A pool process takes the place of another under load: no connection is refused, no work lost."""

import asyncio
import json
import os
import signal
import socket
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
    """Ask for a page of an API again and again; who is refused is an error."""

    def __init__(self, port, path):
        self.port = port
        self.asking = f"GET {path} HTTP/1.1\r\nHost: pool\r\nConnection: close\r\n\r\n".encode()
        self.answered = 0

    async def read(self):
        while True:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            try:
                writer.write(self.asking)
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


async def mined(load, *ledgers):
    """Until each miner has had another share accepted; raises what ended one of the load."""
    before = [ledger.shares for ledger in ledgers]
    async with within(60, "every miner has another share accepted"):
        while any(now.shares == then for now, then in zip(ledgers, before, strict=True)):
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
    readers = [Readers(pool.api, "/"), Readers(pool.admin, "/health/live")]
    load = [asyncio.create_task(callers.call()) for _ in range(20)]
    load += [asyncio.create_task(each.read()) for each in readers]
    load += [
        asyncio.create_task(keep_mining(pool.stratum, ledger, name))
        for name, ledger in ledgers.items()
    ]
    session_id, extranonce1 = await extranonce_of(pool.stratum)
    for _ in range(lives):
        await mined(load, *ledgers.values())
        read, before = [each.answered for each in readers], callers.answered
        old = pool.process
        await pool.start("--take-over")
        async with within(30, "the old process ends"):
            assert await old.wait() == 0
        await served(load, callers, before + 100)
        for each, count in zip(readers, read, strict=True):
            await served(load, each, count + 1)
        assert await extranonce_of(pool.stratum, session_id) == (session_id, extranonce1)
    await mined(load, *ledgers.values())
    for task in load:
        task.cancel()
    async with within(30, "the load ends"):
        ended = await asyncio.gather(*load, return_exceptions=True)
    assert all(isinstance(each, asyncio.CancelledError) for each in ended), ended
    assert await pool.end(signal.SIGTERM) == 0

    books = await Bookkeeper.open(tmp_path / "pool")
    credited = {worker.name: worker.work_24h for worker in books.workers("alice", time.time())}
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


async def test_where_the_new_process_fails_the_old_one_goes_on(tmp_path):
    pool = PoolProcess(tmp_path, block_interval_seconds=600)
    await pool.start()
    session_id, extranonce1 = await extranonce_of(pool.stratum)
    ledger = Ledger()
    miner = asyncio.create_task(keep_mining(pool.stratum, ledger, "one"))
    readers = [Readers(pool.api, "/"), Readers(pool.admin, "/health/live")]
    load = [miner, *(asyncio.create_task(each.read()) for each in readers)]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        fails = await pool.begin("--take-over", stratum_port=taken.getsockname()[1])
        async with within(60, "the new process fails"):
            assert await fails.wait() == 2
    assert "already in use" in pool.said()
    await pool.serves()
    read = [each.answered for each in readers]
    assert await extranonce_of(pool.stratum, session_id) == (session_id, extranonce1)
    for each, count in zip(readers, read, strict=True):
        await served(load, each, count + 1)
    await mined(load, ledger)
    for task in load:
        task.cancel()
    await asyncio.gather(*load, return_exceptions=True)
    old = pool.process
    await pool.start("--take-over")  # and the next one takes over from it
    async with within(30, "the old process ends"):
        assert await old.wait() == 0
    assert await pool.end(signal.SIGTERM) == 0


async def test_where_the_new_process_is_killed_before_it_serves_the_old_one_goes_on(tmp_path):
    pool = PoolProcess(tmp_path)
    await pool.start()
    session = await extranonce_of(pool.stratum)
    killed = await pool.begin("--take-over")
    async with within(60, "the old process makes way"):
        while "chain open" not in pool.said().partition("pool running")[2]:
            assert killed.returncode is None
            await asyncio.sleep(0.001)
    os.kill(killed.pid, signal.SIGKILL)
    async with within(60, "the new process ends"):
        await killed.wait()
    await pool.serves()
    assert await extranonce_of(pool.stratum, session[0]) == session
    assert await pool.end(signal.SIGTERM) == 0
