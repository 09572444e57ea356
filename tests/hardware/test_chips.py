"""Chips differ, and come to what their board is known to do."""

from statistics import mean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pithead.hardware.chips import MOST_LANES, chips_of, lanes_of
from pithead.hardware.device import BoardSetting
from pithead.hardware.models import MODELS, Coolant, model_named
from pithead.hardware.simulated import SimulatedMachine
from pithead.hardware.thermals import (
    CHIP_RISE_K,
    FLOW_SHARE,
    LIQUID_W_PER_KELVIN,
    WATER_W_PER_KELVIN,
)
from tests.hardware.test_simulated import SCALE, at_rest, make_machine


@st.composite
def machines(draw):
    """Any machine at any clock, voltage and age, with any of the faults of boards."""
    model = draw(st.sampled_from(list(MODELS.values())))
    device = SimulatedMachine(
        model, seed=draw(st.text(max_size=3)), now=0.0, work_scale=SCALE,
        ambient_c=draw(st.floats(-20, 50)), coolant=draw(st.sampled_from([None, Coolant.OIL])),
    )  # fmt: skip
    device.apply(
        [
            BoardSetting(draw(st.booleans()), draw(st.floats(1e8, 1.2e9)), draw(st.floats(10, 15)))
            for _ in range(model.boards)
        ]
    )
    device.spin(draw(st.floats(0, 1)))
    device.step(draw(st.floats(0, 900)))
    board = device.board(0)
    chips = st.integers(0, model.chips_per_board)
    board.silicon.suffer(draw(chips), draw(chips), draw(st.floats(0, 2)))
    device.board(1).is_dead = draw(st.booleans())
    device.has_power = draw(st.booleans())
    device.step(device._now + draw(st.floats(0.1, 60)))
    return device


@settings(max_examples=60, deadline=None)
@given(machines())
def test_chips_come_to_the_rate_errors_and_temperature_of_their_board(device):
    for number in range(device.model.boards):
        board, chips = device.board(number), device.chips(number)
        answering = [chip for chip in chips if chip.temp_c is not None]
        assert [chip.number for chip in chips] == list(range(device.model.chips_per_board))
        assert len(answering) == (board.silicon.chips if board.answers else 0)
        assert sum(chip.rate for chip in chips) == pytest.approx(board.rate)
        if answering:
            hottest = board.temp_c + CHIP_RISE_K
            assert mean(chip.temp_c for chip in answering) == pytest.approx(hottest)
        if answering and board.mhz:
            assert mean(chip.error_ratio for chip in answering) == pytest.approx(board.error_ratio)


@pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.name)
def test_lanes_are_equally_long_and_more_than_one_chip_wide(model):
    lanes = lanes_of(model.chips_per_board)
    assert 1 < lanes <= MOST_LANES
    assert model.chips_per_board % lanes == 0


def test_chips_at_the_outlet_are_hotter_than_those_at_the_inlet():
    device = at_rest(model_named("S21"), 3500)
    chips = [chip.temp_c for chip in device.chips(0)]
    third = len(chips) // 3
    assert mean(chips[-third:]) - mean(chips[:third]) > 5
    assert 10 < max(chips) - min(chips) < 40


def test_a_cold_machine_has_no_chip_hotter_than_another():
    device = SimulatedMachine(model_named("S21"), seed="x", now=0.0, work_scale=SCALE)
    board = device.board(0)
    chips = {round(chip.temp_c, 6) for chip in chips_of(board, board.temp_c, Coolant.AIR)}
    assert chips == {round(board.temp_c + CHIP_RISE_K, 6)}


def test_chips_need_different_voltages_and_the_worst_are_the_first_to_fail():
    device = make_machine()
    device.step(60)
    before = {chip.number: chip.spare_v for chip in device.chips(0)}
    assert len(set(before.values())) == len(before)
    worst = set(sorted(before, key=before.__getitem__)[:9])
    device.board(0).silicon.suffer(lost=9)
    assert {chip.number for chip in device.chips(0) if chip.temp_c is None} == worst
    device.board(0).silicon.suffer(aged=9, more_v=0.5)
    wrong = {chip.number for chip in device.chips(0) if chip.error_ratio > 0.1}
    assert worst <= wrong


def test_the_same_seed_makes_the_same_chips_and_another_seed_others():
    one, same, other = (make_machine(seed=seed) for seed in "aab")
    for device in (one, same, other):
        device.step(60)
    assert one.chips(1) == same.chips(1)
    assert one.chips(1) != other.chips(1)
    assert one.chips(1) != one.chips(2)


def test_water_becomes_warmer_as_the_machine_says_itself():
    share = LIQUID_W_PER_KELVIN[Coolant.WATER] / (2 * WATER_W_PER_KELVIN)
    assert FLOW_SHARE[Coolant.WATER] == pytest.approx(share)
