"""The port between a miner's firmware and a mining machine.

Boards take a setting and report readings; the machine takes work and gives back, in its own time,
what its chips found. A simulated machine and a real one stand behind it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pithead.hardware.models import MachineModel
from pithead.work.job import Job
from pithead.work.share import Solution


@dataclass(frozen=True, slots=True)
class BoardSetting:
    """What the firmware wants of one board. A board that is not enabled has no voltage."""

    enabled: bool
    frequency_hz: float
    voltage_v: float
    mhz_per_s: float | None = None
    """How fast its clock is led there; None: as is usual."""


@dataclass(frozen=True, slots=True)
class BoardReading:
    """What one board says of itself now."""

    frequency_hz: float
    """The clock the chips have now: it follows a setting, it does not jump."""
    voltage_v: float
    chips: int
    """How many chips answer."""
    board_temp_c: float | None
    inlet_temp_c: float | None
    error_ratio: float
    """The part of the hashes that come out wrong."""
    water_inlet_c: float | None = None
    water_outlet_c: float | None = None
    """Of boards with water in them."""
    own_rate: float | None = None
    """Hashes a second as measured lately, of a board whose rate does not follow from a clock."""

    @property
    def pace(self) -> float:
        """How fast it works, to be compared with itself alone."""
        return self.frequency_hz * self.chips if self.own_rate is None else self.own_rate


@dataclass(frozen=True, slots=True)
class FanReading:
    rpm: float
    duty: float
    """0 to 1, as asked."""


@dataclass(frozen=True, slots=True)
class Readings:
    boards: tuple[BoardReading, ...]
    fans: tuple[FanReading, ...]
    power_w: float
    """At the wall; 0 where nothing measures it."""


@dataclass(frozen=True, slots=True, eq=False)
class Work:
    """What the chips hash until the next: a job and the space that is theirs.

    Each is equal to itself alone: the same job given twice is two pieces of work.
    """

    job: Job
    extranonce1: bytes
    extranonce2_size: int
    share_target: int


@dataclass(frozen=True, slots=True)
class Found:
    """A proof of the share target, checked."""

    work: Work
    solution: Solution
    hash_value: int
    """The hash as a number: at or below `work.share_target`."""


@dataclass(frozen=True, slots=True)
class Harvest:
    """What one board gave back since it was last asked."""

    board: int
    hashes: float
    """Hashes that the nonces found stand for, in hashes of the machine as it appears.

    Chips report each nonce that meets an easy target of their own; each stands for that target's
    expected hashes, so the sum is a measurement and scatters as one.
    """
    found: tuple[Found, ...]
    """Those of the nonces that are shares."""


class Device(Protocol):
    """A machine under a firmware. `step` is called often, with a time that never goes back."""

    @property
    def model(self) -> MachineModel: ...

    def apply(self, settings: Sequence[BoardSetting]) -> None:
        """One setting per board, in order."""

    def spin(self, duty: float) -> None:
        """Turn all fans at this duty, 0 to 1."""

    def assign(self, work: Work | None) -> None:
        """Hash this from now on instead of what was before; None: nothing."""

    def step(self, now: float) -> None:
        """Let time pass."""

    def readings(self) -> Readings: ...

    def collect(self) -> Sequence[Harvest]:
        """What was found since the last call, in the order it was found."""
