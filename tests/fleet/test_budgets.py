"""Files of budgets and prices say what may be drawn when, or which line is wrong."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pithead.fleet.budgets import Budget, Steps, read_steps

MIDNIGHT = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
HOUR = 3600.0


def test_each_line_holds_until_the_next_and_the_last_for_good():
    steps = read_steps(b"time,watt\n2026-01-01T00:00Z,9000\n2026-01-01T02:00Z,6000,evening\n")
    moments = [-1.0, 0.0, 2 * HOUR - 1, 2 * HOUR, 1e9]
    assert [steps.at(MIDNIGHT + each) for each in moments] == [None, 9000, 9000, 6000, 6000]


def test_a_time_may_have_a_zone_and_is_utc_without_one():
    text = "\ufeff2026-01-01T01:00+01:00,1\r\n\r\n# dear\n2026-01-01 01:00,-2.5"
    steps = read_steps(text.encode())
    assert steps == Steps((MIDNIGHT, MIDNIGHT + HOUR), (1.0, -2.5))


def test_every_limit_that_is_there_is_kept():
    steps = Steps((0.0, 10.0), (9000.0, 3000.0))
    prices = Steps((0.0, 20.0), (80.0, 120.0))
    both = Budget(watt=5000, steps=steps, prices=prices, price_limit=100)
    assert [both.at(now) for now in (-1, 0, 10, 20)] == [5000, 5000, 3000, 0]
    assert Budget(prices=prices, price_limit=80).at(0) is None
    assert Budget(prices=prices, price_limit=79.9).at(0) == 0


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no line with a time"),
        (b"time,watt\n", "no line with a time"),
        (b"2026-01-01T00:00Z,1\ntomorrow,2", "line 2: 'tomorrow' is no time"),
        (b"2026-01-01T00:00Z,much", "line 1: 'much' is no number"),
        (b"2026-01-01T00:00Z,nan", "line 1: 'nan' is no number"),
        (b"2026-01-01T00:00Z", "line 1: expected a time and a value"),
        (b"2026-01-01T02:00Z,1\n2026-01-01T01:00Z,2", "line 2: its time is not after"),
        (b'2026-01-01T02:00Z,"1\n', "line 1: unexpected end"),
        (b"\xff\xfe", "no UTF-8"),
        (b"#\n" * 100_001, "more than 100000 lines"),
        (b"#" * 5_000_000, "more than 4194304 bytes"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(data, said):
    with pytest.raises(ValueError, match=said):
        read_steps(data)


likely = st.from_regex(r"(20[0-9]{2}-[01][0-9]-01T00:00Z?,[0-9.e-]{1,4}\n){,4}").map(str.encode)


@given(st.binary(max_size=60) | likely)
@settings(deadline=None)
def test_any_file_is_rising_steps_or_a_value_error(data):
    try:
        steps = read_steps(data)
    except ValueError:
        return
    assert list(steps.times) == sorted(set(steps.times))
    assert len(steps.times) == len(steps.values) > 0
