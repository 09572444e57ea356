"""What befalls one simulated machine: by plan, or because somebody calls it down. Pure.

Several mishaps may hold at once; the machine suffers what they come to together, and is whole
again when the last of them has ended.
"""

from dataclasses import dataclass
from heapq import heapify, heappop, heapreplace

from pithead.farm.ambient import DAY_SECONDS, STEADY, Ambient
from pithead.farm.chips import MachineChips, chips_of
from pithead.farm.mishaps import AnyMishap, BadMishap, Damage, check, damage_of
from pithead.hardware.models import MachineModel
from pithead.hardware.simulated import SimulatedMachine
from pithead.miner.cable import Cable
from pithead.miner.system import System

MOST_ACTIVE = 100
"""Mishaps of one machine at the same time."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A mishap and when it comes."""

    mishap: AnyMishap
    after_s: float | None = None
    """Seconds after the start of the farm; None: every day at `time_of_day_s`."""
    time_of_day_s: float = 0.0
    """Seconds after midnight, UTC."""
    for_s: float | None = None
    """None: until it is cleared."""

    def first(self, start: float) -> float:
        """When it comes first."""
        if self.after_s is not None:
            return start + self.after_s
        return start + (self.time_of_day_s - start) % DAY_SECONDS


@dataclass(frozen=True, slots=True)
class Active:
    """A mishap that holds now."""

    id: int
    mishap: AnyMishap
    since: float
    until: float | None


@dataclass(frozen=True, slots=True)
class Lot:
    """Where a machine stands and what is planned for it."""

    ambient: Ambient = STEADY
    offset_c: float = 0.0
    """How much warmer than that it is there."""
    script: tuple[Planned, ...] = ()

    def ambient_c(self, now: float) -> float:
        return self.ambient.at(now) + self.offset_c


ORDINARY = Lot()


class Fate:
    """Of one machine; `step` is called as often as the machine's own."""

    def __init__(
        self,
        device: SimulatedMachine,
        system: System,
        cable: Cable,
        lot: Lot,
        start: float,
    ) -> None:
        """Raises BadMishap."""
        for each in lot.script:
            check(each.mishap, device.model)
        self._device = device
        self._system = system
        self._cable = cable
        self._lot = lot
        self._due = [(each.first(start), number) for number, each in enumerate(lot.script)]
        heapify(self._due)
        self._active: dict[int, Active] = {}
        self._next_id = 1
        self._felt: tuple[int, ...] = ()
        """The ids of the mishaps that the machine suffers from already."""
        self._set_c: float | None = None
        self._damage = damage_of((), device.model)
        self.step(start)

    @property
    def model(self) -> MachineModel:
        return self._device.model

    def chips(self, name: str) -> MachineChips:
        """Those of the machine, which is called so."""
        return chips_of(name, self._device)

    @property
    def active(self) -> tuple[Active, ...]:
        """What holds now, the oldest first."""
        return tuple(self._active.values())

    @property
    def ambient_c(self) -> float:
        """What the machine takes in now, hot air included."""
        return self._device.ambient_c

    @property
    def is_up(self) -> bool:
        """Whether the machine's computer runs."""
        return self._system.is_up

    @property
    def is_reachable(self) -> bool:
        """Whether the machine's network carries its APIs."""
        return not self._cable.is_deaf

    @property
    def has_set_ambient(self) -> bool:
        """Whether the ambient is one that was set, and not that of the day."""
        return self._set_c is not None

    def set_ambient(self, celsius: float | None, now: float) -> None:
        """Another ambient than that of the day; None: that of the day again."""
        self._set_c = celsius
        self.step(now)

    def call_down(self, mishap: AnyMishap, now: float, for_s: float | None = None) -> Active:
        """Let something happen, for a time or until it is cleared. Raises BadMishap."""
        check(mishap, self.model)
        if len(self._active) >= MOST_ACTIVE:
            raise BadMishap(f"{MOST_ACTIVE} faults hold already; clear some first")
        called = self._begin(mishap, now, for_s)
        self.step(now)
        return called

    def clear(self, fault: int, now: float) -> bool:
        """End it. False if there is none of this id."""
        is_there = self._active.pop(fault, None) is not None
        self.step(now)
        return is_there

    def clear_all(self, now: float) -> None:
        """End all that holds now; what is planned for later still comes."""
        self._active.clear()
        self.step(now)

    def step(self, now: float) -> None:
        """Begin what is due, end what is over, and let the machine feel it."""
        while self._due and self._due[0][0] <= now:
            self._play(*self._due[0])
        for each in self.active:
            if each.until is not None and each.until <= now:
                del self._active[each.id]
        self._suffer(now)

    def _play(self, at: float, number: int) -> None:
        planned = self._lot.script[number]
        if len(self._active) < MOST_ACTIVE:
            self._begin(planned.mishap, at, planned.for_s)
        if planned.after_s is None:
            heapreplace(self._due, (at + DAY_SECONDS, number))
        else:
            heappop(self._due)

    def _begin(self, mishap: AnyMishap, at: float, for_s: float | None) -> Active:
        active = Active(self._next_id, mishap, at, None if for_s is None else at + for_s)
        self._next_id += 1
        self._active[active.id] = active
        return active

    def _suffer(self, now: float) -> None:
        if self._felt != (holding := tuple(self._active)):
            self._felt = holding
            mishaps = tuple(each.mishap for each in self._active.values())
            self._damage = damage_of(mishaps, self.model)
            self._wreck(self._damage, now)
        round_it = self._lot.ambient_c(now) if self._set_c is None else self._set_c
        self._device.ambient_c = round_it + self._damage.heat_k

    def _wreck(self, damage: Damage, now: float) -> None:
        device = self._device
        device.stopped_fans = set(damage.stopped_fans)
        for number, wounds in enumerate(damage.boards):
            board = device.board(number)
            board.is_dead, board.has_sensor = wounds.is_dead, wounds.has_sensor
            board.sag_v = wounds.sag_v
            board.silicon.suffer(wounds.lost_chips, wounds.aged_chips, wounds.more_v)
        device.has_power = damage.has_power
        if damage.has_power:
            self._system.give_power(now)
        else:
            self._system.cut_power(now)
        self._cable.set(is_cut=damage.is_cut, is_deaf=damage.is_deaf, lost_pools=damage.lost_pools)
