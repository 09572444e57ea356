"""Domain values in the shapes of the contract, where more than one service shows them."""

from pithead.bos.pool import PoolStats
from pithead.bos.units import GigaHashrate, MegaHashrate, Timestamp
from pithead.bos.work import RealHashrate, WorkSolverStats
from pithead.miner import snapshot

GIGA = 1e9
MEGA = 1e6


def gigahashes(rate: float) -> GigaHashrate:
    """Of hashes a second."""
    return GigaHashrate(gigahash_per_second=rate / GIGA)


def moment(at: float | None) -> Timestamp | None:
    return None if at is None else Timestamp.at(at)


def real_hashrate(rates: snapshot.Hashrates) -> RealHashrate:
    names = RealHashrate.__struct_fields__
    return RealHashrate(**{name: gigahashes(getattr(rates, name)) for name in names})


def work_solver_stats(
    real: snapshot.Hashrates, nominal: float, error: float, found_blocks: int, best_share: int
) -> WorkSolverStats:
    """Rates in hashes a second."""
    return WorkSolverStats(
        real_hashrate=real_hashrate(real),
        nominal_hashrate=gigahashes(nominal),
        error_hashrate=MegaHashrate(megahash_per_second=error / MEGA),
        found_blocks=found_blocks,
        best_share=best_share,
        best_share_str=str(best_share),
    )


def pool_stats(stats: snapshot.PoolStats) -> PoolStats:
    return PoolStats(
        accepted_shares=stats.accepted_shares,
        rejected_shares=stats.rejected_shares,
        stale_shares=stats.stale_shares,
        last_difficulty=stats.last_difficulty,
        best_share=stats.best_share,
        best_share_str=str(stats.best_share),
        generated_work=stats.generated_work,
        last_share_time=moment(stats.last_share_time),
    )
