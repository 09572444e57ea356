"""Antminers as rows of data: what nameplates, data sheets and published measurements say.

The voltage line and `k` of each model are fits to published points of live machines and firmware
tables; where those are few, `k` and the line are set so that the default target gives the sticker's
rate. A field named in `estimated` was chosen, not published. `board_name` None: not known.

Left out for want of data: Braiins Mini Miner BMM 100 and 101 (chips and clock not published) and
machines built for immersion (no chip counts published); any machine with fans can stand in oil.
"""

from pithead.hardware.machine_model import (
    AMLOGIC,
    BEAGLEBONE,
    S9_ZYNQ,
    S17_ZYNQ,
    ControlBoard,
    Coolant,
    Curve,
    MachineModel,
    PowerSupply,
)

_APW3 = PowerSupply("APW3++", None, None, 8.4, 9.8)
_APW9 = PowerSupply("APW9", None, None, 14.5, 21.0)
_APW12 = PowerSupply("APW12", None, None, 12.0, 15.2)
_APW17 = PowerSupply("APW17", None, None, 12.0, 15.0)
_HYDRO = PowerSupply("APW11", None, None, 12.0, 15.2)
_GUESSED = frozenset({"min_watt", "max_watt", "yield_ratio", "leakage", "fan_max_rpm"})
_UNMEASURED = _GUESSED | {"default_watt", "curve", "psu"}
"""Nameplate alone: rate and power are its, everything between is a guess after a sister."""


def _nameplate(
    name: str,
    chips: tuple[int, str, int],
    sticker: tuple[float, int],
    board: tuple[PowerSupply, ControlBoard],
    fans: tuple[int, int],
    curve: Curve,
    estimated: frozenset[str] = _UNMEASURED,
    coolant: Coolant = Coolant.AIR,
    has_pic: bool = True,
) -> MachineModel:
    """A model of three boards. `chips`: on a board, their type, hashes per clock; `sticker`: TH/s
    and watts; `fans`: how many, and their speed at full duty. Power limits are the ratios of the
    one live machine that published its own."""
    rate, watts = sticker
    return MachineModel(
        name=name, boards=3, chips_per_board=chips[0], chip_type=chips[1], cores_per_chip=chips[2],
        sticker_ths=rate, default_watt=watts, min_watt=round(0.28 * watts),
        max_watt=round(2.33 * watts), board_name=None, psu=board[0], control_board=board[1],
        fans=fans[0], fan_max_rpm=fans[1], curve=curve, estimated=estimated, coolant=coolant,
        has_pic=has_pic,
    )  # fmt: skip


_SMALL_LEAKAGE = 0.05
"""Of older chips: sources say only that it is less."""

ANTMINERS = (
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
        curve=Curve(32.0, 543, 13.47, 0.85, 0.985),
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
        has_pic=False,
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
        estimated=_GUESSED | {"board_name", "default_watt", "curve", "has_pic"},
        has_pic=False,
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
        curve=Curve(31.0, 495, 13.08, 0.50, 0.965),
        estimated=_GUESSED | {"default_watt"},
        has_pic=False,
    ),
    _nameplate(
        # One live point: 735 W at 420 MHz and 9.10 V. The nameplate's 98 J/TH is without AsicBoost,
        # which saves some 13 %: the default power is that.
        "Antminer S9",
        (63, "BM1387", 114),
        (13.5, 1130),
        (_APW3, S9_ZYNQ),
        (2, 5000),
        Curve(19.8, 635, 9.53, 0.14, 0.987, _SMALL_LEAKAGE),
    ),
    _nameplate(
        "Antminer S17",
        (48, "BM1397", 672),
        (56.0, 2520),
        (_APW9, S17_ZYNQ),
        (4, 6100),
        Curve(12.1, 597, 18.72, 0.60, 0.97, _SMALL_LEAKAGE),
    ),
    _nameplate(
        # One live point: 2991 W at 610 MHz and 19.3 V.
        "Antminer S17+",
        (65, "BM1397", 672),
        (73.0, 2920),
        (_APW9, S17_ZYNQ),
        (4, 6100),
        Curve(12.6, 574, 20.12, 0.30, 0.97, _SMALL_LEAKAGE),
    ),
    _nameplate(
        "Antminer S19",
        (76, "BM1398", 624),
        (95.0, 3250),
        (_APW12, BEAGLEBONE),
        (4, 5900),
        Curve(26.6, 674, 13.57, 0.40, 0.99),
        _UNMEASURED - {"psu"},
    ),
    _nameplate(
        # One measured point: 3320 W, 111.8 TH/s at 525 MHz.
        "Antminer S19 Pro",
        (114, "BM1398", 624),
        (110.0, 3250),
        (_APW12, BEAGLEBONE),
        (4, 5900),
        Curve(32.0, 516, 14.13, 0.40, 0.998),
        _UNMEASURED - {"psu"},
    ),
    _nameplate(
        "Antminer S19j Pro+",
        (120, "BM1362", 514),
        (122.0, 3355),
        (_APW12, BEAGLEBONE),
        (4, 5900),
        Curve(29.5, 669, 13.14, 0.40, 0.985),
        _UNMEASURED - {"psu"},
    ),
    _nameplate(
        "Antminer T21",
        (108, "BM1368", 1276),
        (190.0, 3610),
        (_APW17, AMLOGIC),
        (4, 6400),
        Curve(41.8, 464, 13.75, 0.45, 0.99),
        _UNMEASURED,
        has_pic=False,
    ),
    _nameplate(
        # Two live points: 4448 W at 767 MHz and 12.95 V, 3698 W at 642 MHz and 13.46 V.
        "Antminer S21+",
        (55, "BM1370", 2049),
        (235.0, 3878),
        (_APW17, AMLOGIC),
        (4, 6400),
        Curve(32.6, 724, 12.92, 0.20, 0.96),
        _GUESSED | {"psu"},
        has_pic=False,
    ),
    _nameplate(
        "Antminer S21 XP",
        (91, "BM1370", 2040),
        (270.0, 3645),
        (_APW17, AMLOGIC),
        (4, 6400),
        Curve(40.0, 502, 13.58, 0.50, 0.965),
        _UNMEASURED,
        has_pic=False,
    ),
    _nameplate(
        "Antminer S19 XP Hyd.",
        (204, "BM1366", 894),
        (255.0, 5304),
        (_HYDRO, AMLOGIC),
        (0, 0),
        Curve(71.4, 466, 12.90, 0.41, 1.0),
        _UNMEASURED,
        Coolant.WATER,
    ),
    _nameplate(
        "Antminer S21 Hyd.",
        (216, "BM1368", 1276),
        (335.0, 5360),
        (_HYDRO, AMLOGIC),
        (0, 0),
        Curve(83.6, 409, 12.79, 0.45, 0.99),
        _UNMEASURED,
        Coolant.WATER,
        has_pic=False,
    ),
)
