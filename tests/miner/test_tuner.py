import pytest

from pithead.hardware.device import BoardReading, Readings
from pithead.hardware.models import model_named
from pithead.miner.snapshot import TunerState
from pithead.miner.tuner import STEPS_TO_TRUST, Tuner

MODEL = model_named("S21")


def readings(mhz, watts):
    board = BoardReading(mhz * 1e6, 13.2, 108, 50.0, 28.0, 0.0)
    return Readings((board,) * 3, (), watts)


def test_a_target_that_is_met_for_some_time_makes_the_tuner_stable():
    tuner = Tuner(MODEL, 3500)
    for step in range(STEPS_TO_TRUST):
        assert tuner.state is TunerState.TUNING
        tuner.step(step * 5.0, readings(tuner.mhz, 3510.0))
    assert tuner.state is TunerState.STABLE


def test_a_machine_that_draws_too_much_is_clocked_down_and_one_that_draws_too_little_up():
    for watts, direction in ((3800.0, -1), (3200.0, 1)):
        tuner = Tuner(MODEL, 3500)
        before = tuner.mhz
        tuner.step(0.0, readings(before, watts))
        assert (tuner.mhz - before) * direction > 0


def test_nothing_is_judged_while_the_clocks_are_still_on_their_way():
    tuner = Tuner(MODEL, 3500)
    before = tuner.mhz
    tuner.step(0.0, readings(before - 100, 2000.0))
    assert tuner.mhz == before


def test_a_stable_machine_bears_a_little_drift_and_is_tuned_again_after_more():
    tuner = Tuner(MODEL, 3500)
    for step in range(STEPS_TO_TRUST):
        tuner.step(step * 5.0, readings(tuner.mhz, 3500.0))
    tuner.step(100.0, readings(tuner.mhz, 3600.0))
    assert tuner.state is TunerState.STABLE
    tuner.step(200.0, readings(tuner.mhz, 3700.0))
    assert tuner.state is TunerState.TUNING


def test_more_than_the_machine_can_ends_at_its_highest_clock_and_counts_as_stable():
    tuner = Tuner(MODEL, 20_000)
    for step in range(40):
        tuner.step(step * 5.0, readings(tuner.mhz, 8000.0))
    assert tuner.state is TunerState.STABLE
    assert tuner.settings(True)[0].voltage_v == pytest.approx(MODEL.psu.max_voltage)


def test_another_target_starts_over_from_the_data_sheet_and_the_same_one_does_not():
    tuner = Tuner(MODEL, 3500)
    for step in range(STEPS_TO_TRUST):
        tuner.step(step * 5.0, readings(tuner.mhz, 3500.0))
    tuner.aim(3500)
    assert tuner.state is TunerState.STABLE
    before = tuner.mhz
    tuner.aim(2500)
    assert tuner.state is TunerState.TUNING
    assert tuner.mhz < before


def test_settings_switch_all_boards_on_or_off():
    tuner = Tuner(MODEL, 3500)
    assert [each.enabled for each in tuner.settings(True)] == [True] * 3
    assert [each.enabled for each in tuner.settings(False)] == [False] * 3
