"""Simulated machines beside what live ones were seen to do.

`points.csv` has the published points whose power was metered or told by a running machine and
whose clock and voltage are known (test data of asic-rs, proto-fleet and Foreman's client). Fans are
taken as full where nothing is said; the board's temperature is the hottest sensor's. A rate is left
out where the machine was still tuning.
"""

import csv
from pathlib import Path

import pytest

from pithead.hardware import thermals
from pithead.hardware.device import BoardSetting
from pithead.hardware.models import MODELS, model_named
from pithead.hardware.simulated import SimulatedMachine

with (Path(__file__).parent / "points.csv").open() as file:
    POINTS = [
        pytest.param(row, id=f"{row['model']} {row['watt']} W") for row in csv.DictReader(file)
    ]

ALL = pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.name)


@pytest.mark.parametrize("point", POINTS)
def test_power_and_rate_at_a_known_clock_and_voltage_are_within_6_percent(point):
    model = model_named(point["model"])
    mhz, volt, boards = float(point["mhz"]), float(point["volt"]), int(point["boards"])
    watts = boards * thermals.board_watts(model, mhz, volt, float(point["board_c"]))
    watts += thermals.STANDBY_W + thermals.fan_watts(model, float(point["fan_duty"]))
    assert watts == pytest.approx(float(point["watt"]), rel=0.06)
    if point["ths"]:
        rate = boards * model.board_nominal(mhz * 1e6) * model.curve.yield_ratio / 1e12
        assert rate == pytest.approx(float(point["ths"]), rel=0.06)


def machine(name, mhz, volt=None, duty=1.0, ambient_c=25.0, seconds=3000):
    model = model_named(name)
    device = SimulatedMachine(
        model, seed="published", now=0.0, work_scale=10**12, ambient_c=ambient_c
    )
    setting = BoardSetting(True, mhz * 1e6, volt or thermals.needed_voltage(model, mhz))
    device.apply([setting] * model.boards)
    device.spin(duty)
    device.step(seconds)
    return device


def joules_per_terahash(model, mhz, board_c=50.0, duty=0.5):
    volt = thermals.needed_voltage(model, mhz)
    watts = model.boards * thermals.board_watts(model, mhz, volt, board_c)
    watts += thermals.STANDBY_W + thermals.fan_watts(model, duty)
    rate = model.boards * model.board_nominal(mhz * 1e6) * model.curve.yield_ratio / 1e12
    return watts / rate, rate


@pytest.mark.parametrize(
    ("one", "other"), [("S19 XP", "S19k Pro"), ("S19 XP", "S19 XP Hyd"), ("S21", "S21 Hyd")]
)
def test_one_chip_in_two_machines_costs_the_same_power_per_core(one, other):
    costs = [
        model.curve.k_mw / model.hashes_per_clock
        for model in (model_named(one), model_named(other))
    ]
    assert costs[0] == pytest.approx(costs[1], rel=0.05)


@ALL
def test_the_energy_of_a_hash_is_least_inside_the_range_and_rises_on_both_sides(model):
    clocks = [mhz / 1e0 for mhz in range(55, int(thermals.highest_clock(model)), 5)]
    energies = [joules_per_terahash(model, mhz)[0] for mhz in clocks]
    best = energies.index(min(energies))
    assert 0 < best < len(clocks) - 1
    assert clocks[best] < model.curve.reference_mhz  # underclocking saves energy
    assert energies[:best] == sorted(energies[:best], reverse=True)
    assert energies[best:] == sorted(energies[best:])


def test_the_s19j_pro_has_its_least_energy_and_its_slope_where_its_ladder_has_them():
    # Tuned presets of one fleet: 26.8 J/TH at 65 TH/s, 24.3 at 76, 29.7 at 100.
    model = model_named("S19j Pro")
    by_rate = {}
    for mhz in range(100, 700):
        energy, rate = joules_per_terahash(model, mhz)
        by_rate[round(rate)] = energy
    assert by_rate[76] == pytest.approx(24.3, rel=0.06)
    assert by_rate[100] == pytest.approx(29.7, rel=0.06)
    assert by_rate[76] < by_rate[100] < by_rate[110]


def test_air_takes_up_what_was_measured_in_a_farm():
    # S19 Pro: 15.7 K at 3,320 W with fans near full. S19k Pro: 13 K at 1,051 W with 20 %.
    for name, watts, duty, kelvin in (("S19 Pro", 3320, 0.93, 15.7), ("S19k Pro", 1051, 0.2, 13.0)):
        model = model_named(name)
        rpm = thermals.fan_rpm(model, duty)
        rise = watts / (model.boards * thermals.board_conductance(model, rpm))
        assert rise == pytest.approx(kelvin, rel=0.12), name


def test_a_hot_day_costs_a_t21_seven_percent_of_power_at_constant_rate():
    # One day at constant settings: 7.3 % between the lowest and the highest power.
    cool, hot = (
        machine("T21", 464, duty=0.8, ambient_c=ambient).readings().power_w
        for ambient in (20.0, 38.0)
    )
    assert 1.04 < hot / cool < 1.10


@ALL
def test_at_rest_the_heat_that_leaves_is_the_heat_that_is_made(model):
    device = machine(model.name, model.curve.reference_mhz)
    readings = device.readings()
    made = readings.power_w - thermals.STANDBY_W - thermals.fan_watts(model, 1.0)
    rpm = sum(fan.rpm for fan in readings.fans) / len(readings.fans) if readings.fans else 0.0
    inlet = readings.boards[0].inlet_temp_c
    leaving = sum(
        thermals.board_conductance(model, rpm, device.coolant)
        * device.board(number).air
        * (board.board_temp_c - inlet)
        for number, board in enumerate(readings.boards)
    )
    assert leaving == pytest.approx(made, rel=0.03)


@ALL
def test_chips_fail_one_after_the_other_as_the_voltage_goes_down(model):
    line = thermals.wanted_voltage(model, model.curve.reference_mhz)
    ratios = []
    for below in (0.0, 0.01, 0.02, 0.03, 0.05):
        device = machine(model.name, model.curve.reference_mhz, line * (1.02 - below), seconds=60)
        ratios.append(max(board.error_ratio for board in device.readings().boards))
    assert ratios == sorted(ratios)
    assert ratios[0] == 0 < ratios[-1]


def test_a_machine_stops_in_seconds_and_starts_in_ten():
    # A logged pause was down after 6 s; a resume was at speed after some 10 s.
    device = machine("S21", 490)
    device.apply([BoardSetting(False, 0.0, 0.0)] * 3)
    device.step(3006)
    assert device.readings().power_w < 120  # the fans still turn
    assert {board.voltage_v for board in device.readings().boards} == {0.0}
    device.apply([BoardSetting(True, 490e6, 13.2)] * 3)
    device.step(3017)
    assert {board.frequency_hz for board in device.readings().boards} == {490e6}


def test_clocks_are_led_as_fast_as_they_are_told():
    device = machine("S21", 490)
    device.apply([BoardSetting(True, 400e6, 13.2, mhz_per_s=9.0)] * 3)
    device.step(3005)
    assert {round(board.frequency_hz / 1e6) for board in device.readings().boards} == {445}


def test_what_was_guessed_is_marked():
    fields = {"min_watt", "max_watt", "yield_ratio", "leakage", "fan_max_rpm", "default_watt",
              "curve", "psu", "board_name", "sticker_ths", "has_pic"}  # fmt: skip
    for model in MODELS.values():
        assert model.estimated <= fields
        assert model.estimated
