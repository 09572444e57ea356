"""Looks at every machine over and over: some at a time, so many requests a second, with patience
for those that are away."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import structlog

from pithead.bos.cooling import GetCoolingStateResponse
from pithead.fleet.book import Book, Wanted
from pithead.fleet.client import Limits, Login, MachineClient, MachineError, shared_http
from pithead.fleet.connections import Connections
from pithead.fleet.contract import Row
from pithead.fleet.ranges import Place
from pithead.fleet.sight import Sight

log = structlog.get_logger(__name__)

LOOK_REQUESTS = 5
"""What one look asks of a machine."""
IDLE_SECONDS = 0.2
"""The longest a look waits for its turn where nobody else is at work."""
REFRESH_SECONDS = 10.0
"""Between two questions which machines there are."""

NOT_UNDERSTOOD = "its answers are not understood; the log says more"

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Target:
    """A machine, and what opens it."""

    wanted: Wanted
    login: Login


@dataclass(frozen=True, slots=True)
class WatchLimits:
    look_seconds: float = 5.0
    """Between two looks at one machine, where there are few."""
    requests_per_second: float = 500.0
    """At most, to all machines together."""
    at_once: int = 256
    """Looks under way: enough that addresses with nobody there hold up nobody else."""
    of_a_machine: Limits = field(default_factory=lambda: Limits(seconds=8.0))


class Watcher:
    """Belongs to one event loop."""

    def __init__(
        self,
        targets: Callable[[], Sequence[Target]],
        clock: Callable[[], float],
        limits: WatchLimits | None = None,
    ) -> None:
        """`targets` is asked again every ten seconds, in a thread."""
        self._targets = targets
        self._clock = clock
        self._limits = limits or WatchLimits()
        self.book = Book(self._limits.look_seconds)
        self._clients: dict[Place, MachineClient] = {}
        self._logins: dict[Place, Login] = {}
        self._http: Connections | None = None
        self._looks: set[asyncio.Task[None]] = set()
        self._awake = asyncio.Event()
        self.changed: list[Callable[[Row], None]] = []
        """Who is told of every look."""

    async def run(self) -> None:
        """Until it is cancelled."""
        self._http = shared_http(self._limits.at_once + 32)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._refresh())
                group.create_task(self._go_round())
        finally:
            for look in self._looks:
                look.cancel()
            await asyncio.gather(*self._looks, return_exceptions=True)
            await self._http.aclose()
            self._http = None

    def client(self, machine: str) -> MachineClient | None:
        """Of a machine that is watched, by its id."""
        place = self.book.place(machine)
        return None if place is None else self._client(place)

    def look_soon(self, machines: Iterable[str]) -> None:
        """Something was changed on these."""
        for machine in machines:
            self.book.look_soon(machine, self._clock())
        self._awake.set()

    @property
    def look_seconds(self) -> float:
        """Between two looks at a machine that answers."""
        return self.book.look_seconds

    def _client(self, place: Place) -> MachineClient:
        if self._http is None:
            raise MachineError(place, "nobody watches it yet")
        client = self._clients.get(place)
        if client is None:
            client = self._clients[place] = MachineClient(
                place, self._logins.get(place), self._limits.of_a_machine, self._http
            )
        return client

    async def _refresh(self) -> None:
        known: Sequence[Target] | None = None
        while True:
            targets = await asyncio.to_thread(self._targets)
            if targets != known:
                self._take(targets)
                known = targets
                log.info("fleet.machines", watched=len(targets))
            requests = len(self.book.rows()) * LOOK_REQUESTS
            self.book.look_seconds = max(
                self._limits.look_seconds, requests / self._limits.requests_per_second
            )
            await asyncio.sleep(REFRESH_SECONDS)

    def _take(self, targets: Sequence[Target]) -> None:
        logins = {target.wanted.place: target.login for target in targets}
        self._clients = {
            place: client
            for place, client in self._clients.items()
            if logins.get(place) == self._logins.get(place)
        }
        self._logins = logins
        self.book.want((target.wanted for target in targets), self._clock())
        self._awake.set()

    async def _go_round(self) -> None:
        """Begin the looks that are due; never more than are allowed, in number and in rate."""
        pause = LOOK_REQUESTS / self._limits.requests_per_second
        while True:
            is_full = len(self._looks) >= self._limits.at_once
            place = None if is_full else self.book.next_place(self._clock())
            if place is None:
                await self._rest()
                continue
            look = asyncio.create_task(self._look(place))
            self._looks.add(look)
            look.add_done_callback(self._looks.discard)
            await asyncio.sleep(pause)

    async def _rest(self) -> None:
        self._awake.clear()
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                await self._awake.wait()
        except TimeoutError:
            pass

    async def _look(self, place: Place) -> None:
        try:
            sight = await look_at(self._client(place))
            row = self.book.seen(place, sight, self._clock())
        except MachineError as error:
            refusal = error.status is not None
            row = self.book.missed(place, error.message, refusal, self._clock())
        except Exception:  # of one machine: the others are looked at all the same
            log.exception("fleet.look_failed", machine=str(place))
            row = self.book.missed(place, NOT_UNDERSTOOD, True, self._clock())
        if row is not None:
            for told in self.changed:
                told(row)


async def look_at(client: MachineClient) -> Sight:
    """One question after the other: a control board is no server. Raises MachineError where it
    does not even say what it is; what else it does not say stays unknown."""
    details = await client.details()
    stats = await client.stats()
    cooling = client.ask_as(GetCoolingStateResponse, "GET", "/cooling/state")
    return Sight(
        details=details,
        stats=stats,
        cooling=await _if_said(cooling),
        tuner=await _if_said(client.tuner_state()),
        errors=await _if_said(client.errors()),
    )


async def _if_said(answer: Awaitable[Answer]) -> Answer | None:
    try:
        return await answer
    except MachineError:
        return None
