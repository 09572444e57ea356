"""What pools of several groups are credited by one machine, in virtual time."""

import pytest

from pithead.miner.condition import MinerStatus
from pithead.miner.configuration import FixedShareRatio, PoolGroup, PoolTarget, Quota


def target(port):
    return PoolTarget(f"stratum+tcp://127.0.0.1:{port}", f"user{port}.rig")


def mine(rig, *strategies, backups=0):
    """One group for each strategy; group n mines at port n, with backups at 10 n + 1 and on."""
    groups = []
    for number, strategy in enumerate(strategies, 1):
        ports = [number, *(10 * number + backup for backup in range(1, backups + 1))]
        for port in ports:
            rig.pool(port, first_work=100)
        groups.append(PoolGroup(f"g{number}", tuple(map(target, ports)), strategy))
    rig.miner.set_pool_groups(tuple(groups), rig.now)
    rig.run(120)


def fractions(rig, seconds, ports):
    """The parts of the credited work that each port got in so many seconds."""
    before = {port: rig.pools[port].credited_work for port in ports}
    rig.run(seconds)
    got = {port: rig.pools[port].credited_work - before[port] for port in ports}
    return {port: work / sum(got.values()) for port, work in got.items()}


def hashed(rig, seconds):
    """The parts of all hashes really computed in so many seconds, by user."""
    device, counts, current = rig.device, {}, [rig.device._work]
    assign, pending = device.assign, device.pending_scans

    def watched_assign(work):
        current[0] = work
        assign(work)

    def watched_pending():
        scans = pending()
        owner = rig.miner._feed._owners[current[0]].target.user if current[0] else None
        counts[owner] = counts.get(owner, 0) + sum(scan.length for scan in scans)
        return scans

    device.assign, device.pending_scans = watched_assign, watched_pending
    rig.run(seconds)
    device.assign, device.pending_scans = assign, pending
    return {user: count / sum(counts.values()) for user, count in counts.items() if count}


def active(rig):
    return [[pool.active for pool in group.pools] for group in rig.snapshot.pool_groups]


SHARES = [
    ((Quota(1), Quota(2), Quota(1)), (0.25, 0.5, 0.25)),
    ((FixedShareRatio(0.3), Quota(1), Quota(3)), (0.3, 0.175, 0.525)),
    ((FixedShareRatio(0.9), FixedShareRatio(0.1)), (0.9, 0.1)),
]


@pytest.mark.parametrize(("strategies", "expected"), SHARES)
def test_the_hashes_of_each_group_are_its_part(make_rig, strategies, expected):
    rig = make_rig()
    mine(rig, *strategies)
    users = [f"user{number}.rig" for number in range(1, len(strategies) + 1)]
    got = hashed(rig, 600)
    assert got == pytest.approx(dict(zip(users, expected, strict=True)), abs=0.005)
    assert active(rig) == [[True]] * len(strategies)


@pytest.mark.slow
@pytest.mark.parametrize(("strategies", "expected"), SHARES)
def test_the_work_pools_credit_is_within_two_percent_of_the_parts(make_rig, strategies, expected):
    rig = make_rig()
    mine(rig, *strategies)
    ports = range(1, len(strategies) + 1)
    got = fractions(rig, 4 * 3600, ports)
    assert got == pytest.approx(dict(zip(ports, expected, strict=True)), abs=0.02)
    for group, port in zip(rig.snapshot.pool_groups, ports, strict=True):
        (pool,) = group.pools
        assert pool.stats.accepted_shares == rig.pools[port].credited_shares
        assert pool.stats.accepted_work == rig.pools[port].credited_work * 10**12
        assert pool.stats.rejected_shares == 0
        assert pool.stats.generated_work > 0
        assert pool.stats.best_share >= pool.stats.last_difficulty
        assert rig.now - pool.stats.last_share_time < 300


def test_turns_change_nothing_about_the_speed_of_the_machine(make_rig):
    rates = []
    for strategies in ((Quota(1),), (Quota(1), Quota(1), Quota(1))):
        rig = make_rig()
        mine(rig, *strategies)
        before = rig.hashes
        rig.run(300)
        rates.append(rig.hashes - before)
    assert rates[1] == pytest.approx(rates[0], rel=0.01)


def test_each_group_fails_over_by_itself_and_back_to_its_first_pool(make_rig):
    rig = make_rig()
    mine(rig, Quota(1), Quota(1), backups=1)
    assert active(rig) == [[True, False], [True, False]]
    rig.take_down(1)
    rig.run(1)
    assert active(rig) == [[False, True], [True, False]]
    assert hashed(rig, 200) == pytest.approx({"user11.rig": 0.5, "user2.rig": 0.5}, abs=0.01)
    rig.pools[1].is_up = True
    rig.run(40)
    assert active(rig) == [[True, False], [True, False]]
    assert hashed(rig, 200) == pytest.approx({"user1.rig": 0.5, "user2.rig": 0.5}, abs=0.01)


def test_the_part_of_a_group_without_a_living_pool_goes_to_the_others(make_rig):
    rig = make_rig()
    mine(rig, FixedShareRatio(0.5), Quota(1), Quota(3))
    rig.take_down(1)
    assert hashed(rig, 200) == pytest.approx({"user2.rig": 0.25, "user3.rig": 0.75}, abs=0.01)
    assert active(rig) == [[False], [True], [True]]
    rig.take_down(3)
    assert hashed(rig, 60) == {"user2.rig": 1.0}
    rig.pools[1].is_up = rig.pools[3].is_up = True
    rig.run(40)
    assert hashed(rig, 200) == pytest.approx(
        {"user1.rig": 0.5, "user2.rig": 0.125, "user3.rig": 0.375}, abs=0.01
    )


def test_the_machine_is_suspended_when_all_pools_of_all_groups_are_dead(make_rig):
    rig = make_rig()
    mine(rig, Quota(1), Quota(1), backups=1)
    for port in (1, 11, 2):
        rig.take_down(port)
    rig.run(120)
    assert rig.miner.status is MinerStatus.NORMAL
    assert hashed(rig, 60) == {"user21.rig": 1.0}
    rig.take_down(21)
    rig.run(120)
    assert rig.miner.status is MinerStatus.SUSPENDED
    assert active(rig) == [[False, False], [False, False]]
    rig.pools[2].is_up = True
    rig.run(120)
    assert rig.miner.status is MinerStatus.NORMAL
    assert active(rig) == [[False, False], [True, False]]


def test_a_group_that_is_added_leaves_the_connections_of_the_others_alone(make_rig):
    rig = make_rig()
    mine(rig, Quota(1))
    (first,) = rig.wires
    earned = rig.snapshot.pool_groups[0].pools[0].stats.accepted_shares
    rig.pool(2)
    rig.miner.set_pool_groups((*rig.miner.pool_groups(), PoolGroup("new", (target(2),))), rig.now)
    rig.run(30)
    assert first in rig.wires
    assert len(rig.wires) == 2
    assert rig.snapshot.pool_groups[0].pools[0].stats.accepted_shares >= earned > 0


def test_shares_of_a_turn_that_is_over_are_credited_to_the_pool_of_their_work(make_rig):
    rig = make_rig()
    mine(rig, Quota(1), Quota(1))
    rig.run(300)
    for group, port in zip(rig.snapshot.pool_groups, (1, 2), strict=True):
        (pool,) = group.pools
        assert pool.stats.stale_shares == pool.stats.rejected_shares == 0
        assert pool.stats.accepted_shares == rig.pools[port].credited_shares > 20
