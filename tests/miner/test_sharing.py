"""Parts of work that groups get, without a machine."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.miner.configuration import FixedShareRatio, Quota
from pithead.miner.sharing import SLICE_SECONDS, Sharing, parts

STRATEGIES = st.one_of(
    st.builds(Quota, st.integers(1, 1000)),
    st.builds(FixedShareRatio, st.floats(0.01, 0.2)),
)


def shares(sharing, able, turns, step=0.5, rate=100.0):
    """What each group got of so many steps."""
    got = dict.fromkeys(able, 0.0)
    for _ in range(turns):
        got[sharing.choose(able)] += rate * step
        sharing.worked(rate * step, step)
    total = sum(got.values())
    return {group: work / total for group, work in got.items()}


@pytest.mark.parametrize(
    ("strategies", "able", "expected"),
    [
        ([Quota(1), Quota(2), Quota(1)], {0, 1, 2}, {0: 0.25, 1: 0.5, 2: 0.25}),
        ([Quota(1), Quota(2), Quota(1)], {0, 2}, {0: 0.5, 2: 0.5}),
        ([FixedShareRatio(0.3), Quota(1), Quota(1)], {0, 1, 2}, {0: 0.3, 1: 0.35, 2: 0.35}),
        ([FixedShareRatio(0.3), Quota(1)], {1}, {1: 1.0}),
        ([FixedShareRatio(0.3), Quota(1)], {0}, {0: 1.0}),
        ([FixedShareRatio(0.75), FixedShareRatio(0.25)], {0, 1}, {0: 0.75, 1: 0.25}),
        ([Quota(5)], set(), {}),
    ],
)
def test_fixed_ratios_come_first_and_quotas_share_the_rest(strategies, able, expected):
    assert parts(strategies, able) == pytest.approx(expected)


@given(st.lists(STRATEGIES, min_size=1, max_size=5), st.data())
def test_parts_always_sum_to_the_whole_and_turns_follow_them(strategies, data):
    able = data.draw(st.sets(st.sampled_from(range(len(strategies))), min_size=1))
    wanted = parts(strategies, able)
    assert sum(wanted.values()) == pytest.approx(1)
    turns = 2000
    got = shares(Sharing(strategies), able, turns)
    slices = turns * 0.5 / SLICE_SECONDS
    for group, part in wanted.items():
        assert abs(got[group] - part) <= len(able) / slices


def test_a_turn_lasts_a_slice_and_not_longer():
    sharing = Sharing([Quota(1), Quota(1)])
    order = []
    for _ in range(8):
        order.append(sharing.choose({0, 1}))
        sharing.worked(10.0, SLICE_SECONDS / 2)
    assert order == [0, 0, 1, 1, 0, 0, 1, 1]


def test_who_cannot_take_work_is_left_at_once_and_is_owed_nothing_later():
    sharing = Sharing([Quota(1), Quota(1)])
    assert sharing.choose({0, 1}) == 0
    sharing.worked(10.0, 0.1)
    assert sharing.choose({1}) == 1
    assert shares(sharing, {1}, 1000) == {1: 1.0}
    assert shares(sharing, {0, 1}, 100) == pytest.approx({0: 0.5, 1: 0.5}, abs=0.03)


def test_nobody_able_is_nobody_chosen():
    sharing = Sharing([Quota(1)])
    assert sharing.choose(set()) is None
    sharing.worked(1.0, 1.0)
    assert sharing.choose({0}) == 0


def test_work_counts_and_not_time_where_the_clocks_change():
    sharing = Sharing([Quota(1), Quota(1)])
    got = {0: 0.0, 1: 0.0}
    for turn in range(1000):
        chosen = sharing.choose({0, 1})
        amount = 300.0 if turn % 4 < 2 else 100.0
        got[chosen] += amount
        sharing.worked(amount, 0.5)
    assert got[0] / sum(got.values()) == pytest.approx(0.5, abs=0.02)
