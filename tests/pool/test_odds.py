"""Odds, against sums done in fractions and against what is known of the distributions."""

from fractions import Fraction
from math import exp, factorial, isclose

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pithead.pool.odds import (
    Withholding,
    fpps_reserve_sats,
    luck_band,
    poisson_at_most,
    work_of_blocks,
)

ROUNDS_OF_2020 = [
    5855725579832, 5872392984029, 2194023278494, 1940241452231, 4166349660792,
    9215297803844, 15131524891483, 27784383991900, 23553924288279, 26169006118941,
]  # fmt: skip
"""Difficulty-1 shares of ten rounds of a live pool, at one difficulty."""
DIFFICULTY = 13_912_524_048_946


@given(st.integers(0, 60), st.floats(0.001, 80))
@settings(max_examples=60)
def test_the_poisson_sum_is_that_of_its_definition(count, mean):
    exact = sum(Fraction(mean) ** k / factorial(k) for k in range(count + 1))
    assert isclose(poisson_at_most(count, mean), float(exact) * exp(-mean), abs_tol=1e-12)


@given(st.integers(0, 30_000), st.floats(0.001, 30_000))
@settings(max_examples=60)
def test_more_blocks_are_likelier_to_be_enough_and_more_work_is_less(count, mean):
    here = poisson_at_most(count, mean)
    assert 0 <= here <= 1
    assert here <= poisson_at_most(count + 1, mean) + 1e-9
    assert here >= poisson_at_most(count, mean * 1.01) - 1e-9


def test_a_small_tail_keeps_its_digits():
    assert isclose(poisson_at_most(0, 50.0), exp(-50), rel_tol=1e-12)
    assert isclose(poisson_at_most(1, 50.0), 51 * exp(-50), rel_tol=1e-12)


@given(st.integers(1, 300), st.floats(0.001, 0.999))
@settings(max_examples=60, deadline=None)
def test_the_quantile_undoes_the_probability(blocks, probability):
    work = work_of_blocks(blocks, probability)
    assert isclose(1 - poisson_at_most(blocks - 1, work), probability, abs_tol=1e-9)


def test_quantiles_agree_with_tables_of_chi_squared():
    """Half of chi-squared with 2n degrees of freedom: 3.247 and 20.483 for ten."""
    assert work_of_blocks(5, 0.025) * 2 == pytest.approx(3.247, abs=5e-4)
    assert work_of_blocks(5, 0.975) * 2 == pytest.approx(20.483, abs=5e-4)


def test_the_luck_of_the_live_pool_in_2020_was_1_14_and_nothing_out_of_the_ordinary():
    band = luck_band([(DIFFICULTY, work) for work in ROUNDS_OF_2020])
    assert band is not None
    assert f"{band.luck:.2f}" == "1.14"
    assert band.low == pytest.approx(0.585, abs=1e-3)
    assert band.high == pytest.approx(2.085, abs=1e-3)
    assert band.probability == pytest.approx(0.61, abs=0.01)


def test_bands_grow_narrow_with_blocks_and_none_have_none():
    assert luck_band([]) is None
    assert luck_band([(5, 0)]) is None
    wide, narrow = luck_band([(100, 100)] * 10), luck_band([(100, 100)] * 250)
    assert wide.low < narrow.low < 1 < narrow.high < wide.high


def test_a_pool_whose_blocks_are_withheld_is_told_by_its_probability():
    honest = luck_band([(1_000, 1_000)] * 50)
    robbed = luck_band([(1_000, 2_000)] * 50)
    assert honest.probability > 0.4
    assert robbed.probability < 1e-6
    assert robbed.luck < robbed.low


def test_a_user_who_finds_nothing_in_ten_blocks_work_is_one_in_twenty_thousand():
    assert Withholding("eve", 10.0, 0).probability == pytest.approx(exp(-10))
    assert Withholding("new", 0.0, 0).probability == 1.0


def test_the_reserve_for_full_pay_per_share_is_that_of_rosenfelds_example():
    """2 % kept and ruin once in a thousand: some 173 blocks."""
    assert fpps_reserve_sats(1, 0.02, 0.001) == pytest.approx(172.7, abs=0.1)
    with pytest.raises(ValueError, match="parts of one"):
        fpps_reserve_sats(1, 0.0, 0.001)


@pytest.mark.parametrize(("blocks", "probability"), [(0, 0.5), (1, 0.0), (1, 1.0)])
def test_quantiles_of_nothing_are_refused(blocks, probability):
    with pytest.raises(ValueError, match="no work for"):
        work_of_blocks(blocks, probability)
