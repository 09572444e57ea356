"""Cooling settings, plans and limits in the shapes of the contract."""

from msgspec import UnsetType

from pithead.bos import cooling as bos
from pithead.bos.constraints import DoubleConstraints, TemperatureConstraints, UInt32Constraints
from pithead.bos.units import Temperature
from pithead.hardware.models import MachineModel
from pithead.miner.cooling_settings import (
    COLDEST_C,
    DEFAULT_FAN_RATIO,
    DEFAULT_MAX_FAN,
    DEFAULT_MIN_FAN,
    DEFAULT_MIN_FANS,
    DEFAULT_PAUSE_RATIO,
    HOTTEST_C,
    PAUSE_LIMIT_SECONDS,
    CoolingPlan,
    CoolingSettings,
    Mode,
    PauseFans,
    default_mode,
    default_temperatures,
)
from pithead.rpc.errors import InvalidArgument

PERCENT = 100

NUMBERS = {
    Mode.AUTO: bos.CoolingMode.AUTO,
    Mode.MANUAL: bos.CoolingMode.MANUAL,
    Mode.IMMERSION: bos.CoolingMode.IMMERSION,
    Mode.HYDRO: bos.CoolingMode.HYDRO,
}

Liquid = bos.CoolingImmersionMode | bos.CoolingHydroMode


# --- what is asked for ---


def wanted(mode: bos.SetCoolingModeRequestMode) -> CoolingSettings | None:
    if not isinstance(mode.auto, UnsetType):
        return _wanted_auto(mode.auto)
    if not isinstance(mode.manual, UnsetType):
        return _wanted_manual(mode.manual)
    if not isinstance(mode.immersion, UnsetType):
        return _wanted_liquid(Mode.IMMERSION, mode.immersion)
    if not isinstance(mode.hydro, UnsetType):
        return _wanted_liquid(Mode.HYDRO, mode.hydro)
    return None


def _wanted_auto(asked: bos.CoolingAutoMode) -> CoolingSettings:
    return CoolingSettings(
        mode=Mode.AUTO,
        target_c=_celsius(asked.target_temperature),
        hot_c=_celsius(asked.hot_temperature),
        dangerous_c=_celsius(asked.dangerous_temperature),
        min_fan=None if asked.min_fan_speed is None else asked.min_fan_speed / PERCENT,
        max_fan=None if asked.max_fan_speed is None else asked.max_fan_speed / PERCENT,
        min_fans=asked.minimum_required_fans,
        pause=_wanted_pause(asked.pause_mode),
    )


def _wanted_manual(asked: bos.CoolingManualMode) -> CoolingSettings:
    return CoolingSettings(
        mode=Mode.MANUAL,
        target_c=_celsius(asked.target_temperature),
        hot_c=_celsius(asked.hot_temperature),
        dangerous_c=_celsius(asked.dangerous_temperature),
        fan_ratio=asked.fan_speed_ratio,
        min_fans=asked.minimum_required_fans,
        pause=_wanted_pause(asked.pause_mode),
    )


def _wanted_liquid(mode: Mode, asked: Liquid) -> CoolingSettings:
    return CoolingSettings(
        mode=mode,
        target_c=_celsius(asked.target_temperature),
        hot_c=_celsius(asked.hot_temperature),
        dangerous_c=_celsius(asked.dangerous_temperature),
    )


def _wanted_pause(asked: bos.PauseMode | None) -> PauseFans | None:
    if asked is None or asked.mode is None:
        return None
    manual = asked.mode.manual
    if isinstance(manual, UnsetType):
        return PauseFans()
    runtime = manual.fan_pause_runtime
    if runtime is bos.FanPauseRuntime.UNSPECIFIED:
        raise InvalidArgument("fan_pause_runtime has to be 1 (limited) or 2 (indefinite)")
    return PauseFans(
        is_manual=True,
        ratio=manual.pause_cooldown_fan_speed_ratio,
        indefinite=None if runtime is None else runtime is bos.FanPauseRuntime.INDEFINITE,
    )


def _celsius(temperature: Temperature | None) -> float | None:
    return None if temperature is None else temperature.degree_c


# --- what is in force ---


def configuration(plan: CoolingPlan) -> bos.CoolingConfiguration:
    return bos.CoolingConfiguration(
        minimum_required_fans=plan.min_fans if plan.has_fans else 0, mode=configuration_mode(plan)
    )


def configuration_mode(plan: CoolingPlan) -> bos.CoolingConfigurationMode:
    target, hot, dangerous = (
        Temperature(degree_c=degrees)
        for degrees in (
            plan.temperatures.target,
            plan.temperatures.hot,
            plan.temperatures.dangerous,
        )
    )
    heat = {
        "target_temperature": target,
        "hot_temperature": hot,
        "dangerous_temperature": dangerous,
    }
    match plan.mode:
        case Mode.AUTO:
            auto = bos.CoolingAutoMode(
                **heat,
                min_fan_speed=round(PERCENT * plan.min_fan),
                max_fan_speed=round(PERCENT * plan.max_fan),
                minimum_required_fans=plan.min_fans,
                pause_mode=_pause(plan.pause),
            )
            return bos.CoolingConfigurationMode(auto=auto)
        case Mode.MANUAL:
            manual = bos.CoolingManualMode(
                **heat,
                fan_speed_ratio=plan.fan_ratio,
                minimum_required_fans=plan.min_fans,
                pause_mode=_pause(plan.pause),
            )
            return bos.CoolingConfigurationMode(manual=manual)
        case Mode.IMMERSION:
            return bos.CoolingConfigurationMode(immersion=bos.CoolingImmersionMode(**heat))
        case Mode.HYDRO:
            return bos.CoolingConfigurationMode(hydro=bos.CoolingHydroMode(**heat))


def _pause(pause: PauseFans) -> bos.PauseMode:
    if not pause.is_manual:
        return bos.PauseMode(mode=bos.PauseModeMode(auto=bos.AutoPauseMode()))
    runtime = bos.FanPauseRuntime.INDEFINITE if pause.indefinite else bos.FanPauseRuntime.LIMITED
    manual = bos.ManualPauseMode(
        pause_cooldown_fan_speed_ratio=pause.fixed_ratio, fan_pause_runtime=runtime
    )
    return bos.PauseMode(mode=bos.PauseModeMode(manual=manual))


# --- limits ---


def constraints(model: MachineModel) -> bos.CoolingConstraints:
    mode = default_mode(model)
    heat = default_temperatures(mode)
    return bos.CoolingConstraints(
        default_cooling_mode=NUMBERS[mode],
        target_temperature=_temperatures(heat.target),
        hot_temperature=_temperatures(heat.hot),
        dangerous_temperature=_temperatures(heat.dangerous),
        fan_speed_ratio=_ratio(DEFAULT_FAN_RATIO),
        minimum_required_fans=UInt32Constraints(
            default=min(DEFAULT_MIN_FANS, model.fans), min=0, max=model.fans
        ),
        min_fan_speed=_percent(DEFAULT_MIN_FAN),
        max_fan_speed=_percent(DEFAULT_MAX_FAN),
        pause_cooldown_fan_speed_ratio=_ratio(DEFAULT_PAUSE_RATIO),
        default_fan_pause_mode=bos.FanPauseMode.AUTO,
        default_fan_pause_runtime=bos.FanPauseRuntime.LIMITED,
        fan_pause_runtime_limited_duration_s=PAUSE_LIMIT_SECONDS,
    )


def _temperatures(default: float) -> TemperatureConstraints:
    return TemperatureConstraints(
        default=Temperature(degree_c=default),
        min=Temperature(degree_c=COLDEST_C),
        max=Temperature(degree_c=HOTTEST_C),
    )


def _ratio(default: float) -> DoubleConstraints:
    return DoubleConstraints(default=default, min=0.0, max=1.0)


def _percent(default: float) -> UInt32Constraints:
    return UInt32Constraints(default=round(PERCENT * default), min=0, max=PERCENT)
