"""Shares on their way from a front end to the books: the socket of one machine, and NATS.

One process is front end and books at once, so a second of processor time is both together, without
the broker's, which is a process of its own.
"""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import uvloop

from bench.measure import alternate, show
from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.events import Event, ShareAccepted
from pithead.pool.exchange import Exchange
from pithead.pool.intake import Intake
from pithead.pool.localexchange import LocalExchange, LocalHub
from pithead.pool.natsexchange import NatsExchange
from pithead.pool.natslink import NatsSettings
from pithead.pool.outbox import Outbox
from tests.natsservers import BINARY, running_cluster, running_nats

SHARES = 200_000
TURN = 100
"""Shares that one turn of a front end's loop brings."""
WORKERS = 10_000
NOW = 1_700_000_000.0
ROUNDS = 3

Ends = tuple[Exchange, Exchange]
"""The books' and the front end's."""
Opening = Callable[[Path], AbstractAsyncContextManager[Ends]]


def run() -> None:
    candidates = {"no exchange": lambda: uvloop.run(_alone())}
    openings: dict[str, Opening] = {"socket of one machine": _locally}
    if BINARY.exists():
        openings |= {"NATS, one server": _over_one, "NATS, three servers": _over_three}
    else:
        print("  NATS is skipped: there is no nats-server")
    for name, opening in openings.items():
        candidates[name] = lambda opening=opening: uvloop.run(_relayed(opening))
    results = alternate(candidates, ROUNDS)
    show("shares from a front end's journal into the books", "1/s", results, "no exchange")


def _events() -> list[list[Event]]:
    shares: list[Event] = [
        ShareAccepted(int(NOW * 1000) + number // 50, f"u{number % 200}", f"w{number % WORKERS}", 9)
        for number in range(SHARES)
    ]
    return [shares[start : start + TURN] for start in range(0, SHARES, TURN)]


async def _alone() -> float:
    """The books of a pool of one process."""
    with tempfile.TemporaryDirectory() as name:
        keeper = await Bookkeeper.open(Path(name))
        began = time.perf_counter()
        for turn in _events():
            keeper.accept(turn)
            await asyncio.sleep(0)
        assert keeper.pool("u0", NOW + 60).windows.work_24h == 9 * SHARES
        taken = time.perf_counter() - began
        await keeper.close()
    return SHARES / taken


async def _relayed(opening: Opening) -> float:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        keeper = await Bookkeeper.open(directory / "books")

        def take(events: object) -> bool:
            keeper.accept(events)  # type: ignore[arg-type]
            return True

        async with opening(directory) as (books, front):
            intake = Intake(books, take, keeper.meet(lambda: NOW, 5.0), lambda: NOW)
            taking = asyncio.create_task(intake.run())
            outbox = Outbox.open(directory / "front", "front", front, lambda: NOW)
            began = time.perf_counter()
            for turn in _events():
                outbox.accept(turn)
                await asyncio.sleep(0)
            await outbox.idle()
            while keeper.pool("u0", NOW + 60).windows.work_24h < 9 * SHARES:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
            taken = time.perf_counter() - began
            await outbox.close()
            taking.cancel()
            await asyncio.gather(taking, return_exceptions=True)
        await keeper.close()
    return SHARES / taken


@asynccontextmanager
async def _locally(directory: Path) -> AsyncIterator[Ends]:
    hub, exchange = await LocalHub.open(directory), LocalExchange(directory)
    try:
        yield hub, exchange
    finally:
        await exchange.close()
        await hub.close()


@asynccontextmanager
async def _over_one(directory: Path) -> AsyncIterator[Ends]:
    with running_nats(directory / "nats") as server:
        async with _over((server.url,), 1) as ends:
            yield ends


@asynccontextmanager
async def _over_three(directory: Path) -> AsyncIterator[Ends]:
    with running_cluster(directory / "nats") as servers:
        async with _over(tuple(each.url for each in servers.values()), 3) as ends:
            yield ends


@asynccontextmanager
async def _over(urls: tuple[str, ...], replicas: int) -> AsyncIterator[Ends]:
    settings = NatsSettings(urls, replicas=replicas)
    books, front = NatsExchange(settings), NatsExchange(settings)
    try:
        yield books, front
    finally:
        await front.close()
        await books.close()
