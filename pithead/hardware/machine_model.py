"""What a machine model consists of."""

from dataclasses import dataclass
from enum import Enum, IntEnum

CLOCK_MIN_HZ = 55e6
CLOCK_MAX_HZ = 1300e6
"""The limits behind the hashrate constraints of a live S19k Pro; estimates for other models."""


class Platform(IntEnum):
    UNSPECIFIED = 0
    AM1_S9 = 1
    AM2_S17 = 2
    AM3_BBB = 3
    AM3_AML = 4
    STM32MP157C_II1_AM2 = 5
    CVITEK_BM1_AM2 = 6
    ZYNQ_BM3_AM2 = 7
    STM32MP157C_II2_BMM1 = 8


class SocFamily(IntEnum):
    UNSPECIFIED = 0
    CVITEK = 1
    BEAGLEBONE_BLACK = 2
    AMLOGIC = 3
    ZYNQ = 4
    BRAIINS = 5


class Coolant(Enum):
    """What carries the heat away."""

    AIR = "air"
    WATER = "water"
    OIL = "oil"


class BosMode(IntEnum):
    UNSPECIFIED = 0
    UPGRADE = 1
    RECOVERY = 2
    SD = 3
    NAND = 4
    EMMC = 5


@dataclass(frozen=True, slots=True)
class ControlBoard:
    platform: Platform
    soc_family: SocFamily
    kernel_version: str
    bos_mode: BosMode


S9_ZYNQ = ControlBoard(Platform.AM1_S9, SocFamily.ZYNQ, "4.4.0", BosMode.NAND)
S17_ZYNQ = ControlBoard(Platform.AM2_S17, SocFamily.ZYNQ, "4.4.0", BosMode.NAND)
AMLOGIC = ControlBoard(Platform.AM3_AML, SocFamily.AMLOGIC, "4.9.113", BosMode.NAND)
BEAGLEBONE = ControlBoard(Platform.AM3_BBB, SocFamily.BEAGLEBONE_BLACK, "3.8.13+", BosMode.NAND)


@dataclass(frozen=True, slots=True)
class PowerSupply:
    model_name: str
    version: int | None
    firmware_version: int | None
    min_voltage: float
    max_voltage: float


@dataclass(frozen=True, slots=True)
class Curve:
    """Power and the voltage a clock needs, at the wall, for the whole machine.

    P = standby + fans + k * f * V^2 * leakage(board temperature), f in MHz, P in milliwatts:
    `k` contains the losses of the power supply.
    """

    k_mw: float
    reference_mhz: float
    reference_volt: float
    volt_per_100_mhz: float
    yield_ratio: float
    """Real over nominal hashrate."""
    leakage_share: float = 0.12
    """The part of board power at 60 C that is leakage."""
    leakage_kelvin: float = 35.0
    """Leakage grows e-fold in so many degrees."""


@dataclass(frozen=True, slots=True)
class MachineModel:
    name: str
    """Exactly as clients compare it."""
    boards: int
    chips_per_board: int
    chip_type: str
    cores_per_chip: int
    """Hashes a chip makes per clock."""
    sticker_ths: float
    default_watt: int
    min_watt: int
    max_watt: int
    board_name: str | None
    psu: PowerSupply
    control_board: ControlBoard
    fans: int
    fan_max_rpm: int
    curve: Curve
    estimated: frozenset[str]
    coolant: Coolant = Coolant.AIR
    """What the model is built for; one with fans can stand in oil without them."""
    has_pic: bool = True
    """Whether each board has a voltage controller of its own; without one it cannot be disabled."""
    is_tunable: bool = True
    """Whether clocks and a voltage can be set; if not, `psu` and `curve` say nothing."""
    has_sensors: bool = True
    """Whether boards can tell their temperature at all."""

    @property
    def chips(self) -> int:
        return self.boards * self.chips_per_board

    @property
    def hashes_per_clock(self) -> int:
        return self.chips * self.cores_per_chip

    @property
    def min_hashrate(self) -> float:
        return self.hashes_per_clock * CLOCK_MIN_HZ

    @property
    def max_hashrate(self) -> float:
        return self.hashes_per_clock * CLOCK_MAX_HZ

    def board_nominal(self, frequency_hz: float, chips: int | None = None) -> float:
        """Hashes a second of one board at a clock, with so many chips that answer or all."""
        count = self.chips_per_board if chips is None else chips
        return frequency_hz * count * self.cores_per_chip
