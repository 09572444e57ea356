"""One miner against the real session of the pool, in virtual time."""

import pytest

from pithead.hardware.models import MODELS
from pithead.hardware.scanning import execute_all
from pithead.miner.configuration import PoolGroup, PoolTarget
from pithead.miner.refusals import BadPool, OutsideLimits
from pithead.miner.snapshot import MinerStatus, TunerState

WORK_SCALE = 10**12


@pytest.fixture
def rig(make_rig):
    """A miner that has mined for ten minutes."""
    rig = make_rig()
    rig.pool()
    for _ in range(10):
        rig.run(60)
        rig.new_block()
    return rig


def test_a_new_miner_has_not_started_and_one_that_has_a_pool_mines(make_rig):
    rig = make_rig()
    rig.pool()
    assert rig.snapshot.status is MinerStatus.NOT_STARTED
    rig.run(5)
    assert rig.snapshot.status is MinerStatus.NORMAL
    rig.run(60)
    assert rig.pools[1].credited_shares > 0


def test_the_work_the_pool_credits_is_the_work_the_miner_counts_as_accepted(rig):
    pool, stats = rig.pools[1], rig.snapshot.pool_stats
    assert stats.accepted_shares == pool.credited_shares > 100
    assert stats.accepted_work == pool.credited_work * WORK_SCALE
    assert stats.rejected_shares == 0


def test_the_rate_the_pool_sees_agrees_with_the_nominal_one_within_its_scatter(make_rig):
    rig = make_rig()
    pool = rig.pool()
    rig.run(120)
    before, shares = pool.credited_work, pool.credited_shares
    rig.run(1200)
    shares = pool.credited_shares - shares
    seen = (pool.credited_work - before) / 1200 * WORK_SCALE
    snapshot = rig.snapshot
    assert shares > 300
    assert seen == pytest.approx(snapshot.real.last_15m, rel=4 / shares**0.5)
    assert snapshot.real.last_15m == pytest.approx(snapshot.nominal, rel=0.03)


def test_real_rates_come_from_hashes_that_were_computed(rig):
    total = rig.snapshot.real.since_restart * (rig.now - 1_700_000_000.0) / WORK_SCALE
    assert total == pytest.approx(rig.hashes, rel=4 / (rig.hashes / 4) ** 0.5)


def test_numbers_of_a_snapshot_stand_in_the_relations_of_live_machines(rig):
    snapshot = rig.snapshot
    assert snapshot.nominal == pytest.approx(sum(board.nominal for board in snapshot.boards))
    assert snapshot.real.last_5m == pytest.approx(sum(b.real.last_5m for b in snapshot.boards))
    assert snapshot.best_share == max(board.best_share for board in snapshot.boards) > 0
    assert snapshot.efficiency_j_per_th == pytest.approx(
        snapshot.consumption_w / (snapshot.real.last_1m / 1e12)
    )
    for board in snapshot.boards:
        assert board.chip_temp_c == board.board_temp_c + 15
        assert board.outlet_temp_c == board.board_temp_c > board.inlet_temp_c
        assert (board.board_temp_c * 16).is_integer()
    assert [board.id for board in snapshot.boards] == ["1", "2", "3"]
    assert snapshot.found_blocks == 0  # on a test chain every share meets the chain's own target
    assert snapshot.bosminer_uptime_s == 600


def test_consumption_and_counts_are_integers_for_clients_that_insist(rig):
    snapshot = rig.snapshot
    for value in (snapshot.consumption_w, snapshot.system_uptime_s, snapshot.fans[0].rpm):
        assert type(value) is int


@pytest.mark.parametrize("name", MODELS)
def test_every_model_comes_to_rest_at_its_default_power(make_rig, name):
    rig = make_rig(model_name=name)
    rig.pool()
    rig.run(900, step=2)
    snapshot = rig.snapshot
    assert snapshot.tuner.state is TunerState.STABLE
    assert snapshot.consumption_w == pytest.approx(snapshot.model.default_watt, rel=0.04)
    assert snapshot.real.last_5m == pytest.approx(snapshot.model.sticker_ths * 1e12, rel=0.08)


def test_pausing_stops_hashing_and_power_in_seconds_and_tells_if_it_was_so(rig):
    assert rig.miner.pause(rig.now) is False
    assert rig.miner.pause(rig.now) is True
    assert rig.miner.status is MinerStatus.PAUSED
    hashes = rig.hashes
    rig.run(12)
    snapshot = rig.snapshot
    assert rig.hashes == hashes
    assert snapshot.real.last_5s == 0
    assert snapshot.real.last_5m > 0.8 * snapshot.model.sticker_ths * 1e12
    assert snapshot.consumption_w < 100
    assert snapshot.efficiency_j_per_th is None
    assert snapshot.pool_groups[0].pools[0].alive
    assert not snapshot.pool_groups[0].pools[0].active
    uptime = snapshot.bosminer_uptime_s
    rig.run(60)
    assert rig.snapshot.bosminer_uptime_s == uptime + 60


def test_resuming_brings_rate_and_power_back(rig):
    before = rig.snapshot.consumption_w
    rig.miner.pause(rig.now)
    rig.run(120)
    assert rig.miner.resume(rig.now) is False
    assert rig.miner.resume(rig.now) is True
    rig.run(240)
    snapshot = rig.snapshot
    assert snapshot.status is MinerStatus.NORMAL
    assert snapshot.consumption_w == pytest.approx(before, rel=0.05)
    assert snapshot.real.last_1m == pytest.approx(snapshot.nominal, rel=0.15)


def test_a_power_target_is_followed_by_consumption_and_hashrate(rig):
    before = rig.snapshot
    assert rig.miner.performance.aim("power", 2400) == 2400
    assert rig.snapshot.tuner.state is TunerState.TUNING
    rig.run(600)
    after = rig.snapshot
    assert after.tuner.state is TunerState.STABLE
    assert after.consumption_w == pytest.approx(2400, rel=0.05)
    assert after.real.last_5m < 0.85 * before.real.last_5m
    assert after.efficiency_j_per_th < before.efficiency_j_per_th
    rig.miner.performance.aim("power", 3500)
    rig.run(600)
    assert rig.snapshot.consumption_w == pytest.approx(3500, rel=0.05)


@pytest.mark.parametrize("watts", [0, -1, 979, 8156])
def test_a_power_target_outside_the_limits_is_refused_and_changes_nothing(rig, watts):
    before = rig.miner.settings
    with pytest.raises(OutsideLimits, match="980 to 8155 W"):
        rig.miner.performance.aim("power", watts)
    assert rig.miner.settings == before
    assert rig.snapshot.tuner.power_target_w == 3500


def test_every_write_is_handed_over_to_be_saved(make_rig):
    rig = make_rig()
    rig.miner.performance.aim("power", 3000)
    rig.miner.pause(rig.now)
    rig.miner.set_pool_groups((PoolGroup("new", (PoolTarget("stratum+tcp://x:1", "u"),)),), rig.now)
    assert [each.power_target_w for each in rig.saved] == [3000, 3000, 3000]
    assert [each.paused for each in rig.saved] == [False, True, True]
    assert rig.saved[-1].pool_groups == rig.miner.pool_groups()
    assert rig.saved[-1] == rig.miner.settings


def test_pools_get_uids_that_no_other_pool_of_this_machine_ever_had(make_rig):
    rig = make_rig()
    seen = {rig.miner.pool_groups()[0].pools[0].uid}
    for _ in range(3):
        (group,) = rig.miner.set_pool_groups(
            (PoolGroup("g", (PoolTarget("stratum+tcp://x:1", "u"),)),), rig.now
        )
        assert group.pools[0].uid not in seen
        seen.add(group.pools[0].uid)


def test_a_pool_address_that_is_none_is_refused_and_the_old_pools_stay(rig):
    before = rig.miner.pool_groups()
    with pytest.raises(BadPool, match="http"):
        rig.miner.set_pool_groups((PoolGroup("g", (PoolTarget("http://x", "u"),)),), rig.now)
    assert rig.miner.pool_groups() == before


def test_other_pools_are_mined_at_after_they_are_set_and_totals_go_on(rig):
    rig.pool(2)
    accepted = rig.snapshot.pool_stats.accepted_shares
    rig.miner.set_pool_groups(
        (PoolGroup("g", (PoolTarget("stratum+tcp://127.0.0.1:2", "bob.rig"),)),), rig.now
    )
    rig.run(120)
    stats = rig.snapshot.pool_stats
    assert rig.pools[1].sessions == []
    assert rig.pools[2].credited_shares > 10
    assert stats.accepted_shares == accepted + rig.pools[2].credited_shares
    assert rig.snapshot.pool_groups[0].pools[0].stats.accepted_shares < stats.accepted_shares


def test_without_pools_a_miner_is_suspended_and_its_boards_are_off(make_rig):
    rig = make_rig(targets=())
    rig.run(60)
    assert rig.snapshot.status is MinerStatus.SUSPENDED
    assert rig.snapshot.consumption_w < 100


def test_dead_pools_suspend_a_miner_after_a_time_and_a_living_one_wakes_it(rig):
    rig.take_down(1)
    rig.run(30)
    assert rig.snapshot.status is MinerStatus.NORMAL
    assert rig.snapshot.real.last_5s == 0
    rig.run(40)
    assert rig.snapshot.status is MinerStatus.SUSPENDED
    rig.run(20)
    assert rig.snapshot.consumption_w < 100
    rig.pools[1].is_up = True
    rig.run(90)
    assert rig.snapshot.status is MinerStatus.NORMAL
    assert rig.snapshot.real.last_30s > 0


def test_status_changes_are_told_once_each_until_the_listener_leaves(rig):
    heard = []
    leave = rig.miner.standing.watch_status(heard.append)
    rig.miner.pause(rig.now)
    rig.run(5)
    rig.miner.resume(rig.now)
    leave()
    rig.miner.pause(rig.now)
    assert heard == [MinerStatus.PAUSED, MinerStatus.NORMAL]


def test_shares_found_for_work_that_a_new_block_made_worthless_count_as_stale(make_rig):
    rig = make_rig()
    pool = rig.pool(first_work=20)
    rig.run(20)
    rig.now += 20
    rig.miner.step(rig.now)
    scans = rig.device.pending_scans()
    rig.new_block()
    rig.device.scanned(execute_all(scans))
    rig.miner.harvest(rig.now)
    stats = rig.snapshot.pool_stats
    assert stats.stale_shares > 0
    assert stats.stale_work > 0
    rig.run(20)
    assert rig.snapshot.pool_stats.accepted_work == pool.credited_work * WORK_SCALE
    assert rig.snapshot.pool_stats.rejected_shares == 0


def test_an_oven_of_a_room_shuts_the_boards_down_before_they_burn(make_rig):
    rig = make_rig(ambient_c=60.0)
    rig.pool()
    hottest = 0.0
    for _ in range(60):
        rig.run(10)
        hottest = max(hottest, rig.snapshot.highest_chip_temp_c)
    assert hottest < 100
    assert rig.snapshot.fans[0].target_speed_ratio == 1.0
    assert rig.snapshot.status is MinerStatus.SUSPENDED


def test_the_newest_work_is_on_the_boards_before_the_next_step(rig):
    rig.new_block()
    rig.now += 0.5
    rig.device.step(rig.now)
    tip = rig.pools[1].book.latest.job.prev_hash_wire
    assert {scan.header[4:36] for scan in rig.device.pending_scans()} == {tip}
