"""Windows by subtraction against the plain sum over every share."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.pool.tallies import Edges, Tally

NOW = 1_700_000_000
DAY = 86_400


def tally_of(shares):
    tally = Tally()
    for second, work in shares:
        tally.add(work, second // 60)
    return tally


def brute(shares, now):
    """Windows over whole minutes, where `now` is the start of one, so nothing is interpolated."""
    today = now // DAY * DAY

    def between(start, end):
        return sum(work for second, work in shares if start <= second < end)

    return (
        between(now - 300, now + 60),
        between(now - 3_600, now + 60),
        between(now - DAY, now + 60),
        between(today - DAY, today),
    )


histories = st.lists(
    st.tuples(
        st.sampled_from([1, 5, 20, 61, 300, 307, 3_600, 20_000, 100_000]),
        st.integers(1, 2**70),
        st.integers(1, 40),
    ),
    min_size=1,
    max_size=12,
)


def unrolled(history):
    second, shares = NOW, []
    for step, work, count in history:
        for _ in range(count):
            second += step
            shares.append((second, work))
    return shares


@given(histories, st.integers(0, 3_000))
def test_windows_equal_the_plain_sums_at_whole_steps(history, minutes_later):
    shares = unrolled(history)
    now = (shares[-1][0] // 300 + minutes_later // 5) * 300 + 300
    assert tally_of(shares).windows(Edges.at(now)) == brute(shares, now)


@given(histories, st.floats(0, 200_000))
def test_no_reading_tells_whether_a_tally_was_drained_and_loaded(history, later):
    shares = unrolled(history)
    tally, stored = Tally(), {}
    for index, (second, work) in enumerate(shares):
        tally.add(work, second // 60)
        if index % 7 == 0:
            keep(tally, stored)
    keep(tally, stored)
    assert sorted(stored.items()) == list(tally.points())
    again = Tally(sorted(stored.items()))
    edges = Edges.at(shares[-1][0] + later)
    assert again.windows(edges) == tally.windows(edges)
    again.add(5, shares[-1][0] // 60 + 1)
    tally.add(5, shares[-1][0] // 60 + 1)
    assert again.windows(edges) == tally.windows(edges)


def keep(tally, stored):
    points, gone = tally.drain()
    for minute in gone:
        stored.pop(minute, None)
    stored.update(points)


def test_a_constant_miner_shows_a_constant_rate_at_every_second():
    tally = Tally()
    for second in range(NOW, NOW + 3 * DAY, 3):
        tally.add(300, second // 60)
    end = NOW + 3 * DAY
    windows = tally.windows(Edges.at(end))
    for window, length in zip(windows, (300, 3_600, DAY, DAY), strict=True):
        assert window / length == pytest.approx(100, abs=100 * 3 / length + 1e-9)


def test_memory_is_bounded_and_thinning_keeps_every_window_exact():
    tally, shares = Tally(), []
    most = 0
    now = (NOW + 4 * DAY) // 300 * 300
    for second in range(NOW, now, 20):
        tally.add(7, second // 60)
        shares.append((second, 7))
        most = max(most, len(tally))
    assert most <= 450
    assert tally.windows(Edges.at(now)) == brute(shares, now)


def test_a_clock_set_back_forgets_what_came_after():
    tally = Tally()
    for minute in range(120):
        tally.add(10, 1_000 + minute)
    tally.set_back(1_060)
    assert tally.total == 600
    assert tally.windows(Edges.at(1_060 * 60))[0] == 50
    tally.add(10, 1_060)
    assert tally.windows(Edges.at(1_061 * 60))[0] == 50
    stored = {}
    keep(tally, stored)
    assert stored == dict(tally.points())


def test_an_empty_tally_reads_as_nothing():
    assert Tally().windows(Edges.at(NOW)) == (0, 0, 0, 0)
