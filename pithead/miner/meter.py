"""How much was hashed in any window up to a day, in a few kilobytes."""

from array import array
from bisect import bisect_right
from operator import attrgetter

from pithead.miner.snapshot import Hashrates

_TIERS = ((1.0, 60.0), (10.0, 3600.0), (300.0, 86400.0))
"""Resolution and span in seconds: a window is read from the first tier that spans it."""


class _Tier:
    """The running total at moments some `resolution` apart, as far back as `span`."""

    __slots__ = ("_kept", "_resolution", "span", "times", "totals")

    def __init__(self, resolution: float, span: float, start: float) -> None:
        self._resolution = resolution
        self._kept = int(span / resolution) + 2
        self.span = span
        self.times = array("d", [start])
        self.totals = array("d", [0.0])

    def note(self, now: float, total: float) -> None:
        if now - self.times[-1] < self._resolution:
            return
        self.times.append(now)
        self.totals.append(total)
        if len(self.times) > 2 * self._kept:
            del self.times[: -self._kept]
            del self.totals[: -self._kept]

    def total_at(self, moment: float, now: float, total: float) -> float:
        """The total at an earlier moment, between two notes on the straight line."""
        after = bisect_right(self.times, moment)
        if after == 0:
            return self.totals[0]
        before_time, before_total = self.times[after - 1], self.totals[after - 1]
        if after < len(self.times):
            now, total = self.times[after], self.totals[after]
        if now <= before_time:
            return before_total
        part = (moment - before_time) / (now - before_time)
        return before_total + part * (total - before_total)


class WorkMeter:
    """Counts work as it is done; answers rates. Times must not go back."""

    __slots__ = ("_start", "_tiers", "total")

    def __init__(self, start: float) -> None:
        self._start = start
        self._tiers = tuple(_Tier(resolution, span, start) for resolution, span in _TIERS)
        self.total = 0.0

    def note(self, now: float) -> None:
        """Remember the present total; call it as often as windows should be fine."""
        for tier in self._tiers:
            tier.note(now, self.total)

    def rate(self, now: float, window: float) -> float:
        """Hashes a second over the last `window` seconds, at most a day of them.

        A window that reaches back before the start is divided by its full length all the same,
        as Braiins OS does it.
        """
        moment, total = now - window, self.total
        if moment <= self._start:
            return total / window
        fine, middle, coarse = self._tiers
        tier = fine if window <= fine.span else middle if window <= middle.span else coarse
        return (total - tier.total_at(moment, now, total)) / window

    def hashrates(self, now: float) -> Hashrates:
        age = now - self._start
        return Hashrates(
            last_5s=self.rate(now, 5),
            last_15s=self.rate(now, 15),
            last_30s=self.rate(now, 30),
            last_1m=self.rate(now, 60),
            last_5m=self.rate(now, 300),
            last_15m=self.rate(now, 900),
            last_30m=self.rate(now, 1800),
            last_1h=self.rate(now, 3600),
            last_24h=self.rate(now, 86400),
            since_restart=self.total / age if age > 0 else 0.0,
        )


def summed(rates: list[Hashrates]) -> Hashrates:
    """The rates of several meters together."""
    return Hashrates(*map(sum, zip(*map(_columns, rates), strict=True)))


_columns = attrgetter(*Hashrates.__slots__)
