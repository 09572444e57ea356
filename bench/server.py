"""The pool under test, in a process of its own: `python -m bench.server pool|baseline`.

`pool` is the real pool as `pithead pool` runs it: uvloop, listener, sessions, journal and books in
a temporary directory, in front of a benchmark node. `baseline` is the same without what makes it
fast: streams on asyncio's own loop, and plain hashlib for the judge.

Every hash is a share and none a block. It prints a JSON object a line: its port once it listens,
then one answer for every line of its standard input:

    memory    resident bytes
    block     seconds of the monotonic clock at which a new block was told to the pool

With `--bitcoind URL ZMQ` it is in front of what answers there, which says itself when there is a
new block.
"""

import argparse
import asyncio
import json
import secrets
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from unittest.mock import patch

import structlog
import uvloop

from bench.node import BenchNode
from bench.streams import StreamListener
from pithead.bitcoin.network import MAINNET
from pithead.native import twin
from pithead.node.bitcoind import BitcoindNode, BitcoindSettings
from pithead.node.node import Node
from pithead.node.rpc import RpcAddress
from pithead.node.watched import NodeAddress
from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.crowd import CrowdSettings
from pithead.pool.extranonce import Extranonces
from pithead.pool.front import Front
from pithead.pool.jobs import JobBook, JobSettings
from pithead.pool.listener import Listener
from pithead.pool.pool import Pool, PoolSettings
from pithead.pool.session import Session
from pithead.pool.vardiff import VardiffSettings
from pithead.work import judge

NO_LIMITS = CrowdSettings(1 << 20, 1 << 20, 1 << 40, 1 << 40, 1 << 40)
"""All of the load comes from one machine."""

EVERY_HASH = VardiffSettings(first_work=1, least_work=1, bump_shares=1 << 60)
HOST = "127.0.0.1"
PAYOUT_SCRIPT = bytes.fromhex("0014") + bytes(20)


def assemble(node: Node, bookkeeper: Bookkeeper) -> Pool:
    """As the command line does it, with room for any number of connections."""
    jobs = JobBook(JobSettings(payout_script=PAYOUT_SCRIPT), first_sequence=1 << 40)
    extranonces = Extranonces(secrets.token_bytes(32), size=4)
    front = Front(jobs, extranonces, admit=lambda user: True, vardiff=EVERY_HASH)
    return Pool(
        node=node,
        jobs=jobs,
        bookkeeper=bookkeeper,
        open_session=partial(Session, front),
        clock=time.time,
        wall=time.monotonic,
        settings=PoolSettings(max_connections=1 << 20, crowd=NO_LIMITS),
    )


@asynccontextmanager
async def running(listen: Callable[[Pool], Listener], node: Node) -> AsyncIterator[int]:
    """A pool that listens: its port."""
    with tempfile.TemporaryDirectory() as directory:
        bookkeeper = await Bookkeeper.open(Path(directory))
        pool = assemble(node, bookkeeper)
        await pool.start()
        listener = listen(pool)
        await listener.start()
        try:
            yield listener.address[1]
        finally:
            await listener.stop()
            await pool.stop()
            await bookkeeper.close()
            await node.close()


async def serve(listen: Callable[[Pool], Listener], bitcoind: Sequence[str] | None) -> None:
    """Until standard input ends."""
    node = await over(*bitcoind) if bitcoind else BenchNode()
    async with running(listen, node) as port:
        say(port)
        while line := await asyncio.to_thread(sys.stdin.readline):
            match line.strip():
                case "memory":
                    say(resident_bytes())
                case "block" if isinstance(node, BenchNode):
                    say(time.monotonic())
                    node.grow()


async def over(url: str, news: str) -> BitcoindNode:
    address = NodeAddress(RpcAddress(url, "user", "pass"), news)
    return await BitcoindNode.open([address], BitcoindSettings(MAINNET), time.monotonic)


def say(value: float) -> None:
    print(json.dumps(value), flush=True)


def resident_bytes(process: int | None = None) -> int:
    """Of a process, this one if none is named, from the kernel's own account."""
    for line in Path(f"/proc/{process or 'self'}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("the kernel does not say")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=("pool", "baseline"))
    parser.add_argument("--bitcoind", nargs=2, metavar=("URL", "ZMQ"))
    arguments = parser.parse_args()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    if arguments.kind == "pool":
        uvloop.run(serve(lambda pool: Listener(pool, HOST, 0), arguments.bitcoind))
    else:
        with patch.object(judge, "share_hash", twin.share_hash):
            asyncio.run(serve(lambda pool: StreamListener(pool, HOST, 0), arguments.bitcoind))


if __name__ == "__main__":
    main()
