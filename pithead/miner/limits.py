"""Between which limits the targets and manual settings of a machine may be. Pure.

The one live machine that published its own has hashrate limits that are those of its clock and
power limits of 0.28 and 2.33 times its default; boards that are off take their part with them.
"""

from dataclasses import dataclass

from pithead.hardware.models import CLOCK_MAX_HZ, CLOCK_MIN_HZ, MachineModel
from pithead.miner.performance_settings import Kind
from pithead.miner.refusals import OutsideLimits

UNITS: dict[Kind, str] = {"power": "W", "hashrate": "TH/s"}


@dataclass(frozen=True, slots=True)
class Limits:
    """What a number may be."""

    minimum: float
    default: float
    maximum: float

    def check(self, what: str, value: float, unit: str) -> None:
        """Raises OutsideLimits."""
        if not self.minimum <= value <= self.maximum:
            raise OutsideLimits(
                f"{what} {value:.12g} {unit} is outside the limits of this machine: "
                f"{self.minimum:.12g} to {self.maximum:.12g} {unit}"
            )

    def clamped(self, value: float) -> float:
        return min(max(value, self.minimum), self.maximum)


NOTHING = Limits(0, 0, 0)
"""Of what a machine that cannot be tuned has not."""


def power_limits(model: MachineModel, boards: int) -> Limits:
    """Watts, whole ones, with so many boards."""
    part = boards / model.boards
    return Limits(
        round(model.min_watt * part), round(model.default_watt * part), round(model.max_watt * part)
    )


def hashrate_limits(model: MachineModel, boards: int) -> Limits:
    """Terahashes a second."""
    if not model.is_tunable:
        return NOTHING
    part = boards / model.boards
    return Limits(
        round(model.min_hashrate / 1e12 * part, 2),
        round(model.sticker_ths * part, 2),
        round(model.max_hashrate / 1e12 * part, 2),
    )


def target_limits(model: MachineModel, kind: Kind, boards: int) -> Limits:
    return power_limits(model, boards) if kind == "power" else hashrate_limits(model, boards)


def frequency_limits(model: MachineModel) -> Limits:
    """Hertz."""
    if not model.is_tunable:
        return NOTHING
    return Limits(CLOCK_MIN_HZ, model.curve.reference_mhz * 1e6, CLOCK_MAX_HZ)


def voltage_limits(model: MachineModel) -> Limits:
    """Volts."""
    psu = model.psu
    return Limits(psu.min_voltage, model.curve.reference_volt, psu.max_voltage)


RAMPING_SECONDS = Limits(0, 5, 3600)
DEFAULT_RAMP_UP_S = 5
DEFAULT_RAMP_DOWN_S = 2
"""As the published example of the contract has them."""

DPS_POWER_STEP_W = Limits(100, 100, 1000)
DPS_SHUTDOWN_HOURS = Limits(1, 3, 24)
"""Step and hours as older versions documented them; the upper limit of the hours is an estimate."""
DPS_ON_START_PERCENT = Limits(1, 100, 100)
DPS_SHUTDOWN_DEFAULT = True


def dps_step_limits(model: MachineModel, kind: Kind) -> Limits:
    """The step of a hashrate is what the step in power is of the machine; an estimate."""
    if not model.is_tunable:
        return NOTHING
    if kind == "power":
        return DPS_POWER_STEP_W
    rate = model.sticker_ths / model.default_watt
    steps = DPS_POWER_STEP_W
    return Limits(0.1, round(steps.default * rate, 1), max(round(steps.maximum * rate, 1), 0.1))


def dps_minimum_limits(model: MachineModel, kind: Kind) -> Limits:
    """The default is half of the machine's default target, an estimate."""
    limits = target_limits(model, kind, model.boards)
    return Limits(limits.minimum, round(limits.default / 2, 1), limits.maximum)
