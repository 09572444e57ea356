"""What a chart of a hashrate shows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.pool.course import course
from pithead.pool.tallies import Edges, Tally

NOW = 1_700_000_100


def steady(work, since, until):
    tally = Tally()
    for minute in range(since // 60, until // 60):
        tally.add(work, minute)
    return tally


@pytest.mark.parametrize(("hours", "step"), [(1, 60), (24, 300)])
def test_a_steady_worker_is_a_level_line(hours, step):
    tally = steady(600, NOW - 49 * 3_600, NOW)
    found = course(tally.points(), NOW, hours)
    assert len(found.times) == hours * 3_600 // step + 1
    assert found.times[-1] == NOW // step * step
    assert {b - a for a, b in zip(found.times, found.times[1:], strict=False)} == {step}
    assert found.rates_5m == pytest.approx([10.0] * len(found.times))
    assert found.rates_60m == pytest.approx([10.0] * len(found.times))
    assert found.rates_24h == pytest.approx([10.0] * len(found.times))


def test_one_that_stopped_falls_to_nothing_window_by_window():
    found = course(steady(600, NOW - 20 * 3_600, NOW - 1_800).points(), NOW, 1)
    assert found.rates_5m[-1] == 0
    assert found.rates_60m[-1] == pytest.approx(5.0, rel=0.1)
    assert found.rates_5m[0] == pytest.approx(10.0)
    assert max(found.rates_24h) <= 10


def test_nothing_reads_as_nothing():
    found = course((), NOW, 24)
    assert set(found.rates_5m + found.rates_60m + found.rates_24h) == {0}


@given(st.lists(st.tuples(st.integers(0, 1_500), st.integers(1, 10**20)), max_size=60))
def test_the_last_point_says_what_the_windows_say(shares):
    end = NOW // 300 * 300
    tally = Tally()
    for before, work in sorted(shares, reverse=True):
        tally.add(work, end // 60 - 1 - before)
    work_5m, work_60m, work_24h, _ = tally.windows(Edges.at(end))
    found = course(tally.points(), end, 24)
    assert found.rates_5m[-1] == pytest.approx(work_5m / 300)
    assert found.rates_60m[-1] == pytest.approx(work_60m / 3_600)
    assert found.rates_24h[-1] == pytest.approx(work_24h / 86_400)
    assert min(found.rates_5m) >= 0
