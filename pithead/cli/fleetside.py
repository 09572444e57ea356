"""The fleet's pages and API as a running part: alone, or beside the machines of a farm."""

import asyncio
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

import click
import structlog

from pithead.cli.cannotstart import CannotStart
from pithead.cli.ending import told_to_stop, until_told_or_failed
from pithead.cli.farmfile import FARM_FILE, read_farm_file
from pithead.cli.fleetsection import FleetSection
from pithead.cli.logs import start_logging
from pithead.cli.options import configured, data_option, general_options, told_in_a_sentence
from pithead.cli.sections import Config
from pithead.cli.serving import AddressTaken, HttpServer, listen
from pithead.fleet.access import TOKEN_FILE, Access, set_password
from pithead.fleet.app import build_app
from pithead.fleet.book import Wanted
from pithead.fleet.client import Login
from pithead.fleet.door import LOOPBACK_NAMES, Door
from pithead.fleet.faults import FaultDesk
from pithead.fleet.keeping import Keeping
from pithead.fleet.live import Live
from pithead.fleet.ranges import Place, place_of, places_in
from pithead.fleet.record import FILE as HISTORY_FILE
from pithead.fleet.record import Record, RecordError
from pithead.fleet.service import FleetService
from pithead.fleet.watcher import Target, Watcher, WatchLimits

log = structlog.get_logger(__name__)

DIRECTORY = "fleet"
"""In the data directory: the token, the password's hash, and the history."""


@dataclass(frozen=True, slots=True)
class Machines:
    """Which machines there are now, and the admin API of the farm they belong to."""

    targets: tuple[Target, ...]
    admin: str = ""
    """`http://host:port`, or empty."""


class FleetPart:
    """Belongs to the loop it was started in."""

    def __init__(
        self,
        section: FleetSection,
        directory: Path,
        machines: Callable[[], Machines],
        takes_any_port: bool = False,
    ) -> None:
        """`directory`: the data directory; `machines` is asked every ten seconds; `takes_any_port`:
        whether it goes without the port it is to have where somebody else is there."""
        self._section = section
        self._takes_any_port = takes_any_port
        self._machines = machines
        self._admin = ""
        limits = WatchLimits(section.look_seconds, section.requests_per_second)
        self._watcher = Watcher(self._targets, time.time, limits)
        live = Live(self._watcher.book)
        self._watcher.changed.append(live.changed)
        faults = FaultDesk(lambda: self._admin)
        access = Access(directory / DIRECTORY, _is_loopback(section.host), time.time)
        self.token = access.token
        self.token_file = directory / DIRECTORY / TOKEN_FILE
        service = FleetService(self._watcher, faults, time.time)
        door = Door(access, time.time, LOOPBACK_NAMES | {section.host.lower()})
        self._app = build_app(service, live, faults, door)
        self._keeping = _keeping(directory / DIRECTORY / HISTORY_FILE, self._watcher)
        self._server: HttpServer | None = None
        self._task: asyncio.Task[None] | None = None
        self.url = ""
        """`http://host:port`, once started."""

    async def start(self) -> None:
        """Raises AddressTaken."""
        bound = self._listen()
        self._server = HttpServer(self._app, [bound])
        await self._server.start()
        host, port = self._section.host, bound.getsockname()[1]
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        self._task = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        """What is known of the past comes first."""
        if self._keeping is None:
            await self._watcher.run()
            return
        await self._keeping.begin()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._watcher.run())
            group.create_task(self._keeping.run())

    def _listen(self) -> socket.socket:
        host, port, setting = self._section.host, self._section.port, "--set fleet.port=PORT"
        try:
            return listen(host, port, setting)
        except AddressTaken as taken:
            if not self._takes_any_port:
                raise
            log.warning("fleet.other_port", why=str(taken))
            return listen(host, 0, setting)

    async def failed(self) -> None:
        """Ends where watching does, by what ended it."""
        assert self._task is not None
        await asyncio.shield(self._task)

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._server is not None:
            await self._server.stop()
        if self._keeping is not None:
            self._keeping.close()

    def _targets(self) -> Sequence[Target]:
        machines = self._machines()
        self._admin = machines.admin
        login = Login(self._section.username, self._section.password)
        found = {target.wanted.place: target for target in _of_ranges(self._section.ranges, login)}
        found.update((target.wanted.place, target) for target in machines.targets)
        return tuple(found.values())


def _keeping(path: Path, watcher: Watcher) -> Keeping | None:
    """None where the file cannot be used: the fleet is watched without."""
    try:
        return Keeping(watcher.book, Record.open(path), time.time)
    except RecordError as error:
        log.error("fleet.history_not_kept", why=str(error))
        return None


def _of_ranges(text: str, login: Login) -> tuple[Target, ...]:
    """A single address is expected to answer; of a range only what does is shown."""
    found = []
    for part in text.replace(",", " ").split():
        places = places_in(part)
        found += [Target(Wanted(place, is_expected=len(places) == 1), login) for place in places]
    return tuple(found)


def of_farm(path: Path) -> Machines:
    """Those of a farm that runs, or ran last; none where there was none."""
    farm = read_farm_file(path)
    if farm is None:
        return Machines(())
    targets = [
        Target(
            Wanted(place_of(entry.rest), entry.name, farm_name=entry.name if farm.admin else None),
            Login(entry.username, entry.password),
        )
        for entry in farm.miners
    ]
    return Machines(tuple(targets), farm.admin)


def fleet_of(
    section: FleetSection, directory: Path, named: Sequence[tuple[str, str]], admin: str | None
) -> FleetPart | None:
    """Beside a farm of this process, as `of_places`; None where it is turned off."""
    machines = of_places(named, admin)
    if not section.enabled or not (machines.targets or section.ranges):
        return None
    return FleetPart(section, directory, lambda: machines, takes_any_port=True)


def of_places(named: Sequence[tuple[str, str]], admin: str | None) -> Machines:
    """Machines of this process: name and `host:port` of each, with the login of new ones."""
    targets = [Target(Wanted(_place(rest), name, farm_name=name), Login()) for name, rest in named]
    return Machines(tuple(targets), "" if admin is None else f"http://{admin}")


def _place(rest: str) -> Place:
    host, _, port = rest.rpartition(":")
    return Place(host, int(port))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def run(config: Config, ranges: str) -> None:
    """`pithead fleet serve`: these machines, or those of the farm in the data directory."""
    start_logging(config.log)
    directory = Path(config.data.directory)
    farm_file = directory / FARM_FILE
    if ranges:
        login = Login(config.fleet.username, config.fleet.password)
        try:
            machines = Machines(_of_ranges(ranges, login))
        except ValueError as error:
            raise CannotStart(str(error)) from error
        part = FleetPart(config.fleet, directory, lambda: machines)
    elif farm_file.exists() or config.fleet.ranges:
        part = FleetPart(config.fleet, directory, lambda: of_farm(farm_file))
    else:
        raise CannotStart(
            f"there is no farm in {directory}; say which machines: pithead fleet serve RANGE"
        )
    with told_to_stop() as told:
        await part.start()
        click.echo(f"fleet on {part.url}; to change something sign in with {part.token_file}")
        try:
            await until_told_or_failed(told, part.failed())
        finally:
            await part.stop()


@click.command()
@click.password_option("--password", help="Better not said here: it is asked for.")
@data_option
@general_options
@click.pass_context
def password(context: click.Context, password: str, data: str | None) -> None:
    """Set the password of the fleet's pages.

    They ask for it before anything is changed. A fleet that runs takes it at once.
    """
    config = configured(context, data__directory=data)
    try:
        with told_in_a_sentence():
            set_password(Path(config.data.directory) / DIRECTORY, password)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
