"""The state of a miner at one moment: the one place from which all reads answer.

Units: seconds of farm time, hashes a second, watts, degrees Celsius, hertz, volts. Rates, work,
difficulties and best shares are those of the machine as it appears: `work_scale` is in them.
"""

from dataclasses import dataclass
from enum import Enum, IntEnum

from pithead.hardware.models import MachineModel
from pithead.miner.condition import Condition, MinerStatus
from pithead.miner.configuration import Strategy
from pithead.miner.limits import Limits


class TunerState(IntEnum):
    DISABLED = 1
    STABLE = 2
    TUNING = 3
    ERROR = 4
    CONTINUOUS = 5
    PREHEAT = 6


class ScalingState(Enum):
    """Of dynamic performance scaling."""

    DISABLED = "Disabled"
    ENABLED = "Enabled"
    SCALED = "Scaled"
    """The target in force is another than the configured one, or the machine is shut down."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What makes one machine of a model different from its sisters."""

    uid: str
    hostname: str
    mac_address: str
    serial_number: str | None
    psu_serial_number: str | None
    board_serial_numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BosVersion:
    current: str
    """Such as `2026-08-11-0-3c5d7e9a-26.08-plus`."""
    major: str
    bos_plus: bool


@dataclass(frozen=True, slots=True)
class Hashrates:
    """Hashes a second over windows that end now. A window is divided by its full length."""

    last_5s: float
    last_15s: float
    last_30s: float
    last_1m: float
    last_5m: float
    last_15m: float
    last_30m: float
    last_1h: float
    last_24h: float
    since_restart: float


@dataclass(frozen=True, slots=True)
class BoardSnapshot:
    id: str
    """`1`, `2`, `3`."""
    enabled: bool
    chips: int
    """How many answer."""
    serial_number: str
    """Empty of a board that has none."""
    frequency_hz: float
    voltage_v: float
    board_temp_c: float | None
    """None where the sensor says nothing."""
    chip_temp_c: float | None
    inlet_temp_c: float | None
    outlet_temp_c: float | None
    water_inlet_c: float | None
    water_outlet_c: float | None
    """Of hydro machines."""
    real: Hashrates
    """From the nonces the chips really found."""
    nominal: float
    """Frequency x chips x cores; of a machine without clocks its own rate of late."""
    error: float
    """Hashes a second lost to hardware errors."""
    best_share: int
    found_blocks: int


@dataclass(frozen=True, slots=True)
class FanSnapshot:
    position: int
    rpm: int
    target_speed_ratio: float
    """0 to 1."""


@dataclass(frozen=True, slots=True)
class PoolStats:
    """Counts of a pool, or the sum over all."""

    accepted_shares: int
    rejected_shares: int
    stale_shares: int
    accepted_work: int
    """Expected hashes of the targets of accepted shares: what the pool credits, x `work_scale`."""
    rejected_work: int
    stale_work: int
    generated_work: int
    """Sum of the difficulties of all shares found."""
    last_difficulty: int
    best_share: int
    """The highest difficulty that a share reached, whatever was asked."""
    last_share_time: float | None
    """When the last accepted share was found."""


@dataclass(frozen=True, slots=True)
class PoolSnapshot:
    uid: str
    url: str
    user: str
    password: str
    enabled: bool
    active: bool
    """Mined at now."""
    alive: bool
    """Connected, authorized and has given work."""
    problem: str | None
    """Why it is not alive, in words."""
    stats: PoolStats


@dataclass(frozen=True, slots=True)
class PoolGroupSnapshot:
    uid: str
    name: str
    strategy: Strategy
    pools: tuple[PoolSnapshot, ...]


@dataclass(frozen=True, slots=True)
class TunerSnapshot:
    state: TunerState
    power_target_w: int
    """As configured."""
    current_target_w: int
    """In force now."""
    power_limits_w: Limits
    scaling: ScalingState


@dataclass(frozen=True, slots=True)
class ChainView:
    """The tip of the chain as the job that is worked on tells it."""

    prev_hash_display: str
    time: int
    """Of the job, unix seconds."""
    difficulty: float


@dataclass(frozen=True, slots=True)
class Snapshot:
    at: float
    model: MachineModel
    identity: Identity
    bos_version: BosVersion
    status: MinerStatus
    condition: Condition
    """The same in detail."""
    system_uptime_s: int
    bosminer_uptime_s: int
    boards: tuple[BoardSnapshot, ...]
    fans: tuple[FanSnapshot, ...]
    highest_chip_temp_c: float | None
    real: Hashrates
    nominal: float
    error: float
    best_share: int
    found_blocks: int
    pool_stats: PoolStats
    consumption_w: int
    efficiency_j_per_th: float | None
    """Consumption over the real rate of the last minute; None while nothing is hashed or no
    consumption measured."""
    tuner: TunerSnapshot
    pool_groups: tuple[PoolGroupSnapshot, ...]
