"""What became of the shares of one pool, counted in expected hashes exactly as the pool credits."""

from dataclasses import dataclass

from pithead.bitcoin.target import DIFFICULTY_1_TARGET, expected_hashes
from pithead.miner.snapshot import PoolStats


def shown_difficulty(target: int, work_scale: int) -> int:
    """The difficulty of a target, or of a hash, as the machine appears to have met it."""
    return (2 * DIFFICULTY_1_TARGET * work_scale + target) // (2 * max(target, 1))


@dataclass(slots=True)
class Tally:
    """Counts in units of the wire; `stats` shows them in those of the machine."""

    accepted_shares: int = 0
    rejected_shares: int = 0
    stale_shares: int = 0
    accepted_work: int = 0
    rejected_work: int = 0
    stale_work: int = 0
    generated_work: int = 0
    """In difficulty as shown: it is summed after scaling, share by share."""
    last_target: int | None = None
    best_hash: int | None = None
    last_share_time: float | None = None

    def found(self, target: int, hash_value: int, work_scale: int) -> None:
        """A share was found, whatever becomes of it."""
        self.generated_work += shown_difficulty(target, work_scale)
        if self.best_hash is None or hash_value < self.best_hash:
            self.best_hash = hash_value

    def accepted(self, target: int, found_at: float) -> None:
        self.accepted_shares += 1
        self.accepted_work += expected_hashes(target)
        self.last_share_time = found_at

    def rejected(self, target: int) -> None:
        self.rejected_shares += 1
        self.rejected_work += expected_hashes(target)

    def stale(self, target: int) -> None:
        self.stale_shares += 1
        self.stale_work += expected_hashes(target)

    def stats(self, work_scale: int) -> PoolStats:
        best, last = self.best_hash, self.last_target
        return PoolStats(
            accepted_shares=self.accepted_shares,
            rejected_shares=self.rejected_shares,
            stale_shares=self.stale_shares,
            accepted_work=self.accepted_work * work_scale,
            rejected_work=self.rejected_work * work_scale,
            stale_work=self.stale_work * work_scale,
            generated_work=self.generated_work,
            last_difficulty=0 if last is None else shown_difficulty(last, work_scale),
            best_share=0 if best is None else shown_difficulty(best, work_scale),
            last_share_time=self.last_share_time,
        )
