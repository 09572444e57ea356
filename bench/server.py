"""The pool under test, in a process of its own: `python -m bench.server pool|baseline`.

`pool` is the real pool as `pithead pool` runs it: uvloop, listener, sessions, journal and books in
a temporary directory, in front of a benchmark node. `baseline` is the same without what makes it
fast: streams on asyncio's own loop, and plain hashlib for the judge.

Every hash is a share and none a block. It prints a JSON object a line: its port once it listens,
then one answer for every line of its standard input:

    memory    resident bytes
    block     seconds of the monotonic clock at which a new block was told to the pool
"""

import argparse
import asyncio
import json
import secrets
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from unittest.mock import patch

import structlog
import uvloop

from bench.node import BenchNode
from bench.streams import StreamListener
from pithead.native import twin
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


def assemble(node: BenchNode, bookkeeper: Bookkeeper) -> Pool:
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
async def running(listen: Callable[[Pool], Listener]) -> AsyncIterator[tuple[BenchNode, int]]:
    """A pool that listens: its node and its port."""
    node = BenchNode()
    with tempfile.TemporaryDirectory() as directory:
        bookkeeper = await Bookkeeper.open(Path(directory))
        pool = assemble(node, bookkeeper)
        await pool.start()
        listener = listen(pool)
        await listener.start()
        try:
            yield node, listener.address[1]
        finally:
            await listener.stop()
            await pool.stop()
            await bookkeeper.close()


async def serve(listen: Callable[[Pool], Listener]) -> None:
    """Until standard input ends."""
    async with running(listen) as (node, port):
        say(port)
        while line := await asyncio.to_thread(sys.stdin.readline):
            match line.strip():
                case "memory":
                    say(resident_bytes())
                case "block":
                    say(time.monotonic())
                    node.grow()


def say(value: float) -> None:
    print(json.dumps(value), flush=True)


def resident_bytes() -> int:
    """Of this process, from the kernel's own account."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("the kernel does not say")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=("pool", "baseline"))
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    if parser.parse_args().kind == "pool":
        uvloop.run(serve(lambda pool: Listener(pool, HOST, 0)))
    else:
        with patch.object(judge, "share_hash", twin.share_hash):
            asyncio.run(serve(lambda pool: StreamListener(pool, HOST, 0)))


if __name__ == "__main__":
    main()
