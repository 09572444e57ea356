"""Machine models as data: what a nameplate, a data sheet and published measurements say.

The voltage line and `k` of each model are fits to published points of live machines and firmware
tables; `k` is set within the spread of those fits so that the default target gives the sticker's
rate. A field named in `estimated` was chosen, not published.
"""

from dataclasses import dataclass
from enum import IntEnum

CLOCK_MIN_HZ = 55e6
CLOCK_MAX_HZ = 1300e6
"""The limits behind the hashrate constraints of a live S19k Pro; estimates for other models."""


class Platform(IntEnum):
    AM1_S9 = 1
    AM2_S17 = 2
    AM3_BBB = 3
    AM3_AML = 4
    STM32MP157C_II1_AM2 = 5
    CVITEK_BM1_AM2 = 6
    ZYNQ_BM3_AM2 = 7
    STM32MP157C_II2_BMM1 = 8


class SocFamily(IntEnum):
    CVITEK = 1
    BEAGLEBONE_BLACK = 2
    AMLOGIC = 3
    ZYNQ = 4
    BRAIINS = 5


class BosMode(IntEnum):
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
    board_name: str
    psu: PowerSupply
    control_board: ControlBoard
    fans: int
    fan_max_rpm: int
    curve: Curve
    estimated: frozenset[str]

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

    def board_nominal(self, frequency_hz: float) -> float:
        """Hashes a second of one board at a clock."""
        return frequency_hz * self.chips_per_board * self.cores_per_chip


_APW12 = PowerSupply("APW12", None, None, 12.0, 15.2)
_APW17 = PowerSupply("APW17", None, None, 12.0, 15.0)
_GUESSED = frozenset({"min_watt", "max_watt", "yield_ratio", "leakage", "fan_max_rpm"})

_MODELS = (
    MachineModel(
        name="Antminer S19j Pro",
        boards=3,
        chips_per_board=126,
        chip_type="BM1362",
        cores_per_chip=514,
        sticker_ths=104.0,
        default_watt=3068,
        min_watt=859,
        max_watt=7154,
        board_name="BHB42601",
        psu=_APW12,
        control_board=BEAGLEBONE,
        fans=4,
        fan_max_rpm=5900,
        curve=Curve(31.6, 545, 13.40, 0.40, 0.985),
        estimated=_GUESSED | {"board_name", "sticker_ths", "default_watt"},
    ),
    MachineModel(
        name="Antminer S19 XP",
        boards=3,
        chips_per_board=110,
        chip_type="BM1366",
        cores_per_chip=894,
        sticker_ths=141.0,
        default_watt=3031,
        min_watt=849,
        max_watt=7068,
        board_name="BHB56801",
        psu=PowerSupply("APW121215d/e", 117, None, 11.96, 15.2),
        control_board=AMLOGIC,
        fans=4,
        fan_max_rpm=5900,
        curve=Curve(38.5, 482, 12.98, 0.41, 1.0),
        estimated=_GUESSED,
    ),
    MachineModel(
        name="Antminer S19k Pro",
        boards=3,
        chips_per_board=77,
        chip_type="BM1366",
        cores_per_chip=894,
        sticker_ths=120.0,
        default_watt=2760,
        min_watt=771,
        max_watt=6435,
        board_name="BHB56902",
        psu=PowerSupply("APW12", None, None, 11.88, 15.2),
        control_board=AMLOGIC,
        fans=4,
        fan_max_rpm=5900,
        curve=Curve(26.5, 590, 13.50, 0.60, 1.0),
        estimated=_GUESSED - {"min_watt", "max_watt"} | {"board_name"},
    ),
    MachineModel(
        name="Antminer S21",
        boards=3,
        chips_per_board=108,
        chip_type="BM1368",
        cores_per_chip=1276,
        sticker_ths=200.0,
        default_watt=3500,
        min_watt=980,
        max_watt=8155,
        board_name="BHB68603",
        psu=_APW17,
        control_board=AMLOGIC,
        fans=4,
        fan_max_rpm=6400,
        curve=Curve(41.8, 490, 13.20, 0.45, 0.99),
        estimated=_GUESSED | {"board_name", "default_watt", "curve"},
    ),
    MachineModel(
        name="Antminer S21 Pro",
        boards=3,
        chips_per_board=65,
        chip_type="BM1370",
        cores_per_chip=2040,
        sticker_ths=234.0,
        default_watt=3510,
        min_watt=983,
        max_watt=8178,
        board_name="A3HB70601",
        psu=PowerSupply("APW171215a/c", 193, 6920, 12.0, 15.0),
        control_board=AMLOGIC,
        fans=4,
        fan_max_rpm=6400,
        curve=Curve(31.0, 495, 13.00, 0.50, 0.965),
        estimated=_GUESSED | {"default_watt"},
    ),
)

MODELS = {model.name: model for model in _MODELS}
DEFAULT_MODEL = "Antminer S21"


class UnknownModel(Exception):
    """There is no such model; the message lists those there are."""


def model_named(name: str) -> MachineModel:
    """The model of this name, with or without its maker's, in any case."""
    wanted = name.casefold().removeprefix("antminer ").strip()
    for model in _MODELS:
        if model.name.casefold().removeprefix("antminer ") == wanted:
            return model
    raise UnknownModel(f"{name!r} is none of: {', '.join(MODELS)}")
