"""APIs with a socket per machine: the same port on each machine's own address."""

import asyncio
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import structlog

from pithead.cli.machines import bind_all
from pithead.cli.serving import AddressTaken, listen

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class DoorPlan:
    """Which port the APIs are to have, and what the key for it is called."""

    port: int
    setting: str


class Door(Protocol):
    """What serves one machine."""

    async def open(self, listening: socket.socket) -> None: ...

    def close(self) -> None:
        """The machine goes down. It may be opened again, on another socket."""


class Doors:
    """One door per machine, by its address; it is shut while the machine is down."""

    def __init__(self, doors: Mapping[str, Door], plan: DoorPlan) -> None:
        self._doors = doors
        self._plan = plan
        self._opening: set[asyncio.Task[None]] = set()
        self._ports: dict[str, int] = {}

    async def start(self) -> None:
        """Raises AddressTaken."""
        try:
            sockets = bind_all(self._doors, self._plan.port, self._plan.setting)
        except PermissionError as error:
            raise AddressTaken(
                f"port {self._plan.port} is not allowed here; "
                f"choose another with {self._plan.setting}"
            ) from error
        for (address, door), bound in zip(self._doors.items(), sockets, strict=True):
            self._ports[address] = bound.getsockname()[1]
            await door.open(bound)

    def power(self, address: str, is_up: bool) -> None:
        """The machine there went down or came back."""
        if not is_up:
            self._doors[address].close()
        elif address in self._ports:
            task = asyncio.get_running_loop().create_task(self._reopen(address))
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)

    def stop(self) -> None:
        for task in self._opening:
            task.cancel()
        for door in self._doors.values():
            door.close()

    def place(self, address: str) -> str:
        """`host:port` of the machine there, once started."""
        return f"{address}:{self._ports[address]}"

    async def _reopen(self, address: str) -> None:
        port = self._ports[address]
        try:
            bound = listen(address, port, self._plan.setting)
        except (AddressTaken, PermissionError) as error:
            log.error("api.not_open", host=address, port=port, error=str(error))
            return
        await self._doors[address].open(bound)
