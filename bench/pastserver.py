"""A pool's web API on books with a long past: `python -m bench.pastserver DIRECTORY USERS`.

It prints one JSON object once it answers: its port, a token of each of the first users, how long
opening the books took and what they take in memory; then it serves until its input ends.
"""

import asyncio
import json
import sys
import time
from pathlib import Path

import structlog
import uvloop

from bench.history import TODAY
from bench.server import resident_bytes
from pithead.cli.serving import HttpServer, listen
from pithead.pool.accounts import Accounts
from pithead.pool.bookkeeper_settings import BookkeeperSettings
from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.history import DAY
from pithead.poolapi.app import build_app
from pithead.poolapi.settings import ApiSettings

NO_LIMIT = ApiSettings(work_scale=1, burst=1 << 30, refill_per_second=1e9)


async def serve(directory: Path, users: int) -> None:
    empty, began = resident_bytes(), time.monotonic()
    keeper = await Bookkeeper.open(directory, BookkeeperSettings())
    took = time.monotonic() - began
    accounts = Accounts(keeper.store)
    tokens = [accounts.create_token(f"user{number:04}") for number in range(users)]
    started = time.time()
    app = build_app(
        keeper, accounts, NO_LIMIT, lambda: TODAY * DAY + time.time() - started, time.monotonic
    )
    listening = listen("127.0.0.1", 0, "a free port")
    server = HttpServer(app, [listening])
    await server.start()
    told = {"port": listening.getsockname()[1], "tokens": tokens, "seconds": took,
            "bytes": resident_bytes() - empty}  # fmt: skip
    print(json.dumps(told), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await server.stop()
    await keeper.close()


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    uvloop.run(serve(Path(sys.argv[1]), int(sys.argv[2])))
