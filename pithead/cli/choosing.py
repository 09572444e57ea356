"""Which machines a command is for, what opens them, and how long they are waited for."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from pithead.cli.farmfile import FARM_FILE, MinerEntry, read_farm_file
from pithead.cli.options import Refused, configured
from pithead.fleet.client import Limits, Login
from pithead.fleet.ranges import HTTP_PORT, Place, place_of, places_in

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine of a fleet: its name for people, where it is and what opens it."""

    name: str
    place: Place
    login: Login


@dataclass(frozen=True, slots=True)
class Asking:
    """What the options of this module said."""

    login: Login | None
    """None: nothing was said, so that what the farm's file knows holds, or a new machine's."""
    port: int
    limits: Limits
    at_once: int


def waiting_options(command: Command) -> Command:
    """How machines are called; `command` gets `port`, `timeout` and `parallel`."""
    port = click.option(
        "--port", type=click.IntRange(1, 65_535), default=HTTP_PORT, show_default=True,
        help="Where RANGE says none.",
    )  # fmt: skip
    timeout = click.option(
        "--timeout", type=click.FloatRange(0.1, 600), default=10.0, show_default=True,
        metavar="SECONDS", help="For one answer.",
    )  # fmt: skip
    parallel = click.option(
        "--parallel", type=click.IntRange(1, 1_000), default=64, show_default=True, metavar="N",
        help="So many machines at a time.",
    )  # fmt: skip
    return port(timeout(parallel(command)))


def login_options(command: Command) -> Command:
    """What opens machines; `command` gets `user`, `password` and `token`."""
    user = click.option("--user", metavar="USER", help="[default: root]")
    password = click.option(
        "--password", metavar="TEXT", envvar="MINER_PASSWORD", help="Better in $MINER_PASSWORD."
    )
    token = click.option(
        "--token", metavar="TEXT", envvar="MINER_TOKEN",
        help="Instead of user and password. Better in $MINER_TOKEN.",
    )  # fmt: skip
    return user(password(token(command)))


def login_of(user: str | None, password: str | None, token: str | None) -> Login | None:
    """None where nothing was said."""
    if user is None and password is None and token is None:
        return None
    return Login(user or "root", password or "", token)


def limits_of(timeout: float) -> Limits:
    return Limits(connect_seconds=min(timeout, Limits().connect_seconds), seconds=timeout)


def chosen(
    context: click.Context, text: str | None, data: str | None, asking: Asking
) -> list[Machine]:
    """The machines of a RANGE, where names of the farm in the data directory count too; without
    one all of that farm. Each once. Raises Refused."""
    farm = _farm(context, data)
    if text is None:
        if not farm:
            raise Refused(
                "no RANGE is given, and no farm has run on the data directory; say which "
                "machines, such as 10.0.0.0/24, or where the farm is, with --data"
            )
        return [_of_farm(entry, asking) for entry in farm]
    by_name = {entry.name: entry for entry in farm}
    by_place = {place_of(entry.rest): entry for entry in farm}
    meant = {
        machine.place: machine
        for part in text.replace(",", " ").split() or [""]
        for machine in _meant(part, by_name, by_place, asking)
    }
    return list(meant.values())


def _meant(
    part: str, by_name: dict[str, MinerEntry], by_place: dict[Place, MinerEntry], asking: Asking
) -> Iterator[Machine]:
    if part in by_name:
        yield _of_farm(by_name[part], asking)
        return
    for place in places(part, asking.port):
        if place in by_place:
            yield _of_farm(by_place[place], asking)
        else:
            yield Machine(str(place), place, asking.login or Login())


def places(text: str, port: int) -> tuple[Place, ...]:
    """As `places_in`. Raises Refused."""
    try:
        return places_in(text, port)
    except ValueError as error:
        raise Refused(str(error)) from error


def _of_farm(entry: MinerEntry, asking: Asking) -> Machine:
    login = asking.login or Login(entry.username, entry.password)
    return Machine(entry.name, place_of(entry.rest), login)


def _farm(context: click.Context, data: str | None) -> list[MinerEntry]:
    directory = Path(configured(context, data__directory=data).data.directory)
    farm = read_farm_file(directory / FARM_FILE)
    return [] if farm is None else farm.miners
