"""How much power a fleet may draw when: one number, or CSV files of budgets or prices. Pure.

A file has a line per moment, in order, each valid until the next and the last for good:

    time,watt                            time,price
    2026-01-01T00:00Z,120000             2026-01-01T00:00+01:00,84.20
    2026-01-01T06:00Z,90000              2026-01-01T01:00+01:00,91.75

The heading may be left out, and further columns are passed over. A time without a zone is UTC. A
price is in whatever money and unit the limit is in. Before its first line a file has no say: all
may run.
"""

import csv
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite

MOST_BYTES = 4 * 1024 * 1024
MOST_LINES = 100_000


@dataclass(frozen=True, slots=True)
class Steps:
    """Values that hold from a moment on until the next. `times` are unix seconds and rise."""

    times: tuple[float, ...]
    values: tuple[float, ...]

    def at(self, now: float) -> float | None:
        """None before the first."""
        index = bisect_right(self.times, now)
        return self.values[index - 1] if index else None


@dataclass(frozen=True, slots=True)
class Budget:
    """What holds when; every part that is there has to be kept."""

    watt: float | None = None
    """Always."""
    steps: Steps | None = None
    """Watts."""
    prices: Steps | None = None
    price_limit: float = 0.0
    """Above it nothing runs."""

    def at(self, now: float) -> float | None:
        """Watts; None: as much as there is."""
        limits = [self.watt, None if self.steps is None else self.steps.at(now)]
        price = None if self.prices is None else self.prices.at(now)
        if price is not None and price > self.price_limit:
            limits.append(0.0)
        known = [limit for limit in limits if limit is not None]
        return min(known) if known else None


def read_steps(data: bytes) -> Steps:
    """Of a CSV file. Raises ValueError with a sentence that names the line."""
    if len(data) > MOST_BYTES:
        raise ValueError(f"the file has more than {MOST_BYTES} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError("the file is no UTF-8 text") from error
    times: list[float] = []
    values: list[float] = []
    for number, (when, value) in _lines(text):
        if times and when <= times[-1]:
            raise ValueError(f"line {number}: its time is not after the one before")
        times.append(when)
        values.append(value)
    if not times:
        raise ValueError("the file has no line with a time and a value")
    return Steps(tuple(times), tuple(values))


def _lines(text: str) -> Iterator[tuple[int, tuple[float, float]]]:
    reader = csv.reader(text.splitlines(), strict=True)
    try:
        for fields in reader:
            number = reader.line_num
            if number > MOST_LINES:
                raise ValueError(f"the file has more than {MOST_LINES} lines")
            if not any(field.strip() for field in fields) or fields[0].startswith("#"):
                continue
            if number == 1 and not fields[0].strip()[:1].isdigit():
                continue  # the heading
            yield number, _line(number, fields)
    except csv.Error as error:
        raise ValueError(f"line {reader.line_num}: {error}") from error


def _line(number: int, fields: list[str]) -> tuple[float, float]:
    if len(fields) < 2:
        raise ValueError(f"line {number}: expected a time and a value")
    try:
        moment = datetime.fromisoformat(fields[0].strip())
        zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        when = zoned.timestamp()
    except (ValueError, OverflowError) as error:
        raise ValueError(f"line {number}: {fields[0]!r} is no time such as "
                         "2026-01-01T06:00Z") from error  # fmt: skip
    try:
        value = float(fields[1])
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        raise ValueError(f"line {number}: {fields[1]!r} is no number")
    return when, value
