"""The recorded stream through real front ends, exchange and books, by a clock run by hand."""

import asyncio
import contextlib

from pithead.pool.bookkeeper_settings import BookkeeperSettings
from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.exchange import ExchangeAway
from pithead.pool.intake import Intake
from pithead.pool.lease import Lease
from pithead.pool.natsexchange import NatsExchange
from pithead.pool.outbox import Outbox
from tests.pool.shared_out import BEGIN, END, FRONT_ENDS, before
from tests.pool.test_bookkeeping import crash

SOON = 60
SPEED = 50
"""Seconds of the recording in one of the world."""
PATIENCE = 90.0 * SPEED
"""What servers do takes its time in the world; what is done by the recording's time is quicker."""
LEASE_SECONDS = 3.0


class Clock:
    def __init__(self):
        self.now = BEGIN - 5.0

    def __call__(self):
        return self.now


class Accounting:
    """The process that keeps the books, for the time of its lease."""

    def __init__(self, exchange, keeper, lease, clock):
        self.exchange, self.keeper, self.lease = exchange, keeper, lease
        intake = Intake(
            exchange, self.take, keeper.meet(clock, PATIENCE), clock, keeper.secure
        )  # fmt: skip
        self.running = asyncio.create_task(intake.run())

    @classmethod
    async def begin(cls, settings, directory, database, clock, scheme):
        exchange = NatsExchange(settings)
        lease = Lease(exchange.link, "books", LEASE_SECONDS)
        token = await asyncio.wait_for(lease.acquire(), SOON)
        kept = BookkeeperSettings(
            database=database, front_end=f"term-{token}", token=token, commit_seconds=0.05
        )
        keeper = await Bookkeeper.open(directory / f"books-{token}", kept)
        if not keeper.chain:
            keeper.accept(before(scheme))
        return cls(exchange, keeper, lease, clock)

    def take(self, events):
        self.keeper.accept(events)
        return True

    async def die(self):
        """As after kill -9: nothing is committed, given back or said any more."""
        await _cancelled(self.running)
        await _cancelled(self.lease._renewing)
        await self.exchange.close()
        await crash(self.keeper)

    async def end(self):
        await _cancelled(self.running)
        await self.lease.release()
        await self.keeper.close()
        await self.exchange.close()


async def _cancelled(task):
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


class FrontEnd:
    def __init__(self, name, settings, directory, clock):
        self.name, self.settings, self.directory, self.clock = name, settings, directory, clock
        self.link_up()
        self.outbox = Outbox.open(directory, name, self, clock, segment_bytes=20_000)

    def link_up(self):
        self.exchange = NatsExchange(self.settings)
        self.is_cut_off = False
        self.again = 1

    # What an outbox asks of an exchange; a fault may stand between the two.

    async def keep(self, payload, identity):
        if self.is_cut_off:
            raise ExchangeAway("the way is cut")
        for number in range(self.again):
            await self.exchange.keep(payload, f"{identity}.{number}")

    async def tell(self, subject, payload):
        if self.is_cut_off:
            raise ExchangeAway("the way is cut")
        await self.exchange.tell(subject, payload)

    async def end(self):
        await self.outbox.close(SOON)
        await self.exchange.close()


class Pool:
    """Front ends, books and a clock; from `opened` on."""

    def __init__(self, settings, directory, database, scheme):
        self.settings, self.directory = settings, directory
        self.database, self.scheme = database, scheme
        self.clock = Clock()

    async def begin(self):
        self.books = await self.accounting()
        self.fronts = {
            name: FrontEnd(name, self.settings, self.directory / name, self.clock)
            for name in FRONT_ENDS
        }
        for front in self.fronts.values():
            await asyncio.wait_for(front.exchange.linked(), SOON)
            await asyncio.wait_for(front.outbox.idle(), SOON)

    async def accounting(self):
        return await Accounting.begin(
            self.settings, self.directory, self.database, self.clock, self.scheme
        )

    async def play(self, turns, faults):
        """Each share at its time; `faults` are functions by second of the recording."""
        waiting = dict(sorted(faults.items()))
        for front_end, events in turns:
            at = events[0].time_ms / 1000
            while waiting and at >= BEGIN + min(waiting):
                await waiting.pop(min(waiting))(self)
            await asyncio.sleep((at - self.clock.now) / SPEED)
            self.clock.now = at
            self.fronts[front_end].outbox.accept(events)

    async def settle(self):
        """All that was given is in the store."""
        async with asyncio.timeout(SOON):
            self.clock.now = END + 5.0
            for front in self.fronts.values():
                await front.outbox.idle()
            last = {name: front.outbox._before for name, front in self.fronts.items()}
            while dict(self.books.keeper.reached) != last:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
            while not await self.books.keeper.secure():  # noqa: ASYNC110
                await asyncio.sleep(0.1)

    async def end(self):
        for front in self.fronts.values():
            await front.end()
        await self.books.end()
