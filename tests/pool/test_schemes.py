"""Each scheme shares a block out among those it should, and no order of users changes anything."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pithead.pool.fpps import FppsScheme, trimmed_mean
from pithead.pool.paying import Paying
from pithead.pool.pplns import GRAINS, MOST_SHIFTS, PplnsScheme
from pithead.pool.rewards import MILLION, Gains, Rules, Weight, gains_of
from pithead.pool.schemes import SCORE_UNITS, Found, Price, ScoreScheme, SoloScheme

SCHEMES = {"score": ScoreScheme, "pplns": PplnsScheme, "fpps": FppsScheme, "solo": SoloScheme}

shares = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.integers(1, 2**50), st.booleans(), st.integers(0, 9)),
    max_size=40,
)


def block(rules=None, finder="a", scores=None, block_work=1_000, braiins_os=False):
    return Found(rules or Rules(), finder, braiins_os, block_work, scores or {}, 1200.0)


def paying_of(rules, history):
    """Rewards that have followed a history of (user, work, by Braiins OS, seconds after)."""
    paying, second, scores = Paying(), 1, {}
    paying.change(rules, 0, second, {})
    paying.scheme.price(Price(1, 10**8, 10**6, 2**40))
    for user, work, braiins_os, step in history:
        second += step
        part = work if braiins_os else 0
        paying.scheme.credit(user, work, part, second)
        before = scores.get(user, Weight(0))
        scores[user] = Weight(before.work + work, before.refunded + part)
    return paying, scores


@pytest.mark.parametrize("scheme", SCHEMES)
@given(
    shares,
    st.integers(0, 10**10),
    st.integers(0, 100_000),
    st.integers(0, MILLION),
    st.integers(1, 2**52),
)
@settings(max_examples=40, deadline=None)
def test_credits_and_fee_are_the_value_of_the_block(scheme, history, value, fee, refund, work):
    rules = Rules(scheme=scheme, fee_ppm=fee, refund_ppm=refund)
    paying, scores = paying_of(rules, history)
    credits = paying.block(block(rules, "a", scores, work, True), value, 5)
    kept = value - sum(credit.sats for credit in credits.values())
    assert 0 <= kept <= value
    assert all(credit.sats >= 0 for credit in credits.values())
    if scheme == "fpps":
        assert kept == value
    elif scores:
        assert kept <= value * fee // MILLION


@pytest.mark.parametrize("scheme", SCHEMES)
@given(shares, st.randoms())
@settings(max_examples=30, deadline=None)
def test_no_credit_depends_on_the_order_of_users_within_a_second(scheme, history, random):
    history = [(user, work, braiins_os, 0) for user, work, braiins_os, _ in history]
    rules = Rules(scheme=scheme, bonus_ppm=5_000, referral_ppm=5_000)
    results = []
    for _ in range(2):
        paying, scores = paying_of(rules, history)
        for user in "abc":
            paying.refer(user, "d", 0)
        credits = paying.block(block(rules, "a", scores, 2**50), 10**10, 5)
        results.append((credits, paying.day(0, 0, 5)))
        random.shuffle(history)
    assert results[0] == results[1]


@pytest.mark.parametrize("scheme", SCHEMES)
@given(shares)
@settings(max_examples=30, deadline=None)
def test_a_users_name_changes_nothing_but_who_gets_the_last_satoshi(scheme, history):
    rules = Rules(scheme=scheme)
    mirrored = str.maketrans("abcdef", "zyxwvu")
    paying, scores = paying_of(rules, history)
    credits = paying.block(block(rules, "a", scores, 2**50), 10**10, 5)
    renamed = [(each[0].translate(mirrored), *each[1:]) for each in history]
    paying, scores = paying_of(rules, renamed)
    others = paying.block(block(rules, "z", scores, 2**50), 10**10, 5)
    assert {user.translate(mirrored) for user in credits} == set(others)
    for user, credit in credits.items():
        assert abs(credit.sats - others[user.translate(mirrored)].sats) <= 2


def test_solo_gives_the_whole_block_to_its_finder():
    paying = Paying()
    paying.change(Rules(scheme="solo"), 0, 0, {})
    scores = {"bob": Weight(SCORE_UNITS)}
    credits = paying.block(block(paying.rules, "alice", scores), 100_000_000, 5)
    assert {user: credit.sats for user, credit in credits.items()} == {
        "alice": 98_000_000,
        "bob": 0,
    }


def test_pplns_pays_the_latest_work_up_to_its_window():
    scheme = PplnsScheme()
    scheme.weights(block(block_work=100))  # from here on shifts are cut for blocks of 100
    for second, user in enumerate(["old", "alice", "alice", "bob", "bob"]):
        scheme.credit(user, 50, 0, second)
    weights = scheme.weights(block(Rules(window_ppm=1_750_000), block_work=100))
    total = sum(weight.work for weight in weights.values())
    parts = {user: Fraction(weight.work, total) for user, weight in weights.items()}
    assert parts == {"alice": Fraction(75, 175), "bob": Fraction(100, 175)}


def test_pplns_shares_out_by_all_the_work_of_a_young_pool():
    scheme = PplnsScheme()
    scheme.credit("alice", 30, 30, 1)
    scheme.credit("bob", 10, 0, 2)
    weights = scheme.weights(block(block_work=10**6))
    assert weights == {"alice": Weight(30, 30), "bob": Weight(10, 0)}


def test_a_pplns_window_stays_small_however_long_it_is():
    scheme, work = PplnsScheme(), 0
    for second in range(3_000):
        scheme.credit("alice", 7, 0, second)
        work += 7
    rows = {row.number for row in PplnsScheme(scheme.drain().window).drain().window}
    assert not rows  # what was loaded is no change
    loaded = PplnsScheme(replayed(scheme))
    assert loaded.weights(block(block_work=10**9)) == {"alice": Weight(work)}
    scheme.weights(block(block_work=700))
    for second in range(3_000, 4_000):
        scheme.credit("alice", 7, 0, second)
    held = scheme.weights(block(block_work=10**9))["alice"].work
    assert 2 * 1_400 <= held <= 2 * 1_400 + 2 * 1_400 // GRAINS + work // GRAINS


def replayed(scheme):
    """Every row a store would have of a scheme that was never drained but once."""
    for shift in scheme._shifts:
        scheme._dirty.update((shift.number, user) for user in shift.works)
    rows = scheme.drain().window
    assert len({row.number for row in rows}) <= MOST_SHIFTS
    return rows


def test_a_pool_that_turns_to_pplns_begins_with_its_scores():
    paying = Paying()
    scores = {"alice": Weight(30 * SCORE_UNITS, 30 * SCORE_UNITS), "bob": Weight(10 * SCORE_UNITS)}
    paying.change(Rules(scheme="pplns"), 0, 9, scores)
    assert paying.scheme.weights(block()) == {"alice": Weight(30, 30), "bob": Weight(10)}


def test_fpps_pays_what_the_worked_example_of_braiins_pool_comes_to():
    """185 for the subsidy, 15 for fees, 200 before and 195 sat after a fee of 2.5 %."""
    paying = Paying()
    paying.change(Rules(scheme="fpps", fee_ppm=25_000, refund_ppm=0), 0, 0, {})
    paying.scheme.price(Price(1, 185_000, 15_000, 10**6))
    paying.scheme.credit("alice", 1_000, 0, 5)
    assert paying.estimate("alice", 0, 0.0, 0.0) == 195
    assert paying.day(0, 0, 9) == {"alice": 195}
    assert paying.day(0, 1, 9) == {}


def test_fpps_reckons_each_part_of_a_day_at_its_own_price_and_fees_by_the_day():
    scheme = FppsScheme()
    scheme.credit("alice", 500, 0, 1)  # waits for the first price
    scheme.price(Price(1, 1_000, 100, 1_000))
    scheme.credit("alice", 500, 500, 2)
    scheme.price(Price(2, 500, 300, 2_000))  # halving and retarget at once
    scheme.credit("alice", 1_000, 0, 3)
    owed = scheme.close(Rules(trim_ppm=0))["alice"]
    assert owed.sats == 1_000 + 250 + 200 + 100
    # the 500 of Braiins OS earned 500 of the subsidy and 100 of fees
    assert Fraction(owed.weight.refunded, owed.weight.work) == Fraction(500 + 100, 1_550)


def test_fpps_work_without_a_price_is_kept_until_there_is_one():
    scheme = FppsScheme()
    scheme.credit("alice", 500, 0, 1)
    assert scheme.close(Rules()) == {}
    scheme.price(Price(1, 1_000, 0, 1_000))
    assert scheme.close(Rules())["alice"].sats == 500


def test_the_mean_of_fees_leaves_out_the_extremes():
    assert trimmed_mean([1, 10, 20, 30, 1_000], 200_000) == 20
    assert trimmed_mean([7], 490_000) == 7
    assert trimmed_mean([], 0) == 0


def test_a_refund_is_two_percent_of_the_mining_reward_as_in_the_documented_day():
    gains = gains_of({"a": 35_648_119}, {"a": Weight(1, 1)}, Rules(), {})
    assert gains["a"] == Gains(35_648_119, refund=712_962)
    assert gains["a"].total == 36_361_081


def test_who_referred_and_who_was_referred_get_their_part_while_it_counts():
    paying = Paying()
    paying.change(Rules(bonus_ppm=10_000, referral_ppm=5_000, referral_days=1), 0, 0, {})
    paying.refer("alice", "bob", 1_000)
    scores = {"alice": Weight(1)}
    credits = paying.block(block(paying.rules, scores=scores), 100_000_000, 1_001)
    assert credits["alice"][0::3] == (98_980_000, 980_000)
    assert (credits["bob"].sats, credits["bob"].referral) == (490_000, 490_000)
    assert set(paying.block(block(scores=scores), 10**8, 86_401_000)) == {"alice"}
    paying.refer("alice", "", 2_000)
    assert set(paying.block(block(scores=scores), 10**8, 2_001)) == {"alice"}
