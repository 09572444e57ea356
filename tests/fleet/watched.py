"""A fleet over machines that are served on sockets: the whole application, in this loop."""

import asyncio
import time
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import httpx
from starlette.applications import Starlette

from pithead.cli.serving import HttpServer, listen
from pithead.farm.admin import build_admin
from pithead.farm.desk import Desk
from pithead.farm.fate import ORDINARY, Fate
from pithead.fleet.access import Access
from pithead.fleet.app import build_app
from pithead.fleet.book import Wanted
from pithead.fleet.client import Limits, Login
from pithead.fleet.door import Door
from pithead.fleet.faults import FaultDesk
from pithead.fleet.live import Live
from pithead.fleet.service import FleetService
from pithead.fleet.watcher import Target, Watcher, WatchLimits
from pithead.miner.cable import Cable
from tests.farming import until

LIMITS = WatchLimits(
    look_seconds=0.05, requests_per_second=1000, of_a_machine=Limits(connect_seconds=1, seconds=5)
)


@dataclass
class Watched:
    watcher: Watcher
    live: Live
    access: Access
    app: Starlette

    @property
    def book(self):
        return self.watcher.book

    def client(self, **headers):
        transport = httpx.ASGITransport(self.app, client=("127.0.0.1", 4711))
        return httpx.AsyncClient(
            transport=transport, base_url="http://127.0.0.1", headers=headers, timeout=30
        )

    def owner(self):
        return self.client(Authorization=f"Bearer {self.access.token}")

    async def state(self, place, *states):
        """Wait until a machine is seen in one of these states."""
        await until(lambda: getattr(self.book.row(str(place)), "state", None) in states)
        return self.book.row(str(place))


def target(place, name=None, password="", **wanted):
    return Target(Wanted(place, name, **wanted), Login("root", password))


@asynccontextmanager
async def watching(directory, targets, is_open=True, admin=""):
    """`targets`: a list that may be changed meanwhile."""
    watcher = Watcher(lambda: tuple(targets), time.time, LIMITS)
    live = Live(watcher.book)
    watcher.changed.append(live.changed)
    faults = FaultDesk(lambda: admin)
    access = Access(directory / "fleet", is_open, time.time)
    service = FleetService(watcher, faults, time.time)
    app = build_app(service, live, faults, Door(access, time.time))
    task = asyncio.create_task(watcher.run())
    try:
        yield Watched(watcher, live, access, app)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def simulating(**served):
    """The address of the admin API of a farm of these machines, by their names."""
    fates = {
        name: Fate(each.rig.device, each.miner.system, Cable(), ORDINARY, each.rig.now)
        for name, each in served.items()
    }
    bound = listen("127.0.0.1", 0, "x")
    server = HttpServer(build_admin(Desk(fates, time.time)), [bound])
    await server.start()
    try:
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"
    finally:
        await server.stop()


@asynccontextmanager
async def paged(fleet):
    """Where its pages are, on a socket."""
    bound = listen("127.0.0.1", 0, "x")
    server = HttpServer(fleet.app, [bound])
    await server.start()
    try:
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"
    finally:
        await server.stop()
