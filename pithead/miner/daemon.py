"""The shell round miners: ticks, sockets to pools, batches of hashing, settings on disk.

One or a thousand miners on one event loop, which never hashes itself. All that is decided is
decided in the cores; here bytes and time are carried.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from pithead.hardware.scanning import Engine, ScanRequest, ScanResult
from pithead.miner.cable import Cable
from pithead.miner.condition import MinerStatus
from pithead.miner.configuration import Settings
from pithead.miner.faults import SETTINGS_NOT_SAVED
from pithead.miner.miner import Miner
from pithead.miner.pool_link import PoolLinks
from pithead.miner.settings import SettingsFile
from pithead.miner.standing import StatusListener

log = structlog.get_logger(__name__)

TICK_WALL_SECONDS = 0.5
"""Between two looks at each machine at most; shorter where farm time runs faster."""
TICK_FARM_SECONDS = 1.0
SHORTEST_PAUSE = 0.001
SLICE = 32
"""Machines stepped before the loop may turn to others: about two milliseconds."""


class Clock(Protocol):
    """Farm time, and whom it waits for."""

    @property
    def speed(self) -> float: ...

    def now(self) -> float: ...

    def reached(self, who: str, farm_time: float) -> None: ...

    def leave(self, who: str) -> None: ...


class Hashing(Protocol):
    """The side of a device that leaves its hashing to others."""

    def pending_scans(self) -> list[ScanRequest]: ...

    def scanned(self, results: Sequence[ScanResult]) -> None: ...


class SettingsKeeper:
    """Writes the newest settings down off the loop; those overtaken in between are skipped.

    What could not be written is tried again with the next change, and at the end.
    """

    def __init__(self, file: SettingsFile) -> None:
        self._file = file
        self._is_failing = False
        self._problem: str | None = None
        self._newest: Settings | None = None
        self._task: asyncio.Task[None] | None = None

    def keep(self, settings: Settings) -> None:
        self._newest = settings
        self._start()

    def _start(self) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._write())

    async def settled(self) -> None:
        """Return once everything kept so far is on disk, or could not be brought there."""
        if self._newest is not None:
            self._start()
        if self._task is not None:
            await asyncio.shield(self._task)

    def take_problem(self) -> str | None:
        """Why settings could not be written, told once until they could."""
        problem, self._problem = self._problem, None
        return problem

    async def _write(self) -> None:
        while (settings := self._newest) is not None:
            self._newest = None
            try:
                await asyncio.to_thread(self._file.save, settings)
                self._is_failing = False
            except OSError as error:
                log.error("settings.not_saved", path=str(self._file.path), error=str(error))
                if not self._is_failing:
                    self._problem = f"The settings could not be saved: {error}"
                self._is_failing = True
                self._put_back(settings)
                return

    def _put_back(self, settings: Settings) -> None:
        if self._newest is None:
            self._newest = settings


@dataclass(slots=True, eq=False)
class Machine:
    """A miner with all that a shell needs to keep it going."""

    name: str
    miner: Miner
    hashing: Hashing
    keeper: SettingsKeeper | None = None
    source_address: str | None = None
    """The local address its connections come from."""
    attend: Callable[[float], None] | None = None
    """What goes on beside its mining; called after each of its steps."""
    cable: Cable = field(default_factory=Cable)
    """What it can reach over its network."""


class Daemon:
    """Keeps machines going from `start` to `stop`."""

    def __init__(
        self, machines: Sequence[Machine], clock: Clock, engine: Engine, name: str = "miners"
    ) -> None:
        self.machines = tuple(machines)
        self._clock = clock
        self._engine = engine
        self._name = name
        self._links = {
            machine: PoolLinks(machine.miner, clock.now, machine.source_address, machine.cable)
            for machine in self.machines
        }
        self._task: asyncio.Task[None] | None = None
        self.failure: BaseException | None = None
        """Why ticking ended by itself: a fault of this program or of its workers."""

    async def start(self) -> None:
        """Begin to mine. Returns at once; `failed` tells when something went wrong for good."""
        for machine in self.machines:
            if machine.keeper is not None:
                machine.keeper.keep(machine.miner.saved)
            machine.miner.standing.watch_status(_logger_of(machine.name))
        self._clock.reached(self._name, self._clock.now())
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Close the connections and write down what is not yet written. The engine stays open."""
        self._clock.leave(self._name)
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await asyncio.gather(*(links.close() for links in self._links.values()))
        for machine in self.machines:
            if machine.keeper is not None:
                await machine.keeper.settled()

    async def failed(self) -> None:
        """Wait for the ticking to end; raises what ended it. Never returns while all is well."""
        if self._task is not None:
            await asyncio.shield(self._task)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while True:
                began = loop.time()
                now = self._clock.now()
                await self.tick(now)
                self._clock.reached(self._name, now)
                pause = min(TICK_WALL_SECONDS, TICK_FARM_SECONDS / self._clock.speed)
                await asyncio.sleep(max(SHORTEST_PAUSE, began + pause - loop.time()))
        except Exception as error:
            self.failure = error
            self._clock.leave(self._name)
            log.exception("miners.failed")
            raise

    async def tick(self, now: float) -> None:
        """Let every machine come to this time: step, hash what came due, submit what was found."""
        due: list[tuple[Machine, int]] = []
        requests: list[ScanRequest] = []
        for number, machine in enumerate(self.machines, 1):
            machine.miner.step(now)
            if machine.keeper is not None and (problem := machine.keeper.take_problem()):
                machine.miner.faults.report(now, problem, SETTINGS_NOT_SAVED)
            if machine.attend is not None:
                machine.attend(now)
            self._links[machine].keep(now)
            scans = machine.hashing.pending_scans()
            if scans:
                due.append((machine, len(scans)))
                requests += scans
            if number % SLICE == 0:
                await asyncio.sleep(0)
        if requests:
            await self._deliver(due, await self._engine.scan(requests))

    async def _deliver(self, due: Sequence[tuple[Machine, int]], results: list[ScanResult]) -> None:
        start = 0
        for number, (machine, count) in enumerate(due, 1):
            machine.hashing.scanned(results[start : start + count])
            start += count
            for upstream in machine.miner.harvest(self._clock.now()):
                self._links[machine].flush(upstream)
            if number % SLICE == 0:
                await asyncio.sleep(0)


def _logger_of(name: str) -> StatusListener:
    def tell(status: MinerStatus) -> None:
        log.info("miner.status", miner=name, status=status.name.lower())

    return tell
