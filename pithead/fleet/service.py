"""The operations of the fleet's API, each called as the table has it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog
from msgspec.structs import replace

from pithead.bos.miner import LogType
from pithead.fleet.actions import doing, on_all
from pithead.fleet.client import MachineClient, MachineError
from pithead.fleet.contract import (
    Fleet,
    MachineChips,
    MachineView,
    Results,
    Row,
    Selection,
    TrackView,
)
from pithead.fleet.faults import FaultDesk
from pithead.fleet.history import MOST_MINUTES
from pithead.fleet.inspection import inspect, log_tail
from pithead.fleet.live import fleet_of
from pithead.fleet.measures import fleet_samples, reasons_to_wait
from pithead.fleet.operations import SETTINGS
from pithead.fleet.sparse import said
from pithead.fleet.watcher import Watcher
from pithead.metrics.families import Sample

log = structlog.get_logger(__name__)

LOGS = frozenset(each.name.lower() for each in LogType if each)

Path = Mapping[str, str]


class Missing(Exception):
    """There is no such machine, or log."""


class FleetService:
    def __init__(self, watcher: Watcher, faults: FaultDesk, clock: Callable[[], float]) -> None:
        self._watcher = watcher
        self._faults = faults
        self._clock = clock

    def fleet(self) -> Fleet:
        return fleet_of(self._watcher.book)

    async def measure(self) -> Sequence[Sample]:
        book = self._watcher.book
        return tuple(fleet_samples(book.rows(), book.look_seconds, self._clock()))

    async def alive(self) -> Sequence[str]:
        """That this is answered says that the loop turns."""
        return ()

    async def ready(self) -> Sequence[str]:
        return reasons_to_wait(self._watcher.book.rows())

    async def machine(self, path: Path, may_write: bool) -> MachineView:
        """Passwords of pools only for those who could change them."""
        row, client = self._row(path), self._client(path)
        is_simulated = self._faults.is_there and self._watcher.book.farm_name(row.id) is not None
        view = replace(await inspect(client, row), simulated=is_simulated)
        if may_write or view.configuration is None:
            return view
        return replace(view, configuration=replace(view.configuration, pool_groups=()))

    def history(self, path: Path, minutes: int) -> TrackView:
        row = self._row(path)
        track = self._watcher.book.track(row.id, self._clock(), min(max(minutes, 1), MOST_MINUTES))
        assert track is not None
        series = {name: tuple(values) for name, values in track.series.items()}
        return TrackView(step_s=track.step, moments=tuple(track.moments), **series)

    async def log(self, path: Path) -> bytes:
        if path["log"] not in LOGS:
            raise Missing(f"there is no log {path['log'][:40]!r}; there are {_list(LOGS)}")
        return await log_tail(self._client(path), path["log"])

    async def set(self, path: Path, name: str, body: object) -> Any:
        """Raises MachineError with the machine's own sentence."""
        setting = SETTINGS[name]
        log.info("fleet.set", machine=path["machine"], setting=name)
        answer = await self._client(path).ask(setting.verb, setting.path, said(body))
        self._watcher.look_soon((path["machine"],))
        return answer

    async def act(self, action: str, wanted: Selection) -> Results:
        log.info("fleet.action", action=action, machines=len(wanted.machines))
        results = await on_all(wanted.machines, self._known, self._name, doing(action, wanted))
        self._watcher.look_soon(wanted.machines)
        return results

    async def chips(self, path: Path) -> MachineChips:
        return await self._faults.chips(self._simulated(path))

    async def fault_kinds(self) -> Any:
        return await self._faults.kinds()

    async def faults(self, path: Path) -> Any:
        return await self._faults.on(self._simulated(path))

    async def call_down(self, path: Path, body: object) -> Any:
        called = await self._faults.call_down(self._simulated(path), body)
        self._watcher.look_soon((path["machine"],))
        return called

    async def clear(self, path: Path) -> None:
        await self._faults.clear(self._simulated(path), path.get("fault"))
        self._watcher.look_soon((path["machine"],))

    def _row(self, path: Path) -> Row:
        row = self._watcher.book.row(path["machine"])
        if row is None:
            raise Missing(f"there is no machine {path['machine'][:80]!r} in this fleet")
        return row

    def _simulated(self, path: Path) -> str:
        """The name that the farm knows it by."""
        name = self._watcher.book.farm_name(self._row(path).id)
        if name is None:
            raise Missing(f"{path['machine'][:80]} is no simulated machine")
        return name

    def _client(self, path: Path) -> MachineClient:
        client = self._watcher.client(self._row(path).id)
        assert client is not None
        return client

    def _known(self, machine: str) -> MachineClient | None:
        return self._watcher.client(machine) if self._watcher.book.row(machine) else None

    def _name(self, machine: str) -> str:
        row = self._watcher.book.row(machine)
        return machine if row is None else row.name


def status_of(error: MachineError) -> int:
    """What a machine's refusal is to who asked the fleet for it."""
    match error.status:
        case None:
            return 504
        case 400 | 404 | 409 | 412 | 422 | 429 | 501:
            return error.status
    return 502


def _list(names: frozenset[str]) -> str:
    return ", ".join(sorted(names))
