import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pithead.miner.meter import WorkMeter, summed


def filled(seconds, rate, step=0.5, start=0.0):
    meter = WorkMeter(start)
    now = start
    while now < start + seconds:
        now += step
        meter.total += rate * step
        meter.note(now)
    return meter


def test_a_steady_rate_reads_the_same_in_every_window_that_is_full():
    rates = filled(86_500, 7.0, step=5.0).hashrates(86_500)
    for name in rates.__slots__:
        assert getattr(rates, name) == pytest.approx(7.0, rel=0.01), name


def test_a_window_longer_than_the_life_of_the_machine_is_divided_by_its_full_length():
    rates = filled(600, 12.0).hashrates(600)
    assert rates.last_5m == pytest.approx(12.0)
    assert rates.last_1h == pytest.approx(12.0 * 600 / 3600)
    assert rates.last_24h == pytest.approx(12.0 * 600 / 86_400)
    assert rates.since_restart == pytest.approx(12.0)


def test_after_a_stop_short_windows_empty_one_after_the_other():
    meter = filled(600, 10.0)
    now = 600.0
    for _ in range(24):
        now += 0.5
        meter.note(now)
    rates = meter.hashrates(now)
    assert rates.last_5s == 0
    assert rates.last_15s == pytest.approx(10 * 3 / 15, rel=0.05)
    assert rates.last_1m == pytest.approx(10 * 48 / 60, rel=0.05)


def test_the_day_window_forgets_what_is_older_than_a_day():
    meter = filled(86_400, 10.0, step=60.0)
    now = 86_400.0
    while now < 2 * 86_400:
        now += 60
        meter.note(now)
    assert meter.hashrates(now).last_24h == pytest.approx(0, abs=0.1)


def test_a_meter_that_was_never_used_reads_zero():
    assert set(_values(WorkMeter(5.0).hashrates(5.0))) == {0.0}


def test_memory_is_bounded_however_long_it_runs():
    meter = filled(400_000, 1.0, step=1.0)
    assert sum(len(tier.times) for tier in meter._tiers) < 1_600


@settings(max_examples=30)
@given(steps=st.lists(st.tuples(st.floats(0.05, 30), st.floats(0, 100)), min_size=1, max_size=60))
def test_no_window_shows_more_work_than_was_done(steps):
    meter = WorkMeter(0.0)
    now = 0.0
    for seconds, work in steps:
        now += seconds
        meter.total += work
        meter.note(now)
    for window in (5, 60, 300, 3600, 86_400):
        assert -1e-9 <= meter.rate(now, window) * window <= meter.total + 1e-6


def test_rates_of_boards_add_up():
    rates = [filled(100, rate).hashrates(100) for rate in (1.0, 2.0, 3.5)]
    assert summed(rates).last_5s == pytest.approx(6.5)
    assert summed(rates).last_24h == pytest.approx(650 / 86_400)


def _values(rates):
    return [getattr(rates, name) for name in rates.__slots__]
