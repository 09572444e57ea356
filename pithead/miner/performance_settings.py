"""What an operator has decided about performance and boards, as data.

Watts, terahashes a second, hertz, volts. None stands for the default of the model.
"""

from enum import IntEnum
from typing import Literal

import msgspec

Kind = Literal["power", "hashrate"]


class DpsMode(IntEnum):
    """The numbers are those of the contract."""

    NORMAL = 1
    BOOST = 2


class BoardManual(msgspec.Struct, frozen=True):
    """What one board has of its own in manual mode."""

    frequency_hz: float | None = None
    voltage_v: float | None = None


class Manual(msgspec.Struct, frozen=True):
    """Clock and voltage set by hand."""

    frequency_hz: float | None = None
    voltage_v: float | None = None
    boards: dict[str, BoardManual] = {}
    """By the id of the board."""


class Dps(msgspec.Struct, frozen=True):
    """Dynamic performance scaling."""

    enabled: bool = False
    mode: DpsMode = DpsMode.NORMAL
    power_step_w: int | None = None
    hashrate_step_ths: float | None = None
    min_power_w: int | None = None
    min_hashrate_ths: float | None = None
    shutdown_enabled: bool | None = None
    shutdown_hours: int | None = None
    on_start_percent: int | None = None


class Ramping(msgspec.Struct, frozen=True):
    """Seconds that the clocks take to come up on resume and to go down on pause."""

    up_s: int
    down_s: int


class Profile(msgspec.Struct, frozen=True):
    """What the tuner found for one target."""

    kind: Kind
    target: float
    """Watts or terahashes a second."""
    created: float
    boards: tuple[str, ...]
    """Those that ran: others make another machine."""
    voltage_v: float
    frequencies_hz: tuple[float, ...]
    """One per board that ran."""
    measured_hashrate: float
    """Hashes a second."""
    estimated_power_w: int


class PerformanceSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    mode: Literal["tuner", "manual"] = "tuner"
    kind: Kind = "power"
    """What the tuner aims at; a target in watts is `Settings.power_target_w`."""
    hashrate_target_ths: float | None = None
    manual: Manual = Manual()
    dps: Dps = Dps()
    ramping: Ramping | None = None
    profiles: tuple[Profile, ...] = ()
    boards_off: tuple[str, ...] = ()
    """Disabled by the operator."""
