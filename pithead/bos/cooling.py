"""Cooling: modes, fans and temperatures."""

from enum import IntEnum
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from pithead.bos.constraints import DoubleConstraints, TemperatureConstraints, UInt32Constraints
from pithead.bos.saving import SaveAction, Saving
from pithead.bos.units import Temperature
from pithead.rpc.contract import U32, WHOLE, Http, Message, Oneof, Service, rpc, wire
from pithead.rpc.errors import NOT_HERE, Unimplemented


class CoolingMode(IntEnum):
    UNSPECIFIED = 0
    AUTO = 1
    MANUAL = 2
    DISABLED = 3
    IMMERSION = 4
    HYDRO = 5


class FanPauseMode(IntEnum):
    UNSPECIFIED = 0
    AUTO = 1
    MANUAL = 2


class FanPauseRuntime(IntEnum):
    UNSPECIFIED = 0
    LIMITED = 1
    INDEFINITE = 2


class SensorLocation(IntEnum):
    UNSPECIFIED = 0
    CHIP = 1
    PCB = 2


class ManualPauseMode(Message, frozen=True, kw_only=True):
    pause_cooldown_fan_speed_ratio: Annotated[float | None, wire(1, "double")] = None
    fan_pause_runtime: Annotated[FanPauseRuntime | None, wire(2, "enum")] = None


class AutoPauseMode(Message, frozen=True, kw_only=True):
    pass


class PauseModeMode(Oneof, frozen=True, kw_only=True):
    auto: Annotated[AutoPauseMode | UnsetType, wire(1)] = UNSET
    manual: Annotated[ManualPauseMode | UnsetType, wire(2)] = UNSET


class PauseMode(Message, frozen=True, kw_only=True):
    mode: PauseModeMode | None = None


class CoolingAutoMode(Message, frozen=True, kw_only=True):
    target_temperature: Annotated[Temperature | None, wire(1)] = None
    hot_temperature: Annotated[Temperature | None, wire(2)] = None
    dangerous_temperature: Annotated[Temperature | None, wire(3)] = None
    min_fan_speed: Annotated[Annotated[int, Meta(ge=0, le=U32)] | None, wire(4, "uint32")] = None
    max_fan_speed: Annotated[Annotated[int, Meta(ge=0, le=U32)] | None, wire(5, "uint32")] = None
    minimum_required_fans: Annotated[
        Annotated[int, Meta(ge=0, le=U32)] | None, wire(6, "uint32")
    ] = None
    pause_mode: Annotated[PauseMode | None, wire(7, optional=True)] = None


class CoolingManualMode(Message, frozen=True, kw_only=True):
    fan_speed_ratio: Annotated[float | None, wire(1, "double")] = None
    hot_temperature: Annotated[Temperature | None, wire(2)] = None
    dangerous_temperature: Annotated[Temperature | None, wire(3)] = None
    target_temperature: Annotated[Temperature | None, wire(4)] = None
    minimum_required_fans: Annotated[
        Annotated[int, Meta(ge=0, le=U32)] | None, wire(5, "uint32")
    ] = None
    pause_mode: Annotated[PauseMode | None, wire(6, optional=True)] = None


class CoolingDisabledMode(Message, frozen=True, kw_only=True):
    fan_speed_ratio: Annotated[float | None, wire(1, "double")] = None


class CoolingImmersionMode(Message, frozen=True, kw_only=True):
    hot_temperature: Annotated[Temperature | None, wire(1)] = None
    dangerous_temperature: Annotated[Temperature | None, wire(2)] = None
    target_temperature: Annotated[Temperature | None, wire(3)] = None


class CoolingHydroMode(Message, frozen=True, kw_only=True):
    hot_temperature: Annotated[Temperature | None, wire(1)] = None
    dangerous_temperature: Annotated[Temperature | None, wire(2)] = None
    target_temperature: Annotated[Temperature | None, wire(3)] = None


class CoolingConfigurationMode(Oneof, frozen=True, kw_only=True):
    auto: Annotated[CoolingAutoMode | UnsetType, wire(2)] = UNSET
    manual: Annotated[CoolingManualMode | UnsetType, wire(3)] = UNSET
    disabled: Annotated[CoolingDisabledMode | UnsetType, wire(4)] = UNSET
    immersion: Annotated[CoolingImmersionMode | UnsetType, wire(5)] = UNSET
    hydro: Annotated[CoolingHydroMode | UnsetType, wire(6)] = UNSET


class CoolingConfiguration(Message, frozen=True, kw_only=True):
    minimum_required_fans: Annotated[
        Annotated[int, Meta(ge=0, le=U32)] | None, wire(1, "uint32")
    ] = None
    mode: CoolingConfigurationMode | None = None


class CoolingConstraints(Message, frozen=True, kw_only=True):
    default_cooling_mode: Annotated[CoolingMode, wire(1, "enum")]
    target_temperature: Annotated[TemperatureConstraints | None, wire(2)] = None
    hot_temperature: Annotated[TemperatureConstraints | None, wire(3)] = None
    dangerous_temperature: Annotated[TemperatureConstraints | None, wire(4)] = None
    fan_speed_ratio: Annotated[DoubleConstraints | None, wire(5)] = None
    minimum_required_fans: Annotated[UInt32Constraints | None, wire(6)] = None
    min_fan_speed: Annotated[UInt32Constraints | None, wire(7)] = None
    max_fan_speed: Annotated[UInt32Constraints | None, wire(8)] = None
    pause_cooldown_fan_speed_ratio: Annotated[DoubleConstraints | None, wire(9)] = None
    default_fan_pause_mode: Annotated[FanPauseMode | None, wire(10, "enum")] = None
    default_fan_pause_runtime: Annotated[FanPauseRuntime | None, wire(11, "enum")] = None
    fan_pause_runtime_limited_duration_s: Annotated[
        Annotated[int, Meta(ge=0, le=U32)] | None, wire(12, "uint32")
    ] = None


class FanState(Message, frozen=True, kw_only=True):
    position: Annotated[Annotated[int, Meta(ge=0, le=U32)] | None, wire(1, "uint32")] = None
    rpm: Annotated[int, wire(2, "uint32", ge=0, le=U32)]
    target_speed_ratio: Annotated[float | None, wire(3, "double")] = None


class TemperatureSensor(Message, frozen=True, kw_only=True):
    id: Annotated[Annotated[int, Meta(ge=0, le=U32)] | None, wire(1, "uint32")] = None
    location: Annotated[SensorLocation, wire(2, "enum")]
    temperature: Annotated[Temperature | None, wire(3)] = None


class GetCoolingStateResponse(Message, frozen=True, kw_only=True):
    fans: Annotated[tuple[FanState, ...], wire(1)]
    highest_temperature: Annotated[TemperatureSensor | None, wire(2)] = None


class SetImmersionModeRequest(Message, frozen=True, kw_only=True):
    save_action: Saving = SaveAction.UNSPECIFIED
    enable_immersion_mode: Annotated[bool, wire(2, "bool")]


class SetImmersionModeResponse(Message, frozen=True, kw_only=True):
    immersion_mode: Annotated[bool, wire(1, "bool")]


class SetCoolingModeRequestMode(Oneof, frozen=True, kw_only=True):
    auto: Annotated[CoolingAutoMode | UnsetType, wire(2)] = UNSET
    manual: Annotated[CoolingManualMode | UnsetType, wire(3)] = UNSET
    immersion: Annotated[CoolingImmersionMode | UnsetType, wire(4)] = UNSET
    hydro: Annotated[CoolingHydroMode | UnsetType, wire(5)] = UNSET


class SetCoolingModeRequest(Message, frozen=True, kw_only=True):
    save_action: Saving = SaveAction.UNSPECIFIED
    mode: SetCoolingModeRequestMode | None = None


class SetCoolingModeResponseMode(Oneof, frozen=True, kw_only=True):
    auto: Annotated[CoolingAutoMode | UnsetType, wire(1)] = UNSET
    manual: Annotated[CoolingManualMode | UnsetType, wire(2)] = UNSET
    immersion: Annotated[CoolingImmersionMode | UnsetType, wire(3)] = UNSET
    hydro: Annotated[CoolingHydroMode | UnsetType, wire(4)] = UNSET


class SetCoolingModeResponse(Message, frozen=True, kw_only=True):
    mode: SetCoolingModeResponseMode | None = None


class GetCoolingStateRequest(Message, frozen=True, kw_only=True):
    pass


class CoolingService(Service, name="braiins.bos.v1.CoolingService"):
    @rpc("GetCoolingState", Http("GET", "/cooling/state", "getCoolingState", answer=WHOLE))
    async def get_cooling_state(self, request: GetCoolingStateRequest) -> GetCoolingStateResponse:
        """Fans and the hottest place."""
        raise Unimplemented(NOT_HERE)

    @rpc("SetImmersionMode", None)
    async def set_immersion_mode(
        self, request: SetImmersionModeRequest
    ) -> SetImmersionModeResponse:
        """Turn immersion cooling on or off."""
        raise Unimplemented(NOT_HERE)

    @rpc(
        "SetCoolingMode", Http("PUT", "/cooling/mode", "setCoolingMode", body="mode", answer="mode")
    )
    async def set_cooling_mode(self, request: SetCoolingModeRequest) -> SetCoolingModeResponse:
        """Choose the cooling mode, or change fields of the present one."""
        raise Unimplemented(NOT_HERE)
