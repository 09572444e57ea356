import math
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pithead.bitcoin.target import (
    DIFFICULTY_1_TARGET,
    MAX_TARGET,
    bits_from_target,
    difficulty_from_target,
    expected_hashes,
    target_for_work,
    target_from_bits,
    target_from_difficulty,
)

works = st.integers(1, 2**52 - 1)
difficulties = st.one_of(
    st.integers(1, 2**60),
    st.floats(2.0**-30, 2.0**60, allow_nan=False, allow_infinity=False),
)


@pytest.mark.parametrize(
    ("bits", "target"),
    [
        (0x1D00FFFF, DIFFICULTY_1_TARGET),
        (0x1B0404CB, 0x0404CB << 192),
        (0x207FFFFF, 0x7FFFFF << 232),
        (0x03123456, 0x123456),
        (0x02123456, 0x1234),
        (0x01120000, 0x12),
        (0x04123456, 0x12345600),
    ],
)
def test_compact_bits_stand_for_their_target(bits, target):
    assert target_from_bits(bits) == target


@pytest.mark.parametrize(
    ("bits", "why"),
    [
        (0, "nothing"),
        (0x01003456, "nothing"),
        (0x04923456, "negative"),
        (0x20800000 | 1, "negative"),
        (0xFF123456, "above"),
        (0x22000100, "above"),
    ],
)
def test_compact_bits_that_the_chain_refuses_are_an_error(bits, why):
    with pytest.raises(ValueError, match=why):
        target_from_bits(bits)


def test_a_mantissa_never_reads_as_negative():
    assert bits_from_target(0x80) == 0x02008000
    assert bits_from_target(0xFFFF << 208) == 0x1D00FFFF


@given(st.integers(1, MAX_TARGET))
def test_compact_bits_round_a_target_down_by_less_than_one_in_2_to_the_15(target):
    bits = bits_from_target(target)
    rounded = target_from_bits(bits)
    assert rounded <= target < rounded + (rounded >> 15) + 1
    assert bits_from_target(rounded) == bits


@given(st.integers(0, 0xFFFFFFFF))
def test_any_compact_bits_are_a_target_or_an_error(bits):
    try:
        target = target_from_bits(bits)
    except ValueError:
        return
    assert 0 < target <= MAX_TARGET
    assert target_from_bits(bits_from_target(target)) == target


def test_difficulty_one_takes_a_little_more_than_2_to_the_32_hashes():
    assert target_from_difficulty(1) == DIFFICULTY_1_TARGET
    assert expected_hashes(DIFFICULTY_1_TARGET) == 4295032833


def test_the_difficulty_of_block_125552_is_the_published_one():
    # 244112.48777434 in every block explorer
    assert difficulty_from_target(target_from_bits(0x1A44B9F2)) == pytest.approx(244112.48777434)


@pytest.mark.parametrize("difficulty", [1, 2, 1000, 16384, 65536, 2**40, 10**12 + 1])
def test_a_whole_difficulty_comes_back_as_an_int(difficulty):
    back = difficulty_from_target(target_from_difficulty(difficulty))
    assert back == difficulty
    assert isinstance(back, int)


def test_a_small_difficulty_comes_back_as_a_float():
    assert difficulty_from_target(target_from_difficulty(0.001)) == 0.001
    assert difficulty_from_target(target_from_difficulty(0.5)) == 0.5


@given(difficulties)
def test_a_target_is_exactly_the_floor_of_its_quotient(difficulty):
    target = target_from_difficulty(difficulty)
    assert target <= DIFFICULTY_1_TARGET / Fraction(difficulty) < target + 1


@given(difficulties)
def test_a_difficulty_survives_the_way_over_its_target(difficulty):
    back = difficulty_from_target(target_from_difficulty(difficulty))
    assert back == pytest.approx(difficulty, rel=2**-50)


@pytest.mark.parametrize("difficulty", [0, -1, -0.5, math.nan, math.inf, -math.inf])
def test_what_is_no_difficulty_is_an_error(difficulty):
    with pytest.raises(ValueError, match="above zero"):
        target_from_difficulty(difficulty)


def test_a_difficulty_below_one_hash_is_met_by_all_hashes():
    assert target_from_difficulty(5e-324) == MAX_TARGET
    assert expected_hashes(MAX_TARGET) == 1


def test_a_difficulty_above_the_one_target_is_met_by_the_zero_hash_alone():
    assert target_from_difficulty(2**300) == 0
    assert expected_hashes(0) == 2**256


@given(works)
@example(1)
@example(2)
@example(2**52 - 1)
def test_work_survives_the_way_over_the_wire_and_back(work):
    difficulty = difficulty_from_target(target_for_work(work))
    assert expected_hashes(target_from_difficulty(difficulty)) == work


@given(works)
def test_work_and_target_are_each_others_inverse(work):
    assert expected_hashes(target_for_work(work)) == work


def test_no_work_has_no_target():
    with pytest.raises(ValueError, match="at least one"):
        target_for_work(0)


@given(st.integers(0, MAX_TARGET))
def test_expected_hashes_are_the_nearest_whole_number(target):
    assert abs(expected_hashes(target) - Fraction(2**256, target + 1)) <= Fraction(1, 2)
