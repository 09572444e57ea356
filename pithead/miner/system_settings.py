"""What an operator has decided about the system side of a machine, as data."""

from typing import Literal

import msgspec

AdvancedValue = bool | int | str


class StaticAddress(msgspec.Struct, frozen=True):
    """IPv4, each address in dotted form."""

    address: str
    netmask: str
    gateway: str
    dns_servers: tuple[str, ...] = ()


class Contract(msgspec.Struct, frozen=True):
    """What a contract key says."""

    name: str
    fee_bsp: int
    """The part of the work that the maker of the firmware gets, in hundredths of a percent."""
    ends_at: float | None = None
    """Unix seconds; None: never."""


class LicenceSettings(msgspec.Struct, frozen=True):
    kind: Literal["none", "limited", "valid"] = "valid"
    """Without a contract: what the firmware came with."""
    contract: Contract | None = None
    """In force since the last start of the mining process."""
    next_contract: Contract | None = None
    """Takes effect at the next one."""


class Schedule(msgspec.Struct, frozen=True):
    """Local time; None: left to the machine, which keeps to what it chose."""

    every: Literal["day", "week", "month"]
    day: int | None = None
    """1 (Monday) to 7 of a week, 1 to 28 of a month."""
    hour: int | None = None
    minute: int | None = None
    second: int | None = None


class AutoUpgrade(msgspec.Struct, frozen=True):
    enabled: bool = False
    schedule: Schedule | None = None
    last_execution: float | None = None


class SystemSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    stopped: bool = False
    """The mining process is."""
    locating: bool = False
    network: StaticAddress | None = None
    """None: DHCP."""
    licence: LicenceSettings = LicenceSettings()
    auto_upgrade: AutoUpgrade = AutoUpgrade()
    advanced: dict[str, AdvancedValue] = {}
    """Those that differ from their defaults."""
    version: str | None = None
    """Of the firmware; None: the one this daemon came with."""
