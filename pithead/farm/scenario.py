"""A farm and what befalls it, from a TOML file. Pure: text in, data out.

    seed = "summer"                     # equal seeds make equal farms

    [ambient]
    day = { "06:00" = 14.0, "15:00" = 33.0 }    # degrees Celsius; times are UTC
    spread_c = 2.0                      # machines stand warmer or cooler by at most so much

    [[machines]]
    name = "hall"                       # hall-0 to hall-3, or just the name where there is one
    model = "Antminer S21"
    count = 4
    user = "alice"

    [[faults]]
    machines = "hall-*"
    at = "00:10:00"                     # after the start; or daily = "14:30"
    for = "00:05:00"                    # without it: until it is cleared
    kind = "fan_stops"
    fan = 2

The kinds of faults and what each needs are those of `pithead.farm.mishaps`.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

from pithead.farm.ambient import DAY_SECONDS, HOUR_SECONDS, STEADY, Ambient
from pithead.farm.fate import ORDINARY, Lot, Planned
from pithead.farm.mishaps import AnyMishap, BadMishap, check, kinds_for
from pithead.hardware.models import DEFAULT_MODEL, MachineModel, UnknownModel, model_named
from pithead.hardware.simulated import spread

MOST_CHARACTERS = 1 << 20
MOST_MACHINES = 10_000
MOST_FAULTS = 10_000

NAME = r"^[A-Za-z0-9_][A-Za-z0-9_@+-]{0,63}$"
_DURATION = re.compile(r"([0-9]{1,4}):([0-5][0-9]):([0-5][0-9])")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?")
_PLACE = re.compile(r" - at `\$\.?(?P<path>.*)`$")
_TIMING = ("machines", "at", "daily", "for")

Celsius = Annotated[float, Meta(ge=-50, le=80)]
Kelvin = Annotated[float, Meta(ge=-50, le=50)]
T = TypeVar("T")


class ScenarioError(Exception):
    """The message names the place in the file and what would be right."""


class _Table(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file."""


class _AmbientTable(_Table, frozen=True):
    day: Annotated[dict[str, Celsius], Meta(min_length=1, max_length=1440)]
    spread_c: Annotated[float, Meta(ge=0, le=20)] = 0.0


class _MachinesTable(_Table, frozen=True):
    name: Annotated[str, Meta(pattern=NAME)]
    model: str = DEFAULT_MODEL
    count: Annotated[int, Meta(ge=1, le=MOST_MACHINES)] = 1
    user: Annotated[str, Meta(pattern=NAME)] = "alice"
    ambient_offset_c: Kelvin = 0.0
    seed: Annotated[str, Meta(min_length=1, max_length=200)] | None = None


class _FileTable(_Table, frozen=True):
    seed: Annotated[str, Meta(min_length=1, max_length=200)]
    machines: Annotated[list[dict[str, Any]], Meta(min_length=1, max_length=MOST_MACHINES)]
    ambient: dict[str, Any] | None = None
    faults: Annotated[list[dict[str, Any]], Meta(max_length=MOST_FAULTS)] = []


class _Timing(_Table, frozen=True):
    machines: Annotated[str, Meta(min_length=1, max_length=200)]
    at: str | None = None
    daily: str | None = None
    lasts: str | None = msgspec.field(default=None, name="for")


@dataclass(frozen=True, slots=True)
class ScenarioMachine:
    """One machine of the farm, and what is to befall it."""

    name: str
    model: MachineModel
    user: str
    seed: str
    """Equal ones make equal machines: serial numbers, quality of chips, fans."""
    lot: Lot = ORDINARY


@dataclass(frozen=True, slots=True)
class Scenario:
    machines: tuple[ScenarioMachine, ...]

    @property
    def users(self) -> tuple[str, ...]:
        """Each once, in the order of the machines."""
        return tuple(dict.fromkeys(machine.user for machine in self.machines))


def read_scenario(text: str) -> Scenario:
    """Raises ScenarioError."""
    if len(text) > MOST_CHARACTERS:
        raise ScenarioError(f"a scenario has at most {MOST_CHARACTERS} characters")
    try:
        content = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ScenarioError(f"this is not TOML: {error}") from None
    file = _read(content, _FileTable, "")
    table = None
    if file.ambient is not None:
        table = _read(file.ambient, _AmbientTable, "ambient")
    ambient = STEADY if table is None else _ambient(table.day)
    spread_c = 0.0 if table is None else table.spread_c
    machines = _machines(file.machines, file.seed, ambient, spread_c)
    scripts: dict[str, list[Planned]] = {machine.name: [] for machine in machines}
    for number, fault in enumerate(file.faults):
        names, planned = _fault(fault, f"faults[{number}]", machines)
        for name in names:
            scripts[name].append(planned)
    return Scenario(
        tuple(_with_script(machine, tuple(scripts[machine.name])) for machine in machines)
    )


def _with_script(machine: ScenarioMachine, script: tuple[Planned, ...]) -> ScenarioMachine:
    return replace(machine, lot=replace(machine.lot, script=script))


def _read(value: object, kind: type[T], where: str) -> T:
    """One table in its own type."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise ScenarioError(_complaint(str(error), where) + kinds_for(error)) from None


def _complaint(why: str, where: str) -> str:
    """`Expected ... - at $.count` in a table of the file becomes `machines[1].count: expected`."""
    found = _PLACE.search(why)
    why = why[: found.start()] if found else why
    inner = found["path"] if found else ""
    place = ".".join(part for part in (where, inner) if part)
    why = f"{why[0].lower()}{why[1:]}".replace("object", "table").replace("array", "list")
    return f"{place}: {why}" if place else why


def _ambient(day: Mapping[str, float]) -> Ambient:
    points = {_clock(time, "ambient.day"): celsius for time, celsius in day.items()}
    if len(points) < len(day):
        raise ScenarioError("ambient.day: the same time stands there twice")
    return Ambient(tuple((at / HOUR_SECONDS, points[at]) for at in sorted(points)))


def _machines(
    tables: Sequence[dict[str, Any]], seed: str, ambient: Ambient, spread_c: float
) -> list[ScenarioMachine]:
    machines: dict[str, ScenarioMachine] = {}
    for number, each in enumerate(tables):
        where = f"machines[{number}]"
        table = _read(each, _MachinesTable, where)
        try:
            model = model_named(table.model)
        except UnknownModel as unknown:
            raise ScenarioError(f"{where}.model: {unknown}") from None
        for index in range(table.count):
            name = table.name if table.count == 1 else f"{table.name}-{index}"
            if name in machines:
                raise ScenarioError(f"{where}.name: there is a machine {name} already")
            if len(machines) == MOST_MACHINES:
                raise ScenarioError(f"{where}: a farm has at most {MOST_MACHINES} machines")
            offset_c = table.ambient_offset_c + spread_c * spread(seed, f"ambient/{name}")
            machines[name] = ScenarioMachine(
                name, model, table.user, f"{table.seed or seed}/{name}", Lot(ambient, offset_c)
            )
    return list(machines.values())


def _fault(
    table: dict[str, Any], where: str, machines: Sequence[ScenarioMachine]
) -> tuple[list[str], Planned]:
    """Whom it befalls, and how."""
    timing = _read({key: table[key] for key in _TIMING if key in table}, _Timing, where)
    rest = {key: value for key, value in table.items() if key not in _TIMING}
    mishap: AnyMishap = _read(rest, AnyMishap, where)  # type: ignore[arg-type]
    planned = _planned(mishap, timing, where)
    struck = [each for each in machines if fnmatchcase(each.name, timing.machines)]
    if not struck:
        raise ScenarioError(f"{where}.machines: no machine is called {timing.machines!r}")
    for machine in struck:
        try:
            check(mishap, machine.model)
        except BadMishap as bad:
            raise ScenarioError(f"{where}: {machine.name}: {bad}") from None
    return [machine.name for machine in struck], planned


def _planned(mishap: AnyMishap, timing: _Timing, where: str) -> Planned:
    lasts = None if timing.lasts is None else _duration(timing.lasts, f"{where}.for")
    if lasts == 0:
        raise ScenarioError(f"{where}.for: a fault lasts a second at least")
    match timing.at, timing.daily:
        case str(at), None:
            return Planned(mishap, after_s=_duration(at, f"{where}.at"), for_s=lasts)
        case None, str(daily):
            if lasts is None or lasts >= DAY_SECONDS:
                raise ScenarioError(f"{where}.for: a daily fault needs one of less than a day")
            time = _clock(daily, f"{where}.daily")
            return Planned(mishap, time_of_day_s=time, for_s=lasts)
        case _:
            raise ScenarioError(f"{where}: needs either `at` or `daily`")


def _duration(text: str, where: str) -> float:
    found = _DURATION.fullmatch(text)
    if found is None:
        raise ScenarioError(f'{where}: {text[:40]!r} is not hours:minutes:seconds, as "00:10:00"')
    hours, minutes, seconds = map(int, found.groups())
    return hours * HOUR_SECONDS + minutes * 60.0 + seconds


def _clock(text: str, where: str) -> float:
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise ScenarioError(f'{where}: {text[:40]!r} is not a time of the day, as "14:30"')
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return hours * HOUR_SECONDS + minutes * 60.0 + seconds
