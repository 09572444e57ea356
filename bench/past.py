"""A big pool's past: what it takes on disk, how long books open, and the web API under load.

Requests are sent at even moments, however long the answers take, each of another user; what a
request waits for the one before it is in its time.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections import defaultdict
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from bench import history
from bench.measure import cores, pinned

PER_SECOND = 50
SECONDS = 60.0
PATHS = (
    "/stats/json/btc",
    "/accounts/profile/json/btc",
    "/accounts/workers/json/btc",
    "/accounts/rewards/json/btc",
    "/accounts/hash_rate_daily/json/btc",
    "/accounts/block_rewards/json/btc",
    "/accounts/payouts/json/btc",
)


@dataclass(frozen=True, slots=True)
class Served:
    port: int
    tokens: list[str]
    seconds: float
    bytes: int


def run() -> None:
    with TemporaryDirectory() as name:
        directory = Path(name)
        history.make(directory)
        with pinned(cores()[0]):
            server = subprocess.Popen(
                [sys.executable, "-m", "bench.pastserver", name, str(history.USERS)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
        try:
            assert server.stdout is not None
            served = Served(**json.loads(server.stdout.readline()))
            print(
                f"  books open in {served.seconds:.1f} s and take {served.bytes / 2**20:,.0f} MiB"
            )
            show(asyncio.run(ask(served)))
        finally:
            server.communicate(timeout=120)


async def ask(served: Served) -> dict[str, list[float]]:
    """Milliseconds of every answer, by path."""
    took: dict[str, list[float]] = defaultdict(list)
    limits = httpx.Limits(max_connections=PER_SECOND)
    async with (
        httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{served.port}", timeout=60, limits=limits, trust_env=False
        ) as client,
        asyncio.TaskGroup() as requests,
    ):
        began = time.monotonic()
        for number in count():
            due = began + number / PER_SECOND
            if due > began + SECONDS:
                break
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            token = served.tokens[number * 97 % len(served.tokens)]
            path = PATHS[number % len(PATHS)]
            requests.create_task(_ask(client, path, token, due, took[path]))
    return took


async def _ask(
    client: httpx.AsyncClient, path: str, token: str, due: float, took: list[float]
) -> None:
    answer = await client.get(path, headers={"SlushPool-Auth-Token": token})
    answer.raise_for_status()
    took.append((time.monotonic() - due) * 1e3)


def show(took: dict[str, list[float]]) -> None:
    print(f"  {PER_SECOND} requests a second, each of another user")
    for path, times in took.items():
        times.sort()
        p50, p99 = (times[int(len(times) * part)] for part in (0.5, 0.99))
        print(f"  {path:36} p50 {p50:6.1f} ms  p99 {p99:6.1f} ms  of {len(times)}")
