"""Everybody is visited, in slices that others can come between."""

from hypothesis import given
from hypothesis import strategies as st

from pithead.pool.front import SessionSettings
from pithead.pool.rounds import LEAST_SECONDS, MOST_SECONDS, SLICE, round_seconds, slices


@given(st.integers(0, 3 * SLICE))
def test_each_is_visited_once_and_never_many_in_a_row(count):
    parts = list(slices(range(count)))
    assert [each for part in parts for each in part] == list(range(count))
    assert len(parts) >= 1
    assert all(len(part) <= SLICE for part in parts)


@given(st.integers(0, 300_000), st.integers(0, 300_000))
def test_a_round_of_more_is_never_shorter_and_ends_in_time_for_the_quietest_miner(some, more):
    some, more = sorted((some, more))
    assert LEAST_SECONDS <= round_seconds(some) <= round_seconds(more) <= MOST_SECONDS


def test_a_few_are_visited_once_a_second():
    assert round_seconds(2_000) == 1.0
    assert round_seconds(15_000) == 7.5
    assert round_seconds(15_000, 5.0) == 5.0


def test_the_quietest_miner_hears_a_line_every_45_seconds():
    assert SessionSettings().quiet_seconds + MOST_SECONDS < 45
