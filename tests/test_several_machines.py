"""A pool of several machines, joined by NATS, any part of it killed while it is mined at: each
answered share counts once."""

import asyncio
import os
import signal
import sys
import time

import nats
import pytest

from pithead.pool.bookkeeper_settings import BookkeeperSettings
from pithead.pool.bookkeeping import Bookkeeper
from tests.natsservers import running_nats
from tests.postgres import new_database, running_server
from tests.test_killed_front_ends import ended, keep_mining, more_shares
from tests.test_killed_pool import Ledger, free_port, within

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

NAMES = [f"rig{number}" for number in range(3)]
LEASE_SECONDS = 6
STREAM = "pithead_kept"


class Machine:
    """A process with a role, started with what all of the pool have in common."""

    def __init__(self, directory, role, shared, **own):
        self.directory, self.role = directory, role
        self.settings = shared | {key.replace("__", "."): value for key, value in own.items()}
        self.process = None
        directory.mkdir(exist_ok=True)
        self.log = directory / f"{role}-{id(self)}.log"

    async def begin(self):
        settings = [
            each for key, value in self.settings.items() for each in ("--set", f"{key}={value}")
        ]
        command = [sys.executable, "-m", "pithead", *settings, "pool", "--role", self.role]
        with self.log.open("ab") as errors:
            self.process = await asyncio.create_subprocess_exec(
                *command, "--data", self.directory, stdout=asyncio.subprocess.PIPE, stderr=errors
            )

    async def serves(self):
        async with within(90, f"{self.role} says that it serves"):
            line = await self.process.stdout.readline()
        assert line.startswith((b"Stratum", b"Accounting")), self.said()

    async def end(self, number):
        os.kill(self.process.pid, number)
        return await self.ended()

    async def ended(self):
        async with within(60, f"{self.role} ends"):
            return await self.process.wait()

    def said(self):
        return self.log.read_text()

    async def says(self, words):
        async with within(60, f"{self.role} says {words}"):
            while words not in self.said():  # noqa: ASYNC110 - a file tells nobody
                await asyncio.sleep(0.1)

    async def waits(self):
        await self.says("waiting for the lease")


class Pool:
    """Two processes that could keep the books, on one disk, and a front end on its own."""

    def __init__(self, path, nats_server, database=""):
        self.nats = nats_server
        self.settings = {
            "exchange.kind": "nats",
            "exchange.urls": nats_server.url,
            "exchange.lease_seconds": LEASE_SECONDS,
            "pool.database": database,
            "pool.block_interval_seconds": 10,
            "pool.first_share_work": 64,
            "pool.least_share_work": 64,
            "pool.shares_per_minute": 600,
        }
        self.database = database
        self.stratum = free_port()
        self.front = Machine(
            path / "front", "stratum", self.settings,
            pool__stratum_port=self.stratum, pool__server_bits=4, pool__server_number=3,
        )  # fmt: skip
        self.books = path / "books"
        self.ledgers = {name: Ledger() for name in NAMES}
        self.load = []

    def accounting(self):
        return Machine(
            self.books, "accounting", self.settings,
            pool__api_port=free_port(), admin__port=free_port(),
        )  # fmt: skip

    def mine(self):
        self.load = [
            asyncio.create_task(keep_mining(self.stratum, ledger, name))
            for name, ledger in self.ledgers.items()
        ]

    async def credited(self):
        """By worker, once the processes have ended."""
        settings = BookkeeperSettings(database=self.database)
        books = await Bookkeeper.open(self.books / "pool", settings)
        workers = books.workers("alice", time.time())
        await books.close()
        return {worker.name: worker.windows.work_24h for worker in workers}

    async def stop(self, leader):
        """In order, once the books have what the front end gave."""
        await ended(self.load)
        assert await self.front.end(signal.SIGTERM) == 0, self.front.said()
        assert "the books lack" not in self.front.said()
        client = await nats.connect(self.nats.url)
        async with within(60, "the books take what is kept"):
            while (await client.jetstream().stream_info(STREAM)).state.messages:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        await client.close()
        assert await leader.end(signal.SIGTERM) == 0, leader.said()

    async def each_share_counted_once(self):
        work = await self.credited()
        for name, ledger in self.ledgers.items():
            assert ledger.accepted <= work[name] <= ledger.submitted - ledger.refused, name

    async def kill_what_is_left(self, *machines):
        await ended(self.load)
        for each in machines:
            if each.process is not None and each.process.returncode is None:
                await each.end(signal.SIGKILL)


async def test_a_front_end_and_the_books_on_two_machines_credit_what_is_answered(tmp_path):
    with running_nats(tmp_path / "nats") as servers:
        pool = Pool(tmp_path, servers)
        leader, front = pool.accounting(), pool.front
        try:
            await front.begin()  # it waits for work
            await leader.begin()
            await leader.serves()
            await front.serves()
            pool.mine()
            await more_shares(pool.ledgers, 20)
            await pool.stop(leader)
            await pool.each_share_counted_once()
        finally:
            await pool.kill_what_is_left(front, leader)


async def test_the_leader_then_the_front_end_are_killed_and_another_takes_over(tmp_path):
    with running_server() as server, running_nats(tmp_path / "nats") as servers:
        pool = Pool(tmp_path, servers, new_database(server))
        first, second, front = pool.accounting(), pool.accounting(), pool.front
        try:
            await first.begin()
            await first.serves()
            await second.begin()
            await second.waits()
            await front.begin()
            await front.serves()
            pool.mine()
            await more_shares(pool.ledgers, 20)
            await first.end(signal.SIGKILL)
            await more_shares(pool.ledgers, 20)  # nobody keeps the books meanwhile
            await second.serves()
            await more_shares(pool.ledgers, 20)
            await front.end(signal.SIGKILL)
            await front.begin()
            await front.serves()
            await more_shares(pool.ledgers, 20)
            assert len(list((pool.books / "pool" / "former-journals").iterdir())) == 1
            await pool.stop(second)
            await pool.each_share_counted_once()
        finally:
            await pool.kill_what_is_left(front, first, second)


async def test_shares_wait_on_disk_while_nats_is_away_and_miners_are_answered(tmp_path):
    with running_nats(tmp_path / "nats") as servers:
        pool = Pool(tmp_path, servers)
        pool.settings["exchange.lease_seconds"] = 120
        leader, front = pool.accounting(), pool.front
        front.settings |= pool.settings
        try:
            await leader.begin()
            await leader.serves()
            await front.begin()
            await front.serves()
            pool.mine()
            await more_shares(pool.ledgers, 20)
            servers.stop()
            await more_shares(pool.ledgers, 30)
            await front.says("shares wait here")
            servers.start()
            await front.says("the books can be reached again")
            await more_shares(pool.ledgers, 20)
            await pool.stop(leader)
            await pool.each_share_counted_once()
        finally:
            await pool.kill_what_is_left(front, leader)


async def test_a_leader_that_was_paused_for_too_long_ends_with_a_word_and_writes_no_more(tmp_path):
    """Frozen as a whole machine may be: when it goes on, another keeps the books."""
    with running_server() as server, running_nats(tmp_path / "nats") as servers:
        pool = Pool(tmp_path, servers, new_database(server))
        first, second, front = pool.accounting(), pool.accounting(), pool.front
        second.directory = tmp_path / "other-books"
        second.directory.mkdir()
        try:
            await first.begin()
            await first.serves()
            await second.begin()
            await second.waits()
            await front.begin()
            await front.serves()
            pool.mine()
            await more_shares(pool.ledgers, 20)
            os.kill(first.process.pid, signal.SIGSTOP)
            await second.serves()
            os.kill(first.process.pid, signal.SIGCONT)
            assert await first.ended() == 1, first.said()
            assert "keeps the books no more" in first.said()
            await more_shares(pool.ledgers, 20)
            await pool.stop(second)
            pool.books = second.directory
            await pool.each_share_counted_once()
        finally:
            await pool.kill_what_is_left(front, first, second)
