"""Pay per last N shares: a block is shared out among the latest work, so much of it as rules say.

Work is kept in shifts, a user's sum in each. The last shift that a block reaches into counts in
part. A pool that has done less than a window of work shares out by all of it.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pithead.pool.rewards import MILLION, Rules, Weight
from pithead.pool.schemes import Found, Owed, Price, SchemeRows, WindowRow

GRAINS = 50
"""A shift holds this part of a window, or a second's work if that is more."""
MOST_SHIFTS = 4 * GRAINS
"""More are merged in pairs: the window is long, as the pool has not seen a block yet."""


@dataclass(slots=True)
class Shift:
    number: int
    second: int
    """Of its last work."""
    total: int = 0
    works: dict[str, tuple[int, int]] = field(default_factory=dict)
    """(work, of it by Braiins OS) by user."""

    def add(self, user: str, work: int, refunded: int) -> None:
        before, before_refunded = self.works.get(user, (0, 0))
        self.works[user] = before + work, before_refunded + refunded
        self.total += work


class PplnsScheme:
    """At most `MOST_SHIFTS` numbers a user."""

    def __init__(self, rows: Iterable[WindowRow] = (), text: str = "") -> None:
        """`text` is the work of the window that shifts are cut for; empty where unknown."""
        self._shifts: deque[Shift] = deque()
        for row in sorted(rows):
            if not self._shifts or self._shifts[-1].number != row.number:
                self._shifts.append(Shift(row.number, row.second))
            shift = self._shifts[-1]
            shift.second = max(shift.second, row.second)
            shift.add(row.user, row.work, row.refunded)
        self._totals = self._sum_up()
        self._target = int(text or 0)
        self._dirty: set[tuple[int, str]] = set()
        self._gone: list[int] = []

    @classmethod
    def begin(cls, scores: Mapping[str, Weight], second: int) -> "PplnsScheme":
        """A pool that changes to this scheme begins with what the scores remember."""
        scheme = cls()
        for user, score in scores.items():
            if score.work:
                scheme.credit(user, *score, second)
        return scheme

    def credit(self, user: str, work: int, refunded: int, second: int) -> None:
        shift = self._shifts[-1] if self._shifts else self._open(second)
        if second > shift.second and shift.total * GRAINS >= self._target:
            shift = self._open(second)
        shift.second = max(shift.second, second)
        shift.add(user, work, refunded)
        self._totals[user] = self._totals.get(user, 0) + work
        self._dirty.add((shift.number, user))

    def weights(self, found: Found) -> Mapping[str, Weight]:
        """Exact: where a shift counts in part, all weights are in parts of its total."""
        self._target = found.block_work * found.rules.window_ppm // MILLION
        left, whole, part = self._target, dict[str, list[int]](), 1
        chosen: list[tuple[Shift, int]] = []
        for shift in reversed(self._shifts):
            counted = min(left, shift.total)
            chosen.append((shift, counted))
            left -= counted
            if counted < shift.total:
                part = shift.total
            if not left:
                break
        for shift, counted in chosen:
            factor = part if counted == shift.total else counted
            for user, (work, refunded) in shift.works.items():
                sums = whole.setdefault(user, [0, 0])
                sums[0] += work * factor
                sums[1] += refunded * factor
        return {user: Weight(work, refunded) for user, (work, refunded) in whole.items() if work}

    def price(self, price: Price) -> None:
        """Nothing is paid but blocks."""

    def close(self, rules: Rules) -> Mapping[str, Owed]:
        return {}

    def estimate(self, user: str, value_sats: int, score: float, whole: float, rules: Rules) -> int:
        """By all the work that is held, which is about what a block found now would count."""
        total = sum(shift.total for shift in self._shifts)
        return value_sats * self._totals.get(user, 0) // total if total else 0

    def drain(self) -> SchemeRows:
        by_number = {shift.number: shift for shift in self._shifts}
        rows = [
            WindowRow(number, user, shift.second, *shift.works[user])
            for number, user in sorted(self._dirty)
            if (shift := by_number.get(number)) is not None
        ]
        self._dirty.clear()
        gone, self._gone = self._gone, []
        return SchemeRows(rows, gone, [], text=str(self._target))

    def _open(self, second: int) -> Shift:
        number = self._shifts[-1].number + 1 if self._shifts else 1
        self._drop()
        if len(self._shifts) >= MOST_SHIFTS:
            self._merge()
        self._shifts.append(Shift(number, second))
        return self._shifts[-1]

    def _drop(self) -> None:
        """Keep two windows, since blocks may get harder."""
        total = sum(shift.total for shift in self._shifts)
        while self._target and self._shifts and total - self._shifts[0].total >= 2 * self._target:
            shift = self._shifts.popleft()
            total -= shift.total
            self._gone.append(shift.number)
            for user, (work, _) in shift.works.items():
                self._totals[user] -= work
                if not self._totals[user]:
                    del self._totals[user]

    def _merge(self) -> None:
        merged: deque[Shift] = deque()
        while len(self._shifts) > 1:
            older, newer = self._shifts.popleft(), self._shifts.popleft()
            for user, (work, refunded) in older.works.items():
                newer.add(user, work, refunded)
            self._gone.append(older.number)
            self._dirty.update((newer.number, user) for user in newer.works)
            merged.append(newer)
        self._shifts = merged + self._shifts

    def _sum_up(self) -> dict[str, int]:
        totals: dict[str, int] = {}
        for shift in self._shifts:
            for user, (work, _) in shift.works.items():
                totals[user] = totals.get(user, 0) + work
        return totals
