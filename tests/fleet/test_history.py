"""A day of minutes in memory that does not grow."""

from hypothesis import given, settings
from hypothesis import strategies as st

from pithead.fleet.history import MINUTES, SERIES, History, Reading

DAY = 1_700_000_000.0 // 86400 * 86400


def reading(value):
    return Reading((value,) + (None,) * (len(SERIES) - 1))


def test_a_minute_has_the_mean_of_its_looks():
    history = History()
    for second, value in ((0, 100.0), (20, 110.0), (40, 120.0), (60, 5.0)):
        history.add(reading(value), DAY + second)
    track = history.track(DAY + 61)
    assert list(track.moments) == [DAY, DAY + 60]
    assert track.series["hashrate_ths"] == [110.0, 5.0]
    assert track.series["power_w"] == [None, None]


def test_minutes_without_a_look_are_holes():
    history = History()
    history.add(reading(1.0), DAY)
    history.add(reading(2.0), DAY + 180)
    assert history.track(DAY + 250).series["hashrate_ths"] == [1.0, None, None, 2.0, None]


def test_what_is_older_than_a_day_is_forgotten():
    history = History()
    history.add(reading(1.0), DAY)
    history.add(reading(2.0), DAY + MINUTES * 60)
    track = history.track(DAY + MINUTES * 60)
    assert len(track.moments) == MINUTES
    assert [each for each in track.series["hashrate_ths"] if each is not None] == [2.0]


def test_a_machine_never_seen_has_no_minutes():
    assert list(History().track(DAY).moments) == []


def test_a_clock_that_is_set_back_loses_nothing():
    history = History()
    history.add(reading(4.0), DAY + 600)
    history.add(reading(6.0), DAY)
    assert history.track(DAY + 600).series["hashrate_ths"] == [5.0]


@given(st.lists(st.tuples(st.floats(0, 3 * 86400), st.floats(0, 1e4)), min_size=1, max_size=60))
@settings(max_examples=60)
def test_every_minute_lies_between_the_least_and_the_most_that_was_seen_in_it(looks):
    history = History()
    seen = {}
    for after, value in sorted(looks):
        history.add(reading(value), DAY + after)
        seen.setdefault(int(DAY + after) // 60 * 60, []).append(value)
    end = DAY + max(after for after, _ in looks)
    track = history.track(end)
    assert len(track.moments) <= MINUTES
    for minute, value in zip(track.moments, track.series["hashrate_ths"], strict=True):
        if minute not in seen:
            assert value is None
        else:
            assert min(seen[minute]) - 0.01 <= value <= max(seen[minute]) + 0.01
