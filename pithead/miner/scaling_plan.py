"""The settings of dynamic scaling with their defaults, and their changes. Pure."""

from collections.abc import Mapping

import msgspec

from pithead.hardware.models import MachineModel
from pithead.miner import limits
from pithead.miner.performance_settings import Dps, Kind
from pithead.miner.scaling import ScalingPlan

HOUR = 3600.0


def plan_of(dps: Dps, model: MachineModel, kind: Kind) -> ScalingPlan:
    is_power = kind == "power"
    step = dps.power_step_w if is_power else dps.hashrate_step_ths
    minimum = dps.min_power_w if is_power else dps.min_hashrate_ths
    hours = _or(dps.shutdown_hours, limits.DPS_SHUTDOWN_HOURS.default)
    return ScalingPlan(
        enabled=dps.enabled,
        mode=dps.mode,
        step=_or(step, limits.dps_step_limits(model, kind).default),
        minimum=_or(minimum, limits.dps_minimum_limits(model, kind).default),
        shutdown_enabled=limits.DPS_SHUTDOWN_DEFAULT
        if dps.shutdown_enabled is None
        else dps.shutdown_enabled,
        shutdown_seconds=hours * HOUR,
        on_start_percent=round(_or(dps.on_start_percent, limits.DPS_ON_START_PERCENT.default)),
    )


def changed(kept: Dps, changes: Mapping[str, object], model: MachineModel) -> Dps:
    """What is kept after changes. Raises OutsideLimits, and nothing is."""
    result = msgspec.structs.replace(kept, **changes)
    checks: tuple[tuple[str, float | None, limits.Limits, str], ...] = (
        ("power_step", result.power_step_w, limits.DPS_POWER_STEP_W, "W"),
        ("hashrate_step", result.hashrate_step_ths,
         limits.dps_step_limits(model, "hashrate"), "TH/s"),
        ("min_power_target", result.min_power_w, limits.dps_minimum_limits(model, "power"), "W"),
        ("min_hashrate_target", result.min_hashrate_ths,
         limits.dps_minimum_limits(model, "hashrate"), "TH/s"),
        ("shutdown_duration", result.shutdown_hours, limits.DPS_SHUTDOWN_HOURS, "hours"),
        ("on_start_target_percent", result.on_start_percent, limits.DPS_ON_START_PERCENT, "%"),
    )  # fmt: skip
    for name, value, bounds, unit in checks:
        if value is not None:
            bounds.check(name, value, unit)
    return result


def _or(value: float | None, default: float) -> float:
    return default if value is None else value
