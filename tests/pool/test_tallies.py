"""Windows by subtraction against the plain sum over every share."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.pool.tallies import OF_USERS, OF_WORKERS, Edges, Tally, works_since

NOW = 1_700_000_000
DAY = 86_400


GRAINS = pytest.mark.parametrize("grain", [OF_USERS, OF_WORKERS], ids=["user", "worker"])


def tally_of(shares, grain):
    tally = Tally(grain=grain)
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


@GRAINS
@given(histories, st.integers(0, 3_000))
def test_windows_equal_the_plain_sums_at_whole_steps(grain, history, minutes_later):
    shares = unrolled(history)
    step = 60 * grain.steps[-1]
    now = (shares[-1][0] + 60 * minutes_later) // step * step + step
    assert tally_of(shares, grain).windows(Edges.at(now, grain)) == brute(shares, now)


@GRAINS
@given(histories, st.floats(0, 200_000))
def test_no_reading_tells_whether_a_tally_was_thinned(grain, history, later):
    shares = unrolled(history)
    whole = Tally(grain=grain._replace(tiers=()))
    for second, work in shares:
        whole.add(work, second // 60)
    edges = Edges.at(shares[-1][0] + later, grain)
    assert tally_of(shares, grain).windows(edges) == whole.windows(edges)


@given(st.lists(st.tuples(histories, st.just(OF_WORKERS)), max_size=4), st.floats(0, 200_000))
def test_many_are_read_at_once_as_each_alone(several, later):
    tallies = [tally_of(unrolled(history), grain) for history, grain in several]
    edges = Edges.at(NOW + 10_000 + later, OF_WORKERS)
    found = [works_since(tallies, place) for place in edges.places]
    assert [list(each) for each in zip(*found, strict=True)] == [
        list(tally.windows(edges)[:3]) for tally in tallies
    ]


@GRAINS
@given(histories, st.floats(0, 200_000))
def test_no_reading_tells_whether_a_tally_was_drained_and_loaded(grain, history, later):
    shares = unrolled(history)
    tally, stored = Tally(grain=grain), {}
    for index, (second, work) in enumerate(shares):
        tally.add(work, second // 60)
        if index % 7 == 0:
            keep(tally, stored)
    keep(tally, stored)
    assert sorted(stored.items()) == list(tally.points())
    again = Tally(sorted(stored.items()), grain)
    edges = Edges.at(shares[-1][0] + later, grain)
    assert again.windows(edges) == tally.windows(edges)
    again.add(5, shares[-1][0] // 60 + 1)
    tally.add(5, shares[-1][0] // 60 + 1)
    assert again.windows(edges) == tally.windows(edges)


def keep(tally, stored):
    points, gone = tally.drain()
    for minute in gone:
        stored.pop(minute, None)
    stored.update(points)


@given(histories, st.floats(0, 200_000))
def test_a_worker_kept_as_fine_as_a_user_once_reads_the_same_when_it_is_loaded(history, later):
    shares = unrolled(history)
    fine = tally_of(shares, OF_USERS)
    again = Tally(list(fine.points()), OF_WORKERS)
    for tally in (fine, again):
        tally.add(9, shares[-1][0] // 60 + 5)
    edges = Edges.at(shares[-1][0] + 300 + later, OF_WORKERS)
    assert again.windows(edges) == fine.windows(edges)
    assert len(again) <= len(fine)


@GRAINS
def test_a_constant_miner_shows_a_constant_rate_at_every_second(grain):
    tally = Tally(grain=grain)
    for second in range(NOW, NOW + 3 * DAY, 3):
        tally.add(300, second // 60)
    end = NOW + 3 * DAY
    windows = tally.windows(Edges.at(end, grain))
    for window, length in zip(windows, (300, 3_600, DAY, DAY), strict=True):
        assert window / length == pytest.approx(100, abs=100 * 3 / length + 1e-9)


@pytest.mark.parametrize(("grain", "bound"), [(OF_USERS, 450), (OF_WORKERS, 120)])
def test_memory_is_bounded_and_thinning_keeps_every_window_exact(grain, bound):
    tally, shares = Tally(grain=grain), []
    most = 0
    now = (NOW + 4 * DAY) // 1_800 * 1_800
    for second in range(NOW, now, 20):
        tally.add(7, second // 60)
        shares.append((second, 7))
        most = max(most, len(tally))
    assert most <= bound
    assert tally.windows(Edges.at(now, grain)) == brute(shares, now)


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
