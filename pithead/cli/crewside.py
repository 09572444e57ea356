"""A pool whose Stratum ports are served by several processes: the side of the one with the books.

Each process of the crew has a listening socket of its own on the same port (SO_REUSEPORT), which
this process made and keeps open too: where one dies, connections wait for its successor, and none
is refused. A process of the crew ends when its standard input does, so none outlives this one.
"""

import asyncio
import os
import shutil
import socket
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import msgspec
import structlog

from pithead.cli.frontside import COME_AGAIN, Orders, directory_of, name_of
from pithead.cli.handover import claim
from pithead.cli.headside import HeadPart
from pithead.cli.sections import Config, PoolSection
from pithead.cli.stratumside import PLAIN, TLS, PortNotBound
from pithead.node.node import Node
from pithead.pool.accounts import Accounts
from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.floors import AccountFloors
from pithead.pool.head import Head
from pithead.pool.intake import take_in
from pithead.pool.listener import BACKLOG
from pithead.pool.localexchange import LocalHub

log = structlog.get_logger(__name__)

LETTING_GO_SECONDS = 15.0
"""Wall time for processes of a crew whose head was killed to let go of the port."""
AGAIN_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 30.0
"""Wall time from one life to the next: doubled each time, from the first again after a long one."""
LONG_LIFE_SECONDS = 60.0
ENDING_SECONDS = 20.0
"""Wall time for a process to end when it is told to."""

Ports = dict[str, list[socket.socket]]
"""By the name of the port, one for each process."""


@dataclass(slots=True)
class CrewPart:
    """Books and node here, miners at others; from `open` to `stop`."""

    pool: Head
    hub: LocalHub
    ports: Ports
    children: list["Child"] = field(default_factory=list)

    @classmethod
    async def open(
        cls,
        config: Config,
        directory: Path,
        payout_script: bytes,
        node: Node,
        bookkeeper: Bookkeeper,
        accounts: Accounts,
        clock: Callable[[], float],
        wall: Callable[[], float],
        inherited: dict[str, socket.socket],
        floors: AccountFloors,
    ) -> Self:
        """Take the first template, then begin with the others. Raises PortNotBound."""
        section = config.pool
        async with AsyncExitStack() as undo:
            ports = {PLAIN: await _bind_all(section, "stratum_port", PLAIN, inherited)}
            undo.callback(_close, ports)
            if section.tls_certificate:
                ports[TLS] = await _bind_all(section, "stratum_tls_port", TLS, inherited)
            hub = await LocalHub.open(directory)
            undo.push_async_callback(hub.close)
            head = await HeadPart.open(
                section, payout_script, node, bookkeeper, accounts, clock, wall, hub, floors
            )
            undo.pop_all()
        part = cls(head.pool, hub, ports)
        for number in range(1, section.front_ends + 1):
            handed = {name: sockets[number - 1] for name, sockets in ports.items()}
            part.children.append(Child.begin(config, directory, payout_script, number, handed))
        return part

    @property
    def address(self) -> tuple[str, int]:
        return _address(self.ports[PLAIN][0])

    @property
    def tls_address(self) -> tuple[str, int] | None:
        return _address(self.ports[TLS][0]) if TLS in self.ports else None

    def sockets(self) -> dict[str, socket.socket]:
        """The listening sockets once more, for a process that takes over."""
        return {
            _called(name, index): each.dup()
            for name, sockets in self.ports.items()
            for index, each in enumerate(sockets)
        }

    async def stop(self, come_again: bool = False) -> None:
        """First the others, whose last shares are still taken in; then what is here."""
        async with AsyncExitStack() as last_first:
            last_first.push_async_callback(self.hub.close)
            last_first.push_async_callback(self.pool.stop)
            last_first.callback(_close, self.ports)
            for child in self.children:
                child.tell_to_end(come_again)
                last_first.push_async_callback(child.ended)


def take_in_leftovers(
    directory: Path, count: int, bookkeeper: Bookkeeper, clock: Callable[[], float]
) -> None:
    """The shares that front ends left which are not among the `count` of now; they are removed."""
    wanted = (
        {directory_of(directory, number) for number in range(1, count + 1)} if count > 1 else ()
    )
    for each in sorted(directory_of(directory, 0).parent.glob("front-*")):
        if each in wanted:
            continue
        taken = take_in(each / "journal", each.name, bookkeeper, clock)
        log.info("a front end is no more; the books have its shares", name=each.name, events=taken)
        shutil.rmtree(each)


class Child:
    """One process of the crew, and the next one when it dies."""

    def __init__(self, orders: Orders) -> None:
        """Use `begin`."""
        self._orders = orders
        self._process: asyncio.subprocess.Process | None = None
        self._ending = asyncio.Event()
        self._last_word = b""
        self._watching: asyncio.Task[None] | None = None

    @classmethod
    def begin(
        cls, config: Config, directory: Path, payout_script: bytes, number: int,
        sockets: dict[str, socket.socket],
    ) -> Self:  # fmt: skip
        handles = {name: each.fileno() for name, each in sockets.items()}
        child = cls(Orders(config, str(directory), payout_script, number, handles))
        child._watching = asyncio.get_running_loop().create_task(child._watch())
        return child

    def tell_to_end(self, come_again: bool) -> None:
        """`come_again`: miners are asked to connect anew."""
        self._last_word = COME_AGAIN if come_again else b""
        self._ending.set()

    async def ended(self) -> None:
        """Return once it is gone, and no other comes."""
        if self._watching is not None:
            await self._watching

    async def _watch(self) -> None:
        pause = AGAIN_SECONDS
        loop = asyncio.get_running_loop()
        while not self._ending.is_set():
            began = loop.time()
            code = await self._live()
            if self._ending.is_set():
                return
            pause = AGAIN_SECONDS if loop.time() - began > LONG_LIFE_SECONDS else pause
            log.error("a front end ended and is started again",
                      name=name_of(self._orders.number), code=code, in_seconds=pause)  # fmt: skip
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._ending.wait()
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    async def _live(self) -> int:
        """From its start to its end; its exit code."""
        orders = self._orders
        self._process = process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "pithead.cli.frontside",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL,
            pass_fds=list(orders.sockets.values()),
        )  # fmt: skip
        assert process.stdin is not None
        process.stdin.write(msgspec.json.encode(orders) + b"\n")
        running = asyncio.ensure_future(process.wait())
        told = asyncio.ensure_future(self._ending.wait())
        try:
            await asyncio.wait((running, told), return_when=asyncio.FIRST_COMPLETED)
            if not running.done():
                await self._end(process, running)
        finally:
            told.cancel()
        return await running

    async def _end(self, process: asyncio.subprocess.Process, running: asyncio.Future[int]) -> None:
        assert process.stdin is not None
        process.stdin.write(self._last_word)
        process.stdin.close()
        await asyncio.wait((running,), timeout=ENDING_SECONDS)
        if not running.done():
            log.error("a front end does not end and is killed", pid=process.pid)
            process.kill()


async def _bind_all(
    section: PoolSection, key: str, name: str, inherited: dict[str, socket.socket]
) -> list[socket.socket]:
    """A listening socket for each process. Raises PortNotBound."""
    host, port = section.stratum_host, getattr(section, key)
    bound: list[socket.socket] = []
    try:
        for index in range(section.front_ends):
            claimed = claim(inherited, _called(name, index), port)
            if claimed is None:
                claimed = bound[0].dup() if _is_alone(bound) else await _bind(host, port, not bound)
            bound.append(claimed)
            port = claimed.getsockname()[1]
    except OSError as error:
        _close({name: bound})
        why = os.strerror(error.errno) if error.errno else str(error)
        raise PortNotBound(
            f"{host}:{port} cannot be bound ({why}); is it running already? "
            f"Choose another with --set pool.{key}=PORT"
        ) from error
    return bound


def _is_alone(bound: list[socket.socket]) -> bool:
    """Whether the port is that of a pool of one process, and can only be shared as it is."""
    return bool(bound) and not bound[0].getsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT)


async def _bind(host: str, port: int, is_first: bool) -> socket.socket:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + LETTING_GO_SECONDS
    while True:
        try:
            if is_first and port:  # nobody else's, not even of one who would share it
                _listening(host, port, shared=False).close()
            return _listening(host, port, shared=True)
        except OSError:
            if loop.time() > deadline:
                raise
        await asyncio.sleep(0.1)


def _listening(host: str, port: int, shared: bool) -> socket.socket:
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        bound.bind((host, port))
        if shared:
            bound.listen(BACKLOG)
            bound.setblocking(False)
    except BaseException:
        bound.close()
        raise
    return bound


def _called(name: str, index: int) -> str:
    """The first as that of a pool of one process: one may take over from the other."""
    return name if index == 0 else f"{name}.{index}"


def _address(bound: socket.socket) -> tuple[str, int]:
    host, port = bound.getsockname()[:2]
    return str(host), int(port)


def _close(ports: Ports) -> None:
    for sockets in ports.values():
        for each in sockets:
            each.close()
