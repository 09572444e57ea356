"""What a pool shows of itself to Prometheus and to who asks for its health.

All is read when somebody asks: nothing is paid for in between.
"""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from pithead.metrics import families as all_of
from pithead.metrics.families import Sample
from pithead.metrics.lag import LoopLag
from pithead.native import HAS_NATIVE
from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.counts import Stock
from pithead.pool.pool import Pool
from pithead.pool.stocktaking import Stocktaking
from pithead.pooladmin.measures import NodeLook, PoolLook, pool_samples, unready
from pithead.pooladmin.vitals import Vitals, vitals_of
from pithead.poolapi.bans import Bans


@dataclass(frozen=True, slots=True)
class PoolWatch:
    """One for a pool; belongs to its event loop."""

    pool: Pool
    keeper: Bookkeeper
    bans: Bans
    stocktaking: Stocktaking
    nodes: Callable[[], Sequence[NodeLook]]
    work_scale: int
    stale_seconds: float
    data: Path
    clock: Callable[[], float]
    wall: Callable[[], float]
    lag: LoopLag = field(default_factory=LoopLag)
    is_open: bool = False
    """Whether the figures are for any program of this machine."""

    async def measure(self) -> Sequence[Sample]:
        look = self._look(await self.stocktaking.take())
        return [
            Sample(all_of.INFO, 1, (version("pithead"), "yes" if HAS_NATIVE else "no")),
            Sample(all_of.LOOP_LAG, self.lag.worst),
            Sample(all_of.DATA_FREE, shutil.disk_usage(self.data).free),
            *pool_samples(look, self.work_scale),
        ]

    async def vitals(self, path: Mapping[str, str]) -> Vitals:
        """For the admin API."""
        look, free = self._look(await self.stocktaking.take()), shutil.disk_usage(self.data).free
        return vitals_of(
            look, self.clock(), self.stale_seconds, self.lag.worst, free, self.work_scale
        )

    async def alive(self) -> Sequence[str]:
        """That this is answered says that the loop turns."""
        return ("a part of the pool has ended",) if self.pool.vitals().has_failed else ()

    async def ready(self) -> Sequence[str]:
        return unready(self._look(None), self.stale_seconds)

    def _look(self, stock: Stock | None) -> PoolLook:
        now = self.clock()
        reading = self.keeper.pool("", now)
        return PoolLook(
            vitals=self.pool.vitals(),
            reading=reading,
            height=self.pool.height,
            users=len(self.keeper.users),
            blocks_found=self.keeper.blocks_found,
            blocks_unresolved=len(self.keeper.unresolved),
            imbalance_sats=sum(self.keeper.ledger_balances.values()),
            uncommitted=self.keeper.behind,
            failed_commits=self.keeper.failed_commits,
            round_seconds=max(0.0, now - reading.round_started),
            stock=stock,
            bans=len(self.bans.present(self.wall())),
            nodes=self.nodes(),
        )
