"""A machine with everything round it but its APIs: its fate, its files and its logs."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pithead.cli.machines import Place
from pithead.farm.fate import Fate
from pithead.farm.machines import build_fated
from pithead.miner.api.surroundings import Surroundings, surround
from pithead.miner.daemon import Machine
from pithead.miner.interfaces import interface_of


@dataclass(frozen=True, slots=True)
class Housed:
    place: Place
    machine: Machine
    fate: Fate | None
    """Of a simulated machine: what befalls it."""
    surroundings: Surroundings


def house(
    place: Place, directory: Path, now: float, work_scale: int, clock: Callable[[], float]
) -> Housed:
    """The machine of a place, as `directory` knows it from before. `clock` tells its time."""
    plan = place.plan(directory)
    machine, fate = build_fated(plan, now, work_scale)
    around = surround(
        machine.miner,
        directory / place.name,
        clock,
        plan.defaults,
        partial(interface_of, place.address),
        None if machine.keeper is None else machine.keeper.settled,
    )
    machine.attend = around.step if fate is None else _each(fate.step, around.step)
    return Housed(place, machine, fate, around)


def _each(*parts: Callable[[float], None]) -> Callable[[float], None]:
    def step(now: float) -> None:
        for part in parts:
            part(now)

    return step
