from dataclasses import replace

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from pithead.hardware.models import model_named
from pithead.miner import scaling_plan
from pithead.miner.performance_settings import Dps, DpsMode
from pithead.miner.refusals import OutsideLimits
from pithead.miner.scaling import (
    LOWER_SECONDS,
    RAISE_SECONDS,
    Heat,
    Range,
    Scaling,
    ScalingPlan,
)

PLAN = ScalingPlan(
    enabled=True,
    mode=DpsMode.NORMAL,
    step=300.0,
    minimum=2000.0,
    shutdown_enabled=True,
    shutdown_seconds=3600.0,
    on_start_percent=100,
)
WANTED = Range(3000.0, 5000.0)


class Life:
    """Scaling with a clock."""

    def __init__(self, plan=PLAN, wanted=WANTED):
        self.scaling, self.plan, self.wanted, self.now = Scaling(), plan, wanted, 1000.0

    def run(self, heat, seconds, step=10.0):
        seen = []
        for _ in range(round(seconds / step)):
            self.now += step
            self.scaling.step(self.now, heat, self.plan, self.wanted)
            seen.append(self.current)
        return seen

    @property
    def current(self):
        return self.scaling.current(self.plan, self.wanted)


@pytest.mark.parametrize("heat", [Heat.HOT, Heat.FANS_FULL])
def test_heat_lowers_the_target_step_by_step_to_the_minimum(heat):
    life = Life(replace(PLAN, shutdown_enabled=False))
    seen = life.run(heat, 10 * LOWER_SECONDS)
    assert list(dict.fromkeys(seen)) == [2700.0, 2400.0, 2100.0, 2000.0]
    assert life.scaling.cooldown_until is None


def test_steps_down_wait_until_the_machine_has_answered():
    life = Life()
    seen = life.run(Heat.HOT, LOWER_SECONDS, step=1.0)
    assert set(seen) == {2700.0}


def test_cool_again_the_target_goes_up_slowly_and_never_beyond_what_is_wanted():
    life = Life()
    life.run(Heat.HOT, LOWER_SECONDS + 20)
    assert life.current == 2400.0
    assert life.run(Heat.BALANCED, 5 * RAISE_SECONDS)[-1] == 2400.0
    seen = life.run(Heat.COOL, 3 * RAISE_SECONDS)
    assert list(dict.fromkeys(seen)) == [2700.0, 3000.0]


def test_in_boost_mode_it_goes_on_up_to_the_limit_of_the_machine():
    life = Life(replace(PLAN, mode=DpsMode.BOOST))
    assert life.run(Heat.COOL, 20 * RAISE_SECONDS)[-1] == WANTED.maximum
    assert life.run(Heat.HOT, 20)[-1] == WANTED.maximum - PLAN.step


def test_too_hot_at_the_minimum_shuts_down_for_the_duration_and_starts_at_the_target():
    life = Life()
    life.run(Heat.HOT, 4 * LOWER_SECONDS + 20)
    until = life.scaling.cooldown_until
    assert until == pytest.approx(life.now + 3600, abs=LOWER_SECONDS)
    life.run(Heat.BALANCED, until - life.now - 20)
    assert life.scaling.cooldown_until == until
    life.run(Heat.BALANCED, 30)
    assert life.scaling.cooldown_until is None
    assert life.current == WANTED.target


def test_full_fans_alone_never_shut_down():
    life = Life()
    life.run(Heat.FANS_FULL, 20 * LOWER_SECONDS)
    assert life.current == PLAN.minimum
    assert life.scaling.cooldown_until is None


def test_a_start_at_a_part_of_the_target_climbs_to_all_of_it():
    life = Life(replace(PLAN, on_start_percent=70))
    assert life.run(Heat.COOL, 10)[-1] == pytest.approx(2100.0)
    assert life.run(Heat.COOL, 5 * RAISE_SECONDS)[-1] == WANTED.target


def test_a_target_below_the_minimum_is_the_operators_and_not_lowered():
    life = Life(replace(PLAN, shutdown_enabled=False), Range(1500.0, 5000.0))
    assert set(life.run(Heat.HOT, 10 * LOWER_SECONDS)) == {1500.0}


def test_switched_off_it_gives_the_target_back_at_once_even_out_of_a_shutdown():
    life = Life()
    life.run(Heat.HOT, 5 * LOWER_SECONDS)
    assert life.scaling.cooldown_until is not None
    life.plan = replace(PLAN, enabled=False)
    life.run(Heat.HOT, 10)
    assert life.scaling.cooldown_until is None
    assert life.current == WANTED.target


@settings(max_examples=40, stateful_step_count=30)
class AnyLife(RuleBasedStateMachine):
    """Whatever heat comes and whatever the operator sets, the target stays between the bounds."""

    def __init__(self):
        super().__init__()
        self.life = Life()
        self.last = None

    @rule(heat=st.sampled_from(Heat), seconds=st.floats(1, 2000))
    def time_passes(self, heat, seconds):
        before = self.life.current
        resting = self.life.scaling.cooldown_until is not None
        self.life.run(heat, seconds, step=seconds)
        after = self.life.current
        if self.life.plan.enabled and not resting and before == self.last:
            assert abs(after - before) <= self.life.plan.step + 1e-6
        self.last = after

    @rule(watts=st.floats(500, 5000))
    def the_operator_aims(self, watts):
        self.life.wanted = Range(watts, 5000.0)
        self.life.scaling.reset_target()
        assert self.life.current == watts
        self.last = None

    @rule(
        enabled=st.booleans(),
        mode=st.sampled_from(DpsMode),
        step=st.floats(10, 1000),
        minimum=st.floats(500, 5000),
        percent=st.integers(1, 100),
    )
    def the_operator_sets(self, enabled, mode, step, minimum, percent):
        self.life.plan = replace(
            PLAN, enabled=enabled, mode=mode, step=step, minimum=minimum, on_start_percent=percent
        )
        self.last = None

    @invariant()
    def the_target_is_between_its_bounds(self):
        plan, wanted, current = self.life.plan, self.life.wanted, self.life.current
        if not plan.enabled:
            assert current == wanted.target
            return
        ceiling = 5000.0 if plan.mode is DpsMode.BOOST else wanted.target
        assert min(plan.minimum, wanted.target) <= current <= ceiling

    @invariant()
    def a_shutdown_ends(self):
        until = self.life.scaling.cooldown_until
        assert until is None or until <= self.life.now + PLAN.shutdown_seconds


TestAnyLife = AnyLife.TestCase


changes = st.fixed_dictionaries(
    {},
    optional={
        "enabled": st.booleans(),
        "mode": st.sampled_from(DpsMode),
        "power_step_w": st.integers(-10, 2000),
        "min_power_w": st.integers(-10, 20_000),
        "hashrate_step_ths": st.floats(-10, 1000),
        "min_hashrate_ths": st.floats(-10, 1000),
        "shutdown_enabled": st.booleans(),
        "shutdown_hours": st.integers(-1, 50),
        "on_start_percent": st.integers(-1, 150),
    },
)


@given(st.lists(changes, max_size=8))
def test_changes_are_taken_whole_or_not_at_all_and_always_make_a_plan(requests):
    model, kept = model_named("S21"), Dps()
    for request in requests:
        try:
            after = scaling_plan.changed(kept, request, model)
        except OutsideLimits:
            continue
        for name, value in msgspec.structs.asdict(after).items():
            assert value == request.get(name, getattr(kept, name))
        kept = after
        for kind in ("power", "hashrate"):
            plan = scaling_plan.plan_of(kept, model, kind)
            assert plan.step > 0 < plan.minimum
            assert 3600 <= plan.shutdown_seconds <= 24 * 3600
            assert 1 <= plan.on_start_percent <= 100
