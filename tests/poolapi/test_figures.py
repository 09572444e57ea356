from fractions import Fraction
from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.poolapi.figures import (
    bitcoins,
    fpps_rate,
    hash_rate,
    luck,
    mean_hash_rate,
    round_probability,
    share_price,
    shares,
)

# Of the live pool's answer of 2020-04-03 (stats_2020-04-03.json): difficulty-1 shares of each of
# the last ten rounds, and the network's difficulty from block 622944 to 624959.
ROUNDS = [
    5855725579832, 5872392984029, 2194023278494, 1940241452231, 4166349660792,
    9215297803844, 15131524891483, 27784383991900, 23553924288279, 26169006118941,
]  # fmt: skip
DIFFICULTY = 13_912_524_048_946


def test_luck_of_the_live_pool_in_2020_was_1_14():
    assert luck([(DIFFICULTY, work) for work in ROUNDS]) == "1.14"


def test_luck_is_no_mean_of_ratios_which_would_have_been_2_56():
    mean = sum(DIFFICULTY / work for work in ROUNDS) / len(ROUNDS)
    assert f"{mean:.2f}" == "2.56"


def test_luck_sums_the_difficulties_when_they_change():
    assert luck([(100, 50), (300, 350)]) == "1.00"


def test_luck_before_the_first_block_is_zero():
    assert luck([]) == "0.00"


def test_round_probability_of_the_live_pool_in_2020_was_0_23():
    """5983167367.9262 Gh/s for 2585 s is what the round had by then."""
    round_shares = int(5983167367.9262e9 * 2585 / 2**32)
    assert round_probability(round_shares, DIFFICULTY) == "0.23"


def test_round_probability_needs_no_block_to_be_defined():
    assert round_probability(0, 0) == "0.00"
    assert round_probability(0, 1_000) == "0.00"
    assert round_probability(10**9, 1_000) == "1.00"


@given(st.integers(0, 10**30), st.integers(1, 10**24))
def test_round_probability_is_the_exponential_distribution(round_work, block_work):
    assert float(round_probability(round_work, block_work)) == pytest.approx(
        1 - exp(-round_work / block_work), abs=0.0051
    )


@given(st.integers(0, 2**52), st.integers(1, 10**13))
def test_shares_are_the_nearest_whole_number_of_difficulty_1_shares(work, scale):
    exact = Fraction(work * scale * 0xFFFF, 2**48)
    assert abs(shares(work, scale) - exact) <= Fraction(1, 2)


@given(st.integers(1, 2**32))
def test_a_share_of_difficulty_d_counts_d(difficulty):
    expected_hashes = round(Fraction(difficulty * 2**48, 0xFFFF))
    assert shares(expected_hashes, 1) == difficulty


def test_a_terahash_a_second_makes_20_million_shares_a_day():
    """The documents of the live pool say 20,116,568, with 2**32 hashes to a share."""
    assert shares(86_400, 10**12) == pytest.approx(20_116_568, rel=2e-5)


def test_a_real_hash_a_second_at_a_scale_of_a_tera_is_a_thousand_gigahashes():
    assert mean_hash_rate(300, 300, 10**12) == 1_000.0
    assert hash_rate(1.0, 10**12) == 1_000.0


@given(st.integers(0, 10**30), st.sampled_from([300, 3_600, 86_400]), st.integers(1, 10**13))
def test_a_mean_hash_rate_is_the_nearest_float_to_the_exact_one(work, seconds, scale):
    assert mean_hash_rate(work, seconds, scale) == float(Fraction(work * scale, seconds * 10**9))


@pytest.mark.parametrize("rate", [float("nan"), float("inf"), float("-inf")])
def test_a_rate_that_json_cannot_say_is_an_error(rate):
    with pytest.raises(ValueError):
        hash_rate(rate, 1)


@given(st.integers(-(2**63), 2**63))
def test_bitcoins_have_eight_decimals_and_lose_nothing(sats):
    text = bitcoins(sats)
    assert Fraction(text) * 10**8 == sats
    assert len(text.partition(".")[2]) == 8


def test_fpps_rate_is_what_a_terahash_finds_in_a_day():
    """2023-11-14: difficulty 64.68e12, 6.25 of subsidy and 1.499 of fees: the live pool said
    0.00000241, with 2**32 hashes to a share."""
    block_work = round(Fraction(64_678_587_803_496 * 2**48, 0xFFFF))
    assert f"{fpps_rate(774_900_000, block_work, 1):.8f}" == "0.00000241"


def test_fpps_rate_does_not_depend_on_how_work_and_scale_share_a_factor():
    assert fpps_rate(10**8, 10**12, 10**6) == fpps_rate(10**8, 10**6, 10**12)


def test_fpps_rate_is_a_number_even_before_the_first_template():
    assert fpps_rate(0, 0, 1) == 0.0


@given(st.integers(0, 21 * 10**14), st.integers(1, 10**15))
def test_a_share_price_times_the_shares_is_what_was_earned(sats, count):
    assert abs(Fraction(share_price(sats, count)) - Fraction(sats, 10**8 * count)) <= Fraction(
        1, 2 * 10**18
    )
