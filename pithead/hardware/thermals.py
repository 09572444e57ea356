"""The physics of a simulated machine, as plain functions of plain numbers.

Clocks in MHz, volts, watts at the wall, degrees Celsius, kelvin per second. Figures without
another word come from published measurements of machines of this kind; estimates say so.
"""

import math

from pithead.hardware.models import CLOCK_MAX_HZ, CLOCK_MIN_HZ, Coolant, Curve, MachineModel

STANDBY_W = 25.0
"""What a sleeping machine draws."""

FAN_W = 19.8
"""Rating of one fan; the cube law of its draw is an estimate."""

AIR_W_PER_KELVIN_RPM = 0.038
"""Air carries so much heat: 0.038 +- 0.004 over 2,100 to 6,300 rpm, all fans of a machine."""

LIQUID_W_PER_KELVIN = {Coolant.WATER: 55.0, Coolant.OIL: 45.0}
"""Per kilowatt of the default target, from boards to the liquid that comes in; estimates: a machine
at its default sits some 20 K above it."""

WATER_W_PER_KELVIN = 110.0
"""Per kilowatt: what the water of a hydro machine takes up on its way, 9 K; an estimate."""

FLOW_SHARE = {Coolant.AIR: 0.4, Coolant.WATER: 0.25, Coolant.OIL: 0.25}
"""The part of a board's mean rise over its inlet that is the coolant having become warmer halfway.
Of water it follows from the two figures above; of air an estimate: it leaves a machine some 20 K
warmer than it came, whose boards are some 25 K above it. Of oil it is not known, and taken as of
water."""

STILL_AIR_W_PER_KELVIN = 6.0
"""What leaves a machine whose fans stand still; an estimate."""

BOARD_J_PER_KELVIN = 2000.0
"""Heat that one board and its heatsinks hold: about 2.2 kg of aluminium, an estimate."""

INLET_RISE_K = 3.0
"""The inlet sensor sits on the board and reads a few kelvin above the room; an estimate."""

CHIP_RISE_K = 15.0
"""Braiins OS shows chip temperatures as board plus exactly this."""

RAMP_UP_MHZ_PER_S = 60.0
RAMP_DOWN_MHZ_PER_S = 100.0
"""A logged pause goes down 25 MHz each 0.26 s; a resume is at speed after some ten seconds."""

FAN_SECONDS = 2.0
"""Time constant of a fan's speed; an estimate."""

HOTTEST_KNOWN_C = 150.0
"""Leakage is held to grow no further on boards hotter than that, so that heat stays a number where
nothing guards a machine; a limit of the model, not of machines."""

ERROR_FREE_V = 0.1
ERROR_SPAN_V = 0.5
"""So far below the needed voltage chips still compute rightly, and so much further they no longer
do at all; estimates."""


def wanted_voltage(model: MachineModel, mhz: float) -> float:
    """The voltage line of the model, whatever its power supply gives."""
    curve = model.curve
    return curve.reference_volt + curve.volt_per_100_mhz * (mhz - curve.reference_mhz) / 100


def needed_voltage(model: MachineModel, mhz: float, beyond: float = 0.0) -> float:
    """The voltage at which chips keep up with a clock, within what the power supply gives; `beyond`
    is what they need over the line of their model."""
    wanted = wanted_voltage(model, mhz) + beyond
    return min(max(wanted, model.psu.min_voltage), model.psu.max_voltage)


def spare_voltage(model: MachineModel, mhz: float, volt: float) -> float:
    """How much less would do for a middling chip at a clock before it makes errors."""
    return volt - wanted_voltage(model, mhz) + ERROR_FREE_V


def highest_clock(model: MachineModel, beyond: float = 0.0) -> float:
    """The clock, in MHz, that needs all the voltage there is."""
    curve = model.curve
    spare = model.psu.max_voltage - curve.reference_volt - beyond
    reachable = curve.reference_mhz + 100 * spare / curve.volt_per_100_mhz
    return min(max(reachable, CLOCK_MIN_HZ / 1e6), CLOCK_MAX_HZ / 1e6)


def error_share(missing_v: float) -> float:
    """The part of the hashes of a chip that come out wrong for want of so much voltage."""
    return min(max(missing_v / ERROR_SPAN_V, 0.0), 1.0) ** 2


def error_ratio(model: MachineModel, mhz: float, volt: float) -> float:
    """The same for a middling chip at a clock and a voltage."""
    return error_share(-spare_voltage(model, mhz, volt))


def leakage(curve: Curve, board_c: float) -> float:
    """Board power against that at 60 C."""
    share, known_c = curve.leakage_share, min(board_c, HOTTEST_KNOWN_C)
    return (1 - share) + share * math.exp((known_c - 60) / curve.leakage_kelvin)


def board_watts(model: MachineModel, mhz: float, volt: float, board_c: float) -> float:
    """What one board costs at the wall, losses of the power supply included."""
    watts = model.curve.k_mw * mhz * volt * volt / 1000 / model.boards
    return watts * leakage(model.curve, board_c)


def fan_watts(model: MachineModel, duty: float) -> float:
    return model.fans * FAN_W * duty**3


def fan_rpm(model: MachineModel, duty: float) -> float:
    """The speed a fan comes to at a duty; it stands still at none."""
    return model.fan_max_rpm * (0.19 + 0.81 * duty) if duty > 0 else 0.0


def board_conductance(model: MachineModel, rpm: float, coolant: Coolant = Coolant.AIR) -> float:
    """Watts that leave one board per kelvin above the inlet; `rpm` is the mean of all fans."""
    if coolant is Coolant.AIR:
        return (STILL_AIR_W_PER_KELVIN + AIR_W_PER_KELVIN_RPM * rpm) / model.boards
    return LIQUID_W_PER_KELVIN[coolant] * model.default_watt / 1000 / model.boards


def duty_for(model: MachineModel, conductance: float) -> float:
    """The duty of the fans that takes so many watts per kelvin from each board."""
    rpm = (conductance * model.boards - STILL_AIR_W_PER_KELVIN) / AIR_W_PER_KELVIN_RPM
    return (rpm / model.fan_max_rpm - 0.19) / 0.81


def approach(value: float, goal: float, seconds: float, time_constant: float) -> float:
    """Where a first-order system stands after `seconds` on its way to `goal`."""
    return goal + (value - goal) * math.exp(-seconds / time_constant)


def heated(
    board_c: float, watts: float, conductance: float, inlet_c: float, seconds: float
) -> float:
    """A board's temperature after `seconds` of constant power and air."""
    return approach(
        board_c, inlet_c + watts / conductance, seconds, BOARD_J_PER_KELVIN / conductance
    )


def ramped(mhz: float, goal: float, seconds: float, mhz_per_s: float | None = None) -> float:
    """A clock's value after `seconds` on its way to `goal`: chips are led there in steps."""
    if goal >= mhz:
        return min(goal, mhz + (mhz_per_s or RAMP_UP_MHZ_PER_S) * seconds)
    return max(goal, mhz - (mhz_per_s or RAMP_DOWN_MHZ_PER_S) * seconds)


def clock_for_power(
    model: MachineModel,
    watts: float,
    board_c: float = 50.0,
    *,
    boards: int | None = None,
    beyond: float = 0.0,
) -> float:
    """The clock, in MHz, at which a machine of this model draws about so much with so many of its
    boards."""
    count = model.boards if boards is None else boards
    low, high = CLOCK_MIN_HZ / 1e6, highest_clock(model, beyond)
    for _ in range(30):
        middle = (low + high) / 2
        volt = needed_voltage(model, middle, beyond)
        if count * board_watts(model, middle, volt, board_c) + STANDBY_W < watts:
            low = middle
        else:
            high = middle
    return low
