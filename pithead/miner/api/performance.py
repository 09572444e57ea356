"""Targets, modes and profiles of the tuner, dynamic scaling, quick ramping."""

from collections.abc import Callable
from typing import Protocol

from msgspec import UNSET

from pithead.bos import performance as bos
from pithead.bos.saving import SaveAction
from pithead.bos.tuning import PerformanceMode, TunerState
from pithead.bos.units import Power, TeraHashrate
from pithead.miner.api import scaling, tuning
from pithead.miner.api.saving import place_for
from pithead.miner.miner import Miner
from pithead.miner.performance import Performance as MachinePerformance
from pithead.miner.performance import Reference
from pithead.miner.performance_settings import Ramping
from pithead.miner.refusals import BadSetting
from pithead.rpc.errors import InvalidArgument


class Saved(Protocol):
    """A request that says whether its change is to be applied, too."""

    @property
    def save_action(self) -> SaveAction: ...


class Performance(bos.PerformanceService):
    def __init__(self, miner: Miner, clock: Callable[[], float]) -> None:
        self._miner = miner
        self._clock = clock

    def _place(self, request: Saved) -> MachinePerformance:
        return place_for(self._miner, request.save_action).performance

    # --- power ---

    async def set_power_target(
        self, request: bos.SetPowerTargetRequest
    ) -> bos.SetPowerTargetResponse:
        return self._aim_power(request, _watts(request.power_target, "power_target"))

    async def set_default_power_target(
        self, request: bos.SetDefaultPowerTargetRequest
    ) -> bos.SetPowerTargetResponse:
        return self._aim_power(request, None)

    async def increment_power_target(
        self, request: bos.IncrementPowerTargetRequest
    ) -> bos.SetPowerTargetResponse:
        return self._shift_power(
            request, _watts(request.power_target_increment, "power_target_increment")
        )

    async def decrement_power_target(
        self, request: bos.DecrementPowerTargetRequest
    ) -> bos.SetPowerTargetResponse:
        return self._shift_power(
            request, -_watts(request.power_target_decrement, "power_target_decrement")
        )

    async def set_relative_power_target(
        self, request: bos.SetRelativeTargetRequest
    ) -> bos.SetPowerTargetResponse:
        return _power(self._place(request).relate("power", *_relation(request)))

    def _aim_power(self, request: Saved, watts: int | None) -> bos.SetPowerTargetResponse:
        return _power(self._place(request).aim("power", watts))

    def _shift_power(self, request: Saved, watts: int) -> bos.SetPowerTargetResponse:
        return _power(self._place(request).shift("power", watts))

    # --- hashrate ---

    async def set_hashrate_target(
        self, request: bos.SetHashrateTargetRequest
    ) -> bos.SetHashrateTargetResponse:
        return self._aim_rate(request, _rate(request.hashrate_target, "hashrate_target"))

    async def set_default_hashrate_target(
        self, request: bos.SetDefaultHashrateTargetRequest
    ) -> bos.SetHashrateTargetResponse:
        return self._aim_rate(request, None)

    async def increment_hashrate_target(
        self, request: bos.IncrementHashrateTargetRequest
    ) -> bos.SetHashrateTargetResponse:
        return self._shift_rate(request, _rate(request.hashrate_target_increment, "increment"))

    async def decrement_hashrate_target(
        self, request: bos.DecrementHashrateTargetRequest
    ) -> bos.SetHashrateTargetResponse:
        return self._shift_rate(request, -_rate(request.hashrate_target_decrement, "decrement"))

    async def set_relative_hashrate_target(
        self, request: bos.SetRelativeTargetRequest
    ) -> bos.SetHashrateTargetResponse:
        return _hashrate(self._place(request).relate("hashrate", *_relation(request)))

    def _aim_rate(self, request: Saved, rate: float | None) -> bos.SetHashrateTargetResponse:
        return _hashrate(self._place(request).aim("hashrate", rate))

    def _shift_rate(self, request: Saved, rate: float) -> bos.SetHashrateTargetResponse:
        return _hashrate(self._place(request).shift("hashrate", rate))

    # --- modes ---

    async def get_active_performance_mode(
        self, request: bos.GetPerformanceModeRequest
    ) -> PerformanceMode:
        return tuning.mode(self._miner.performance)

    async def set_performance_mode(self, request: bos.SetPerformanceModeRequest) -> PerformanceMode:
        performance = self._place(request)
        mode = request.mode.mode if request.mode else None
        if mode is not None and mode.manualmode is not UNSET:
            performance.set_manual(tuning.wanted_manual(mode.manualmode, performance.board_ids))
        elif mode is not None and mode.tunermode is not UNSET:
            kind, value = tuning.wanted_target(mode.tunermode)
            if kind is None:
                performance.tune_again()
            else:
                performance.aim(kind, value)
        else:
            raise InvalidArgument("mode is missing: manualmode or tunermode")
        return tuning.mode(performance)

    # --- the tuner ---

    async def get_tuner_state(self, request: bos.GetTunerStateRequest) -> bos.GetTunerStateResponse:
        performance = self._miner.performance
        state = None
        if not performance.is_manual:
            state = tuning.mode_state(performance, self._miner.snapshot(self._clock()))
        return bos.GetTunerStateResponse(
            overall_tuner_state=TunerState(performance.tuner_state), mode_state=state
        )

    async def list_target_profiles(
        self, request: bos.ListTargetProfilesRequest
    ) -> bos.ListTargetProfilesResponse:
        profiles = self._miner.performance.settings.profiles
        return bos.ListTargetProfilesResponse(
            power_target_profiles=tuple(
                tuning.power_profile(each) for each in profiles if each.kind == "power"
            ),
            hashrate_target_profiles=tuple(
                tuning.hashrate_profile(each) for each in profiles if each.kind == "hashrate"
            ),
        )

    async def remove_tuned_profiles(
        self, request: bos.RemoveTunedProfilesRequest
    ) -> bos.RemoveTunedProfilesResponse:
        self._miner.forget_profiles(self._clock())
        return bos.RemoveTunedProfilesResponse()

    async def get_miner_efficiency_profile(
        self, request: bos.GetMinerEfficiencyProfileRequest
    ) -> bos.GetMinerEfficiencyProfileResponse:
        points = self._miner.efficiency_points()
        return bos.GetMinerEfficiencyProfileResponse(
            points=tuple(tuning.efficiency_point(point) for point in points)
        )

    # --- scaling and ramping ---

    async def set_dps(self, request: bos.SetDPSRequest) -> bos.SetDPSResponse:
        performance = self._place(request)
        kept = performance.set_dps(scaling.changes(request))
        return scaling.answer(kept, self._miner.model, performance.kind)

    async def set_quick_ramping(
        self, request: bos.SetQuickRampingRequest
    ) -> bos.QuickRampingResponse:
        return _ramping(self._place(request).set_ramping(Ramping(request.up_s, request.down_s)))

    async def set_default_quick_ramping(
        self, request: bos.SetDefaultQuickRampingRequest
    ) -> bos.QuickRampingResponse:
        return _ramping(self._place(request).set_ramping(None))


def _power(watts: float) -> bos.SetPowerTargetResponse:
    return bos.SetPowerTargetResponse(power_target=tuning.power(watts))


def _hashrate(rate: float) -> bos.SetHashrateTargetResponse:
    return bos.SetHashrateTargetResponse(hashrate_target=tuning.terahashes(rate))


def _ramping(ramping: Ramping) -> bos.QuickRampingResponse:
    return bos.QuickRampingResponse(up_s=ramping.up_s, down_s=ramping.down_s)


def _watts(power: Power | None, name: str) -> int:
    if power is None:
        raise InvalidArgument(f"{name} is missing")
    return power.watt


def _rate(rate: TeraHashrate | None, name: str) -> float:
    if rate is None:
        raise InvalidArgument(f"{name} is missing")
    if rate.terahash_per_second < 0:
        raise BadSetting(f"{name} {rate.terahash_per_second:g} TH/s is below zero")
    return rate.terahash_per_second


def _relation(request: bos.SetRelativeTargetRequest) -> tuple[float, Reference]:
    reference = tuning.REFERENCES.get(request.reference)
    if reference is None:
        raise BadSetting("reference has to be 1 (nominal), 2 (min), 3 (max) or 4 (current)")
    return request.percentage, reference
