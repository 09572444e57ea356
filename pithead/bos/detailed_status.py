"""The detailed status of REST 1.7.0: the phase a machine is in, why, since when and until when.

gRPC 1.11.0 does not have it, so its fields carry no wire numbers. Here variants keep their
underscores (contract: `rest.md`, "Detailed status").
"""

from typing import Literal

from msgspec import UNSET, UnsetType

from pithead.bos.units import Timestamp
from pithead.rpc.contract import Message, Oneof

ThermalPauseReason = Literal[
    "THERMAL_PAUSE_REASON_UNSPECIFIED",
    "THERMAL_PAUSE_REASON_DANGEROUS_TEMPERATURE",
    "THERMAL_PAUSE_REASON_BROKEN_FANS",
]


class Nothing(Message, frozen=True, kw_only=True):
    """A reason that needs no more words."""


class UnsupportedHardware(Message, frozen=True, kw_only=True):
    errors: tuple[str, ...]


class ThermalPause(Message, frozen=True, kw_only=True):
    reason: ThermalPauseReason


class FailureText(Message, frozen=True, kw_only=True):
    message: str


class StopReason(Oneof, frozen=True, kw_only=True):
    unspecified: Nothing | UnsetType = UNSET
    application_unavailable: Nothing | UnsetType = UNSET
    unsupported_hardware: UnsupportedHardware | UnsetType = UNSET
    dead_pools: Nothing | UnsetType = UNSET
    missing_license: Nothing | UnsetType = UNSET
    user_pause: Nothing | UnsetType = UNSET
    thermal_pause: ThermalPause | UnsetType = UNSET
    dps_cooldown: Nothing | UnsetType = UNSET
    tuner_error: FailureText | UnsetType = UNSET
    hardware_error: FailureText | UnsetType = UNSET


class StartReason(Oneof, frozen=True, kw_only=True):
    none: Nothing | UnsetType = UNSET
    delayed_start: Nothing | UnsetType = UNSET
    cooling_down: Nothing | UnsetType = UNSET
    waiting_while_cold: Nothing | UnsetType = UNSET
    defrosting: Nothing | UnsetType = UNSET


class RunReason(Oneof, frozen=True, kw_only=True):
    normal: Nothing | UnsetType = UNSET
    preheating: Nothing | UnsetType = UNSET


class Stopped(Message, frozen=True, kw_only=True):
    reason: StopReason


class Starting(Message, frozen=True, kw_only=True):
    reason: StartReason


class Running(Message, frozen=True, kw_only=True):
    reason: RunReason


class Phase(Oneof, frozen=True, kw_only=True):
    stopped: Stopped | UnsetType = UNSET
    starting: Starting | UnsetType = UNSET
    running: Running | UnsetType = UNSET
    stopping: Stopped | UnsetType = UNSET


class Precision(Oneof, frozen=True, kw_only=True):
    exact: Timestamp | UnsetType = UNSET
    max: Timestamp | UnsetType = UNSET


class Until(Message, frozen=True, kw_only=True):
    precision: Precision


class MinerDetailedStatus(Message, frozen=True, kw_only=True):
    status: Phase
    status_since: Timestamp | None = None
    status_until: Until | None = None
