"""`pithead up`: a whole farm in one process, and the table that shows it."""

import asyncio
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from math import exp
from pathlib import Path

from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from pithead.cli.datadir import DataDirectory
from pithead.cli.ending import told_to_stop, until_told_or_failed
from pithead.cli.farmfile import (
    FARM_FILE,
    FarmFile,
    MinerEntry,
    PoolEntry,
    UserEntry,
    read_farm_file,
    write_farm_file,
)
from pithead.cli.farmplan import plan_of
from pithead.cli.farmside import ApiPlans, Machines
from pithead.cli.farmtime import keep_time, open_clock, steady_wall
from pithead.cli.fleetside import FleetPart, fleet_of
from pithead.cli.logs import start_logging
from pithead.cli.machines import Place
from pithead.cli.poolside import PoolPart, first_block_work, open_pool
from pithead.cli.sections import Config
from pithead.cli.table import FarmPicture, MinerRow, draw, line
from pithead.farm.clock import FarmClock
from pithead.pool.admins import Admins

DRAW_SECONDS = 1.0
LINE_SECONDS = 10.0
"""Between two lines where the output is no terminal."""


@dataclass(slots=True)
class Farm:
    """Everything `pithead up` runs."""

    config: Config
    directory: Path
    clock: FarmClock
    pool: PoolPart
    machines: Machines
    users: tuple[str, ...]
    """The accounts mined for."""
    fleet: FleetPart | None
    """Where the machines are watched and steered from one page."""

    @property
    def file(self) -> Path:
        return self.directory / FARM_FILE

    async def describe(self) -> None:
        """Write `farm.json`, with the tokens of the last run where they still work."""
        known = read_farm_file(self.file)
        tokens = {entry.username: entry.token for entry in known.users} if known else {}
        users = []
        for user in self.users:
            token = tokens.get(user, "")
            if not self.pool.accounts.opens(token, user):
                token = await asyncio.to_thread(self.pool.accounts.create_token, user, "farm")
            users.append(UserEntry(user, token))
        miners = [
            MinerEntry(
                name=place.name,
                model=place.model.name,
                rest=f"http://{self.machines.rest_of(place)}",
                grpc=self.machines.grpc_of(place),
                cgminer=self.machines.cgminer_of(place),
            )
            for place in self.machines.places
        ]
        admins = Admins(self.pool.bookkeeper.store.engine)
        pool = PoolEntry(
            self.pool.stratum, f"http://{self.pool.api}", f"http://{self.pool.admin.address}",
            await asyncio.to_thread(admins.create, "farm"),
        )  # fmt: skip
        await asyncio.to_thread(
            write_farm_file,
            self.file,
            FarmFile(
                pool,
                users,
                miners,
                f"http://{self.machines.admin}",
                "" if self.fleet is None else self.fleet.url,
                "" if self.fleet is None else self.fleet.token,
            ),
        )

    async def stop(self) -> None:
        try:
            if self.fleet is not None:
                await self.fleet.stop()
            await self.machines.stop()
        finally:
            await self.pool.stop()
            await asyncio.to_thread(keep_time, self.directory, self.clock.now())


async def start_farm(
    config: Config,
    directory: Path,
    wall: Callable[[], float],
    say: Callable[[str], None] = lambda step: None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Farm:
    """Chain, pool and machines, in this order; `farm.json` last."""
    clock = open_clock(directory, config.farm.speed, wall)
    plan = await asyncio.to_thread(plan_of, config.farm)
    rate = sum(place.model.sticker_ths for place in plan.places("")) * 1e12 / config.pool.work_scale
    async with AsyncExitStack() as undo:
        say("chain and pool")
        pool = await open_pool(
            config, directory, clock.now, wall, first_block_work(config, rate), progress
        )
        undo.push_async_callback(pool.stop)
        say("miners")
        places = plan.places(f"stratum+tcp://{pool.stratum}")
        plans = ApiPlans.of(config.farm, "farm")
        machines = Machines(
            places, directory / "miners", clock, wall, config.pool.work_scale, plans
        )
        last = await asyncio.to_thread(read_farm_file, directory / FARM_FILE)
        if last is not None and last.pool.stratum != pool.stratum:
            old_url = f"stratum+tcp://{last.pool.stratum}"
            machines.move_pool(old_url, f"stratum+tcp://{pool.stratum}", clock.now())
        undo.push_async_callback(machines.stop)
        await machines.start()
        named = [(place.name, machines.rest_of(place)) for place in places]
        fleet = fleet_of(config.fleet, directory, named, machines.admin)
        if fleet is not None:
            undo.push_async_callback(fleet.stop)
            await fleet.start()
        running = Farm(config, directory, clock, pool, machines, plan.users, fleet)
        await running.describe()
        undo.pop_all()
    return running


def picture(farm: Farm) -> FarmPicture:
    """What the table shows now."""
    now = farm.clock.now()
    scale = farm.config.pool.work_scale
    readings = farm.pool.bookkeeper
    users = farm.users
    seen = {
        f"{user}.{worker.name}": worker.work_5m * scale / 300
        for user in users
        for worker in readings.workers(user, now)
    }
    pool = readings.pool(users[0], now)
    last = pool.blocks[0] if pool.blocks else None
    return FarmPicture(
        now=now,
        speed=farm.clock.speed,
        stratum=farm.pool.stratum,
        api=farm.pool.api,
        fleet="" if farm.fleet is None else farm.fleet.url,
        farm_file=str(farm.file),
        miners=[
            _row(farm, place, number, seen.get(place.worker, 0.0), now)
            for number, place in enumerate(farm.machines.places)
        ],
        height=farm.pool.pool.height,
        blocks_found=readings.blocks_found,
        pool_rate=pool.windows.work_5m * scale / 300,
        round_probability=1 - exp(-pool.round_work / pool.block_work) if pool.block_work else 0.0,
        last_block="none yet" if last is None else _clock_time(last.found_at),
        directory=str(farm.directory),
    )


def _row(farm: Farm, place: Place, number: int, pool_rate: float, now: float) -> MinerRow:
    seen = farm.machines.machines[number].miner.snapshot(now)
    return MinerRow(
        name=place.name,
        model=place.model.name,
        address=farm.machines.rest_of(place),
        worker=place.worker,
        status=seen.status.name.lower().replace("_", " "),
        power_watts=seen.consumption_w,
        temperature_celsius=seen.highest_chip_temp_c,
        miner_rate=seen.real.last_5m,
        pool_rate=pool_rate,
        accepted=seen.pool_stats.accepted_shares,
        rejected=seen.pool_stats.rejected_shares + seen.pool_stats.stale_shares,
    )


def _clock_time(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S")


async def run(config: Config) -> None:
    """Start the farm, show it until told to stop, stop it in order."""
    console = Console()
    wall = steady_wall()
    with told_to_stop() as told, DataDirectory(Path(config.data.directory)) as data:
        start_logging(config.log, data.path / "pithead.log")
        farm = await _start_with_progress(config, data.path, wall, console)
        if farm.machines.port is not None and farm.machines.port.advice is not None:
            console.print(farm.machines.port.advice, style="yellow")
        try:
            await until_told_or_failed(
                told,
                _show(farm, console),
                farm.pool.pool.failed(),
                farm.machines.daemon.failed(),
                *(() if farm.fleet is None else (farm.fleet.failed(),)),
            )
        finally:
            console.print("stopping ...")
            await farm.stop()
    console.print(f"stopped; state is kept in {data.path}")


async def _start_with_progress(
    config: Config, directory: Path, wall: Callable[[], float], console: Console
) -> Farm:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as bars:
        first_blocks = bars.add_task("first blocks of the chain", total=None, visible=False)

        def progress(done: int, total: int) -> None:
            bars.update(first_blocks, completed=done, total=total, visible=True)

        def say(step: str) -> None:
            bars.console.print(f"starting {step}", highlight=False)

        return await start_farm(config, directory, wall, say, progress)


async def _show(farm: Farm, console: Console) -> None:
    """Draw the table once a second, or print a line every ten; keep farm time meanwhile."""
    if not sys.stdout.isatty():
        console.print(f"running; {farm.file} says where everything is", soft_wrap=True)
        while True:
            await asyncio.sleep(LINE_SECONDS)
            console.print(line(picture(farm)), soft_wrap=True, highlight=False)
            await asyncio.to_thread(keep_time, farm.directory, farm.clock.now())
    with Live(draw(picture(farm)), console=console, auto_refresh=False) as live:
        while True:
            await asyncio.sleep(DRAW_SECONDS)
            live.update(draw(picture(farm)), refresh=True)
            await asyncio.to_thread(keep_time, farm.directory, farm.clock.now())
