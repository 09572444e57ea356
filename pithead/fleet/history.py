"""What a machine did: a day by minutes and a fortnight by quarter hours, in memory that does not
grow. Pure."""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isnan, nan

MINUTE, QUARTER = 60, 15 * 60
MINUTES = 24 * 60
"""How many are kept."""
QUARTERS = 14 * 24 * 4
LENGTHS = {MINUTE: MINUTES, QUARTER: QUARTERS}
"""Seconds of a step, and how many of it are kept: the finer first."""
MOST_MINUTES = QUARTER // MINUTE * QUARTERS

SERIES = ("hashrate_ths", "power_w", "temperature_c", "target_w", "target_ths")
"""What is kept: hashrate in TH/s, power in watts, the hottest chip in Celsius, and the target of
the tuner, which dynamic performance scaling moves, in watts or in TH/s."""

Values = tuple[float | None, ...]
"""In the order of `SERIES`; None where the machine did not say."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One look."""

    values: Values


@dataclass(frozen=True, slots=True)
class Track:
    """A stretch of steps, without holes in `moments`; None where nothing was seen."""

    step: int
    """Seconds."""
    moments: Sequence[int]
    """Unix seconds at which each began."""
    series: dict[str, list[float | None]]


class Ring:
    """The newest so many steps of one length: 20 bytes each. A step's value is the mean of what
    was added in it."""

    __slots__ = ("_first", "_last", "_length", "_looks", "_rings", "_step")

    def __init__(self, step: int, length: int) -> None:
        self._step = step
        self._length = length
        self._rings = [array("f", [nan]) * length for _ in SERIES]
        self._first: int | None = None
        self._last = 0
        """The newest step, counted from the epoch."""
        self._looks = [0] * len(SERIES)
        """In that step."""

    def add(self, values: Values, now: float) -> None:
        """`now`: unix seconds; a clock that was set back adds to the newest step."""
        step = int(now) // self._step
        if self._first is None:
            self._first = self._last = step
        if step > self._last:
            self._turn_to(step)
        at = self._last % self._length
        for index, value in enumerate(values):
            if value is None:
                continue
            ring = self._rings[index]
            looks = self._looks[index]
            ring[at] = value if not looks else ring[at] + (value - ring[at]) / (looks + 1)
            self._looks[index] = looks + 1

    def fill(self, series: "list[array[float]]", first: int, last: int) -> None:
        """What was kept of an earlier run: each step at its place, counted from the epoch, from
        the first to the last."""
        self._rings = series
        self._first, self._last = first, last

    def at(self, moment: int) -> Values | None:
        """Of the step that holds a moment; None where nothing was seen in it."""
        values = tuple(self._value(ring, moment // self._step) for ring in self._rings)
        return None if all(value is None for value in values) else values

    def track(self, now: float, steps: int) -> Track:
        """The last so many up to now; from the first look on where that is later."""
        end = max(self._last, int(now) // self._step)
        if self._first is None:
            return Track(self._step, (), {name: [] for name in SERIES})
        begin = max(end - steps + 1, self._first, end - self._length + 1)
        wanted = range(begin, end + 1)
        return Track(
            self._step,
            [step * self._step for step in wanted],
            {
                name: [self._value(ring, step) for step in wanted]
                for name, ring in zip(SERIES, self._rings, strict=True)
            },
        )

    def _turn_to(self, step: int) -> None:
        """Empty the steps that were passed over."""
        for passed in range(max(self._last + 1, step - self._length + 1), step + 1):
            for ring in self._rings:
                ring[passed % self._length] = nan
        self._last = step
        self._looks = [0] * len(SERIES)

    def _value(self, ring: "array[float]", step: int) -> float | None:
        if step > self._last or step <= self._last - self._length:
            return None
        value = ring[step % self._length]
        return None if isnan(value) else round(value, 3)


class History:
    """Of one machine: 56 kB."""

    __slots__ = ("_rings",)

    def __init__(self, rings: dict[int, Ring] | None = None) -> None:
        """`rings`: those of an earlier run, one for each step."""
        self._rings = rings or {step: Ring(step, length) for step, length in LENGTHS.items()}

    def add(self, reading: Reading, now: float) -> None:
        for ring in self._rings.values():
            ring.add(reading.values, now)

    def recall(self, step: int, moment: int, values: Values) -> None:
        """What was kept by a finer step."""
        self._rings[step].add(values, moment)

    def at(self, step: int, moment: int) -> Values | None:
        return self._rings[step].at(moment)

    def track(self, now: float, minutes: int = MINUTES) -> Track:
        """The last so many: by minutes up to a day, else by quarter hours."""
        if minutes <= MINUTES:
            return self._rings[MINUTE].track(now, minutes)
        return self._rings[QUARTER].track(now, -(-minutes * MINUTE // QUARTER))


def finished(step: int, after: int, now: float) -> Iterator[int]:
    """The moments at which steps began that are over by now: those after `after`, as far back as
    is kept."""
    end = int(now) // step
    first = max(after // step + 1, end - LENGTHS[step])
    return iter(range(first * step, end * step, step))
