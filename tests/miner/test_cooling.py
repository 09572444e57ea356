import pytest

from pithead.miner.cooling import (
    DANGER_OVER_C,
    DANGEROUS_CHIP_C,
    HOT_CHIP_C,
    MIN_DUTY,
    TARGET_CHIP_C,
    Cooling,
)


def test_an_unknown_temperature_is_answered_with_full_speed():
    assert Cooling().step(1, None, True) == 1.0


def test_a_hot_chip_gets_full_speed_at_once_and_hashes_on():
    cooling = Cooling()
    assert cooling.step(1, HOT_CHIP_C, True) == 1.0
    assert not cooling.is_overheated


def test_a_dangerous_temperature_shuts_down_until_it_is_well_below():
    cooling = Cooling()
    cooling.step(1, DANGEROUS_CHIP_C, True)
    assert cooling.is_overheated
    assert cooling.step(1, DANGER_OVER_C + 1, False) == 1.0
    assert cooling.is_overheated
    cooling.step(1, DANGER_OVER_C - 1, False)
    assert not cooling.is_overheated


def test_a_cold_machine_keeps_its_fans_at_the_minimum():
    cooling = Cooling()
    for _ in range(100):
        duty = cooling.step(1, 20.0, True)
    assert duty == MIN_DUTY


def test_a_warm_machine_turns_its_fans_up_until_they_are_full():
    cooling = Cooling()
    duties = [cooling.step(1, TARGET_CHIP_C + 5, True) for _ in range(600)]
    assert duties == sorted(duties)
    assert duties[-1] == 1.0


def test_time_at_the_limit_leaves_nothing_to_unwind():
    cooling = Cooling()
    for _ in range(10_000):
        cooling.step(1, TARGET_CHIP_C + 5, True)
    for _ in range(20):
        duty = cooling.step(1, TARGET_CHIP_C - 5, True)
    assert duty < 1.0


def test_fans_of_a_paused_machine_run_out():
    cooling = Cooling()
    for _ in range(200):
        cooling.step(1, TARGET_CHIP_C + 3, True)
    duties = [cooling.step(1, 40.0, False) for _ in range(60)]
    assert duties[0] > duties[10] > duties[-1] == 0


@pytest.mark.parametrize("step", [0.5, 1.0, 5.0, 30.0])
def test_a_machine_settles_at_the_target_and_does_not_swing(step, make_rig):
    rig = make_rig()
    rig.pool()
    rig.run(1500, step)
    for _ in range(20):
        rig.run(30, step)
        assert rig.snapshot.highest_chip_temp_c == pytest.approx(TARGET_CHIP_C, abs=1.0)
