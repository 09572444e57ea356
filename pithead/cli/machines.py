"""Which machines a farm has, and the sockets that their REST APIs share one server on."""

import socket
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from starlette.types import ASGIApp, Receive, Scope, Send

from pithead.cli.serving import HttpServer, listen
from pithead.farm.fate import ORDINARY, Lot
from pithead.farm.machines import MachinePlan
from pithead.farm.scenario import ScenarioMachine
from pithead.hardware.models import MachineModel, model_named
from pithead.miner.configuration import PoolGroup, PoolTarget, Settings

ADDRESSES_A_NET = 250
"""Machines in 127.0.x.1 to 127.0.x.250, then the next x."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where one machine stands: its name, its own address, and for whom it mines at first."""

    name: str
    model: MachineModel
    address: str
    worker: str
    """`user.worker` at its first pool."""
    pool_url: str
    pool_password: str = "x"
    seed: str | None = None
    """Of the machine itself; None: its name."""
    lot: Lot = ORDINARY

    def plan(self, directory: Path) -> MachinePlan:
        """The machine for this place; its files are kept in `directory/name`."""
        pool = PoolTarget(url=self.pool_url, user=self.worker, password=self.pool_password)
        group = PoolGroup(name="Default", pools=(pool,))
        return MachinePlan(
            name=self.name,
            model=self.model,
            seed=self.seed or self.name,
            defaults=Settings(hostname=self.name, pool_groups=(group,)),
            directory=directory / self.name,
            source_address=self.address,
            lot=self.lot,
        )


def plan_farm(
    count: int, models: Sequence[str], users: Sequence[str], first_address: str, pool_url: str
) -> list[Place]:
    """So many machines, models and users taken in turn."""
    return [
        Place(
            name=f"miner-{index}",
            model=model_named(models[index % len(models)]),
            address=address_of(index, first_address),
            worker=f"{users[index % len(users)]}.miner-{index}",
            pool_url=pool_url,
        )
        for index in range(count)
    ]


def place_scenario(
    machines: Sequence[ScenarioMachine], first_address: str, pool_url: str
) -> list[Place]:
    """The machines of a scenario, each in a place of its own."""
    return [
        Place(
            name=machine.name,
            model=machine.model,
            address=address_of(index, first_address),
            worker=f"{machine.user}.{machine.name}",
            pool_url=pool_url,
            seed=machine.seed,
            lot=machine.lot,
        )
        for index, machine in enumerate(machines)
    ]


def address_of(index: int, first_address: str) -> str:
    """The loopback address of machine number `index`, from 0."""
    nets, within = divmod(index, ADDRESSES_A_NET)
    return str(IPv4Address(first_address) + 256 * nets + within)


class ByAddress:
    """One ASGI application for all machines of a process: the local address chooses which."""

    def __init__(self, apps: Mapping[str, ASGIApp]) -> None:
        self._apps = apps

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._apps[scope["server"][0]](scope, receive, send)


@dataclass(frozen=True, slots=True)
class RestPort:
    """Where the REST APIs came to listen."""

    ports: Mapping[str, int]
    """By address."""
    advice: str | None
    """What to tell the operator where the usual port was not allowed."""


def serve_rest(
    apps: Mapping[str, ASGIApp], port: int, fallback: int, setting: str
) -> tuple[HttpServer, RestPort]:
    """Bind every machine's address, on `fallback` where the process may not bind `port`."""
    advice = None
    try:
        sockets = bind_all(apps, port, setting)
    except PermissionError:
        advice = (
            f"port {port} is not allowed here, so the miners' REST APIs are on port {fallback}; "
            f"`sudo sysctl net.ipv4.ip_unprivileged_port_start={port}` allows it"
        )
        sockets = bind_all(apps, fallback, setting)
    ports = {name[0]: name[1] for name in (each.getsockname() for each in sockets)}
    return HttpServer(ByAddress(apps), sockets), RestPort(ports, advice)


def bind_all(addresses: Iterable[str], port: int, setting: str) -> list[socket.socket]:
    """All or none: what is bound already is let go when one fails."""
    with ExitStack() as bound:
        sockets = [
            bound.enter_context(closing(listen(address, port, setting))) for address in addresses
        ]
        bound.pop_all()
    return sockets
