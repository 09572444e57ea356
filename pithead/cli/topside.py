"""`pithead top`: a pool and machines, seen through their APIs, again and again."""

import asyncio
import os
import sys
import termios
import time
import tty
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
import httpx
import msgspec
from rich.console import Console
from rich.live import Live

from pithead.cli.choosing import (
    Asking,
    Machine,
    chosen,
    limits_of,
    login_of,
    login_options,
    waiting_options,
)
from pithead.cli.ending import told_to_stop
from pithead.cli.farmfile import FARM_FILE, read_farm_file
from pithead.cli.options import configured, data_option, general_options
from pithead.cli.topview import AROUND_LINES, ORDERS, Order, PoolView, View, frame, pages
from pithead.fleet.amounts import Row
from pithead.fleet.calling import for_each
from pithead.fleet.client import MachineClient, MachineError, shared_http
from pithead.fleet.connections import Connections
from pithead.fleet.readings import READINGS

POOL_SECONDS = 5.0
"""Between two questions to a pool, however often the machines are asked."""
KEY_SECONDS = 0.3
"""Between two pictures at most."""
MOST_KEYS = 100
"""That wait."""
MOST_POOL_BYTES = 1024 * 1024
NOTHING = 1
"""The exit code of `--once` where nothing answered."""
_UNITS = {"H": 0, "Kh": 1, "Mh": 2, "Gh": 3, "Th": 4, "Ph": 5, "Eh": 6}


@dataclass(frozen=True, slots=True)
class PoolDoor:
    """Where a pool is asked: its web API, and its admin API where that is known."""

    url: str
    token: str
    admin: str = ""
    admin_token: str = ""


class _Stats(msgspec.Struct):
    hash_rate_unit: str
    pool_5m_hash_rate: float
    pool_active_workers: int
    luck_b10: float | str
    round_probability: float | str


class _StatsAnswer(msgspec.Struct):
    btc: _Stats


class _Status(msgspec.Struct):
    height: int
    connections: int
    blocks_found: int


@click.command()
@click.argument("range_", metavar="[RANGE]", required=False)
@click.option("--pool", "pool_url", metavar="URL", help="A pool's web API, http://HOST:PORT.")
@click.option(
    "--pool-token", metavar="TEXT", envvar="POOL_TOKEN", default="", help="Better in $POOL_TOKEN."
)
@click.option("--sort", type=click.Choice(ORDERS), default="name", show_default=True)
@click.option("--reverse", is_flag=True, help="The other way round.")
@click.option(
    "--every", type=click.FloatRange(0.5, 600), default=2.0, show_default=True, metavar="SECONDS"
)
@click.option("--once", is_flag=True, help="Print one picture with all machines, and end.")
@login_options
@waiting_options
@data_option
@general_options
@click.pass_context
def top(context: click.Context, /, range_: str | None, **given: Any) -> None:
    """Watch a pool and machines.

    They are those of RANGE and --pool, or the farm of the data directory.

    \b
    Keys: q quit, s sort by the next column, r reverse, n next page, p previous page.
    RANGE is as in `pithead miner get`.

    \b
    Exit codes: 0 ended; 1 --once, and nothing answered; 2 the command is wrong.

    \b
    Examples:
      pithead top
      pithead top 10.0.0.0/24 --sort power
      pithead top --once 10.0.0.0/24 --pool http://pool.lan:8080
    """
    asking = Asking(
        login_of(given["user"], given["password"], given["token"]), given["port"],
        limits_of(given["timeout"]), given["parallel"],
    )  # fmt: skip
    only_pool = given["pool_url"] and range_ is None
    machines = [] if only_pool else chosen(context, range_, given["data"], asking)
    door = _door(context, given, range_)
    view = View(given["sort"], given["reverse"], page_rows=max(1, len(machines)))
    if not asyncio.run(_top(_Eyes(machines, door, asking), view, given)):
        raise SystemExit(NOTHING)


def _door(context: click.Context, given: dict[str, Any], range_: str | None) -> PoolDoor | None:
    if given["pool_url"]:
        return PoolDoor(given["pool_url"].rstrip("/"), given["pool_token"])
    directory = Path(configured(context, data__directory=given["data"]).data.directory)
    farm = read_farm_file(directory / FARM_FILE) if range_ is None else None
    if farm is None or not farm.pool.api:
        return None
    token = farm.users[0].token if farm.users else ""
    return PoolDoor(farm.pool.api, token, farm.pool.admin, farm.pool.admin_token)


@dataclass(frozen=True, slots=True)
class _Ways:
    """What pool and machines are asked through."""

    pool: httpx.AsyncClient
    machines: Connections


class _Eyes:
    """Asks everything, and remembers what the pool said last."""

    def __init__(self, machines: list[Machine], door: PoolDoor | None, asking: Asking) -> None:
        self._machines = machines
        self._door = door
        self._asking = asking
        self._clients: dict[str, MachineClient] = {}
        self._pool: PoolView | None = None
        self._pool_asked = 0.0

    async def look(self, ways: _Ways) -> tuple[list[PoolView], list[Row]]:
        pool, rows = await asyncio.gather(
            self._look_at_pool(ways.pool), self._look_at_machines(ways.machines)
        )
        return pool, rows

    async def _look_at_pool(self, http: httpx.AsyncClient) -> list[PoolView]:
        if self._door is None:
            return []
        if self._pool is None or time.monotonic() - self._pool_asked >= POOL_SECONDS:
            self._pool_asked = time.monotonic()
            self._pool = await _ask_pool(self._door, http, self._asking.limits.seconds)
        return [self._pool]

    async def _look_at_machines(self, http: Connections) -> list[Row]:
        async def one(machine: Machine) -> Row:
            client = self._clients.setdefault(
                machine.name,
                MachineClient(machine.place, machine.login, self._asking.limits, http),
            )
            summary = READINGS["summary"]
            answers = [await client.ask_as(kind, "GET", path) for path, kind in summary.asks]
            return summary.rows(*answers)[0]

        seen = await for_each(self._machines, one, self._asking.at_once)
        return [
            {"machine": machine.name, "error": row.message}
            if isinstance(row, MachineError)
            else {"machine": machine.name, **row}
            for machine, row in zip(self._machines, seen, strict=True)
        ]


async def _ask_pool(door: PoolDoor, http: httpx.AsyncClient, seconds: float) -> PoolView:
    view = PoolView(door.url)
    try:
        async with asyncio.timeout(seconds):
            token = {"SlushPool-Auth-Token": door.token}
            stats = (await _fetch(http, f"{door.url}/stats/json/btc", token, _StatsAnswer)).btc
            prefix = _UNITS.get(stats.hash_rate_unit.removesuffix("/s"), 3)
            view = replace(
                view, hashes_per_second=stats.pool_5m_hash_rate * 1000.0**prefix,
                workers=stats.pool_active_workers, luck=float(stats.luck_b10),
                round_probability=float(stats.round_probability),
            )  # fmt: skip
            if door.admin:
                bearer = {"Authorization": f"Bearer {door.admin_token}"}
                status = await _fetch(http, f"{door.admin}/api/v1/status", bearer, _Status)
                view = replace(
                    view, height=status.height, connections=status.connections,
                    blocks_found=status.blocks_found,
                )  # fmt: skip
    except TimeoutError:
        return replace(view, error=f"did not answer within {seconds:g} s")
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        return replace(view, error=str(error) or type(error).__name__)
    return view


async def _fetch(http: httpx.AsyncClient, url: str, headers: dict[str, str], kind: Any) -> Any:
    """Raises httpx.HTTPError, ValueError."""
    async with http.stream("GET", url, headers=headers) as response:
        body = bytearray()
        async for part in response.aiter_bytes():
            body += part
            if len(body) > MOST_POOL_BYTES:
                raise ValueError(f"answered with more than {MOST_POOL_BYTES} bytes")
    if response.status_code != 200:
        said = bytes(body[:200]).decode(errors="replace").strip()
        raise ValueError(f"status {response.status_code}: {said}")
    return msgspec.json.decode(bytes(body), type=kind)


async def _top(eyes: _Eyes, view: View, given: dict[str, Any]) -> bool:
    console = Console()
    async with httpx.AsyncClient(trust_env=False) as pool, shared_http(given["parallel"]) as http:
        ways = _Ways(pool, http)
        if given["once"] or not console.is_terminal:
            pools, rows = await eyes.look(ways)
            if not console.is_terminal:
                console.width = max(console.width, 200)
            console.print(frame(time.time(), pools, rows, view))
            return any(not row.get("error") for row in rows) or any(not p.error for p in pools)
        with told_to_stop() as told:
            await _watch(eyes, view, ways, told, given["every"])
    return True


def _fitting(console: Console) -> int:
    return max(1, console.size.height - AROUND_LINES)


async def _watch(eyes: _Eyes, view: View, ways: _Ways, told: asyncio.Event, every: float) -> None:
    """Keys are answered while machines are waited for."""
    console = Console()
    keys: asyncio.Queue[str] = asyncio.Queue(maxsize=MOST_KEYS)
    look = asyncio.create_task(eyes.look(ways))
    pools: list[PoolView] = []
    rows: list[Row] = []
    try:
        with _keys(keys), Live(console=console, auto_refresh=False, screen=True) as live:
            while not told.is_set():
                if look.done():
                    pools, rows = look.result()
                    look = asyncio.create_task(_later(every, eyes, ways))
                view = replace(view, page_rows=_fitting(console))
                live.update(frame(time.time(), pools, rows, view), refresh=True)
                with suppress(TimeoutError):
                    key = await asyncio.wait_for(keys.get(), KEY_SECONDS)
                    if key == "q":
                        return
                    view = pressed(view, key, len(rows))
    finally:
        look.cancel()
        await asyncio.gather(look, return_exceptions=True)


async def _later(seconds: float, eyes: _Eyes, ways: _Ways) -> tuple[list[PoolView], list[Row]]:
    await asyncio.sleep(seconds)
    return await eyes.look(ways)


def pressed(view: View, key: str, count: int) -> View:
    """The view after a key, over so many machines."""
    last = pages(count, view) - 1
    match key:
        case "s":
            following = (ORDERS.index(view.order) + 1) % len(ORDERS)
            order: Order = ORDERS[following]
            return replace(view, order=order, page=0)
        case "r":
            return replace(view, is_reversed=not view.is_reversed)
        case "n" | " ":
            return replace(view, page=min(view.page + 1, last))
        case "p":
            return replace(view, page=max(0, min(view.page, last) - 1))
    return view


@contextmanager
def _keys(keys: asyncio.Queue[str]) -> Iterator[None]:
    """Single keys of the terminal, without an echo; as it was afterwards."""
    if not sys.stdin.isatty():
        yield
        return
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    loop = asyncio.get_running_loop()
    tty.setcbreak(descriptor)
    loop.add_reader(descriptor, _take, keys)
    try:
        yield
    finally:
        loop.remove_reader(descriptor)
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def _take(keys: asyncio.Queue[str]) -> None:
    with suppress(asyncio.QueueFull):
        for key in os.read(sys.stdin.fileno(), 100).decode(errors="replace"):
            keys.put_nowait(key)
