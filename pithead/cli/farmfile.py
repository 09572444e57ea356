"""`farm.json`: where everything of a running farm is, for scripts. Complete when it exists."""

from pathlib import Path

import msgspec

from pithead.cli.datadir import write_whole

FARM_FILE = "farm.json"
"""Its name in the data directory."""


class PoolEntry(msgspec.Struct, frozen=True):
    stratum: str
    """`host:port`."""
    api: str
    """`http://host:port`."""
    admin: str = ""
    """The same of the admin API."""
    admin_token: str = ""


class UserEntry(msgspec.Struct, frozen=True):
    username: str
    token: str


class MinerEntry(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    model: str
    rest: str
    """`http://host:port`."""
    grpc: str | None = None
    cgminer: str | None = None
    username: str = "root"
    password: str = ""


class FarmFile(msgspec.Struct, frozen=True):
    pool: PoolEntry
    users: list[UserEntry]
    miners: list[MinerEntry]
    admin: str = ""
    """`http://host:port` of the admin API that calls faults down on the machines."""
    fleet: str = ""
    """The same of the fleet's pages and API; empty where they are not served."""
    fleet_token: str = ""


def write_farm_file(path: Path, farm: FarmFile) -> None:
    """Mode 0600: it holds tokens."""
    write_whole(path, msgspec.json.format(msgspec.json.encode(farm), indent=2) + b"\n", 0o600)


def read_farm_file(path: Path) -> FarmFile | None:
    """The one of an earlier run; None where there is none, or it cannot be read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=FarmFile)
    except (OSError, msgspec.DecodeError):
        return None
