from hypothesis import given
from hypothesis import strategies as st

from pithead.bitcoin.target import difficulty_from_target, expected_hashes, target_for_work
from pithead.miner.tally import Tally, shown_difficulty


@given(work=st.integers(1, 1 << 52), scale=st.sampled_from([1, 10**9, 10**12]))
def test_a_shown_difficulty_is_the_difficulty_of_the_wire_times_work_scale(work, scale):
    target = target_for_work(work)
    exact = difficulty_from_target(target) * scale
    assert abs(shown_difficulty(target, scale) - exact) <= 0.5 + exact * 1e-12


def test_counts_and_work_of_each_fate_are_kept_apart_and_shown_in_the_machines_units():
    tally = Tally()
    target = target_for_work(350)
    for _ in range(5):
        tally.found(target, target // 7, 1000)
    tally.accepted(target, 12.5)
    tally.accepted(target, 13.5)
    tally.rejected(target)
    tally.stale(target)
    tally.last_target = target
    stats = tally.stats(1000)
    assert (stats.accepted_shares, stats.rejected_shares, stats.stale_shares) == (2, 1, 1)
    assert stats.accepted_work == 2 * expected_hashes(target) * 1000
    assert stats.rejected_work == stats.stale_work == 350_000
    assert stats.last_share_time == 13.5
    assert stats.last_difficulty == shown_difficulty(target, 1000)
    assert stats.generated_work == 5 * stats.last_difficulty


def test_the_best_share_is_the_lowest_hash_whatever_was_asked():
    tally = Tally()
    target = target_for_work(10)
    for value in (target, target // 1000, target // 3):
        tally.found(target, value, 10**12)
    assert tally.stats(10**12).best_share == shown_difficulty(target // 1000, 10**12)


def test_a_pool_that_never_had_a_share_reads_zero_and_no_time():
    stats = Tally().stats(10**12)
    assert stats.last_share_time is None
    assert (stats.best_share, stats.last_difficulty, stats.accepted_work) == (0, 0, 0)
