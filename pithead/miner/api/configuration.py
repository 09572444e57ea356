"""All that is configured, and within which limits."""

from pithead.bos import configuration as bos
from pithead.bos import tuning
from pithead.bos.constraints import (
    BooleanConstraint,
    DurationConstraints,
    FrequencyConstraints,
    HashrateConstraints,
    PowerConstraints,
    UInt32Constraints,
    VoltageConstraints,
)
from pithead.bos.units import Frequency, Hours, Voltage
from pithead.miner import limits
from pithead.miner.api import scaling, shapes_of_cooling
from pithead.miner.api.pool import group_configuration
from pithead.miner.api.saving import saved
from pithead.miner.api.tuning import frequency, power, terahashes, voltage
from pithead.miner.limits import Limits
from pithead.miner.miner import Miner
from pithead.miner.performance import Performance
from pithead.miner.performance_settings import BoardManual, Dps

TUNER_MODES = {
    "power": tuning.TunerMode.POWER_TARGET,
    "hashrate": tuning.TunerMode.HASHRATE_TARGET,
}


class Configuration(bos.ConfigurationService):
    def __init__(self, miner: Miner) -> None:
        self._miner = miner

    async def get_miner_configuration(
        self, request: bos.GetMinerConfigurationRequest
    ) -> bos.GetMinerConfigurationResponse:
        kept = saved(self._miner)
        performance = kept.performance
        return bos.GetMinerConfigurationResponse(
            pool_groups=tuple(group_configuration(group) for group in kept.pool_groups()),
            temperature=shapes_of_cooling.configuration(kept.cooling_plan),
            tuner=_tuner(performance),
            dps=scaling.configuration(performance.settings.dps, self._miner.model),
            hashboard_config=_boards(performance),
        )

    async def get_constraints(
        self, request: bos.GetConstraintsRequest
    ) -> bos.GetConstraintsResponse:
        return bos.GetConstraintsResponse(
            tuner_constraints=self._tuner_constraints(),
            cooling_constraints=shapes_of_cooling.constraints(self._miner.model),
            dps_constraints=self._dps_constraints(),
            hashboards_constraints=self._board_constraints(),
        )

    def _tuner_constraints(self) -> tuning.TunerConstraints:
        performance = self._miner.performance
        return tuning.TunerConstraints(
            power_target=_power(performance.limits("power")),
            hashrate_target=_hashrate(performance.limits("hashrate")),
            enabled=BooleanConstraint(default=True),
            default_mode=tuning.TunerMode.POWER_TARGET,
        )

    def _dps_constraints(self) -> tuning.DPSConstraints:
        model, usual = self._miner.model, Dps()
        hours = limits.DPS_SHUTDOWN_HOURS
        return tuning.DPSConstraints(
            power_step=_power(limits.dps_step_limits(model, "power")),
            hashrate_step=_hashrate(limits.dps_step_limits(model, "hashrate")),
            min_power_target=_power(limits.dps_minimum_limits(model, "power")),
            min_hashrate_target=_hashrate(limits.dps_minimum_limits(model, "hashrate")),
            shutdown_enabled=BooleanConstraint(default=limits.DPS_SHUTDOWN_DEFAULT),
            shutdown_duration=DurationConstraints(
                default=Hours(hours=round(hours.default)),
                min=Hours(hours=round(hours.minimum)),
                max=Hours(hours=round(hours.maximum)),
            ),
            enabled=BooleanConstraint(default=usual.enabled),
            mode=tuning.DPSMode(usual.mode),
            on_start_target_percent=_whole(limits.DPS_ON_START_PERCENT),
        )

    def _board_constraints(self) -> tuning.HashboardConstraints:
        model = self._miner.model
        clock, volt = limits.frequency_limits(model), limits.voltage_limits(model)
        return tuning.HashboardConstraints(
            hashboard_ids=self._miner.performance.board_ids,
            enabled=BooleanConstraint(default=True),
            frequency=FrequencyConstraints(
                default=Frequency(hertz=clock.default),
                min=Frequency(hertz=clock.minimum),
                max=Frequency(hertz=clock.maximum),
            ),
            voltage=VoltageConstraints(
                default=Voltage(volt=volt.default),
                min=Voltage(volt=volt.minimum),
                max=Voltage(volt=volt.maximum),
            ),
            quick_ramping_time_s=_whole(limits.RAMPING_SECONDS),
        )


def _tuner(performance: Performance) -> tuning.TunerConfiguration:
    is_power = performance.kind == "power"
    value = performance.configured(performance.kind)
    return tuning.TunerConfiguration(
        enabled=not performance.is_manual,
        tuner_mode=TUNER_MODES[performance.kind],
        power_target=power(value) if is_power else None,
        hashrate_target=None if is_power else terahashes(value),
    )


def _boards(performance: Performance) -> tuning.HashboardPerformanceConfiguration:
    manual, ramping = performance.settings.manual, performance.ramping
    boards = []
    for board, runs in zip(performance.board_ids, performance.runs, strict=True):
        own = manual.boards.get(board, BoardManual())
        boards.append(
            tuning.HashboardConfig(
                id=board,
                enabled=runs,
                frequency=frequency(own.frequency_hz),
                voltage=voltage(own.voltage_v),
            )
        )
    return tuning.HashboardPerformanceConfiguration(
        global_frequency=frequency(manual.frequency_hz),
        global_voltage=voltage(manual.voltage_v),
        hashboards=tuple(boards),
        quick_ramping_time_up_s=ramping.up_s,
        quick_ramping_time_down_s=ramping.down_s,
    )


def _power(bounds: Limits) -> PowerConstraints:
    return PowerConstraints(
        default=power(bounds.default), min=power(bounds.minimum), max=power(bounds.maximum)
    )


def _hashrate(bounds: Limits) -> HashrateConstraints:
    return HashrateConstraints(
        default=terahashes(bounds.default),
        min=terahashes(bounds.minimum),
        max=terahashes(bounds.maximum),
    )


def _whole(bounds: Limits) -> UInt32Constraints:
    return UInt32Constraints(
        default=round(bounds.default), min=round(bounds.minimum), max=round(bounds.maximum)
    )
