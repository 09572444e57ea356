"""Which share target holds for which job of one session."""

from pithead.pool.vardiff import Aim


class Aims:
    """A difficulty holds for the jobs offered after it, and for good.

    Judging an old job by a new difficulty would rob a miner or let it be paid for work it did not
    do. Job sequences ascend, so it is enough to note from which one on each aim holds.
    """

    __slots__ = ("_asked_work", "_from")

    def __init__(self) -> None:
        self._from: list[tuple[int, Aim]] = []
        self._asked_work = 0

    def change(self, work: int, sequence: int, oldest: int) -> Aim | None:
        """Ask `work` from the job `sequence` on; None if that is asked already.

        Jobs below `oldest` are forgotten, and with them the aims that hold for no other.
        """
        if work == self._asked_work:
            return None
        self._asked_work = work
        aim = Aim.at_work(work)
        self._from.append((sequence, aim))
        while len(self._from) > 1 and self._from[1][0] <= oldest:
            del self._from[0]
        return aim

    def of(self, sequence: int) -> Aim | None:
        """The aim of a job; None for jobs from before the first offer."""
        offers = self._from
        if offers and sequence >= offers[-1][0]:  # nearly always
            return offers[-1][1]
        for first, aim in reversed(offers):
            if sequence >= first:
                return aim
        return None
