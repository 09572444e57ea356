"""Dynamic performance scaling in the shapes of the contract."""

from msgspec import UNSET

from pithead.bos import tuning as bos
from pithead.bos.performance import SetDPSRequest, SetDPSResponse
from pithead.bos.units import Hours
from pithead.hardware.models import MachineModel
from pithead.miner.api.tuning import power, terahashes
from pithead.miner.performance_settings import Dps, DpsMode, Kind
from pithead.miner.scaling import ScalingPlan
from pithead.miner.scaling_plan import HOUR, plan_of


def changes(request: SetDPSRequest) -> dict[str, object]:
    """What a request asks for; what it leaves out is not among it."""
    asked: dict[str, object] = {
        "enabled": request.enable,
        "shutdown_enabled": request.enable_shutdown,
        "shutdown_hours": request.shutdown_duration and request.shutdown_duration.hours,
        "mode": DpsMode(request.mode) if request.mode else None,
        "on_start_percent": request.on_start_target_percent,
    }
    target = request.target.target if request.target else None
    if target is not None and target.powertarget is not UNSET:
        step, least = target.powertarget.power_step, target.powertarget.min_power_target
        asked["power_step_w"] = step and step.watt
        asked["min_power_w"] = least and least.watt
    if target is not None and target.hashratetarget is not UNSET:
        rate_step = target.hashratetarget.hashrate_step
        least_rate = target.hashratetarget.min_hashrate_target
        asked["hashrate_step_ths"] = rate_step and rate_step.terahash_per_second
        asked["min_hashrate_ths"] = least_rate and least_rate.terahash_per_second
    return {name: value for name, value in asked.items() if value is not None}


def answer(dps: Dps, model: MachineModel, kind: Kind) -> SetDPSResponse:
    """The settings in force; steps and minimum of the kind of target that is aimed at."""
    plan = plan_of(dps, model, kind)
    is_power = kind == "power"
    return SetDPSResponse(
        enabled=plan.enabled,
        shutdown_enabled=plan.shutdown_enabled,
        shutdown_duration=_hours(plan),
        power_target=bos.DPSPowerTarget(
            power_step=power(plan.step), min_power_target=power(plan.minimum)
        )
        if is_power
        else None,
        hashrate_target=None
        if is_power
        else bos.DPSHashrateTarget(
            hashrate_step=terahashes(plan.step), min_hashrate_target=terahashes(plan.minimum)
        ),
        mode=bos.DPSMode(plan.mode),
        on_start_target_percent=plan.on_start_percent,
    )


def configuration(dps: Dps, model: MachineModel) -> bos.DPSConfiguration:
    in_power, in_rate = (plan_of(dps, model, "power"), plan_of(dps, model, "hashrate"))
    return bos.DPSConfiguration(
        enabled=in_power.enabled,
        power_step=power(in_power.step),
        hashrate_step=terahashes(in_rate.step),
        min_power_target=power(in_power.minimum),
        min_hashrate_target=terahashes(in_rate.minimum),
        shutdown_enabled=in_power.shutdown_enabled,
        shutdown_duration=_hours(in_power),
        mode=bos.DPSMode(in_power.mode),
        on_start_target_percent=in_power.on_start_percent,
    )


def _hours(plan: ScalingPlan) -> Hours:
    return Hours(hours=round(plan.shutdown_seconds / HOUR))
