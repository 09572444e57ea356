"""How much work was credited when, as a cumulative count, so that any window is a subtraction.

A tally is a line through points (minute, work credited before that minute). Between two points
work counts as evenly spread, so a miner of constant speed shows a constant rate at any second.
Points grow sparse with age, at steps that no window looks between. Of a user or a pool, whose
charts are drawn, and of a worker, of which there may be hundreds of thousands:

    of a user   of a worker   step         read by
    65 min      10 min        1 minute     5 m; of a user 60 m
    25 h        70 min        5 minutes    of a worker 60 m; of a user 24 h
    -           25 h          30 minutes   of a worker 24 h
    49 h        49 h          1 hour       yesterday, whose edges are whole UTC days

So it makes no difference to any reading when a tally is thinned.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

MINUTE = 60
DAY = 86_400
THINNED_MINUTES = 5
"""How often a tally is looked at for points that are too many."""
OLDEST = 49 * 60
"""Minutes of history that are kept."""


class Grain(NamedTuple):
    """How fine a tally is."""

    steps: tuple[int, int, int]
    """In minutes: the edges of 5 m, 60 m and 24 h are read between steps of these."""
    tiers: tuple[tuple[int, int], ...]
    """(step, age from which it holds), in minutes."""


OF_USERS = Grain((1, 1, 5), ((5, 65), (60, 25 * 60)))
OF_WORKERS = Grain((1, 5, 30), ((5, 10), (30, 70), (60, 25 * 60)))

NOTHING_THINNED: tuple[int, ...] = (0, 0, 0)
"""Before which minute each tier is thinned."""

Place = tuple[int, float, int]
"""A minute, the part of the step that begins there, and the step."""


@dataclass(frozen=True, slots=True)
class Edges:
    """Where the windows that end at one moment begin: reckoned once for any number of tallies."""

    places: tuple[Place, Place, Place]
    """Where 5 m, 60 m and 24 h begin."""
    today: int
    """Minute of 00:00 UTC."""

    @classmethod
    def at(cls, now: float, grain: Grain = OF_USERS) -> "Edges":
        """`now` in unix seconds; for tallies of this grain."""
        of_5m, of_60m, of_24h = grain.steps
        return cls(
            (_place(now - 300, of_5m), _place(now - 3_600, of_60m), _place(now - DAY, of_24h)),
            int(now // DAY) * (DAY // MINUTE),
        )


def _place(second: float, step: int) -> Place:
    slot, rest = divmod(second, step * MINUTE)
    return int(slot) * step, rest / (step * MINUTE), step


class Tally:
    """Cumulative work of one worker (at most some 110 points), user or pool (some 420)."""

    __slots__ = (
        "_fresh", "_gone", "_minutes", "_saved", "_slot", "_thinned", "_tiers", "_works",
        "_yesterday",
    )  # fmt: skip

    def __init__(
        self, points: "list[tuple[int, int]] | None" = None, grain: Grain = OF_USERS
    ) -> None:
        """`points` are (minute, work) in order, as `drain` gave them away."""
        self._tiers = grain.tiers
        self._minutes = array("I", [minute for minute, _ in points or ()])
        self._works = [work for _, work in points or ()]
        self._saved = self._minutes[-1] if self._minutes else 0
        self._fresh: dict[int, int] = {}
        self._gone: list[int] = []
        self._slot = 0
        self._thinned = NOTHING_THINNED
        self._yesterday = (-1, 0)

    @property
    def total(self) -> int:
        return self._works[-1] if self._works else 0

    def __len__(self) -> int:
        return len(self._minutes)

    def add(self, work: int, minute: int) -> None:
        """Work of that minute; one before the last counts as the last."""
        minutes, works = self._minutes, self._works
        if not minutes:
            minutes.append(minute)
            works.append(0)
        last = minutes[-1]
        if minute < last:
            if len(minutes) > 1:
                works[-1] += work
                return
            minute = last
        if minute > last:
            minutes.append(minute)
            works.append(works[-1])
        minutes.append(minute + 1)
        works.append(works[-1] + work)
        if minute // THINNED_MINUTES != self._slot:
            self._slot = minute // THINNED_MINUTES
            self._thin(minute)

    def set_back(self, minute: int) -> None:
        """Forget what came after the start of `minute`: the clock was set back to it."""
        kept = bisect_right(self._minutes, minute)
        if kept == len(self._minutes):
            return
        work = self._before(minute)
        self._drop(kept, len(self._minutes))
        if self._minutes and self._minutes[-1] < minute:
            self._minutes.append(minute)
            self._works.append(work)
        self._saved = min(self._saved, self._minutes[-1] if self._minutes else 0)
        self._thinned = NOTHING_THINNED
        self._yesterday = (-1, 0)

    def expire(self, minute: int) -> bool:
        """Forget all where no window looks any more; False where there was nothing to forget."""
        if not self._minutes or self._minutes[-1] > minute - OLDEST:
            return False
        self._drop(0, len(self._minutes))
        self._saved = self._slot = 0
        self._thinned = NOTHING_THINNED
        self._yesterday = (-1, 0)
        return True

    # Reading

    def windows(self, edges: Edges) -> tuple[int, int, int, int]:
        """Work of the last 5 m, 60 m and 24 h and of the whole UTC day before today."""
        return windows_of((self,), edges)[0]

    def _before(self, minute: int) -> int:
        """Work credited before a minute at which some point may stand."""
        index = bisect_right(self._minutes, minute)
        if not index:
            return self._works[0] if self._works else 0
        return self._works[index - 1]

    def day_before(self, today: int) -> int:
        """Work of the whole UTC day before the one that begins at minute `today`."""
        day, work = self._yesterday
        if day != today:
            work = self._before(today) - self._before(today - DAY // MINUTE)
            if self._minutes and self._minutes[-1] > today:
                self._yesterday = (today, work)
        return work

    # Keeping

    def drain(self) -> tuple[list[tuple[int, int]], list[int]]:
        """(points new or changed since the last call, minutes whose points went away before)."""
        first = bisect_left(self._minutes, self._saved)
        points = list(zip(self._minutes[first:], self._works[first:], strict=True))
        if self._fresh:
            points += self._fresh.items()
            self._fresh = {}
        gone, self._gone = self._gone, []
        self._saved = self._minutes[-1] if self._minutes else 0
        return points, gone

    def end(self) -> list[int]:
        """The minutes of all points that were ever given away and not taken back."""
        return [*self.drain()[1], *self._minutes]

    def points(self) -> Iterator[tuple[int, int]]:
        return zip(self._minutes, self._works, strict=True)

    def _thin(self, minute: int) -> None:
        horizons = []
        for thinned, (step, age) in zip(self._thinned, self._tiers, strict=False):
            horizon = (minute - age) // step * step
            if horizon > thinned:
                self._thin_tier(thinned, horizon, step)
            horizons.append(max(horizon, thinned))
        self._thinned = tuple(horizons)
        old = bisect_left(self._minutes, max(0, minute - OLDEST))
        if old:
            self._drop(0, old)

    def _thin_tier(self, start: int, horizon: int, step: int) -> None:
        """Replace the points of [start, horizon) by those at whole steps round about them."""
        first, end = bisect_left(self._minutes, start), bisect_left(self._minutes, horizon)
        if first == end:
            return
        old = self._minutes[first:end]
        kept = sorted({m - m % step for m in old} | {m + -m % step for m in old})
        if end < len(self._minutes) and kept[-1] >= self._minutes[end]:
            kept.pop()
        works = [self._before(minute) for minute in kept]
        for minute in set(old).difference(kept):
            self._gone.append(minute)
            self._fresh.pop(minute, None)
        known = set(old)
        self._fresh.update(
            (minute, work) for minute, work in zip(kept, works, strict=True) if minute not in known
        )
        self._minutes[first:end] = array("I", kept)
        self._works[first:end] = works

    def _drop(self, first: int, end: int) -> None:
        for minute in self._minutes[first:end]:
            self._gone.append(minute)
            self._fresh.pop(minute, None)
        del self._minutes[first:end], self._works[first:end]


def windows_of(tallies: Sequence[Tally], edges: Edges) -> list[tuple[int, int, int, int]]:
    """`Tally.windows` of each. Some hundreds at a time stay in the processor's cache."""
    last_5m, last_60m, last_24h = (works_since(tallies, place) for place in edges.places)
    yesterday = [tally.day_before(edges.today) for tally in tallies]
    return list(zip(last_5m, last_60m, last_24h, yesterday, strict=True))


def works_since(tallies: Sequence[Tally], place: Place) -> list[int]:
    """Work of each from one of the places of `Edges` on: in line, for it runs ten thousandfold."""
    minute, part, step = place
    end = minute + step
    found = []
    for tally in tallies:
        minutes, works = tally._minutes, tally._works
        index = bisect_right(minutes, minute)
        if index == len(minutes):
            found.append(0)
            continue
        low = works[index - 1 if index else 0]
        work = works[-1] - low
        if minutes[index] <= end:
            if step > 1:
                index = bisect_right(minutes, end, index) - 1
            work -= round((works[index] - low) * part)
        found.append(work)
    return found
