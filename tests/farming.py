"""A whole farm for tests: ports of its own, a clock that runs fast, everything in one process."""

import asyncio
import json
import time
from contextlib import asynccontextmanager

import httpx

from pithead.cli.config import load
from pithead.cli.up import start_farm

FREE_PORTS = {
    "pool.stratum_port": 0,
    "pool.api_port": 0,
    "admin.port": 0,
    "farm.rest_port": 0,
    "farm.rest_fallback_port": 0,
    "farm.cgminer_port": 0,
    "farm.grpc_port": 0,
    "farm.admin_port": 0,
    "fleet.port": 0,
    "pool.api_burst": 10_000,
    "pool.api_refill_per_second": 1_000.0,
}


def configuration(directory, **changes):
    flags = {**FREE_PORTS, "data.directory": str(directory)}
    flags.update({key.replace("__", "."): value for key, value in changes.items()})
    return load(flags, {})


def wall():
    return time.time()


@asynccontextmanager
async def running_farm(directory, **changes):
    """A farm from its first block on; stopped in order at the end."""
    farm = await start_farm(configuration(directory, **changes), directory, wall)
    try:
        yield farm
    finally:
        await farm.stop()


async def until(condition, seconds=60.0):
    """Wait for something to become true: a step of a test, never its verdict."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"did not come true in {seconds} s: {condition}")
        await asyncio.sleep(0.02)


class ApiClient:
    """The pool's web API as a script would use it, from `farm.json` alone."""

    def __init__(self, farm_file, user=0):
        described = json.loads(farm_file.read_text())
        self.base = described["pool"]["api"]
        self.username = described["users"][user]["username"]
        self.headers = {"SlushPool-Auth-Token": described["users"][user]["token"]}

    async def get(self, path):
        async with httpx.AsyncClient(base_url=self.base, headers=self.headers) as client:
            answer = await client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()
