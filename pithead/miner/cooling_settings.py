"""What an operator has decided about cooling, as data, and what follows from it. Pure.

Degrees Celsius of the hottest chip; fan speeds as ratios 0 to 1. None stands for the default.
"""

from dataclasses import dataclass
from enum import Enum

import msgspec

from pithead.hardware.models import Coolant, MachineModel
from pithead.miner.refusals import OutsideLimits


class Mode(Enum):
    AUTO = "auto"
    MANUAL = "manual"
    IMMERSION = "immersion"
    HYDRO = "hydro"


class PauseFans(msgspec.Struct, frozen=True):
    """Fans of a paused machine run out, or turn at a speed set by hand."""

    is_manual: bool = False
    ratio: float | None = None
    indefinite: bool | None = None
    """Else the speed is kept for a limited time only."""

    @property
    def fixed_ratio(self) -> float:
        return DEFAULT_PAUSE_RATIO if self.ratio is None else self.ratio


DEFAULT_PAUSE_RATIO = 0.2


class CoolingSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Fields that a mode does not have are None in it."""

    mode: Mode | None = None
    target_c: float | None = None
    hot_c: float | None = None
    dangerous_c: float | None = None
    fan_ratio: float | None = None
    """Manual mode alone."""
    min_fan: float | None = None
    max_fan: float | None = None
    min_fans: int | None = None
    """How many fans have to turn."""
    pause: PauseFans | None = None


AIR_FIELDS = frozenset({"target_c", "hot_c", "dangerous_c", "min_fans", "pause"})
FIELDS = {
    Mode.AUTO: AIR_FIELDS | {"min_fan", "max_fan"},
    Mode.MANUAL: AIR_FIELDS | {"fan_ratio"},
    Mode.IMMERSION: frozenset({"target_c", "hot_c", "dangerous_c"}),
    Mode.HYDRO: frozenset({"target_c", "hot_c", "dangerous_c"}),
}

COLDEST_C = 0.0
HOTTEST_C = 200.0
"""What the contract allows."""


@dataclass(frozen=True, slots=True)
class Temperatures:
    target: float
    hot: float
    dangerous: float


AIR = Temperatures(65.0, 80.0, 90.0)
"""Defaults per mode are not published; live machines of this kind show full fans at 65 to 71."""
LIQUID = Temperatures(65.0, 80.0, 90.0)
"""An estimate: chips bear the same whatever cools them."""

DEFAULT_FAN_RATIO = 1.0
DEFAULT_MIN_FAN = 0.2
DEFAULT_MAX_FAN = 1.0
DEFAULT_MIN_FANS = 1
PAUSE_LIMIT_SECONDS = 120
"""A fixed speed in a pause lasts so long unless it is to last for good: two minutes, as published
for the versions that had it fixed."""


@dataclass(frozen=True, slots=True)
class CoolingPlan:
    """The settings with every default filled in."""

    mode: Mode
    fans: int
    """How many the machine has."""
    temperatures: Temperatures
    fan_ratio: float
    min_fan: float
    max_fan: float
    min_fans: int
    pause: PauseFans

    @property
    def has_fans(self) -> bool:
        return self.mode in (Mode.AUTO, Mode.MANUAL)


def default_mode(model: MachineModel) -> Mode:
    return Mode.HYDRO if model.coolant is Coolant.WATER else Mode.AUTO


def default_temperatures(mode: Mode) -> Temperatures:
    return AIR if mode in (Mode.AUTO, Mode.MANUAL) else LIQUID


def plan_of(settings: CoolingSettings, model: MachineModel) -> CoolingPlan:
    mode = settings.mode or default_mode(model)
    usual = default_temperatures(mode)
    return CoolingPlan(
        mode=mode,
        fans=model.fans,
        temperatures=Temperatures(
            _or(settings.target_c, usual.target),
            _or(settings.hot_c, usual.hot),
            _or(settings.dangerous_c, usual.dangerous),
        ),
        fan_ratio=_or(settings.fan_ratio, DEFAULT_FAN_RATIO),
        min_fan=_or(settings.min_fan, DEFAULT_MIN_FAN),
        max_fan=_or(settings.max_fan, DEFAULT_MAX_FAN),
        min_fans=min(DEFAULT_MIN_FANS, model.fans)
        if settings.min_fans is None
        else settings.min_fans,
        pause=settings.pause or PauseFans(),
    )


def _or(value: float | None, default: float) -> float:
    return default if value is None else value


def changed(kept: CoolingSettings, wanted: CoolingSettings, model: MachineModel) -> CoolingSettings:
    """Another mode begins with its defaults; in the same one, what is given replaces what was.

    Raises OutsideLimits.
    """
    assert wanted.mode is not None
    is_same = wanted.mode is (kept.mode or default_mode(model))
    given = {
        name: getattr(wanted, name)
        for name in FIELDS[wanted.mode]
        if getattr(wanted, name) is not None
    }
    start = kept if is_same else CoolingSettings()
    result = msgspec.structs.replace(start, mode=wanted.mode, **given)
    _check(plan_of(result, model))
    return result


def _check(plan: CoolingPlan) -> None:
    if plan.has_fans and not plan.fans:
        raise OutsideLimits(f"this machine has no fans; mode {plan.mode.value} needs them")
    _check_temperatures(plan.temperatures)
    _check_fans(plan)


def _check_temperatures(heat: Temperatures) -> None:
    for name in ("target", "hot", "dangerous"):
        degrees = getattr(heat, name)
        if not COLDEST_C <= degrees <= HOTTEST_C:
            raise OutsideLimits(
                f"{name} temperature {degrees:g} C is outside {COLDEST_C:g} to {HOTTEST_C:g} C"
            )
    if not heat.target < heat.hot < heat.dangerous:
        raise OutsideLimits(
            "temperatures have to rise from target over hot to dangerous, and "
            f"{heat.target:g}, {heat.hot:g}, {heat.dangerous:g} C do not"
        )


def _check_fans(plan: CoolingPlan) -> None:
    pause_ratio = plan.pause.fixed_ratio
    for name, ratio in (("fan", plan.fan_ratio), ("pause cooldown fan", pause_ratio)):
        if not 0 <= ratio <= 1:
            raise OutsideLimits(f"{name} speed ratio {ratio:g} is outside 0.0 to 1.0")
    if not 0 <= plan.min_fan < plan.max_fan <= 1:
        raise OutsideLimits(
            f"min_fan_speed {100 * plan.min_fan:g} has to be below max_fan_speed "
            f"{100 * plan.max_fan:g}, both within 0 and 100"
        )
    if plan.has_fans and not 0 <= plan.min_fans <= plan.fans:
        raise OutsideLimits(
            f"minimum_required_fans {plan.min_fans} is outside 0 to {plan.fans}, "
            "the fans of this machine"
        )
