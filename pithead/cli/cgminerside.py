"""The cgminer APIs of all machines of a process, each on its machine's own address."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog

from pithead.cli.machines import bind_all
from pithead.cli.serving import AddressTaken, listen
from pithead.miner.cgminer.server import CgminerServer

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class CgminerPlan:
    """Which port the APIs are to have, and what the key for it is called."""

    port: int
    setting: str


class CgminerDoors:
    """One door per machine; it is shut while the machine is down."""

    def __init__(self, answers: Mapping[str, Callable[[bytes], bytes]], plan: CgminerPlan) -> None:
        self._servers = {address: CgminerServer(answer) for address, answer in answers.items()}
        self._plan = plan
        self._opening: set[asyncio.Task[None]] = set()
        self.ports: dict[str, int] = {}
        """By address, once started."""

    async def start(self) -> None:
        """Raises AddressTaken."""
        try:
            sockets = bind_all(self._servers, self._plan.port, self._plan.setting)
        except PermissionError as error:
            raise AddressTaken(
                f"port {self._plan.port} is not allowed here; "
                f"choose another with {self._plan.setting}"
            ) from error
        for (address, server), bound in zip(self._servers.items(), sockets, strict=True):
            self.ports[address] = bound.getsockname()[1]
            await server.open(bound)

    def power(self, address: str, is_up: bool) -> None:
        """The machine there went down or came back."""
        if not is_up:
            self._servers[address].close()
        elif address in self.ports:
            task = asyncio.get_running_loop().create_task(self._reopen(address))
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)

    def stop(self) -> None:
        for task in self._opening:
            task.cancel()
        for server in self._servers.values():
            server.close()

    async def _reopen(self, address: str) -> None:
        port = self.ports[address]
        try:
            bound = listen(address, port, self._plan.setting)
        except (AddressTaken, PermissionError) as error:
            log.error("cgminer.not_open", host=address, port=port, error=str(error))
            return
        await self._servers[address].open(bound)
