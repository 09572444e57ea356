"""What a machine would do at other power targets, as far as its firmware can tell. Pure.

Computed from the model's curve, moved by what the tuner has found out about this machine.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pithead.hardware import thermals
from pithead.hardware.models import CLOCK_MAX_HZ, CLOCK_MIN_HZ, Coolant, MachineModel
from pithead.miner.cooling_settings import CoolingPlan, Mode
from pithead.miner.limits import Limits

POINTS = 12
ROUNDS = 4
"""Heat, fans and power depend on each other; after so many rounds nothing moves."""
MEASURED = 100
COMPUTED = 50
"""Quality of a point: found by the tuner, or computed; the scale is not published."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What the points depend on beside the target."""

    model: MachineModel
    boards: int
    """Those that run."""
    beyond_v: float
    """What this machine needs over the voltage line of its model."""
    cooling: CoolingPlan
    inlet_c: float


@dataclass(frozen=True, slots=True)
class Point:
    target_w: int
    quality: int
    consumption_w: int
    fan_duty: float
    outlet_c: float
    ambient_c: float
    hashrate_ths: float
    frequency_hz: float
    voltage_v: float


def points(machine: Machine, bounds: Limits, measured: Sequence[float]) -> tuple[Point, ...]:
    """Between the lowest target and the highest that changes anything; `measured` are targets
    that the tuner has met."""
    top = min(bounds.maximum, _point(machine, bounds.maximum, COMPUTED).consumption_w)
    low = min(bounds.minimum, top)
    targets = [low + (top - low) * number / (POINTS - 1) for number in range(POINTS)]
    return tuple(
        _point(machine, round(target), MEASURED if round(target) in measured else COMPUTED)
        for target in targets
    )


def _point(machine: Machine, target_w: float, quality: int) -> Point:
    model, boards = machine.model, machine.boards
    board_c, duty, mhz, volt, watts = 50.0, 0.0, 0.0, 0.0, 0.0
    for _ in range(ROUNDS):
        fans_w = thermals.fan_watts(model, duty)
        mhz = thermals.clock_for_power(
            model, target_w - fans_w, board_c, boards=boards, beyond=machine.beyond_v
        )
        volt = thermals.needed_voltage(model, mhz, machine.beyond_v)
        watts = thermals.board_watts(model, mhz, volt, board_c)
        duty = _duty(machine, watts)
        board_c = _board_c(machine, watts, duty)
    nominal = boards * model.board_nominal(min(max(mhz * 1e6, CLOCK_MIN_HZ), CLOCK_MAX_HZ))
    return Point(
        target_w=round(target_w),
        quality=quality,
        consumption_w=round(thermals.STANDBY_W + thermals.fan_watts(model, duty) + boards * watts),
        fan_duty=duty,
        outlet_c=board_c,
        ambient_c=machine.inlet_c - (thermals.INLET_RISE_K if machine.cooling.has_fans else 0.0),
        hashrate_ths=nominal * model.curve.yield_ratio / 1e12,
        frequency_hz=mhz * 1e6,
        voltage_v=volt,
    )


def _duty(machine: Machine, board_w: float) -> float:
    """What the controller would come to."""
    plan, model = machine.cooling, machine.model
    if not plan.has_fans:
        return 0.0
    if plan.mode is Mode.MANUAL:
        return plan.fan_ratio
    room = plan.temperatures.target - thermals.CHIP_RISE_K - machine.inlet_c
    if room <= 0:
        return plan.max_fan
    duty = thermals.duty_for(model, board_w / room)
    return min(max(duty, plan.min_fan), plan.max_fan)


def _board_c(machine: Machine, board_w: float, duty: float) -> float:
    coolant = {Mode.HYDRO: Coolant.WATER, Mode.IMMERSION: Coolant.OIL}.get(
        machine.cooling.mode, Coolant.AIR
    )
    rpm = thermals.fan_rpm(machine.model, duty)
    return machine.inlet_c + board_w / thermals.board_conductance(machine.model, rpm, coolant)
