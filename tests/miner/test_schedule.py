from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.miner.refusals import BadSetting
from pithead.miner.schedule import checked_schedule, completed, next_execution
from pithead.miner.system_settings import Schedule

UTC = ZoneInfo("UTC")
PRAGUE = ZoneInfo("Europe/Prague")
ZONES = [UTC, PRAGUE, ZoneInfo("America/St_Johns"), ZoneInfo("Australia/Lord_Howe")]


def at(text, zone=PRAGUE, fold=0):
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).timestamp()


def daily(hour, minute=0, second=0):
    return Schedule("day", None, hour, minute, second)


@pytest.mark.parametrize(
    ("schedule", "after", "expected"),
    [
        (daily(3, 30), "2026-03-10T03:29:59", "2026-03-10T03:30:00"),
        (daily(3, 30), "2026-03-10T03:30:00", "2026-03-11T03:30:00"),
        (daily(23, 59, 59), "2026-12-31T23:59:59", "2027-01-01T23:59:59"),
        (Schedule("week", 1, 4, 0, 0), "2026-03-10T12:00:00", "2026-03-16T04:00:00"),
        (Schedule("week", 2, 12, 0, 0), "2026-03-10T11:59:59", "2026-03-10T12:00:00"),
        (Schedule("week", 7, 0, 0, 0), "2026-12-31T00:00:00", "2027-01-03T00:00:00"),
        (Schedule("month", 28, 1, 0, 0), "2026-02-28T00:59:00", "2026-02-28T01:00:00"),
        (Schedule("month", 28, 1, 0, 0), "2026-02-28T01:00:00", "2026-03-28T01:00:00"),
        (Schedule("month", 1, 0, 0, 0), "2026-01-31T23:00:00", "2026-02-01T00:00:00"),
        (Schedule("month", 15, 6, 0, 0), "2026-12-20T00:00:00", "2027-01-15T06:00:00"),
    ],
)
def test_the_next_execution_is_the_first_that_fits(schedule, after, expected):
    assert next_execution(schedule, at(after), PRAGUE) == at(expected)


def test_local_time_is_kept_over_a_change_of_the_clocks():
    moment = next_execution(daily(5), at("2026-03-28T05:00:00"), PRAGUE)
    assert moment == at("2026-03-29T05:00:00")
    assert moment - at("2026-03-28T05:00:00") == 23 * 3600


def test_a_time_that_the_clocks_skip_is_kept_right_after_the_gap():
    moment = next_execution(daily(2, 30), at("2026-03-29T00:00:00"), PRAGUE)
    assert moment == at("2026-03-29T03:00:00")
    assert next_execution(daily(2, 30), moment, PRAGUE) == at("2026-03-30T02:30:00")


def test_a_time_that_comes_twice_is_kept_the_first_time_alone():
    moment = next_execution(daily(2, 30), at("2026-10-25T00:00:00"), PRAGUE)
    assert moment == at("2026-10-25T02:30:00", fold=0)
    assert next_execution(daily(2, 30), moment, PRAGUE) == at("2026-10-26T02:30:00")


schedules = st.builds(
    Schedule,
    st.sampled_from(["day", "week", "month"]),
    st.none() | st.integers(1, 7),
    st.none() | st.integers(0, 23),
    st.none() | st.integers(0, 59),
    st.none() | st.integers(0, 59),
)


@given(schedules, st.integers(0, 4 * 10**9), st.sampled_from(ZONES), st.text(max_size=5))
def test_the_next_execution_is_in_the_future_and_at_the_local_time_asked_for(
    wanted, after, zone, seed
):
    schedule = completed(checked_schedule(wanted), seed)
    moment = next_execution(schedule, after, zone)
    days = {"day": 1, "week": 7, "month": 31}[schedule.every]
    assert 0 < moment - after <= (days + 1) * 86_400
    local = datetime.fromtimestamp(moment, zone)
    shown = (local.hour, local.minute, local.second)
    before = datetime.fromtimestamp(moment - 1, zone)
    is_after_gap = before.utcoffset() < local.utcoffset()
    assert shown == (schedule.hour, schedule.minute, schedule.second) or is_after_gap
    if schedule.every == "week" and not is_after_gap:
        assert local.isoweekday() == schedule.day
    if schedule.every == "month" and not is_after_gap:
        assert local.day == schedule.day


def test_what_is_left_open_differs_between_machines_and_never_within_one():
    drawn = [completed(None, str(number)) for number in range(50)]
    assert drawn == [completed(None, str(number)) for number in range(50)]
    assert len(set(drawn)) > 45
    assert {each.every for each in drawn} == {"day"}


def test_what_is_set_is_left_alone():
    schedule = completed(Schedule("month", None, 3, 30, None), "seed")
    assert (schedule.hour, schedule.minute) == (3, 30)
    assert 1 <= schedule.day <= 28


@pytest.mark.parametrize(
    "schedule",
    [daily(24), daily(-1), daily(1, 60), daily(1, 1, 60), Schedule("week", 0), Schedule("week", 8),
     Schedule("month", 0), Schedule("month", 29)],
)  # fmt: skip
def test_times_that_there_are_not_are_refused(schedule):
    with pytest.raises(BadSetting, match="is not one of"):
        checked_schedule(schedule)
