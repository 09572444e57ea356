"""How much work a share should prove at the least: wishes of a device, and of accounts."""

from collections.abc import Iterable, Mapping

from pithead.pool.names import Worker
from pithead.pool.vardiff import work_of_difficulty

Difficulties = Mapping[tuple[str, str], float]
"""The least difficulty of shares on the wire, by user and worker."""


class AccountFloors:
    """What accounts want of their workers' shares, as far as this process knows."""

    def __init__(self) -> None:
        self.difficulties: Difficulties = {}
        self._works: dict[tuple[str, str], int] = {}
        self.generation = 0
        """Another one whenever something of it has changed; 0 until it was told anything."""

    def hold(self, difficulties: Difficulties) -> None:
        """From now on these, and no others."""
        if self.generation and difficulties == self.difficulties:
            return
        self.difficulties = difficulties
        self._works = {who: work_of_difficulty(each) for who, each in difficulties.items()}
        self.generation += 1

    def of(self, worker: Worker) -> int:
        """Expected hashes; 0 where the account wants nothing of that worker."""
        return self._works.get((worker.user, worker.name), 0)


class Floors:
    """The wishes of one connection. The largest holds: its workers share one difficulty."""

    __slots__ = ("_generation", "_wishes", "least")

    def __init__(self) -> None:
        self._wishes: dict[str, int] = {}
        self._generation = 0
        self.least = 0
        """Expected hashes, when `settle` was called last; 0 where nobody wishes anything."""

    def wish(self, wisher: str, difficulty: int | float | None) -> None:
        """Of a worker by its whole name, or of the device (""); None ends a wish of before."""
        self._wishes.pop(wisher, None)
        if difficulty is not None:
            self._wishes[wisher] = work_of_difficulty(difficulty)

    def is_old(self, accounts: AccountFloors) -> bool:
        """Whether an account may want something else than when this was settled."""
        return self._generation != accounts.generation

    def settle(self, accounts: AccountFloors, workers: Iterable[Worker]) -> bool:
        """Find the largest wish; whether it is another than before."""
        self._generation = accounts.generation
        before = self.least
        wanted = [accounts.of(worker) for worker in workers]
        self.least = max(0, *self._wishes.values(), *wanted, 0)
        return self.least != before
