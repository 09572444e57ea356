"""Machines on loopback sockets of their own, in a thread, in virtual time: the real daemon's parts
and the real API, for whatever calls them from outside."""

import asyncio
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

from pithead.cli.serving import HttpServer, listen
from pithead.fleet.ranges import Place
from pithead.miner.api.app import build_app
from pithead.miner.api.surroundings import surround
from pithead.miner.network import Interface
from tests.miner.conftest import Rig


@dataclass
class Served:
    """One machine and where its API listens. Its clock stands still but in `run`."""

    rig: Rig
    place: Place
    around: object
    asked: list = field(default_factory=list)
    """Verb and path of each request, in order."""
    wall: float = 0.0

    @property
    def miner(self):
        return self.rig.miner

    @property
    def address(self):
        return f"{self.place.host}:{self.place.port}"


class Machines:
    """The machines of a test, and the loop that serves them."""

    def __init__(self, directory):
        self._directory = directory
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._servers = {}
        self._count = 0

    def start(self, seconds=0, **arguments):
        """One more machine that has mined for so many seconds; arguments are those of the rig."""
        rig = Rig(**arguments)
        rig.pool()
        rig.run(seconds)
        self._count += 1
        bound = listen("127.0.0.1", 0, "another")
        place = Place("127.0.0.1", bound.getsockname()[1])
        here = Interface("lo", "127.0.0.1", "255.0.0.0", "127.0.0.1", ())
        around = surround(
            rig.miner, self._directory / f"served-{self._count}", lambda: rig.now,
            rig.miner.settings, lambda: here,
        )  # fmt: skip
        served = Served(rig, place, around)
        app = build_app(rig.miner, around, lambda: rig.now, lambda: served.wall)
        server = HttpServer(_noting(app, served.asked), [bound])
        self.call(server.start)
        self._servers[place] = server
        return served

    def run(self, served, seconds):
        """Let a machine live for so long, on the loop that its API is answered on."""
        self.call(partial(_live, served, seconds))

    def stop(self, served):
        self.call(self._servers.pop(served.place).stop)

    def call(self, work):
        return asyncio.run_coroutine_threadsafe(work(), self._loop).result(60)

    def close(self):
        for server in self._servers.values():
            self.call(server.stop)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(60)
        self._loop.close()


async def _live(served, seconds):
    served.rig.run(seconds)
    served.around.step(served.rig.now)


def _noting(app, asked):
    async def answer(scope, receive, send):
        if scope["type"] == "http":
            asked.append((scope["method"], scope["path"].removeprefix("/api/v1")))
        await app(scope, receive, send)

    return answer


@contextmanager
def serving(directory):
    machines = Machines(directory)
    try:
        yield machines
    finally:
        machines.close()
