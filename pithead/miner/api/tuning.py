"""Targets, profiles and modes in the shapes of the contract."""

from collections.abc import Mapping

from msgspec import UNSET

from pithead.bos import tuning as bos
from pithead.bos.units import (
    Frequency,
    GigaHashrate,
    Power,
    Temperature,
    TeraHashrate,
    Timestamp,
    Voltage,
)
from pithead.miner.api.shapes import gigahashes
from pithead.miner.efficiency import Point
from pithead.miner.performance import Performance, Reference
from pithead.miner.performance_settings import BoardManual, Kind, Manual, Profile
from pithead.miner.refusals import BadSetting
from pithead.miner.snapshot import Snapshot

REFERENCES: Mapping[bos.RelativeTargetReference, Reference] = {
    bos.RelativeTargetReference.NOMINAL: "nominal",
    bos.RelativeTargetReference.MIN: "min",
    bos.RelativeTargetReference.MAX: "max",
    bos.RelativeTargetReference.CURRENT: "current",
}


def power(watts: float) -> Power:
    return Power(watt=round(watts))


def terahashes(rate: float) -> TeraHashrate:
    return TeraHashrate(terahash_per_second=rate)


# --- modes ---


def mode(performance: Performance) -> bos.PerformanceMode:
    """The configured mode."""
    if performance.is_manual:
        shown = bos.PerformanceModeMode(manualmode=manual_mode(performance.settings.manual))
    else:
        shown = bos.PerformanceModeMode(
            tunermode=bos.TunerPerformanceMode(target=_target(performance))
        )
    return bos.PerformanceMode(mode=shown)


def _target(performance: Performance) -> bos.TunerPerformanceModeTarget:
    value = performance.configured(performance.kind)
    if performance.kind == "power":
        return bos.TunerPerformanceModeTarget(
            powertarget=bos.PowerTargetMode(power_target=power(value))
        )
    return bos.TunerPerformanceModeTarget(
        hashratetarget=bos.HashrateTargetMode(hashrate_target=terahashes(value))
    )


def wanted_target(asked: bos.TunerPerformanceMode) -> tuple[Kind | None, float | None]:
    """The kind and value of a target; None: as it is, and the default."""
    target = asked.target
    if target is None:
        return None, None
    if target.powertarget is not UNSET:
        watts = target.powertarget.power_target
        return "power", None if watts is None else watts.watt
    if target.hashratetarget is not UNSET:
        rate = target.hashratetarget.hashrate_target
        return "hashrate", None if rate is None else rate.terahash_per_second
    return None, None


def manual_mode(manual: Manual) -> bos.ManualPerformanceMode:
    return bos.ManualPerformanceMode(
        global_frequency=frequency(manual.frequency_hz),
        global_voltage=voltage(manual.voltage_v),
        hashboards=tuple(
            bos.HashboardPerformanceSettings(
                id=board, frequency=frequency(own.frequency_hz), voltage=voltage(own.voltage_v)
            )
            for board, own in manual.boards.items()
        ),
    )


def wanted_manual(asked: bos.ManualPerformanceMode, boards: tuple[str, ...]) -> Manual:
    """Raises BadSetting for a board that is not there."""
    for each in asked.hashboards:
        if each.id not in boards:
            raise BadSetting(f"there is no hashboard {each.id[:20]!r}; there are {known(boards)}")
    return Manual(
        frequency_hz=asked.global_frequency.hertz if asked.global_frequency else None,
        voltage_v=asked.global_voltage.volt if asked.global_voltage else None,
        boards={
            each.id: BoardManual(
                each.frequency.hertz if each.frequency else None,
                each.voltage.volt if each.voltage else None,
            )
            for each in asked.hashboards
        },
    )


def known(boards: tuple[str, ...]) -> str:
    return ", ".join(boards)


def frequency(hertz: float | None) -> Frequency | None:
    return None if hertz is None else Frequency(hertz=hertz)


def voltage(volt: float | None) -> Voltage | None:
    return None if volt is None else Voltage(volt=volt)


# --- the tuner ---


def mode_state(performance: Performance, seen: Snapshot) -> bos.GetTunerStateResponseModeState:
    """What is aimed at, and what comes of it now."""
    profile = performance.active_profile
    created = None if profile is None else Timestamp.at(profile.created)
    configured = performance.configured(performance.kind)
    rate, consumption = gigahashes(seen.nominal), Power(watt=seen.consumption_w)
    if performance.kind == "power":
        return bos.GetTunerStateResponseModeState(
            powertargetmodestate=bos.PowerTargetModeState(
                profile=_power_profile(created, configured, rate, consumption),
                current_target=power(performance.current.value),
            )
        )
    return bos.GetTunerStateResponseModeState(
        hashratetargetmodestate=bos.HashrateTargetModeState(
            profile=_hashrate_profile(created, configured, rate, consumption),
            current_target=terahashes(performance.current.value),
        )
    )


def power_profile(profile: Profile) -> bos.PowerTargetProfile:
    return _power_profile(
        Timestamp.at(profile.created),
        profile.target,
        gigahashes(profile.measured_hashrate),
        Power(watt=profile.estimated_power_w),
    )


def hashrate_profile(profile: Profile) -> bos.HashrateTargetProfile:
    return _hashrate_profile(
        Timestamp.at(profile.created),
        profile.target,
        gigahashes(profile.measured_hashrate),
        Power(watt=profile.estimated_power_w),
    )


def _power_profile(
    created: Timestamp | None, target: float, rate: GigaHashrate, consumption: Power
) -> bos.PowerTargetProfile:
    return bos.PowerTargetProfile(
        created=created,
        target=power(target),
        measured_hashrate=rate,
        estimated_power_consumption=consumption,
    )


def _hashrate_profile(
    created: Timestamp | None, target: float, rate: GigaHashrate, consumption: Power
) -> bos.HashrateTargetProfile:
    return bos.HashrateTargetProfile(
        created=created,
        target=terahashes(target),
        measured_hashrate=rate,
        estimated_power_consumption=consumption,
    )


def efficiency_point(point: Point) -> bos.MinerEfficiencyPoint:
    return bos.MinerEfficiencyPoint(
        quality=point.quality,
        power_target=Power(watt=point.target_w),
        consumption=Power(watt=point.consumption_w),
        fan_speed=round(100 * point.fan_duty),
        outlet_temp=Temperature(degree_c=point.outlet_c),
        ambient_temp=Temperature(degree_c=point.ambient_c),
        hashrate=terahashes(point.hashrate_ths),
        frequency=Frequency(hertz=point.frequency_hz),
        voltage=Voltage(volt=point.voltage_v),
    )
