"""A machine that starts in the cold warms its boards first; in virtual time."""

from pithead.hardware.device import BoardReading, BoardSetting, Readings
from pithead.hardware.models import model_named
from pithead.miner.condition import Cause, MinerStatus, Phase
from pithead.miner.performance_settings import Manual
from pithead.miner.preheat import LONGEST_SECONDS, Preheat
from pithead.miner.snapshot import TunerState

MODEL = model_named("S21")


def readings(*celsius, chips=108):
    boards = tuple(BoardReading(0.0, 0.0, chips, each, None, 0.0) for each in celsius)
    return Readings(boards, (), 0.0)


def test_a_cold_machine_preheats_at_low_power_and_then_goes_up(make_rig):
    rig = make_rig(ambient_c=-12.0)
    rig.pool()
    rig.run(40, step=1)
    seen = rig.snapshot
    assert seen.status is MinerStatus.NORMAL
    assert seen.condition.phase is Phase.RUNNING
    assert seen.condition.verdict.cause is Cause.PREHEATING
    assert seen.tuner.state is TunerState.PREHEAT
    assert 0 < seen.consumption_w < 0.5 * seen.tuner.power_target_w
    assert seen.real.last_30s > 0
    rig.run(900, step=1)
    seen = rig.snapshot
    assert seen.condition.verdict.cause is Cause.NORMAL
    assert seen.tuner.state in (TunerState.TUNING, TunerState.STABLE)
    assert seen.consumption_w > 0.9 * seen.tuner.power_target_w


def test_a_machine_in_a_cool_room_does_not_preheat(make_rig):
    rig = make_rig(ambient_c=3.0)
    rig.pool()
    for _ in range(60):
        rig.run(1, step=1)
        assert rig.snapshot.tuner.state is not TunerState.PREHEAT


def test_clocks_set_by_hand_are_not_lowered_for_the_cold(make_rig):
    rig = make_rig(ambient_c=-12.0)
    rig.miner.performance.set_manual(Manual(400e6, 12.5))
    rig.pool()
    rig.run(30, step=1)
    assert rig.snapshot.boards[0].frequency_hz == 400e6
    assert rig.snapshot.condition.verdict.cause is Cause.NORMAL


def test_the_coldest_board_that_answers_decides_and_time_ends_it():
    preheat = Preheat(MODEL)
    preheat.step(0.0, readings(20.0, -1.0, None))
    assert preheat.is_on
    preheat.step(10.0, readings(40.0, 14.9))
    assert preheat.is_on
    preheat.step(20.0, readings(40.0, 15.0))
    assert not preheat.is_on
    preheat.step(30.0, readings(-20.0))
    assert not preheat.is_on
    preheat.begin()
    preheat.step(40.0, readings(-20.0))
    assert preheat.is_on
    preheat.step(40.0 + LONGEST_SECONDS, readings(-20.0))
    assert not preheat.is_on


def test_without_a_sensor_or_a_board_nothing_is_cold():
    for nobody in (readings(None, None), readings(-5.0, chips=0), readings()):
        preheat = Preheat(MODEL)
        preheat.step(0.0, nobody)
        assert not preheat.is_on


def test_a_preheating_board_has_all_its_voltage_and_never_more_than_its_clock():
    preheat = Preheat(MODEL)
    high, low = preheat.limited((BoardSetting(True, 500e6, 13.0), BoardSetting(True, 55e6, 12.0)))
    assert high.frequency_hz < 300e6
    assert (high.voltage_v, low) == (13.0, BoardSetting(True, 55e6, 12.0))
