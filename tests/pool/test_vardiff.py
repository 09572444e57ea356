"""Vardiff against simulated miners: shares as a Poisson process, work offered every 30 seconds."""

from itertools import pairwise
from math import inf, log
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pithead.bitcoin.target import expected_hashes, target_from_difficulty
from pithead.pool.vardiff import Aim, Vardiff, VardiffSettings

NO_CEILING = 1 << 200
SCALED = VardiffSettings(first_work=350, least_work=1)
REAL = VardiffSettings()


class Miner:
    """A miner on a line with no delay: its shares are found at the difficulty in force."""

    def __init__(self, rate, settings, seed=1, ceiling=NO_CEILING):
        self.rate = rate
        self.seed = seed
        self.vardiff = Vardiff(settings, 0.0)
        self.random = Random(seed)
        self.now = 0.0
        self.next_offer = 30.0
        self.ceiling = ceiling
        self.shares = 0
        self.works = [self.vardiff.work]

    def wait(self):
        return self.random.expovariate(self.rate / self.vardiff.work)

    def interrupted(self, seconds):
        """Of its wait, so much has passed: an exponential one may be drawn anew at any moment."""

    def run(self, until):
        while self.now < until:
            wait = self.wait() if self.rate else inf
            if self.now + wait < min(self.next_offer, until):
                self.now += wait
                self.shares += 1
                if self.vardiff.credit(self.vardiff.work, self.now):
                    self.vardiff.rise(self.ceiling)
            else:
                self.interrupted(min(self.next_offer, until) - self.now)
                self.now = min(self.next_offer, until)
                if self.now == self.next_offer:
                    self.vardiff.retarget(self.ceiling, self.now)
                    self.next_offer += 30.0
            if self.vardiff.work != self.works[-1]:
                self.works.append(self.vardiff.work)

    @property
    def shares_per_minute(self):
        return 60.0 * self.rate / self.vardiff.work


FLEET = [
    (rate, settings)
    for settings, rates in (
        (REAL, (500e9, 4.3e12, 100e12, 140e12, 1e15, 37e15, 1e18)),
        (SCALED, (4.3, 100.0, 140.0, 1e3, 37e3, 1e6)),
    )
    for rate in rates
]


def in_band(miner):
    """16 to 20 shares a minute, give or take a quarter."""
    return 16 * 0.75 <= miner.shares_per_minute <= 20 * 1.25


@pytest.mark.parametrize(("rate", "settings"), FLEET)
def test_a_miner_of_any_size_settles_in_five_minutes_and_stays_for_an_hour(rate, settings):
    """Eighty shares leave chance a say: of twenty fleets, one machine may take two minutes more."""
    late = 0
    for seed in range(20):
        miner = Miner(rate, settings, seed)
        miner.run(300.0)
        late += not in_band(miner)
        changes_to_settle = len(miner.works)
        for minute in range(7, 66):
            miner.run(60.0 * minute)
            assert in_band(miner), (seed, minute)
        assert len(miner.works) - changes_to_settle <= 8
    assert late <= 1


WIDE = VardiffSettings(first_work=1 << 44, least_work=1)
SIZES = st.floats(-3.0, 6.0).map(lambda power: 10.0**power)


class Metronome(Miner):
    """A miner without chance: its shares come at equal distances."""

    done = 0.0  # of the work for the next share

    def wait(self):
        self.begun = self.done
        self.done = 0.0
        return max(0.0, (self.vardiff.work - self.begun) / self.rate)

    def interrupted(self, seconds):
        self.done = self.begun + seconds * self.rate


def settled(miner_class, size, seed=1):
    """A miner of `size` times the rate that the first difficulty is right for, for three hours.

    Its shares a minute, by the difficulty, in each minute of the third hour.
    """
    right = WIDE.first_work / WIDE.interval_seconds
    miner = miner_class(size * right, WIDE, seed)
    miner.run(7200.0)
    rates = []
    for minute in range(121, 181):
        before = len(miner.works)
        miner.run(60.0 * minute)
        rates.append(miner.shares_per_minute)
        assert len(miner.works) - before <= 1
    return miner, rates


@pytest.fixture(scope="module")
def third_hours():
    """Forty miners from a thousandth to a million times the first difficulty."""
    dice = Random(1)
    return [settled(Miner, 10.0 ** dice.uniform(-3.0, 6.0), seed) for seed in range(40)]


def test_steady_miners_of_any_size_are_known_within_a_few_per_cent(third_hours):
    off = [abs(sum(rates) / len(rates) / 18.0 - 1.0) for _, rates in third_hours]
    assert sum(off) / len(off) < 0.03
    assert max(off) < 0.08


def test_the_difficulty_of_a_steady_miner_does_not_swing(third_hours):
    """Once it has settled, its steps are few and small."""
    for miner, _ in third_hours:
        settling = Miner(miner.rate, WIDE, miner.seed)
        settling.run(1800.0)
        steps = [log(new / old) for old, new in pairwise(miner.works[len(settling.works) - 1 :])]
        assert len(steps) <= 8
        assert all(abs(step) < 0.15 for step in steps)


@settings(max_examples=15, deadline=None)
@given(size=SIZES)
def test_a_miner_without_chance_is_known_exactly_and_its_difficulty_rests(size):
    miner, rates = settled(Metronome, size)
    assert all(rate == pytest.approx(18.0, rel=0.04) for rate in rates)
    assert len(set(rates)) <= 2
    assert len(miner.works) <= 12


def test_a_fast_miner_at_a_low_difficulty_is_caught_within_a_few_dozen_shares():
    miner = Miner(1e18, REAL)
    miner.run(10.0)
    assert miner.shares < 150


def test_a_miner_that_grows_tenfold_is_followed_at_once():
    miner = Miner(100.0, SCALED)
    miner.run(1800.0)
    before = miner.shares
    miner.rate = 1000.0
    miner.run(1860.0)
    assert miner.shares - before < 100
    miner.run(2100.0)
    assert in_band(miner)


def test_a_miner_that_loses_a_third_is_followed_within_a_quarter_of_an_hour():
    miner = Miner(300.0, SCALED)
    miner.run(1800.0)
    miner.rate = 200.0
    miner.run(2700.0)
    assert in_band(miner)


def test_the_difficulty_of_a_silent_miner_decays_to_the_minimum_and_no_further():
    miner = Miner(100.0, SCALED)
    miner.run(600.0)
    settled = miner.vardiff.work
    miner.rate = 0.0
    miner.run(1200.0)
    assert miner.vardiff.work < settled / 4
    miner.run(20_000.0)
    assert miner.vardiff.work == SCALED.least_work
    miner.rate = 100.0
    miner.run(20_450.0)
    assert in_band(miner)


def test_a_first_difficulty_far_too_high_comes_down_without_a_single_share():
    miner = Miner(0.0, REAL)
    miner.run(91.0)
    assert miner.vardiff.work <= REAL.first_work / 100


def test_shares_that_a_stalled_network_delivers_together_are_no_burst():
    vardiff = Vardiff(SCALED, 0.0)
    for second in range(0, 300, 3):
        assert not vardiff.credit(350, float(second))
    assert not any(vardiff.credit(350, 330.0) for _ in range(9))


def test_no_share_is_ever_harder_than_a_block():
    miner = Miner(1e6, SCALED, ceiling=18_000)
    miner.run(60.0)
    assert max(miner.works) == 18_000
    assert miner.vardiff.retarget(5_000, 61.0) == 5_000


def test_a_hurried_offer_changes_nothing_but_never_for_longer_than_a_refresh_and_a_half():
    hurried, calm = Vardiff(REAL, 0.0), Vardiff(REAL, 0.0)
    works = [hurried.hurried(NO_CEILING, float(second)) for second in range(1, 45)]
    assert set(works) == {REAL.first_work}
    assert hurried.hurried(NO_CEILING, 45.0) == calm.retarget(NO_CEILING, 45.0) < REAL.first_work
    assert hurried.hurried(1_000, 46.0) == 1_000
    assert hurried.hurried(NO_CEILING, -7200.0) <= REAL.first_work


def test_a_ceiling_below_the_minimum_wins():
    vardiff = Vardiff(REAL, 0.0)
    assert vardiff.retarget(12, 30.0) == 12


def test_a_wish_for_a_minimum_holds_against_the_estimate():
    vardiff = Vardiff(SCALED, 0.0)
    vardiff.raise_floor(10_000, NO_CEILING)
    for offer in range(1, 20):
        assert vardiff.retarget(NO_CEILING, 30.0 * offer) == 10_000


@pytest.mark.parametrize("jump", [-3600.0, 3600.0])
def test_a_clock_that_jumps_an_hour_changes_no_difficulty(jump):
    miner = Miner(100.0, SCALED, seed=3)
    miner.run(1800.0)
    work = miner.vardiff.work
    assert miner.vardiff.retarget(NO_CEILING, miner.now + jump) == work
    assert not any(miner.vardiff.credit(work, miner.now + jump + k / 3) for k in range(3))


@given(work=st.integers(1, 1 << 52))
def test_both_ends_of_the_wire_see_the_same_target_and_work(work):
    aim = Aim.at_work(work)
    assert target_from_difficulty(aim.difficulty) == aim.target
    assert expected_hashes(aim.target) == aim.work
    assert abs(aim.work - work) <= work * 0.002


def test_a_difficulty_of_some_size_is_a_whole_number():
    assert isinstance(Aim.at_work(1 << 44).difficulty, int)
    assert Aim.at_work(350).work == 350
