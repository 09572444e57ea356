"""What an operator has decided, as data: all that survives a restart of a miner."""

from typing import Annotated

import msgspec

from pithead.miner.cooling_settings import CoolingSettings
from pithead.miner.performance_settings import PerformanceSettings
from pithead.miner.system_settings import SystemSettings

Uid = Annotated[str, msgspec.Meta(max_length=64)]


class Quota(msgspec.Struct, frozen=True, tag="quota"):
    """Work is shared between groups in the ratio of their quotas."""

    value: int


class FixedShareRatio(msgspec.Struct, frozen=True, tag="fixed_share_ratio"):
    """A group takes this part of all work, 0 to 1."""

    value: float


Strategy = Quota | FixedShareRatio


class PoolTarget(msgspec.Struct, frozen=True):
    """One address to mine at. An empty uid means: give it one."""

    url: str
    """`stratum+tcp://host:port`, or `stratum+ssl://`; what else `pool_url` knows is kept and
    reported as not supported."""
    user: str
    password: str = ""
    enabled: bool = True
    uid: Uid = ""


class PoolGroup(msgspec.Struct, frozen=True):
    """Pools in the order of their precedence: the first that lives is mined at."""

    name: str
    pools: tuple[PoolTarget, ...]
    strategy: Strategy = Quota(1)
    uid: Uid = ""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that is written down. None stands for the model's own default."""

    hostname: str | None = None
    power_target_w: int | None = None
    paused: bool = False
    pool_groups: tuple[PoolGroup, ...] = ()
    uids_given: int = 0
    """How many uids this machine has made up so far: none is given twice."""
    performance: PerformanceSettings = PerformanceSettings()
    cooling: CoolingSettings = CoolingSettings()
    system: SystemSettings = SystemSettings()
