"""What each user's work should have found, and what it has: who withholds blocks shows here.

A share counts as its work over that of a block at the time, so expected blocks add up over any
change of difficulty. Kept in integers, so that no order of events changes them.
"""

from collections.abc import Iterable, Sequence

from pithead.pool.changes import FortuneRow
from pithead.pool.odds import Withholding

UNITS = 1 << 64
"""Parts of an expected block that are counted."""


class Fortune:
    __slots__ = ("found", "parts", "work")

    def __init__(self, work: int = 0, parts: int = 0, found: int = 0) -> None:
        self.work = work
        """Since the work of a block changed last."""
        self.parts = parts
        """Expected blocks before that, in `UNITS`."""
        self.found = found


class Fortunes:
    """Of all users who ever had work."""

    def __init__(self, rows: Iterable[FortuneRow] = (), block_work: int = 0) -> None:
        """`block_work` is that of a block now; 0 where it is not known yet."""
        self._users = {row.user: Fortune(row.work, row.parts, row.found) for row in rows}
        self.block_work = block_work
        self._dirty: set[str] = set()

    def credit(self, user: str, work: int) -> None:
        fortune = self._users.get(user)
        if fortune is None:
            fortune = self._users[user] = Fortune()
        fortune.work += work
        self._dirty.add(user)

    def price(self, block_work: int) -> None:
        """A block takes this much work from now on."""
        if block_work == self.block_work:
            return
        if self.block_work:
            for user, fortune in self._users.items():
                if fortune.work:
                    fortune.parts += fortune.work * UNITS // self.block_work
                    fortune.work = 0
                    self._dirty.add(user)
        self.block_work = block_work

    def found(self, user: str, count: int = 1) -> None:
        """A block; -1 takes back one that the node refused."""
        self.credit(user, 0)
        self._users[user].found += count

    def of(self, user: str) -> Withholding:
        fortune = self._users.get(user) or Fortune()
        return Withholding(user, self._expected(fortune), fortune.found)

    def all(self) -> Sequence[Withholding]:
        """The most conspicuous first."""
        every = [self.of(user) for user in self._users]
        return sorted(every, key=lambda each: (each.probability, each.user))

    def drain(self) -> list[FortuneRow]:
        users, self._dirty = self._dirty, set()
        return [
            FortuneRow(user, fortune.work, fortune.parts, fortune.found)
            for user in sorted(users)
            for fortune in (self._users[user],)
        ]

    def _expected(self, fortune: Fortune) -> float:
        """Work of before the first price counts once there is one."""
        now = fortune.work * UNITS // self.block_work if self.block_work else 0
        return (fortune.parts + now) / UNITS
