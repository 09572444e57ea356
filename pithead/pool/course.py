"""How a hashrate went: what a chart of it shows, read from a tally at even steps. Pure.

A user's tally is exact to the minute for 65 minutes and to five minutes for 25 hours, so the
windows of a chart of an hour, a step a minute, and of a day, a step each five minutes, are those
that were shown at the time. Where a day's chart begins, its window of 24 hours looks at steps of
an hour.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

MINUTE = 60
STEPS = {1: 60, 24: 300}
"""Seconds from one time to the next, by the hours that are asked for."""
WINDOWS = (300, 3_600, 86_400)

Hours = Literal[1, 24]


@dataclass(frozen=True, slots=True)
class Course:
    """Rates in hashes a second on the wire, one for each time; times ascend."""

    times: tuple[int, ...]
    rates_5m: tuple[float, ...]
    rates_60m: tuple[float, ...]
    rates_24h: tuple[float, ...]


def course(points: Iterable[tuple[int, int]], now: float, hours: Hours) -> Course:
    """Of a tally's (minute, work before it); the last time is the last whole step before `now`."""
    minutes, works = _columns(points)
    step = STEPS[hours]
    end = int(now) // step * step
    times = tuple(range(end - hours * 3_600, end + 1, step))
    after = [_work_before(minutes, works, time) for time in times]
    rates = (
        tuple(
            (work - _work_before(minutes, works, time - window)) / window
            for time, work in zip(times, after, strict=True)
        )
        for window in WINDOWS
    )
    return Course(times, *rates)


def _columns(points: Iterable[tuple[int, int]]) -> tuple[list[int], list[int]]:
    minutes, works = list[int](), list[int]()
    for minute, work in points:
        minutes.append(minute * MINUTE)
        works.append(work)
    return minutes, works


def _work_before(minutes: list[int], works: list[int], second: int) -> int:
    """On the line through the points, in whole hashes; level before the first and after the last.

    Integers, since a small window is the difference of two large sums.
    """
    at = bisect_right(minutes, second)
    if not at:
        return works[0] if works else 0
    if at == len(minutes):
        return works[-1]
    passed, step = second - minutes[at - 1], minutes[at] - minutes[at - 1]
    return works[at - 1] + (works[at] - works[at - 1]) * passed // step
