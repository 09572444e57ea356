from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.poolapi.dates import BadDates, Days, days_asked_for

NOW = 1_700_000_000.0
"""2023-11-14 22:13:20 UTC."""


def asked(default=90, limit=400, **query):
    return days_asked_for(query, NOW, default, limit)


def day(text):
    return int(datetime.fromisoformat(f"{text}T00:00:00+00:00").timestamp())


def test_without_dates_it_is_the_last_90_days_with_today():
    days = asked()
    assert days == Days(day("2023-08-17"), day("2023-11-14"))
    assert (days.last - days.first) // 86_400 + 1 == 90


def test_both_dates_are_included_and_start_at_midnight_utc():
    assert asked(**{"from": "2022-05-01", "to": "2022-05-07"}) == Days(1651363200, 1651881600)


def test_one_day_is_a_range():
    assert asked(**{"from": "2022-05-01", "to": "2022-05-01"}) == Days(1651363200, 1651363200)


def test_with_to_alone_the_range_ends_there():
    assert asked(to="2022-05-07", default=7) == Days(day("2022-05-01"), day("2022-05-07"))


def test_with_from_alone_the_range_ends_today():
    assert asked(**{"from": "2023-11-01"}) == Days(day("2023-11-01"), day("2023-11-14"))


def test_an_empty_date_is_no_date():
    assert asked(**{"from": "", "to": ""}) == asked()


def test_a_day_after_today_may_be_asked_for():
    """A client east of UTC, or one whose clock is not the farm's, asks for its own today."""
    assert asked(**{"from": "2023-11-14", "to": "2023-11-16"}).last == day("2023-11-16")


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"from": "2022-05-07", "to": "2022-05-01"}, "'from' (2022-05-07) is later than 'to'"),
        ({"from": "2022-02-31", "to": "2022-03-01"}, "'from' is not a day of the calendar"),
        ({"from": "2021-02-29"}, "not a day of the calendar"),
        ({"from": "1900-01-01", "to": "1900-01-02"}, "2009-01-03 to 2099-12-31"),
        ({"to": "2100-01-01"}, "'to' must be from 2009-01-03 to 2099-12-31"),
        ({"from": "Fri Nov 10 2023 00:00:00 GMT+0100"}, "YYYY-MM-DD"),
        ({"from": "2022-5-1"}, "YYYY-MM-DD"),
        ({"from": "20220501"}, "YYYY-MM-DD"),
        ({"from": "2022-W18-7"}, "YYYY-MM-DD"),
        ({"from": "2022-05-01T00:00:00"}, "YYYY-MM-DD"),
        ({"from": "2022-05-01\n"}, "YYYY-MM-DD"),
        ({"from": "٢٠٢٢-٠٥-٠١"}, "YYYY-MM-DD"),
        ({"from": "1651363200"}, "YYYY-MM-DD"),
        ({"from": "2020-01-01", "to": "2023-11-14"}, "at most 400 days"),
    ],
)
def test_a_bad_date_is_refused_in_words_that_say_what_is_right(query, says):
    with pytest.raises(BadDates) as refusal:
        asked(**query)
    assert says in str(refusal.value)


def test_the_longest_range_is_let_through_and_one_day_more_is_not():
    asked(limit=31, **{"from": "2022-05-01", "to": "2022-05-31"})
    with pytest.raises(BadDates):
        asked(limit=31, **{"from": "2022-05-01", "to": "2022-06-01"})


@given(st.dictionaries(st.sampled_from(["from", "to"]), st.text(max_size=200)))
def test_any_text_gives_days_in_order_or_a_short_printable_refusal(query):
    try:
        days = asked(**query)
    except BadDates as error:
        refusal = str(error)
        days = None
    if days is not None:
        assert days.first <= days.last
    else:
        assert refusal.isascii()
        assert refusal.isprintable()
        assert len(refusal) < 600


@given(st.dates(date(2009, 1, 3), date(2099, 12, 31)), st.integers(0, 399))
def test_every_real_date_in_range_is_understood(first, length):
    last = min(date(2099, 12, 31), date.fromordinal(first.toordinal() + length))
    days = asked(**{"from": first.isoformat(), "to": last.isoformat()})
    assert datetime.fromtimestamp(days.first, UTC).date() == first
    assert datetime.fromtimestamp(days.last, UTC).date() == last
