"""Builds simulated machines with their settings, their APIs and the addresses these listen on."""

import socket
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from pithead.cli.serving import HttpServer, listen
from pithead.hardware.models import MachineModel, model_named
from pithead.hardware.simulated import SimulatedMachine
from pithead.miner.configuration import PoolGroup, PoolTarget, Settings
from pithead.miner.daemon import Machine, SettingsKeeper
from pithead.miner.identity import identity_of
from pithead.miner.miner import Miner
from pithead.miner.settings import SettingsFile

log = structlog.get_logger(__name__)

ADDRESSES_A_NET = 250
"""Machines in 127.0.x.1 to 127.0.x.250, then the next x."""


@dataclass(frozen=True, slots=True)
class MachinePlan:
    """What makes one machine of a farm."""

    name: str
    model: MachineModel
    address: str
    worker: str
    """`user.worker` at its first pool."""
    pool_url: str
    pool_password: str = "x"


def plan_farm(
    count: int, models: Sequence[str], users: Sequence[str], first_address: str, pool_url: str
) -> list[MachinePlan]:
    """So many machines, models and users taken in turn."""
    return [
        MachinePlan(
            name=f"miner-{index}",
            model=model_named(models[index % len(models)]),
            address=address_of(index, first_address),
            worker=f"{users[index % len(users)]}.miner-{index}",
            pool_url=pool_url,
        )
        for index in range(count)
    ]


def address_of(index: int, first_address: str) -> str:
    """The loopback address of machine number `index`, from 0."""
    nets, within = divmod(index, ADDRESSES_A_NET)
    return str(IPv4Address(first_address) + 256 * nets + within)


def build_machine(
    plan: MachinePlan, directory: Path, now: float, work_scale: int, number: int
) -> Machine:
    """A machine with the settings it had, or, at its first start, those of the plan."""
    pool = PoolTarget(url=plan.pool_url, user=plan.worker, password=plan.pool_password)
    first = Settings(hostname=plan.name, pool_groups=(PoolGroup(name="Default", pools=(pool,)),))
    file = SettingsFile(directory / plan.name / "settings.json")
    loaded = file.load(first)
    if loaded.problem is not None:
        log.error("settings of a miner", miner=plan.name, problem=loaded.problem)
    keeper = SettingsKeeper(file)
    device = SimulatedMachine(plan.model, seed=plan.name, now=now, work_scale=work_scale)
    miner = Miner(
        device,
        loaded.settings,
        now,
        identity=identity_of(plan.model, plan.name),
        work_scale=work_scale,
        save=keeper.keep,
        jitter=(number * 0.618033988749895) % 1.0,
    )
    return Machine(plan.name, miner, device, keeper, plan.address)


class ByAddress:
    """One ASGI application for all machines of a process: the local address chooses which."""

    def __init__(self, apps: Mapping[str, ASGIApp]) -> None:
        self._apps = apps

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._apps[scope["server"][0]](scope, receive, send)


@dataclass(frozen=True, slots=True)
class RestPort:
    """Where the REST APIs came to listen."""

    port: int
    advice: str | None
    """What to tell the operator where the usual port was not allowed."""


def serve_rest(
    apps: Mapping[str, ASGIApp], port: int, fallback: int, setting: str
) -> tuple[HttpServer, RestPort]:
    """Bind every machine's address, on `fallback` where the process may not bind `port`."""
    taken = RestPort(port, None)
    try:
        sockets = _bind_all(apps, port, setting)
    except PermissionError:
        taken = RestPort(
            fallback,
            f"port {port} is not allowed here, so the miners' REST APIs are on port {fallback}; "
            f"`sudo sysctl net.ipv4.ip_unprivileged_port_start={port}` allows it",
        )
        sockets = _bind_all(apps, fallback, setting)
    return HttpServer(ByAddress(apps), sockets), taken


def _bind_all(addresses: Iterable[str], port: int, setting: str) -> list[socket.socket]:
    """All or none: what is bound already is let go when one fails."""
    with ExitStack() as bound:
        sockets = [
            bound.enter_context(closing(listen(address, port, setting))) for address in addresses
        ]
        bound.pop_all()
    return sockets
