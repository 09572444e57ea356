"""A farm under test, in a process of its own: `python -m bench.farmserver MACHINES`.

Chain, pool, and machines at normal speed, each with its REST API and its connection to the pool,
as `pithead up` runs them. Beside the first machine listens a bare application that sends the very
bytes of its answers and does nothing else, through the same server.
"""

import argparse
import asyncio
import json
import logging
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
import structlog
import uvloop
from starlette.types import ASGIApp, Receive, Scope, Send

from bench.server import resident_bytes, say
from pithead.cli.config import load
from pithead.cli.serving import HttpServer, listen
from pithead.cli.up import Farm, start_farm

PORTS = (
    "pool.stratum_port", "pool.api_port", "admin.port", "farm.rest_port", "farm.rest_fallback_port",
    "farm.cgminer_port", "farm.grpc_port", "farm.admin_port",
)  # fmt: skip
STATS = "/api/v1/miner/stats"
POWER_TARGET = "/api/v1/performance/power-target"
WATTS = {"watt": 3000}


def bare(body: bytes, headers: list[tuple[bytes, bytes]]) -> ASGIApp:
    """Reads a request to its end, and answers."""

    async def answer(_scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return answer


async def recorded(client: httpx.AsyncClient, verb: str, path: str, body: Any) -> ASGIApp:
    """The application that says what the machine has just said."""
    answer = await client.request(verb, path, json=body)
    answer.raise_for_status()
    return bare(answer.content, answer.headers.raw)


async def token_for(client: httpx.AsyncClient) -> str:
    answer = await client.post("/api/v1/auth/login", json={"username": "root", "password": ""})
    return str(answer.json()["token"])


async def serve(machines: int) -> None:
    """Until standard input ends."""
    flags: dict[str, Any] = dict.fromkeys(PORTS, 0)
    with tempfile.TemporaryDirectory() as directory:
        flags |= {"data.directory": directory, "farm.miners": machines, "farm.speed": 1.0}
        flags["fleet.enabled"] = False
        farm = await start_farm(load(flags, {}), Path(directory), time.time)
        servers: list[HttpServer] = []
        try:
            say_where = await beside_the_first(farm, servers)
            say_where["machines"] = [farm.machines.rest_of(each) for each in farm.machines.places]
            print(json.dumps(say_where), flush=True)
            await answer_questions(farm)
        finally:
            for server in servers:
                await server.stop()
            await farm.stop()


async def beside_the_first(farm: Farm, servers: list[HttpServer]) -> dict[str, Any]:
    """Start the bare applications; where all of them are."""
    rest = farm.machines.rest_of(farm.machines.places[0])
    async with httpx.AsyncClient(base_url=f"http://{rest}") as client:
        client.headers["Authorization"] = token = await token_for(client)
        apps = {
            STATS: await recorded(client, "GET", STATS, None),
            POWER_TARGET: await recorded(client, "PUT", POWER_TARGET, WATTS),
        }
    where: dict[str, Any] = {"machine": int(rest.rpartition(":")[2]), "token": token}
    where["host"] = rest.rpartition(":")[0]
    for path, app in apps.items():
        listening = listen(where["host"], 0, "none")
        where[path] = listening.getsockname()[1]
        servers.append(HttpServer(app, [listening]))
        await servers[-1].start()
    return where


async def answer_questions(farm: Farm) -> None:
    while line := await asyncio.to_thread(sys.stdin.readline):
        match line.strip():
            case "memory":
                say(resident_bytes())
            case "cpu":
                say(cpu_seconds())
            case "accepted":
                say(accepted(farm))
            case "now":
                say(farm.clock.now())


def cpu_seconds() -> float:
    """Of this process alone: the one that steps the machines and speaks for them."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def accepted(farm: Farm) -> int:
    """Shares that the pools of all machines took."""
    now = farm.clock.now()
    return sum(
        machine.miner.snapshot(now).pool_stats.accepted_shares for machine in farm.machines.machines
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("machines", type=int)
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    uvloop.run(serve(parser.parse_args().machines))


if __name__ == "__main__":
    main()
