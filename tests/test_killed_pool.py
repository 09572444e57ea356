"""`kill -9` of the pool's process while it is mined at: nothing lost, nothing counted twice."""

import asyncio
import os
import random
import signal
import socket
import sys
import time
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from click.testing import CliRunner

from pithead.cli.main import main
from pithead.native import scan
from pithead.pool.bookkeeping import Bookkeeper
from pithead.stratum.client import ClientConnection
from pithead.stratum.events import JobReceived, SubmitAccepted, SubmitRejected
from pithead.work.share import Solution

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@asynccontextmanager
async def within(seconds, awaited):
    """A deadline that names what was waited for."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise AssertionError(f"not within {seconds} s: {awaited}") from error


class PoolProcess:
    """`pithead pool` as a process of its own."""

    def __init__(self, directory: Path, block_interval_seconds: int = 1):
        self.directory = directory
        self.block_interval_seconds = block_interval_seconds
        self.stratum, self.api, self.admin = free_port(), free_port(), free_port()
        self.process = None

    async def start(self, *options, **changed):
        """Begin a process and wait until it serves; `changed` are keys of `[pool]`."""
        self.process = await self.begin(*options, **changed)
        await self.serves()

    async def serves(self):
        """Until the process says so, which it does for each time it opens its books."""
        async with within(60, "the pool says that it serves"):
            line = await self.process.stdout.readline()
        assert line.startswith(b"Stratum"), self.said()

    def said(self):
        return (self.directory / "stderr.log").read_text()[-2000:]

    async def begin(self, *options, **changed):
        keys = {
            "pool.stratum_port": self.stratum,
            "pool.max_connections_per_address": 1_000_000,
            "pool.max_connections_per_subnet": 1_000_000,
            "pool.api_port": self.api,
            "admin.port": self.admin,
            "pool.block_interval_seconds": self.block_interval_seconds,
            "pool.first_share_work": 64,
            "pool.least_share_work": 64,
            "pool.shares_per_minute": 600,
        }
        keys |= {f"pool.{key}": value for key, value in changed.items()}
        settings = [each for key, value in keys.items() for each in ("--set", f"{key}={value}")]
        command = [sys.executable, "-m", "pithead", *settings, "pool", "--data", self.directory]
        command += options
        with (self.directory / "stderr.log").open("ab") as errors:
            return await asyncio.create_subprocess_exec(
                *command, stdout=asyncio.subprocess.PIPE, stderr=errors
            )

    async def end(self, number):
        os.kill(self.process.pid, number)
        async with within(60, f"the pool ends by signal {number}"):
            return await self.process.wait()


class Ledger:
    """What a miner knows of its own work."""

    def __init__(self):
        self.submitted = 0
        self.accepted = 0
        self.refused = 0
        self.shares = 0


async def mine(port, ledger, worker):
    """Mine until the connection ends, whatever ends it; what is on its way then goes unanswered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    client = ClientConnection(f"alice.{worker}", "x", "test/1")
    client.start(0.0)
    job, nonce = None, 0
    try:
        while True:
            writer.write(client.data_to_send())
            await writer.drain()
            with suppress(TimeoutError):
                async with asyncio.timeout(0.01):  # `wait_for` of 3.11 may swallow a cancel
                    data = await reader.read(65536)
                if not data:
                    return
                for event in client.receive(data, 0.0):
                    match event:
                        case JobReceived():
                            job, nonce = event, 0
                        case SubmitAccepted(submit=submit):
                            ledger.accepted += submit.work
                            ledger.shares += 1
                        case SubmitRejected(submit=submit):
                            ledger.refused += submit.work
            if job is None:
                continue
            extranonce2 = random.randbytes(job.extranonce2_size)
            header = job.job.header(
                job.extranonce1, Solution(extranonce2, job.job.time, 0, job.job.version)
            ).pack()
            for found in scan(header, nonce, 512, job.target)[:8]:
                solution = Solution(extranonce2, job.job.time, found, job.job.version)
                ledger.submitted += client.submit(job, solution).work
    except ConnectionError:
        return
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def test_every_answered_share_is_credited_once_through_three_kills(tmp_path):
    dice = random.Random(5)
    pool, ledgers = PoolProcess(tmp_path), {name: Ledger() for name in ("one", "two")}
    for life in range(4):
        await pool.start()
        miners = [
            asyncio.create_task(mine(pool.stratum, ledger, name))
            for name, ledger in ledgers.items()
        ]
        await asyncio.sleep(2 + dice.random())
        last = life == 3
        code = await pool.end(signal.SIGTERM if last else signal.SIGKILL)
        assert code == (0 if last else -signal.SIGKILL)
        await asyncio.gather(*miners)

    books = await Bookkeeper.open(tmp_path / "pool")
    workers = books.workers("alice", time.time())
    credited = {worker.name: worker.work_24h for worker in workers}
    for name, ledger in ledgers.items():
        assert ledger.shares > 50
        assert ledger.accepted <= credited[name] <= ledger.submitted - ledger.refused
    assert books.blocks_found > 3
    await books.close()
    checked = CliRunner().invoke(main, ["pool", "check", "--data", str(tmp_path)])
    assert "the journal leads to them" in checked.output


async def test_stopped_in_order_the_pool_credited_exactly_what_it_answered_or_less_than_one_turn(
    tmp_path,
):
    pool, ledger = PoolProcess(tmp_path), Ledger()
    await pool.start()
    miner = asyncio.create_task(mine(pool.stratum, ledger, "one"))
    await asyncio.sleep(3)
    assert await pool.end(signal.SIGINT) == 0
    await miner
    books = await Bookkeeper.open(tmp_path / "pool")
    (worker,) = books.workers("alice", time.time())
    assert ledger.accepted <= worker.work_24h <= ledger.submitted - ledger.refused
    await books.close()


async def test_a_pool_whose_database_is_lost_has_every_answered_share_from_backup_and_journal(
    tmp_path,
):
    async def typed(*words):
        command = ["pool", *words, "--data", str(tmp_path)]
        shown = await asyncio.to_thread(CliRunner().invoke, main, command)
        assert shown.exit_code == 0, shown.output
        return shown.output

    pool, ledger = PoolProcess(tmp_path), Ledger()
    await pool.start()
    miner = asyncio.create_task(mine(pool.stratum, ledger, "one"))
    await asyncio.sleep(3)
    await typed("backup", str(tmp_path / "backup"))
    before = ledger.shares
    await asyncio.sleep(3)
    assert ledger.shares > before
    await pool.end(signal.SIGKILL)
    await miner
    for file in (tmp_path / "pool").glob("pool.sqlite*"):
        file.unlink()
    await typed("restore", str(tmp_path / "backup"), "--with-journal")
    await pool.start()
    miner = asyncio.create_task(mine(pool.stratum, ledger, "one"))
    await asyncio.sleep(2)
    assert await pool.end(signal.SIGTERM) == 0
    await miner
    assert "the journal leads to them" in await typed("check")
    books = await Bookkeeper.open(tmp_path / "pool")
    (worker,) = books.workers("alice", time.time())
    assert ledger.accepted <= worker.work_24h <= ledger.submitted - ledger.refused
    await books.close()


async def test_a_pool_told_to_stop_while_it_starts_ends_in_order(tmp_path):
    pool = PoolProcess(tmp_path)
    pool.process = await pool.begin()
    async with within(60, "the pool has its data directory"):
        while not (tmp_path / "lock").exists():  # noqa: ASYNC110 - a file tells nobody
            await asyncio.sleep(0.001)
    assert await pool.end(signal.SIGTERM) == 0, pool.said()
    await pool.start()
    assert await pool.end(signal.SIGTERM) == 0, pool.said()
