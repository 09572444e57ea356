"""How long answers of the pool's web API take, of an account of 10,000 workers in a big pool."""

import asyncio
import time
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import msgspec

from pithead.pool.accounts import Accounts
from pithead.pool.bookkeeper_settings import BookkeeperSettings
from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.events import ShareAccepted
from pithead.poolapi.app import build_app
from pithead.poolapi.kept import KEPT_SECONDS
from pithead.poolapi.settings import ApiSettings

NOW = 1_700_000_000
MINUTES = 40
WORKERS = 10_000
POOLS = (10_000, 200_000)
ASKED = 25
PATHS = (
    "/accounts/workers/json/btc",
    "/accounts/profile/json/btc",
    "/stats/json/btc",
    "/accounts/rewards/json/btc",
    "/accounts/hash_rate_daily/json/btc",
)


def run() -> None:
    for workers in POOLS:
        print(f"\nanswers for {WORKERS:,} workers of a pool of {workers:,}, one request at a time")
        asyncio.run(_measure(workers))


async def _measure(workers: int) -> None:
    with TemporaryDirectory() as directory:
        settings = BookkeeperSettings(commit_seconds=3_600)
        keeper = await Bookkeeper.open(Path(directory), settings)
        _mine(keeper, workers)
        await keeper.commit()
        accounts = Accounts(keeper.store)
        token = accounts.create_token("user0")
        now = NOW + MINUTES * 60.0
        settings_of_api = ApiSettings(work_scale=10**12, burst=10_000)
        later = count(step=2 * KEPT_SECONDS)  # nothing kept is of use to the next request
        app = build_app(
            keeper, accounts, settings_of_api,
            lambda: now + next(later), lambda: time.time() + next(later),
        )  # fmt: skip
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url="http://pool",
            headers={"SlushPool-Auth-Token": token},
        ) as client:
            for path in PATHS:
                await _time(client, path)
        await keeper.close()


def _mine(keeper: Bookkeeper, workers: int) -> None:
    """A share a minute of each worker, for every window to have an edge to find."""
    for minute in range(0, MINUTES, 4):
        at = (NOW + minute * 60) * 1000
        for user in range(workers // WORKERS):
            keeper.accept(
                [ShareAccepted(at, f"user{user}", f"rig{n}", 1_000 + n) for n in range(WORKERS)]
            )


async def _time(client: httpx.AsyncClient, path: str) -> None:
    """The baseline is encoding the same answer to JSON, which nothing can do without."""
    took, encoding = [], []
    for _ in range(ASKED):
        start = time.perf_counter()
        answer = await client.get(path)
        took.append(time.perf_counter() - start)
        assert answer.status_code == 200, answer.text
        content = msgspec.json.decode(answer.content)
        start = time.perf_counter()
        msgspec.json.encode(content)
        encoding.append(time.perf_counter() - start)
    took.sort()
    encoding.sort()
    median, worst = took[len(took) // 2], took[-1]
    least = encoding[len(encoding) // 2]
    print(
        f"  {path:36} median {median * 1e3:7.2f} ms  most {worst * 1e3:7.2f} ms  "
        f"{len(answer.content):>9,} bytes  {median / least:6.1f} x encoding alone"
    )
