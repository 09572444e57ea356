"""Work that fades."""

from math import e, exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.pool.scoring import Score

L = 1_200.0


def test_a_user_who_stopped_one_time_constant_ago_counts_one_to_e():
    stopped, going = Score(), Score()
    for second in range(20_000):
        stopped.add(50, second, L)
    for second in range(20_000 + 1_200):
        going.add(50, second, L)
    end = 20_000 + 1_200
    assert stopped.at(end, L) / going.at(end, L) == pytest.approx(1 / e, rel=1e-6)


def test_the_rate_of_a_steady_miner_is_its_speed():
    score = Score()
    for second in range(0, 40_000, 5):
        score.add(500, second, L)
    assert score.at(40_000, L) / L == pytest.approx(100, rel=0.003)


@given(st.lists(st.tuples(st.integers(0, 5_000), st.integers(1, 2**60)), min_size=1, max_size=50))
def test_a_score_equals_the_sum_of_its_definition(steps):
    score, second, shares = Score(), 0, []
    for step, work in steps:
        second += step
        score.add(work, second, L)
        shares.append((second, work))
    expected = sum(work * exp(-(second + 60 - at) / L) for at, work in shares)
    assert score.at(second + 60, L) == pytest.approx(expected, rel=1e-9)


@given(st.lists(st.tuples(st.integers(-(10**9), 10**12), st.integers(1, 2**80)), max_size=50))
def test_no_jump_of_time_makes_a_score_negative_or_infinite(shares):
    score = Score()
    for second, work in shares:
        score.add(work, second, L)
        for when in (second - 3_600, second, second + 3_600, 10**15):
            assert 0 <= score.at(when, L) <= 50 * 2.0**80
