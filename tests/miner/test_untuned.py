"""A machine with no clocks, voltage or sensors under the same firmware: a computer's processor."""

import pytest

from pithead.hardware import processor
from pithead.hardware.processor import Processor, processor_model
from pithead.miner.configuration import PoolGroup, PoolTarget, Settings
from pithead.miner.identity import identity_of
from pithead.miner.miner import Miner
from pithead.miner.performance_settings import Manual
from pithead.miner.refusals import NotSupported
from pithead.miner.snapshot import MinerStatus, TunerState
from tests.miner.conftest import START, Rig

BATCH = 300


class ProcessorRig(Rig):
    def __post_init__(self):
        model = processor_model(2, "6.1.0")
        self.device = Processor(model, self.now)
        pool = PoolTarget("stratum+tcp://127.0.0.1:1", "alice.desk")
        self.miner = Miner(
            self.device,
            Settings(pool_groups=(PoolGroup("Default", (pool,)),)),
            self.now,
            identity=identity_of(model, "rig"),
            work_scale=1,
            save=self.saved.append,
        )


@pytest.fixture
def rig(monkeypatch):
    """So slow that it hashes in no time: so many a core in each half second."""
    monkeypatch.setattr(processor, "FIRST_BATCH", BATCH)
    monkeypatch.setattr(processor, "BATCH_SECONDS", 0.5)
    rig = ProcessorRig()
    rig.pool(first_work=200)
    return rig


def test_it_mines_every_share_is_accepted_and_rates_are_what_it_hashed(rig):
    rig.run(120)
    seen, pool = rig.snapshot, rig.pools[1]
    assert seen.status is MinerStatus.NORMAL
    assert seen.pool_stats.accepted_shares == pool.credited_shares > 20
    assert seen.pool_stats.accepted_work == pool.credited_work
    assert (seen.pool_stats.rejected_shares, seen.pool_stats.stale_shares) == (0, 0)
    assert seen.real.since_restart * 120 == pytest.approx(rig.hashes)
    assert seen.real.last_1m == pytest.approx(4 * BATCH, rel=0.03)
    assert seen.nominal == pytest.approx(4 * BATCH, rel=0.01)


def test_what_nothing_measures_is_not_told(rig):
    rig.run(120)
    seen = rig.snapshot
    assert seen.efficiency_j_per_th is None
    assert (seen.consumption_w, seen.fans, seen.highest_chip_temp_c) == (0, (), None)
    assert seen.tuner.state is TunerState.DISABLED
    assert rig.miner.faults.all() == ()


def test_a_pause_ends_its_hashing_at_once_and_it_resumes(rig):
    rig.run(30)
    rig.miner.pause(rig.now)
    rig.run(1)
    hashed = rig.hashes
    rig.run(100)
    assert rig.hashes == hashed
    assert rig.snapshot.status is MinerStatus.PAUSED
    assert rig.snapshot.nominal < 1
    rig.miner.resume(rig.now)
    rig.run(30)
    assert rig.hashes > hashed
    assert rig.snapshot.condition.verdict.may_hash


def test_its_board_can_be_off(rig):
    rig.run(10)
    rig.miner.set_boards(("1",), False, rig.now)
    rig.run(1)
    hashed = rig.hashes
    rig.run(10)
    assert rig.hashes == hashed


@pytest.mark.parametrize(
    "verb",
    [
        lambda each: each.aim("power", 100),
        lambda each: each.aim("hashrate", None),
        lambda each: each.shift("power", 1),
        lambda each: each.relate("power", 100, "nominal"),
        lambda each: each.set_manual(Manual(frequency_hz=500e6)),
        lambda each: each.set_dps({"enabled": True}),
        lambda each: each.tune_again(),
    ],
)
def test_what_needs_clocks_is_refused_and_changes_nothing(rig, verb):
    rig.run(5)
    before = rig.miner.settings
    with pytest.raises(NotSupported, match="cpu has no clocks"):
        verb(rig.miner.performance)
    assert rig.miner.settings is before


def test_it_has_no_efficiency_at_other_targets(rig):
    rig.run(5)
    with pytest.raises(NotSupported):
        rig.miner.efficiency_points()


def test_work_is_shared_between_groups_by_what_it_hashes(rig):
    rig.pool(2, first_work=200)
    groups = tuple(
        PoolGroup(str(port), (PoolTarget(f"stratum+tcp://127.0.0.1:{port}", "alice.desk"),))
        for port in (1, 2)
    )
    rig.miner.set_pool_groups(groups, START)
    rig.run(600)
    one, other = (rig.pools[port].credited_work for port in (1, 2))
    assert one / other == pytest.approx(1, abs=0.25)
