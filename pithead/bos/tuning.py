"""The tuner: targets, modes, profiles, dynamic performance scaling."""

from enum import IntEnum
from typing import Annotated, ClassVar

from msgspec import UNSET, Meta, UnsetType

from pithead.bos.constraints import (
    BooleanConstraint,
    DurationConstraints,
    FrequencyConstraints,
    HashrateConstraints,
    PowerConstraints,
    UInt32Constraints,
    VoltageConstraints,
)
from pithead.bos.units import (
    Frequency,
    GigaHashrate,
    Hours,
    Power,
    Temperature,
    TeraHashrate,
    Timestamp,
    Voltage,
)
from pithead.rpc.contract import U32, Message, Oneof, wire


class TunerMode(IntEnum):
    UNSPECIFIED = 0
    POWER_TARGET = 1
    HASHRATE_TARGET = 2


class DPSMode(IntEnum):
    UNSPECIFIED = 0
    NORMAL = 1
    BOOST = 2


class TunerState(IntEnum):
    UNSPECIFIED = 0
    DISABLED = 1
    STABLE = 2
    TUNING = 3
    ERROR = 4
    CONTINUOUS = 5
    PREHEAT = 6


class RelativeTargetReference(IntEnum):
    UNSPECIFIED = 0
    NOMINAL = 1
    MIN = 2
    MAX = 3
    CURRENT = 4


class TunerConfiguration(Message, frozen=True, kw_only=True):
    enabled: Annotated[bool | None, wire(1, "bool")] = None
    tuner_mode: Annotated[TunerMode | None, wire(2, "enum")] = None
    power_target: Annotated[Power | None, wire(3)] = None
    hashrate_target: Annotated[TeraHashrate | None, wire(4)] = None


class TunerConstraints(Message, frozen=True, kw_only=True):
    power_target: Annotated[PowerConstraints | None, wire(1)] = None
    hashrate_target: Annotated[HashrateConstraints | None, wire(2)] = None
    enabled: Annotated[BooleanConstraint | None, wire(3)] = None
    default_mode: Annotated[TunerMode, wire(4, "enum")]


class DPSConfiguration(Message, frozen=True, kw_only=True):
    schema_name: ClassVar[str] = "DpsConfiguration"

    enabled: Annotated[bool | None, wire(1, "bool")] = None
    power_step: Annotated[Power | None, wire(2)] = None
    hashrate_step: Annotated[TeraHashrate | None, wire(3)] = None
    min_power_target: Annotated[Power | None, wire(4)] = None
    min_hashrate_target: Annotated[TeraHashrate | None, wire(5)] = None
    shutdown_enabled: Annotated[bool | None, wire(6, "bool")] = None
    shutdown_duration: Annotated[Hours | None, wire(7)] = None
    mode: Annotated[DPSMode | None, wire(8, "enum")] = None
    on_start_target_percent: Annotated[
        Annotated[int, Meta(ge=0, le=U32)] | None, wire(9, "uint32")
    ] = None


class HashboardConfig(Message, frozen=True, kw_only=True):
    id: Annotated[str, wire(1, "string")]
    enabled: Annotated[bool | None, wire(2, "bool")] = None
    frequency: Annotated[Frequency | None, wire(3)] = None
    voltage: Annotated[Voltage | None, wire(4)] = None


class HashboardPerformanceConfiguration(Message, frozen=True, kw_only=True):
    global_frequency: Annotated[Frequency | None, wire(1)] = None
    global_voltage: Annotated[Voltage | None, wire(2)] = None
    hashboards: Annotated[tuple[HashboardConfig, ...], wire(3)]
    quick_ramping_time_up_s: Annotated[
        Annotated[int, Meta(ge=0, le=U32)] | None, wire(4, "uint32")
    ] = None
    quick_ramping_time_down_s: Annotated[
        Annotated[int, Meta(ge=0, le=U32)] | None, wire(5, "uint32")
    ] = None


class DPSConstraints(Message, frozen=True, kw_only=True):
    schema_name: ClassVar[str] = "DpsConstraints"

    power_step: Annotated[PowerConstraints | None, wire(1)] = None
    hashrate_step: Annotated[HashrateConstraints | None, wire(2)] = None
    min_power_target: Annotated[PowerConstraints | None, wire(3)] = None
    min_hashrate_target: Annotated[HashrateConstraints | None, wire(4)] = None
    shutdown_enabled: Annotated[BooleanConstraint | None, wire(5)] = None
    shutdown_duration: Annotated[DurationConstraints | None, wire(6)] = None
    enabled: Annotated[BooleanConstraint | None, wire(7)] = None
    mode: Annotated[DPSMode, wire(8, "enum")]
    on_start_target_percent: Annotated[UInt32Constraints | None, wire(9)] = None


class HashboardConstraints(Message, frozen=True, kw_only=True):
    hashboard_ids: Annotated[tuple[str, ...], wire(1, "string")]
    enabled: Annotated[BooleanConstraint | None, wire(2)] = None
    frequency: Annotated[FrequencyConstraints | None, wire(3)] = None
    voltage: Annotated[VoltageConstraints | None, wire(4)] = None
    quick_ramping_time_s: Annotated[UInt32Constraints | None, wire(5)] = None


class PowerTargetProfile(Message, frozen=True, kw_only=True):
    created: Annotated[Timestamp | None, wire(1)] = None
    target: Annotated[Power | None, wire(2)] = None
    measured_hashrate: Annotated[GigaHashrate | None, wire(3)] = None
    estimated_power_consumption: Annotated[Power | None, wire(4)] = None


class HashrateTargetProfile(Message, frozen=True, kw_only=True):
    created: Annotated[Timestamp | None, wire(1)] = None
    target: Annotated[TeraHashrate | None, wire(2)] = None
    measured_hashrate: Annotated[GigaHashrate | None, wire(3)] = None
    estimated_power_consumption: Annotated[Power | None, wire(4)] = None


class MinerEfficiencyPoint(Message, frozen=True, kw_only=True):
    quality: Annotated[int, wire(1, "uint32", ge=0, le=U32)]
    power_target: Annotated[Power | None, wire(2)] = None
    consumption: Annotated[Power | None, wire(3)] = None
    fan_speed: Annotated[int, wire(4, "uint32", ge=0, le=U32)]
    outlet_temp: Annotated[Temperature | None, wire(5)] = None
    ambient_temp: Annotated[Temperature | None, wire(6)] = None
    hashrate: Annotated[TeraHashrate | None, wire(7)] = None
    frequency: Annotated[Frequency | None, wire(8)] = None
    voltage: Annotated[Voltage | None, wire(9)] = None


class PowerTargetModeState(Message, frozen=True, kw_only=True):
    profile: Annotated[PowerTargetProfile | None, wire(1)] = None
    current_target: Annotated[Power | None, wire(2)] = None


class HashrateTargetModeState(Message, frozen=True, kw_only=True):
    profile: Annotated[HashrateTargetProfile | None, wire(1)] = None
    current_target: Annotated[TeraHashrate | None, wire(2)] = None


class GetTunerStateResponseModeState(Oneof, frozen=True, kw_only=True):
    schema_name: ClassVar[str] = "ModeState"

    powertargetmodestate: Annotated[
        PowerTargetModeState | UnsetType, wire(2, name="power_target_mode_state")
    ] = UNSET
    hashratetargetmodestate: Annotated[
        HashrateTargetModeState | UnsetType, wire(3, name="hashrate_target_mode_state")
    ] = UNSET


class DPSPowerTarget(Message, frozen=True, kw_only=True):
    schema_name: ClassVar[str] = "DpsPowerTarget"

    power_step: Annotated[Power | None, wire(1)] = None
    min_power_target: Annotated[Power | None, wire(2)] = None


class DPSHashrateTarget(Message, frozen=True, kw_only=True):
    schema_name: ClassVar[str] = "DpsHashrateTarget"

    hashrate_step: Annotated[TeraHashrate | None, wire(1)] = None
    min_hashrate_target: Annotated[TeraHashrate | None, wire(2)] = None


class DPSTargetTarget(Oneof, frozen=True, kw_only=True):
    powertarget: Annotated[DPSPowerTarget | UnsetType, wire(1, name="power_target")] = UNSET
    hashratetarget: Annotated[DPSHashrateTarget | UnsetType, wire(2, name="hashrate_target")] = (
        UNSET
    )


class DPSTarget(Message, frozen=True, kw_only=True):
    schema_name: ClassVar[str] = "DpsTarget"

    target: DPSTargetTarget | None = None


class HashboardPerformanceSettings(Message, frozen=True, kw_only=True):
    id: Annotated[str, wire(1, "string")]
    frequency: Annotated[Frequency | None, wire(2)] = None
    voltage: Annotated[Voltage | None, wire(3)] = None


class ManualPerformanceMode(Message, frozen=True, kw_only=True):
    global_frequency: Annotated[Frequency | None, wire(1)] = None
    global_voltage: Annotated[Voltage | None, wire(2)] = None
    hashboards: Annotated[tuple[HashboardPerformanceSettings, ...], wire(3)]


class PowerTargetMode(Message, frozen=True, kw_only=True):
    power_target: Annotated[Power | None, wire(1)] = None


class HashrateTargetMode(Message, frozen=True, kw_only=True):
    hashrate_target: Annotated[TeraHashrate | None, wire(1)] = None


class TunerPerformanceModeTarget(Oneof, frozen=True, kw_only=True):
    powertarget: Annotated[PowerTargetMode | UnsetType, wire(1, name="power_target")] = UNSET
    hashratetarget: Annotated[HashrateTargetMode | UnsetType, wire(2, name="hashrate_target")] = (
        UNSET
    )


class TunerPerformanceMode(Message, frozen=True, kw_only=True):
    target: TunerPerformanceModeTarget | None = None


class PerformanceModeMode(Oneof, frozen=True, kw_only=True):
    manualmode: Annotated[ManualPerformanceMode | UnsetType, wire(1, name="manual_mode")] = UNSET
    tunermode: Annotated[TunerPerformanceMode | UnsetType, wire(2, name="tuner_mode")] = UNSET


class PerformanceMode(Message, frozen=True, kw_only=True):
    mode: PerformanceModeMode | None = None
