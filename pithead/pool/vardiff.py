"""Variable difficulty: how much work a share should prove, so that 18 a minute arrive.

Work arrives as impulses. Their exponential sum decays with `memory_seconds`; divided by the part
of that memory that has been filled so far, it is an unbiased rate from the first share on. As it
counts work, not shares, a change of difficulty leaves it as good as it was. The fewer shares it
rests on, the larger the deviation it takes to make a change.

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
    deviation: float = 1.0
    """How many standard deviations of the estimate make a change."""
    least_change: float = 0.2
    """The smallest change worth a message, as a natural logarithm."""
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

_LONGEST_STALL_SECONDS = 60.0
"""A burst may be what a stalled network held back: it counts from the share before it, but not
from before this time."""


class Vardiff:
    """The estimate for one connection, and the work a share of its next job should prove."""

    __slots__ = (
        "_bucket", "_burst_since", "_burst_work", "_filled", "_last", "_last_share", "_settings",
        "_squares", "_sum", "floor", "work",
    )  # fmt: skip

    def __init__(self, settings: VardiffSettings, now: float) -> None:
        self._settings = settings
        self._sum = 0.0
        self._squares = 0.0
        self._filled = 0.0
        self._bucket = 0.0
        self._burst_work = 0
        self._burst_since = now
        self._last_share = now
        self._last = now
        self.floor = settings.least_work
        """The least work of a share here: the pool's minimum or the miner's own wish."""
        self.work = max(settings.first_work, self.floor)

    def credit(self, work: int, now: float) -> bool:
        """Count an accepted share. True if they come so fast that the work must `rise` at once."""
        settings = self._settings
        if not 0.0 <= now - self._last < _STEP_SECONDS:
            self._advance(now)
        self._sum += work
        self._squares += work * work
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
        self._sum = float(self._burst_work)
        self._squares = float(self._burst_work) * before
        self._filled = 1.0 - exp(-span / self._settings.memory_seconds)
        self._bucket = 0.0
        self.aim(round(self._burst_ideal()), ceiling)
        return self.work > before

    def retarget(self, ceiling: int, now: float) -> int:
        """The work for the next job: at most `ceiling`, the work of a block."""
        self._advance(now)
        self.aim(self._wanted_work(), ceiling)
        return self.work

    def aim(self, work: int, ceiling: int) -> None:
        """Set the work, within bounds. The ceiling wins: no share is harder than a block."""
        self.work = max(1, min(max(work, self.floor), ceiling))

    def suggest(self, work: int, ceiling: int) -> None:
        """Begin anew at the work a miner names: what was seen before speaks against its wish."""
        self._sum = self._squares = self._filled = self._bucket = 0.0
        self.aim(work, ceiling)

    def raise_floor(self, work: int, ceiling: int) -> None:
        """Honour a miner's wish for a minimum; the pool's own stays below it."""
        self.floor = max(work, self._settings.least_work)
        self.aim(self.work, ceiling)

    def _wanted_work(self) -> int:
        """The present work, or another if the estimate has left it beyond chance."""
        # One share more, as if it came now, before the work falls: silence has no logarithm.
        seen = self._sum
        squares = self._squares
        ideal = self._ideal(seen)
        if ideal <= self.work:
            seen += self.work
            squares += self.work * self.work
            ideal = self._ideal(seen)
            if ideal >= self.work:
                return self.work
        settings = self._settings
        shares = seen * seen / squares  # as many of equal weight have this estimate's variance
        doubt = max(settings.least_change, settings.deviation / sqrt(shares))
        return round(ideal) if abs(log(ideal / self.work)) > doubt else self.work

    def _ideal(self, seen: float) -> float:
        settings = self._settings
        span = max(self._filled * settings.memory_seconds, _LEAST_SPAN_SECONDS)
        return seen * settings.interval_seconds / span

    def _burst_ideal(self) -> float:
        span = max(self._last - self._burst_since, _LEAST_SPAN_SECONDS)
        return self._burst_work * self._settings.interval_seconds / span

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
        decay = exp(-elapsed / settings.memory_seconds)
        self._sum *= decay
        self._squares *= decay * decay
        self._filled = 1.0 - (1.0 - self._filled) * decay
        leaked = elapsed * settings.bump_factor / settings.interval_seconds
        self._bucket = max(0.0, self._bucket - leaked)
