import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.node.retarget import MOST_WORK, RetargetSettings, next_block_work

SETTINGS = RetargetSettings()


def test_a_block_in_exactly_the_interval_changes_nothing():
    assert next_block_work(14_000, 60_000, SETTINGS) == 14_000


def test_a_block_at_once_raises_by_the_fifth_root_of_two():
    assert next_block_work(1_000_000, 0, SETTINGS) == pytest.approx(2 ** (1 / 5) * 1e6, rel=2e-4)


def test_the_longest_wait_halves():
    assert next_block_work(1 << 20, 10**9, SETTINGS) == 1 << 19


@given(st.integers(1, MOST_WORK), st.integers(-(10**12), 10**12))
def test_work_is_bounded_whatever_happens(work, solve_ms):
    assert SETTINGS.least_work <= next_block_work(work, solve_ms, SETTINGS) <= MOST_WORK


@given(st.integers(1 << 20, 1 << 60), st.integers(0, 360_000))
def test_the_power_agrees_with_floating_point(work, solve_ms):
    exact = work * 2 ** ((60_000 - solve_ms) / 300_000)
    assert abs(next_block_work(work, solve_ms, SETTINGS) / exact - 1) < 2e-4


def test_a_steady_farm_settles_at_one_block_an_interval_from_far_off():
    dice = random.Random(7)
    rate = 300 / 1000  # hashes a millisecond
    work, total, blocks = 64, 0, 4_000
    for index in range(blocks + 200):
        solve = int(dice.expovariate(rate / work))
        work = next_block_work(work, solve, SETTINGS)
        if index >= 200:
            total += solve
    assert abs(total / blocks / 60_000 - 1) < 0.05
