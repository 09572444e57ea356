import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.hardware.device import FanReading
from pithead.hardware.models import model_named
from pithead.miner import cooling as module
from pithead.miner.cooling import DANGEROUS_CHIP_C, HOT_CHIP_C, TARGET_CHIP_C, Cooling, cool_again
from pithead.miner.cooling_settings import (
    DEFAULT_MIN_FAN,
    PAUSE_LIMIT_SECONDS,
    CoolingSettings,
    Mode,
    PauseFans,
    changed,
    plan_of,
)
from pithead.miner.refusals import OutsideLimits
from pithead.miner.scaling import Heat

MODEL = model_named("S21")
HYDRO = model_named("S21 Hyd")


def make(model=MODEL, **settings):
    return Cooling(plan_of(CoolingSettings(**settings), model))


def turning(rpm=(3000, 3000, 3000, 3000), duty=0.5):
    return [FanReading(each, duty) for each in rpm]


def test_an_unknown_temperature_is_answered_with_full_speed():
    assert make().step(1, None, True) == 1.0
    assert make(mode=Mode.MANUAL, fan_ratio=0.3).step(1, None, True) == 1.0


@pytest.mark.parametrize("mode", [Mode.AUTO, Mode.MANUAL])
def test_a_hot_chip_gets_full_speed_at_once_and_hashes_on(mode):
    cooling = make(mode=mode)
    assert cooling.step(1, HOT_CHIP_C, True) == 1.0
    assert not cooling.is_overheated
    assert cooling.heat is Heat.HOT


@pytest.mark.parametrize("mode", list(Mode))
def test_a_dangerous_temperature_shuts_down_until_it_is_well_below(mode):
    cooling = make(mode=mode)
    cooling.step(1, DANGEROUS_CHIP_C, True)
    assert cooling.is_overheated
    cooling.step(1, cool_again(cooling.plan) + 1, False)
    assert cooling.is_overheated
    cooling.step(1, cool_again(cooling.plan) - 1, False)
    assert not cooling.is_overheated


def test_a_cold_machine_keeps_its_fans_at_the_minimum():
    for least in (None, 0.35):
        cooling = make(min_fan=least)
        for _ in range(100):
            duty = cooling.step(1, 20.0, True)
        assert duty == (least or DEFAULT_MIN_FAN)
        assert cooling.heat is Heat.COOL


def test_a_warm_machine_turns_its_fans_up_until_they_are_full_and_says_so():
    for most in (None, 0.7):
        cooling = make(max_fan=most)
        duties = [cooling.step(1, TARGET_CHIP_C + 5, True) for _ in range(700)]
        assert duties == sorted(duties)
        assert duties[-1] == (most or 1.0)
        assert cooling.heat is Heat.FANS_FULL


def test_time_at_the_limit_leaves_nothing_to_unwind():
    cooling = make()
    for _ in range(10_000):
        cooling.step(1, TARGET_CHIP_C + 5, True)
    for _ in range(20):
        duty = cooling.step(1, TARGET_CHIP_C - 5, True)
    assert duty < 1.0


def test_fans_of_a_paused_machine_run_out():
    cooling = make()
    for _ in range(200):
        cooling.step(1, TARGET_CHIP_C + 3, True)
    duties = [cooling.step(1, 40.0, False) for _ in range(60)]
    assert duties[0] > duties[10] > duties[-1] == 0


@pytest.mark.parametrize("indefinite", [False, True])
def test_fans_of_a_paused_machine_keep_a_speed_set_by_hand_for_their_time(indefinite):
    cooling = make(pause=PauseFans(True, 0.4, indefinite))
    duties = [cooling.step(1, 40.0, False) for _ in range(PAUSE_LIMIT_SECONDS + 60)]
    assert duties[:PAUSE_LIMIT_SECONDS] == [0.4] * PAUSE_LIMIT_SECONDS
    assert duties[-1] == (0.4 if indefinite else 0.0)


def test_a_fixed_speed_is_kept_whatever_the_temperature_below_hot():
    cooling = make(mode=Mode.MANUAL, fan_ratio=0.33)
    assert {cooling.step(1, chip, True) for chip in (20.0, 65.0, 79.9)} == {0.33}


@pytest.mark.parametrize("mode", [Mode.IMMERSION, Mode.HYDRO])
def test_in_liquid_the_fans_stand_still_and_are_not_missed(mode):
    cooling = make(mode=mode)
    for chip in (40.0, HOT_CHIP_C, None):
        assert cooling.step(60, chip, True, turning((0, 0, 0, 0), 0.0)) == 0
    assert not cooling.is_short_of_fans


def test_fans_that_stand_are_broken_after_a_while_and_whole_again_when_they_turn():
    cooling = make(min_fans=3)
    for _ in range(int(module.STANDING_SECONDS)):
        cooling.step(1, 60.0, True, turning((0, 3000, 3000, 3000)))
    assert cooling.broken_fans == (0,)
    assert not cooling.is_short_of_fans
    for _ in range(int(module.STANDING_SECONDS)):
        duty = cooling.step(1, 60.0, True, turning((0, 0, 3000, 3000)))
    assert cooling.broken_fans == (0, 1)
    assert cooling.is_short_of_fans
    assert duty == 1.0
    cooling.step(1, 60.0, False, turning())
    assert not cooling.is_short_of_fans


def test_another_mode_begins_with_its_defaults_and_the_same_one_is_changed_in_part():
    first = changed(CoolingSettings(), CoolingSettings(Mode.AUTO, hot_c=85, min_fan=0.4), MODEL)
    second = changed(first, CoolingSettings(Mode.AUTO, target_c=60), MODEL)
    assert (second.hot_c, second.min_fan, second.target_c) == (85, 0.4, 60)
    third = changed(second, CoolingSettings(Mode.MANUAL, fan_ratio=0.5), MODEL)
    assert third == CoolingSettings(Mode.MANUAL, fan_ratio=0.5)
    fourth = changed(third, CoolingSettings(Mode.AUTO), MODEL)
    assert fourth == CoolingSettings(Mode.AUTO)


def test_a_hydro_machine_is_in_hydro_mode_and_has_no_other_with_fans():
    assert plan_of(CoolingSettings(), HYDRO).mode is Mode.HYDRO
    for mode in (Mode.AUTO, Mode.MANUAL):
        with pytest.raises(OutsideLimits, match="no fans"):
            changed(CoolingSettings(), CoolingSettings(mode), HYDRO)


degrees = st.one_of(st.none(), st.floats(-50, 250))
ratios = st.one_of(st.none(), st.floats(-0.5, 1.5))
wanted = st.builds(
    CoolingSettings,
    mode=st.sampled_from(Mode),
    target_c=degrees,
    hot_c=degrees,
    dangerous_c=degrees,
    fan_ratio=ratios,
    min_fan=ratios,
    max_fan=ratios,
    min_fans=st.one_of(st.none(), st.integers(0, 6)),
    pause=st.one_of(st.none(), st.builds(PauseFans, st.booleans(), ratios, st.booleans())),
)


@given(st.lists(wanted, max_size=6))
def test_whatever_is_asked_for_the_settings_kept_always_make_sense(requests):
    kept = CoolingSettings()
    for request in requests:
        with contextlib.suppress(OutsideLimits):
            kept = changed(kept, request, MODEL)
        plan = plan_of(kept, MODEL)
        heat = plan.temperatures
        assert 0 <= heat.target < heat.hot < heat.dangerous <= 200
        assert 0 <= plan.min_fan < plan.max_fan <= 1
        assert 0 <= plan.fan_ratio <= 1
        assert plan.min_fans <= MODEL.fans


@given(
    st.lists(st.tuples(st.one_of(st.none(), st.floats(-20, 120)), st.booleans()), max_size=40),
    st.sampled_from(Mode),
)
def test_the_duty_is_one_that_fans_can_have_and_heat_is_never_ignored(moments, mode):
    cooling = make(mode=mode)
    for chip_c, is_hashing in moments:
        duty = cooling.step(5, chip_c, is_hashing, turning())
        assert 0 <= duty <= 1
        if chip_c is None or chip_c >= HOT_CHIP_C:
            assert cooling.heat is Heat.HOT
            assert duty == (1.0 if mode in (Mode.AUTO, Mode.MANUAL) else 0.0)
        if chip_c is not None and chip_c >= DANGEROUS_CHIP_C:
            assert cooling.is_overheated


@pytest.mark.parametrize("step", [0.5, 1.0, 5.0, 30.0])
def test_a_machine_settles_at_the_target_and_does_not_swing(step, make_rig):
    rig = make_rig()
    rig.pool()
    rig.run(1500, step)
    for _ in range(20):
        rig.run(30, step)
        assert rig.snapshot.highest_chip_temp_c == pytest.approx(TARGET_CHIP_C, abs=1.0)
