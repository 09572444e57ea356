"""Variable difficulty: how much work a share should prove, so that 18 a minute arrive.

Work arrives as impulses. Their exponential sum decays with a memory; divided by the part of that
memory that has been filled so far, it is an unbiased rate from the first share on. As it counts
work, not shares, a change of difficulty leaves it as good as it was. The fewer shares it rests
on, the larger the deviation it takes to make a change.

Two such sums run side by side. The quick one, of five minutes, follows a miner that changes; when
nothing has changed for some time it takes a larger change. The steady one, of an hour, knows a
miner that does not change within a few per cent; it begins anew where the quick one has acted.

A miner far too fast cannot wait for the next job: a bucket that leaks at four times the aimed
rate overflows then, and the burst that filled it is the estimate.
"""

from dataclasses import dataclass
from math import exp, log, sqrt

from pithead.bitcoin.target import (
    difficulty_from_target,
    expected_hashes,
    target_for_work,
    target_from_difficulty,
)

_ROUND_DIFFICULTY_FROM = 256
"""From here on a whole difficulty is within 0.2 % of any other, and clients print it well."""


@dataclass(frozen=True, slots=True)
class Aim:
    """A share target in the forms that the judge, the wire and the books need."""

    work: int
    target: int
    difficulty: int | float

    @staticmethod
    def at_difficulty(difficulty: int | float) -> "Aim":
        target = target_from_difficulty(difficulty)
        return Aim(expected_hashes(target), target, difficulty)

    @staticmethod
    def at_work(work: int) -> "Aim":
        """The aim that both ends of the wire compute from its difficulty alike."""
        difficulty = difficulty_from_target(target_for_work(work))
        if difficulty > 0.5:
            whole = Aim.at_difficulty(round(difficulty))
            if whole.work == work or difficulty >= _ROUND_DIFFICULTY_FROM:
                return whole
        return Aim.at_difficulty(difficulty)


def work_of_difficulty(difficulty: int | float) -> int:
    """Expected hashes of a share of that difficulty."""
    return expected_hashes(target_from_difficulty(difficulty))


@dataclass(frozen=True, slots=True)
class VardiffSettings:
    shares_per_minute: float = 18.0
    first_work: int = 1 << 44
    """The work of a first share, in expected hashes; 2**44 is difficulty 4096."""
    least_work: int = 1 << 32
    """The pool's minimum, in expected hashes; 2**32 is difficulty 1."""
    memory_seconds: float = 300.0
    """Of the quick estimate."""
    deviation: float = 1.0
    """How many of its standard deviations make a change."""
    least_change: float = 0.2
    """The smallest change it makes at first, as a natural logarithm."""
    calm_least_change: float = 0.32
    """The same of a miner known for some time: chance alone makes none in days."""
    steady_memory_seconds: float = 3600.0
    steady_deviation: float = 1.5
    steady_least_change: float = 0.03
    bump_shares: int = 8
    bump_factor: float = 4.0
    """So many shares that come so much too fast are not chance: act at once."""
    longest_gap_seconds: float = 900.0
    """Work is offered far more often than this: a longer gap is a clock that jumped."""

    @property
    def interval_seconds(self) -> float:
        return 60.0 / self.shares_per_minute


_LEAST_SPAN_SECONDS = 1.0
"""No rate is measured over less: shares that arrive together were not found together."""

_STEP_SECONDS = 0.25
"""Sums decay in steps of this: a thousandth of their memory, and a fast miner costs less."""

_LONGEST_UNTOUCHED_SECONDS = 45.0
"""A look is owed after this, however little time there is: half as long again as work is fresh."""

_LONGEST_STALL_SECONDS = 60.0
"""A burst may be what a stalled network held back: it counts from the share before it, but not
from before this time."""


class Flow:
    """A rate of work, from what came and how long ago: one exponential sum."""

    __slots__ = ("_filled", "_memory_seconds", "squares", "sum")

    def __init__(self, memory_seconds: float) -> None:
        self._memory_seconds = memory_seconds
        self.begin()

    def begin(self, work: float = 0.0, squares: float = 0.0, span: float = 0.0) -> None:
        """Know nothing but that `work` came in the last `span` seconds."""
        self.sum = work
        self.squares = squares
        self._filled = 1.0 - exp(-span / self._memory_seconds)

    def follow(self, other: "Flow") -> None:
        """Know what another knows, and nothing from before it."""
        self.begin(other.sum, other.squares)
        self._filled = min(1.0, other.span / self._memory_seconds)

    def decay(self, elapsed: float) -> None:
        decay = exp(-elapsed / self._memory_seconds)
        self.sum *= decay
        self.squares *= decay * decay
        self._filled = 1.0 - (1.0 - self._filled) * decay

    @property
    def span(self) -> float:
        """The seconds the sum stands for."""
        return max(self._filled * self._memory_seconds, _LEAST_SPAN_SECONDS)

    def shares(self, more: int = 0) -> float:
        """As many of equal weight have this estimate's variance; `more` is one that comes now."""
        return float((self.sum + more) ** 2 / (self.squares + more * more))


class Vardiff:
    """The estimate for one connection, and the work a share of its next job should prove."""

    __slots__ = (
        "_bucket", "_burst_since", "_burst_work", "_fresh", "_fresh_squares", "_last",
        "_last_share", "_looked_at", "_quick", "_settings", "_steady", "floor", "work",
    )  # fmt: skip

    def __init__(self, settings: VardiffSettings, now: float) -> None:
        self._settings = settings
        self._quick = Flow(settings.memory_seconds)
        self._steady = Flow(settings.steady_memory_seconds)
        self._fresh = self._fresh_squares = 0
        self._bucket = 0.0
        self._burst_work = 0
        self._burst_since = now
        self._last_share = now
        self._last = now
        self._looked_at = now
        self.floor = settings.least_work
        """The least work of a share here: the pool's minimum or the miner's own wish."""
        self.work = max(settings.first_work, self.floor)

    def credit(self, work: int, now: float) -> bool:
        """Count an accepted share. True if they come so fast that the work must `rise` at once."""
        settings = self._settings
        if not 0.0 <= now - self._last < _STEP_SECONDS:
            self._advance(now)
        self._fresh += work
        self._fresh_squares += work * work
        bucket = self._bucket
        if bucket == 0.0:
            self._burst_since = max(self._last_share, now - _LONGEST_STALL_SECONDS)
            self._burst_work = 0
        self._last_share = now
        self._burst_work += work
        self._bucket = bucket = bucket + work / self.work
        return (
            bucket >= settings.bump_shares
            and self._burst_ideal() >= settings.bump_factor * self.work
        )

    def rise(self, ceiling: int) -> bool:
        """Follow the present burst: it is a new regime, the history before it says nothing.

        False if the work is at its ceiling already.
        """
        before = self.work
        span = max(self._last - self._burst_since, _LEAST_SPAN_SECONDS)
        for flow in (self._quick, self._steady):
            flow.begin(float(self._burst_work), float(self._burst_work) * before, span)
        self._bucket = 0.0
        self._fresh = self._fresh_squares = 0
        self.aim(round(self._burst_ideal()), ceiling)
        return self.work > before

    def retarget(self, ceiling: int, now: float) -> int:
        """The work for the next job: at most `ceiling`, the work of a block."""
        self._looked_at = now
        self._advance(now)
        self._take_in()
        wanted = self._quickly_wanted()
        if wanted is None:
            wanted = self._steadily_wanted()
        else:
            self._steady.follow(self._quick)
        self.aim(self.work if wanted is None else wanted, ceiling)
        return self.work

    def hurried(self, ceiling: int, now: float) -> int:
        """The work for a job that others wait for behind this miner: it may stay as it was."""
        if not 0.0 <= now - self._looked_at < _LONGEST_UNTOUCHED_SECONDS:
            return self.retarget(ceiling, now)
        self.work = min(self.work, ceiling)
        return self.work

    def aim(self, work: int, ceiling: int) -> None:
        """Set the work, within bounds. The ceiling wins: no share is harder than a block."""
        self.work = max(1, min(max(work, self.floor), ceiling))

    def suggest(self, work: int, ceiling: int) -> None:
        """Begin anew at the work a miner names: what was seen before speaks against its wish."""
        self._quick.begin()
        self._steady.begin()
        self._bucket = 0.0
        self._fresh = self._fresh_squares = 0
        self.aim(work, ceiling)

    def raise_floor(self, work: int, ceiling: int) -> None:
        """Honour a miner's wish for a minimum; the pool's own stays below it."""
        self.floor = max(work, self._settings.least_work)
        self.aim(self.work, ceiling)

    def _quickly_wanted(self) -> int | None:
        """Another work, if the quick estimate has left the present one beyond chance."""
        # One share more, as if it came now, before the work falls: silence has no logarithm.
        quick, more = self._quick, 0
        ideal = self._ideal(quick)
        if ideal <= self.work:
            more = self.work
            ideal = self._ideal(quick, more)
            if ideal >= self.work:
                return None
        settings = self._settings
        is_calm = self._steady.span > 2.0 * settings.memory_seconds
        least = settings.calm_least_change if is_calm else settings.least_change
        doubt = max(least, settings.deviation / sqrt(quick.shares(more)))
        return round(ideal) if abs(log(ideal / self.work)) > doubt else None

    def _steadily_wanted(self) -> int | None:
        """A little more or less, if the steady estimate is sure of it."""
        steady, settings = self._steady, self._settings
        if steady.sum <= 0.0 or steady.span <= settings.memory_seconds:
            return None  # it knows no more than the quick one
        ideal = self._ideal(steady)
        doubt = max(settings.steady_least_change, settings.steady_deviation / sqrt(steady.shares()))
        return round(ideal) if abs(log(ideal / self.work)) > doubt else None

    def _ideal(self, flow: Flow, more: int = 0) -> float:
        return (flow.sum + more) * self._settings.interval_seconds / flow.span

    def _burst_ideal(self) -> float:
        span = max(self._last - self._burst_since, _LEAST_SPAN_SECONDS)
        return self._burst_work * self._settings.interval_seconds / span

    def _take_in(self) -> None:
        """What came since the last step; added once for many shares."""
        for flow in (self._quick, self._steady):
            flow.sum += self._fresh
            flow.squares += self._fresh_squares
        self._fresh = self._fresh_squares = 0

    def _advance(self, now: float) -> None:
        elapsed = now - self._last
        if 0.0 <= elapsed < _STEP_SECONDS:
            return
        self._last = now
        settings = self._settings
        if not 0.0 < elapsed <= settings.longest_gap_seconds:
            self._bucket = 0.0
            self._last_share = now
            return
        self._take_in()
        self._quick.decay(elapsed)
        self._steady.decay(elapsed)
        leaked = elapsed * settings.bump_factor / settings.interval_seconds
        self._bucket = max(0.0, self._bucket - leaked)
