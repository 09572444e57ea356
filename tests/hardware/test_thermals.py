import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.hardware import thermals
from pithead.hardware.models import MODELS, model_named

OLDER_CHIPS = {"BM1387", "BM1397"}
"""Sources say only that these leak less."""

ALL = pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.name)

LIVE = [
    # model, watts, MHz, volts, board C, fan duty: live machines with clock and voltage known.
    ("S19k Pro", 1051, 290.0, 11.88, 47.0, 0.20),
    ("S19 XP", 3137, 482.9, 12.938, 55.5, 1.0),
    ("S19 XP", 2472, 403.5, 12.606, 56.5, 1.0),
    ("S21 Pro", 2583, 495.0, 13.0, 50.0, 0.90),
    ("S21 Pro", 3572, 601.6, 13.449, 56.4, 1.0),
    ("S21 Pro", 3480, 631.9, 13.739, 50.4, 0.92),
]


@pytest.mark.parametrize(("name", "watts", "mhz", "volt", "board_c", "duty"), LIVE)
def test_power_at_a_known_clock_and_voltage_is_within_6_percent_of_live_machines(
    name, watts, mhz, volt, board_c, duty
):
    model = model_named(name)
    boards = model.boards * thermals.board_watts(model, mhz, volt, board_c)
    power = thermals.STANDBY_W + thermals.fan_watts(model, duty) + boards
    assert power == pytest.approx(watts, rel=0.06)


@ALL
def test_a_hotter_board_leaks_more(model):
    volt = model.curve.reference_volt
    cool, warm, hot = (thermals.board_watts(model, 400, volt, c) for c in (40, 60, 75))
    assert cool < warm < hot
    # A third of a percent per kelvin at 60 C: what a day at constant settings shows.
    per_kelvin = model.curve.leakage_share / model.curve.leakage_kelvin
    assert thermals.leakage(model.curve, 61) - 1 == pytest.approx(per_kelvin, rel=0.05)
    assert per_kelvin == pytest.approx(0.0034, rel=0.05) or model.chip_type in OLDER_CHIPS


@ALL
def test_voltage_grows_with_the_clock_between_the_limits_of_the_power_supply(model):
    volts = [thermals.needed_voltage(model, mhz) for mhz in range(50, 1300, 50)]
    assert volts == sorted(volts)
    assert model.psu.min_voltage <= volts[0] < volts[-1] <= model.psu.max_voltage
    assert thermals.needed_voltage(model, 600, -99) == model.psu.min_voltage
    assert thermals.needed_voltage(model, 600, +99) == model.psu.max_voltage


@ALL
def test_chips_with_the_voltage_they_need_make_no_errors_and_without_it_they_do(model):
    mhz = model.curve.reference_mhz
    volt = thermals.needed_voltage(model, mhz)
    assert thermals.error_ratio(model, mhz, volt) == 0
    assert 0 < thermals.error_ratio(model, mhz, volt - 0.3) < 1
    assert thermals.error_ratio(model, mhz, volt - 2) == 1


@ALL
def test_the_energy_of_a_hash_grows_towards_high_clocks(model):
    def joules(mhz):
        watts = model.boards * thermals.board_watts(
            model, mhz, thermals.needed_voltage(model, mhz), 50
        )
        return watts / model.board_nominal(mhz * 1e6)

    assert joules(300) < joules(500) < joules(700)


def test_fans_turn_as_fast_as_published():
    # S19 XP at full duty 5,820 to 5,910; S21 Pro at 92 % 5,943 to 5,973; S19k Pro at 20 % 1,920
    # to 2,340 rounds a minute.
    assert thermals.fan_rpm(model_named("S19 XP"), 1.0) == pytest.approx(5880, rel=0.02)
    assert thermals.fan_rpm(model_named("S21 Pro"), 0.92) == pytest.approx(5958, rel=0.02)
    assert 1920 <= thermals.fan_rpm(model_named("S19k Pro"), 0.20) <= 2340
    assert thermals.fan_rpm(model_named("S21"), 0) == 0


@given(
    watts=st.floats(50, 2000),
    rpm=st.floats(0, 6400),
    inlet_c=st.floats(-20, 50),
    start_c=st.floats(-20, 120),
)
def test_at_rest_a_board_gives_off_exactly_the_heat_it_makes(watts, rpm, inlet_c, start_c):
    conductance = thermals.board_conductance(model_named("S21"), rpm)
    rest_c = thermals.heated(start_c, watts, conductance, inlet_c, 1e6)
    assert conductance * (rest_c - inlet_c) == pytest.approx(watts, rel=1e-6)


@given(start_c=st.floats(0, 100), watts=st.floats(0, 2000), seconds=st.floats(0.01, 1000))
def test_heating_in_two_steps_comes_to_the_same_as_in_one(start_c, watts, seconds):
    once = thermals.heated(start_c, watts, 40, 25, seconds)
    twice = thermals.heated(
        thermals.heated(start_c, watts, 40, 25, seconds / 2), watts, 40, 25, seconds / 2
    )
    assert once == pytest.approx(twice, rel=1e-9, abs=1e-9)


def test_air_rises_as_measured_in_a_farm():
    # S19 Pro: 15.7 K at 3,320 W with 6000, 5880, 5040 and 5040 rounds a minute.
    conductance = 3 * thermals.board_conductance(model_named("S19 XP"), 5490)
    assert 3320 / conductance == pytest.approx(15.7, rel=0.05)


@ALL
def test_the_clock_for_a_power_draws_that_power(model):
    mhz = thermals.clock_for_power(model, model.default_watt)
    watts = model.boards * thermals.board_watts(model, mhz, thermals.needed_voltage(model, mhz), 50)
    assert watts + thermals.STANDBY_W == pytest.approx(model.default_watt, rel=0.001)


def test_a_clock_is_led_to_its_setting_and_does_not_jump():
    assert thermals.ramped(0, 500, 1) == thermals.RAMP_UP_MHZ_PER_S
    assert thermals.ramped(490, 500, 1) == 500
    assert thermals.ramped(500, 0, 1) == 500 - thermals.RAMP_DOWN_MHZ_PER_S
    assert thermals.ramped(10, 0, 1) == 0


def test_a_board_that_nothing_cools_or_guards_gets_hot_without_end_of_the_numbers():
    model = model_named("S21")
    watts = thermals.board_watts(model, 1200, 15, 1e6)
    assert watts == thermals.board_watts(model, 1200, 15, thermals.HOTTEST_KNOWN_C)
