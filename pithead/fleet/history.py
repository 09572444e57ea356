"""What a machine did, minute by minute for a day, in memory that does not grow. Pure."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan, nan

MINUTE = 60
MINUTES = 24 * 60
"""How many are kept."""

SERIES = ("hashrate_ths", "power_w", "temperature_c", "target_w", "target_ths")
"""What is kept: hashrate in TH/s, power in watts, the hottest chip in Celsius, and the target of
the tuner, which dynamic performance scaling moves, in watts or in TH/s."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One look, in the order of `SERIES`; None where the machine did not say."""

    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Track:
    """A stretch of minutes, without holes in `minutes`; None where nothing was seen."""

    minutes: Sequence[int]
    """Unix seconds at which each began."""
    series: dict[str, list[float | None]]


class History:
    """A ring of minutes: 29 kB. A minute's value is the mean of its looks."""

    __slots__ = ("_first", "_last", "_looks", "_rings")

    def __init__(self) -> None:
        self._rings = [array("f", [nan]) * MINUTES for _ in SERIES]
        self._first: int | None = None
        self._last = 0
        """The newest minute, counted from the epoch."""
        self._looks = [0] * len(SERIES)
        """In that minute."""

    def add(self, reading: Reading, now: float) -> None:
        """`now`: unix seconds; a clock that was set back adds to the newest minute."""
        minute = int(now) // MINUTE
        if self._first is None:
            self._first = self._last = minute
        if minute > self._last:
            self._turn_to(minute)
        at = self._last % MINUTES
        for index, value in enumerate(reading.values):
            if value is None:
                continue
            ring = self._rings[index]
            looks = self._looks[index]
            ring[at] = value if not looks else ring[at] + (value - ring[at]) / (looks + 1)
            self._looks[index] = looks + 1

    def track(self, now: float, minutes: int = MINUTES) -> Track:
        """The last `minutes` up to now; from the first look on where that is later."""
        end = max(self._last, int(now) // MINUTE)
        if self._first is None:
            return Track((), {name: [] for name in SERIES})
        begin = max(end - minutes + 1, self._first, end - MINUTES + 1)
        wanted = range(begin, end + 1)
        return Track(
            [minute * MINUTE for minute in wanted],
            {
                name: [self._value(ring, minute) for minute in wanted]
                for name, ring in zip(SERIES, self._rings, strict=True)
            },
        )

    def _turn_to(self, minute: int) -> None:
        """Empty the minutes that were passed over."""
        for passed in range(max(self._last + 1, minute - MINUTES + 1), minute + 1):
            for ring in self._rings:
                ring[passed % MINUTES] = nan
        self._last = minute
        self._looks = [0] * len(SERIES)

    def _value(self, ring: "array[float]", minute: int) -> float | None:
        if minute > self._last or minute <= self._last - MINUTES:
            return None
        value = ring[minute % MINUTES]
        return None if isnan(value) else round(value, 3)
