"""Where somebody looks at the machines of a farm and calls faults down on them. Pure.

Moments are unix seconds of farm time. `NoSuch` and `BadMishap` say what was wrong with a wish.
"""

from collections.abc import Callable, Mapping
from typing import Annotated

from msgspec import Meta, Struct

from pithead.farm.chips import MachineChips
from pithead.farm.fate import Active, Fate
from pithead.farm.mishaps import AnyMishap


class NoSuch(Exception):
    """There is no machine of this name, or no fault of this id; the message says so."""


class FaultView(Struct, frozen=True):
    """A fault that holds now."""

    id: int
    fault: AnyMishap
    since: float
    until: float | None
    """None: until it is cleared."""


class MachineView(Struct, frozen=True):
    """A machine, and what holds on it now."""

    name: str
    model: str
    is_up: bool
    """Whether its computer runs: not without power, and not while it boots."""
    is_reachable: bool
    """Whether its network carries its APIs."""
    ambient_c: float
    """What it takes in now, hot air included."""
    is_ambient_set: bool
    """Whether the ambient is one that was set, and not that of the day."""
    faults: tuple[FaultView, ...]


class NewFault(Struct, frozen=True, forbid_unknown_fields=True):
    """A fault to call down."""

    fault: AnyMishap
    for_seconds: (
        Annotated[
            float,
            Meta(gt=0, le=1e8, description="Of farm time; without it the fault is to be cleared."),
        ]
        | None
    ) = None


class NewAmbient(Struct, frozen=True, forbid_unknown_fields=True):
    """The temperature round a machine."""

    celsius: (
        Annotated[float, Meta(ge=-50, le=80, description="null: that of the day again.")] | None
    )


class Desk:
    def __init__(self, fates: Mapping[str, Fate], clock: Callable[[], float]) -> None:
        """`fates` by the names of the machines."""
        self._fates = fates
        self._clock = clock

    def machines(self) -> tuple[MachineView, ...]:
        return tuple(_machine(name, fate) for name, fate in self._fates.items())

    def machine(self, name: str) -> MachineView:
        return _machine(name, self._fate(name))

    def chips(self, name: str) -> MachineChips:
        return self._fate(name).chips(name)

    def faults(self, name: str) -> tuple[FaultView, ...]:
        return tuple(map(_fault, self._fate(name).active))

    def call_down(self, name: str, wanted: NewFault) -> FaultView:
        """Raises BadMishap where this cannot befall this machine."""
        now = self._clock()
        return _fault(self._fate(name).call_down(wanted.fault, now, wanted.for_seconds))

    def clear(self, name: str, fault: int) -> None:
        if not self._fate(name).clear(fault, self._clock()):
            raise NoSuch(f"no fault {fault} holds on {name}")

    def clear_all(self, name: str) -> None:
        self._fate(name).clear_all(self._clock())

    def set_ambient(self, name: str, wanted: NewAmbient) -> MachineView:
        fate = self._fate(name)
        fate.set_ambient(wanted.celsius, self._clock())
        return _machine(name, fate)

    def set_all_ambients(self, wanted: NewAmbient) -> tuple[MachineView, ...]:
        return tuple(self.set_ambient(name, wanted) for name in self._fates)

    def _fate(self, name: str) -> Fate:
        fate = self._fates.get(name)
        if fate is None:
            raise NoSuch(f"there is no machine {name[:80]!r}")
        return fate


def _machine(name: str, fate: Fate) -> MachineView:
    return MachineView(
        name=name,
        model=fate.model.name,
        is_up=fate.is_up,
        is_reachable=fate.is_reachable,
        ambient_c=round(fate.ambient_c, 3),
        is_ambient_set=fate.has_set_ambient,
        faults=tuple(map(_fault, fate.active)),
    )


def _fault(active: Active) -> FaultView:
    return FaultView(active.id, active.mishap, active.since, active.until)
