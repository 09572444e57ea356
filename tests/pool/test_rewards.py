"""Splits that add up."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from pithead.pool.rewards import split

FEE = Fraction(2, 100)

scores = st.dictionaries(st.text(max_size=5), st.integers(0, 10**30), max_size=30)


@given(st.integers(0, 21 * 10**14), st.integers(0, 10_000), scores)
def test_fee_and_credits_add_up_to_the_satoshi(value, fee, by_user):
    shares = split(value, Fraction(fee, 10_000), by_user)
    assert shares.fee_sats + sum(shares.credits.values()) == value
    assert shares.fee_sats >= 0
    assert all(sats > 0 for sats in shares.credits.values())


@given(st.integers(0, 10**10), scores, st.randoms())
def test_the_order_of_users_changes_nothing(value, by_user, random):
    names = list(by_user)
    random.shuffle(names)
    assert split(value, FEE, {name: by_user[name] for name in names}) == split(value, FEE, by_user)


@given(st.integers(0, 10**10), st.lists(st.integers(1, 10**6), min_size=1, max_size=20))
def test_nobody_is_a_whole_satoshi_off_what_is_due(value, works):
    shares = split(value, FEE, {str(n): work for n, work in enumerate(works)})
    for n, work in enumerate(works):
        due = Fraction((value - shares.fee_sats) * work, sum(works))
        assert abs(shares.credits.get(str(n), 0) - due) < 1


def test_of_equal_remainders_the_first_name_wins():
    assert split(100, Fraction(0), {"c": 1, "a": 1, "b": 1}).credits == {
        "a": 34,
        "b": 33,
        "c": 33,
    }


def test_a_fee_of_two_percent_is_rounded_down():
    assert split(5_000_000_049, FEE, {"alice": 1}).fee_sats == 100_000_000


def test_without_a_score_the_pool_keeps_all():
    assert split(100, FEE, {"alice": 0}).fee_sats == 100
