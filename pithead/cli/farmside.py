"""Machines as a running part: daemon, hashing workers and REST APIs together."""

import asyncio
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click
import structlog
from msgspec.structs import replace
from starlette.types import ASGIApp

from pithead.cli.datadir import DataDirectory
from pithead.cli.doors import DoorPlan, Doors
from pithead.cli.ending import told_to_stop, until_told_or_failed
from pithead.cli.farmplan import plan_of
from pithead.cli.farmtime import steady_wall
from pithead.cli.fleetside import fleet_of
from pithead.cli.housing import house
from pithead.cli.logs import start_logging
from pithead.cli.machines import Place, RestPort, serve_rest
from pithead.cli.machinesections import FarmSection, MinerSection
from pithead.cli.sections import Config
from pithead.cli.serving import HttpServer, listen
from pithead.farm.admin import build_admin
from pithead.farm.ambient import Ambient
from pithead.farm.clock import FarmClock
from pithead.farm.desk import Desk
from pithead.farm.fate import Lot
from pithead.farm.hashing import WorkerEngine, default_workers
from pithead.farm.watch import FarmWatch
from pithead.hardware.models import MachineModel, model_named
from pithead.hardware.processor import PROCESSOR, processor_model
from pithead.miner.announcing import Announcement, Announcer, Facts
from pithead.miner.api.app import build_apis
from pithead.miner.api.version import REST_VERSION_TEXT
from pithead.miner.cgminer.api import CgminerApi
from pithead.miner.cgminer.server import CgminerServer
from pithead.miner.configuration import PoolGroup
from pithead.miner.daemon import Daemon, Machine
from pithead.miner.identity import version_named
from pithead.miner.miner import Miner
from pithead.miner.pool_url import read_pool_url
from pithead.rpc.grpcserver import GrpcServer

log = structlog.get_logger(__name__)

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class RestPlan:
    """Which ports the REST APIs may have, and what the keys for them are called."""

    port: int
    fallback: int
    setting: str


@dataclass(frozen=True, slots=True)
class ApiPlans:
    """The same ports on the address of each machine."""

    rest: RestPlan
    cgminer: DoorPlan
    grpc: DoorPlan
    admin: DoorPlan | None
    """Of all machines together, on loopback."""
    announce: bool
    """Whether machines announce themselves by mDNS."""

    @staticmethod
    def of(section: FarmSection | MinerSection, name: str) -> "ApiPlans":
        """As configured in the section of that name."""
        return ApiPlans(
            RestPlan(section.rest_port, section.rest_fallback_port, f"--set {name}.rest_port=PORT"),
            DoorPlan(section.cgminer_port, f"--set {name}.cgminer_port=PORT"),
            DoorPlan(section.grpc_port, f"--set {name}.grpc_port=PORT"),
            DoorPlan(section.admin_port, "--set farm.admin_port=PORT")
            if isinstance(section, FarmSection)
            else None,
            section.announce,
        )


class Machines:
    """All machines of a process, from `start` to `stop`."""

    def __init__(
        self,
        places: Sequence[Place],
        directory: Path,
        clock: FarmClock,
        wall: Callable[[], float],
        work_scale: int,
        plans: ApiPlans,
        workers: int | None = None,
    ) -> None:
        """`workers`: how many processes hash; None: as many as suit this computer."""
        self.places = tuple(places)
        now = clock.now()
        self._housed = [house(place, directory, now, work_scale, clock.now) for place in places]
        self.machines: list[Machine] = [each.machine for each in self._housed]
        fates = {each.place.name: each.fate for each in self._housed if each.fate is not None}
        self._desk = Desk(fates, clock.now)
        self._engine = WorkerEngine(workers)
        self.daemon = Daemon(self.machines, clock, self._engine)
        self._apps: dict[str, ASGIApp] = {}
        cgminer: dict[str, CgminerServer] = {}
        grpc: dict[str, GrpcServer] = {}
        for each in self._housed:
            machine, address = each.machine, each.place.address
            machine.miner.system.watch(partial(self._power, machine, address))
            machine.cable.watch(partial(self._look_at, machine, address))
            apis = build_apis(machine.miner, each.surroundings, clock.now, wall)
            self._apps[address] = apis.http
            grpc[address] = GrpcServer(apis.grpc)
            cgminer[address] = CgminerServer(CgminerApi(machine.miner, clock.now).answer)
        self._rest = plans.rest
        self._cgminer = Doors(cgminer, plans.cgminer)
        self._grpc = Doors(grpc, plans.grpc)
        self._admin_plan = plans.admin
        self._watch = FarmWatch(
            self.machines, self._desk, self._engine.worker_ids, directory, clock.now
        )
        self._lag: asyncio.Task[None] | None = None
        self._admin: HttpServer | None = None
        self.admin: str | None = None
        """`host:port` of the admin API, once started."""
        self._announce = plans.announce
        self._announcer: Announcer | None = None
        self._unreachable: set[str] = set()
        self._server: HttpServer | None = None
        self.port: RestPort | None = None

    async def start(self) -> None:
        """Bind the APIs and begin to mine. Raises AddressTaken."""
        if self._apps:
            self._server, self.port = serve_rest(
                self._apps, self._rest.port, self._rest.fallback, self._rest.setting
            )
            await self._server.start()
        await self._cgminer.start()
        await self._grpc.start()
        for place, machine in zip(self.places, self.machines, strict=True):
            self._look_at(machine, place.address)
        if self._admin_plan is not None:
            await self._start_admin(self._admin_plan)
        if self._announce and self.port is not None:
            self._announcer = Announcer(self._announcements(self.port))
            await self._announcer.start()
        await self.daemon.start()

    def _announcements(self, port: RestPort) -> list[Announcement]:
        return [
            Announcement(partial(_facts, machine.miner), place.address, port.ports[place.address])
            for place, machine in zip(self.places, self.machines, strict=True)
        ]

    async def _start_admin(self, plan: DoorPlan) -> None:
        bound = listen(LOOPBACK, plan.port, plan.setting)
        self._admin = HttpServer(build_admin(self._desk, self._watch), [bound])
        self._lag = asyncio.create_task(self._watch.lag.run())
        await self._admin.start()
        self.admin = f"{LOOPBACK}:{bound.getsockname()[1]}"

    def move_pool(self, old_url: str, new_url: str, now: float) -> None:
        """The farm's own pool has another address than when these machines were set up."""
        for machine in self.machines:
            groups = machine.miner.pool_groups()
            moved = tuple(_moved(group, old_url, new_url) for group in groups)
            if moved != groups:
                machine.miner.set_pool_groups(moved, now)

    async def stop(self) -> None:
        if self._admin is not None:
            await self._admin.stop()
        if self._lag is not None:
            self._lag.cancel()
        if self._announcer is not None:
            await self._announcer.stop()
        self._cgminer.stop()
        self._grpc.stop()
        if self._server is not None:
            await self._server.stop()
        await self.daemon.stop()
        await self._engine.close()
        for each in self._housed:
            await each.surroundings.logs.settled()

    def _power(self, machine: Machine, address: str, _: bool) -> None:
        self._look_at(machine, address)

    def _look_at(self, machine: Machine, address: str) -> None:
        """The APIs of a machine go away and come back with the machine, and with its network."""
        is_up = machine.miner.system.is_up and not machine.cable.is_deaf
        if is_up is (address not in self._unreachable):
            return
        self._unreachable ^= {address}
        self._cgminer.power(address, is_up)
        self._grpc.power(address, is_up)
        if self._announcer is not None:
            self._announcer.power(address, is_up)
        if self._server is None:
            return
        if is_up:
            self._server.open(address)
        else:
            self._server.close(address)

    def rest_of(self, place: Place) -> str:
        """`host:port` of one machine's REST API."""
        assert self.port is not None
        return f"{place.address}:{self.port.ports[place.address]}"

    def cgminer_of(self, place: Place) -> str:
        """`host:port` of one machine's cgminer API."""
        return self._cgminer.place(place.address)

    def grpc_of(self, place: Place) -> str:
        """`host:port` of one machine's gRPC API."""
        return self._grpc.place(place.address)


def _facts(miner: Miner) -> Facts:
    identity = miner.identity
    return Facts(
        hostname=identity.hostname,
        mac_address=identity.mac_address,
        bos_version=version_named(miner.settings.system.version).current,
        api_version=REST_VERSION_TEXT,
        model=miner.model.name,
    )


def _moved(group: PoolGroup, old_url: str, new_url: str) -> PoolGroup:
    """However the operator has written the old address."""
    old = read_pool_url(old_url)
    pools = tuple(
        replace(pool, url=new_url) if read_pool_url(pool.url) == old else pool
        for pool in group.pools
    )
    return replace(group, pools=pools)


async def run_miner(config: Config) -> None:
    """`pithead miner`."""
    section = config.miner
    workers = section.cores or default_workers()
    place = Place(
        name=section.name,
        model=_model(section.model, workers),
        address=section.host,
        worker=section.pool_user,
        pool_url=section.pool_url,
        pool_password=section.pool_password,
        lot=Lot(Ambient(((0.0, section.ambient_c),))),
    )
    await _run(config, [place], ApiPlans.of(section, "miner"), workers)


def _model(name: str, workers: int) -> MachineModel:
    return processor_model(workers, platform.release()) if name == PROCESSOR else model_named(name)


async def run_farm(config: Config) -> None:
    """`pithead farm`."""
    section = config.farm
    places = plan_of(section).places(config.miner.pool_url)
    await _run(config, places, ApiPlans.of(section, "farm"), is_farm=True)


async def _run(
    config: Config,
    places: Sequence[Place],
    plans: ApiPlans,
    workers: int | None = None,
    is_farm: bool = False,
) -> None:
    start_logging(config.log)
    wall = steady_wall()
    clock = FarmClock(wall(), 1, wall)
    with told_to_stop() as told, DataDirectory(Path(config.data.directory) / "miners") as data:
        machines = Machines(places, data.path, clock, wall, config.pool.work_scale, plans, workers)
        await machines.start()
        if machines.port is not None and machines.port.advice is not None:
            click.echo(machines.port.advice, err=True)
        for place in places:
            log.info("miner", name=place.name, rest=f"http://{machines.rest_of(place)}",
                     grpc=machines.grpc_of(place),
                     pool=place.pool_url, worker=place.worker)  # fmt: skip
        if machines.admin is not None:
            log.info("farm", admin=f"http://{machines.admin}")
        named = [(place.name, machines.rest_of(place)) for place in places]
        fleet = None
        if is_farm:
            directory = Path(config.data.directory)
            fleet = fleet_of(config.fleet, directory, named, machines.admin)
        try:
            if fleet is not None:
                await fleet.start()
                log.info("fleet", pages=fleet.url, token=str(fleet.token_file))
            await until_told_or_failed(told, machines.daemon.failed())
        finally:
            if fleet is not None:
                await fleet.stop()
            await machines.stop()
