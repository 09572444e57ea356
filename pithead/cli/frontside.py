"""A Stratum front end in a process of its own: what it credits it gives to the one with the books.

One of a crew is started by that one, as `python -m pithead.cli.frontside`, with its orders as a
line of JSON on standard input. When the input ends it stops: it was told to, or whoever began it is
no more.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from socket import socket

import msgspec
import structlog

from pithead.cli.ending import until_told_or_failed
from pithead.cli.farmtime import steady_wall
from pithead.cli.logs import start_logging
from pithead.cli.nodeside import network_of, with_nearby
from pithead.cli.running import run_to_the_end
from pithead.cli.sections import Config
from pithead.cli.stratumside import StratumPart
from pithead.pool.admission import Admission
from pithead.pool.exchange import Exchange
from pithead.pool.extranonce import Server
from pithead.pool.floor_news import FarAway, follow
from pithead.pool.floors import AccountFloors
from pithead.pool.head import Branch
from pithead.pool.localexchange import LocalExchange
from pithead.pool.outbox import Outbox
from pithead.pool.relay import RelayedNode

log = structlog.get_logger(__name__)

COME_AGAIN = b"come again\n"
"""The last word to a front end whose miners shall connect anew: somebody takes over."""
LONGEST_ORDERS = 1 << 20
NICENESS = 5
"""Where processors are short the one process with the books, node and web API has three times the
share of one of many front ends, which can wait for each other."""
REACHING_SECONDS = 30.0


class Orders(msgspec.Struct, frozen=True):
    """What a front end needs to know."""

    config: Config
    directory: str
    payout_script: bytes
    number: int
    """From 1 on; 0 is the only one of its server."""
    sockets: dict[str, int]
    """Listening sockets it inherits, by the name of the port."""

    @property
    def server(self) -> Server:
        """The number of the front end follows that of its server."""
        section = self.config.pool
        if not self.number:
            return Server(section.server_bits, section.server_number)
        bits = section.front_end_bits
        return Server(section.server_bits + bits, (section.server_number << bits) + self.number - 1)

    @property
    def name(self) -> str:
        """Of all front ends of the pool, this one's."""
        alone = f"server-{self.config.pool.server_number}"
        return name_of(self.number) if self.number else alone

    @property
    def place(self) -> Path:
        """Where it keeps its journal and its sessions."""
        return directory_of(Path(self.directory), self.number).with_name(self.name)


def name_of(number: int) -> str:
    return f"front-{number}"


def directory_of(directory: Path, number: int) -> Path:
    """Where a front end keeps its journal and its sessions."""
    return directory / "front-ends" / name_of(number)


async def serve(
    orders: Orders,
    exchange: Exchange,
    ended: asyncio.Future[bool],
    begun: Callable[[StratumPart], None] = lambda part: None,
) -> None:
    """Until `ended`, which says whether miners shall connect anew; `begun` once miners can come."""
    section, wall = orders.config.pool, steady_wall()
    name, directory = orders.name, orders.place
    directory.mkdir(parents=True, exist_ok=True)
    admission, floors = Admission(exchange, section.registration_open), AccountFloors()
    inherited = {port: socket(fileno=handle) for port, handle in orders.sockets.items()}
    async with AsyncExitStack() as last_first:
        outbox = Outbox.open(directory / "journal", name, exchange, wall, section.durability)
        last_first.push_async_callback(outbox.close)
        section_of_node = orders.config.node
        far = RelayedNode.open(network_of(section_of_node), exchange)
        node = with_nearby(far, section_of_node, wall)
        last_first.push_async_callback(node.close)
        await admission.look()
        part = await StratumPart.open(
            section, orders.payout_script, directory, node, outbox, admission.admit,
            wall, wall, inherited, partial(Branch, name, exchange), orders.server, floors,
        )  # fmt: skip
        last_first.push_async_callback(lambda: part.stop(ended.done() and ended.result()))
        log.info("front end running", name=name, stratum="{}:{}".format(*part.address))
        begun(part)
        told = asyncio.Event()
        ended.add_done_callback(lambda _: told.set())
        await until_told_or_failed(
            told, part.pool.failed(), outbox.failed(), admission.run(),
            follow(floors, FarAway(exchange)),
        )  # fmt: skip


async def _input() -> asyncio.StreamReader:
    reader = asyncio.StreamReader(limit=LONGEST_ORDERS)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    return reader


async def run() -> None:
    """The whole process."""
    reader = await _input()
    orders = msgspec.json.decode(await reader.readline(), type=Orders)
    start_logging(orders.config.log)
    ended: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
    listening = asyncio.ensure_future(_hear(reader, ended))
    for number in (signal.SIGINT, signal.SIGTERM):  # told to a whole group, it is for all of it
        asyncio.get_running_loop().add_signal_handler(number, listening.cancel)
    exchange = LocalExchange(Path(orders.directory))
    linked = asyncio.ensure_future(exchange.linked())
    try:
        waits = {linked, listening}
        await asyncio.wait(waits, timeout=REACHING_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if not ended.done():
            await serve(orders, exchange, ended)
    finally:
        linked.cancel()
        listening.cancel()
        await exchange.close()


async def _hear(reader: asyncio.StreamReader, ended: asyncio.Future[bool]) -> None:
    """The last word, or the end; cancelled, that is the end."""
    try:
        ended.set_result(await reader.readline() == COME_AGAIN)
    finally:
        if not ended.done():
            ended.set_result(False)


def main() -> None:
    if sys.platform != "win32":
        os.nice(NICENESS)
    run_to_the_end(run())


if __name__ == "__main__":
    main()
