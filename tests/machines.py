"""A pool of several processes, each of which could be on a machine of its own, joined by NATS."""

import asyncio
import os
import signal
import sys
import time
from contextlib import AsyncExitStack, asynccontextmanager

import nats

from pithead.pool.bookkeeper_settings import BookkeeperSettings
from pithead.pool.bookkeeping import Bookkeeper
from tests.natsservers import running_nats
from tests.postgres import new_database, running_server
from tests.test_killed_front_ends import ended, keep_mining, more_shares
from tests.test_killed_pool import Ledger, free_port, within

NAMES = [f"rig{number}" for number in range(3)]
LEASE_SECONDS = 10
STREAM = "pithead_kept"
SERVES = (b"Stratum", b"Accounting", b"Node", b"API")


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
        assert line.startswith(SERVES), self.said()

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
    """Processes that could keep the books, on one disk, and a front end on its own."""

    def __init__(self, path, nats_server, database=""):
        self.path = path
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
        self.machines = []
        self.front = self.machine(
            "front", "stratum", **self.numbered(3) | {"pool__stratum_port": self.stratum}
        )
        self.books = path / "books"
        self.ledgers = {name: Ledger() for name in NAMES}
        self.load = []

    def machine(self, directory, role, **own):
        """One with the settings as they are now; it is killed with the pool."""
        made = Machine(self.path / directory, role, self.settings, **own)
        self.machines.append(made)
        return made

    def numbered(self, number):
        """Settings of a front end of its own."""
        return {
            "pool__stratum_port": free_port(),
            "pool__server_bits": 4,
            "pool__server_number": number,
        }

    def accounting(self, directory="books"):
        return self.machine(
            directory, "accounting", pool__api_port=free_port(), admin__port=free_port()
        )

    async def start(self, leader, *waiting):
        """Until it is mined at; those that wait would keep the books as well."""
        await leader.begin()
        await leader.serves()
        for each in waiting:
            await each.begin()
            await each.waits()
        await self.front.begin()
        await self.front.serves()
        self.mine()
        await self.more_shares()

    def mine(self):
        self.load = [
            asyncio.create_task(keep_mining(self.stratum, ledger, name))
            for name, ledger in self.ledgers.items()
        ]

    async def more_shares(self, count=20):
        await more_shares(self.ledgers, count)

    async def credited(self):
        """By worker, once the processes have ended."""
        settings = BookkeeperSettings(database=self.database)
        books = await Bookkeeper.open(self.books / "pool", settings)
        workers = books.workers("alice", time.time())
        await books.close()
        return {worker.name: worker.work_24h for worker in workers}

    async def stop(self, leader, *others):
        """In order, once the books have what the front end gave; the others after them."""
        await ended(self.load)
        assert await self.front.end(signal.SIGTERM) == 0, self.front.said()
        assert "the books lack" not in self.front.said()
        client = await nats.connect(self.nats.url)
        async with within(60, "the books take what is kept"):
            while (await client.jetstream().stream_info(STREAM)).state.messages:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        await client.close()
        for each in (leader, *others):
            assert await each.end(signal.SIGTERM) == 0, each.said()

    async def each_share_counted_once(self):
        work = await self.credited()
        for name, ledger in self.ledgers.items():
            assert ledger.accepted <= work[name] <= ledger.submitted - ledger.refused, name

    async def kill_what_is_left(self):
        await ended(self.load)
        for each in self.machines:
            if each.process is not None and each.process.returncode is None:
                await each.end(signal.SIGKILL)


@asynccontextmanager
async def several_machines(path, with_database=False):
    """Servers of the pool's own; all that was begun with it ends with it."""
    async with AsyncExitStack() as last_first:
        database = ""
        if with_database:
            database = new_database(last_first.enter_context(running_server()))
        pool = Pool(path, last_first.enter_context(running_nats(path / "nats")), database)
        last_first.push_async_callback(pool.kill_what_is_left)
        yield pool
