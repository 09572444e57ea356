"""Fail-over and reconnects of a miner whose pools come and go, in virtual time."""

import itertools
import json

import pytest

from pithead.bitcoin.target import expected_hashes
from pithead.hardware.scanning import execute_all
from pithead.miner.configuration import FixedShareRatio, PoolGroup, PoolTarget, Quota
from pithead.miner.upstreams import Upstreams

TWO_POOLS = (("stratum+tcp://127.0.0.1:1", "a.rig"), ("stratum+tcp://127.0.0.1:2", "b.rig"))


@pytest.fixture
def rig(make_rig):
    rig = make_rig(targets=TWO_POOLS)
    rig.pool(1)
    rig.pool(2)
    rig.run(60)
    return rig


def pools(rig):
    return rig.snapshot.pool_groups[0].pools


def test_the_first_pool_that_lives_gets_all_work_and_the_others_stand_by(rig):
    first, second = pools(rig)
    assert (first.alive, first.active) == (True, True)
    assert (second.alive, second.active) == (True, False)
    assert rig.pools[1].credited_shares > 5
    assert rig.pools[2].credited_shares == 0
    assert second.stats.last_difficulty > 0
    assert second.stats.last_share_time is None


def test_when_the_first_pool_dies_the_second_is_mined_at_at_once(rig):
    rig.take_down(1)
    rig.run(1)
    first, second = pools(rig)
    assert (first.alive, first.active, second.active) == (False, False, True)
    assert first.problem is not None
    rig.run(60)
    assert rig.pools[2].credited_shares > 5
    assert rig.snapshot.pool_stats.accepted_work == 10**12 * (
        rig.pools[1].credited_work + rig.pools[2].credited_work
    )


def test_when_the_first_pool_lives_again_it_is_mined_at_again(rig):
    rig.take_down(1)
    rig.run(120)
    rig.pools[1].is_up = True
    rig.run(40)
    first, second = pools(rig)
    assert (first.active, second.active) == (True, False)
    assert first.problem is None
    before = rig.pools[2].credited_shares
    rig.run(60)
    assert rig.pools[2].credited_shares == before


def test_the_counts_of_each_pool_are_its_own(rig):
    rig.take_down(1)
    rig.run(60)
    first, second = pools(rig)
    assert first.stats.accepted_work == rig.pools[1].credited_work * 10**12 > 0
    assert second.stats.accepted_work == rig.pools[2].credited_work * 10**12 > 0


def test_attempts_to_connect_grow_rare_but_never_rarer_than_every_half_minute(make_rig):
    rig = make_rig()
    rig.pool()
    rig.run(10)
    rig.take_down(1)
    attempts = []
    upstream = rig.miner.links(rig.now + 1000)[0]
    lost = upstream.lost
    upstream.lost = lambda reason, now: (attempts.append(now), lost(reason, now))
    rig.run(300)
    gaps = [later - earlier for earlier, later in itertools.pairwise(attempts)]
    assert gaps[0] < 3
    assert gaps[-1] == pytest.approx(15, abs=1)  # half a minute times (1 + jitter) / 2
    assert len(attempts) < 30


def test_a_user_the_pool_refuses_is_told_and_the_next_pool_is_mined_at(make_rig):
    rig = make_rig(targets=(("127.0.0.1:1", "stranger"), ("127.0.0.1:2", "b.rig")))
    rig.pool(1)
    rig.pool(2)
    rig.run(120)
    first, second = pools(rig)
    assert not first.alive
    assert "refused" in first.problem
    assert second.active


def test_a_disabled_pool_is_passed_over_and_not_connected(make_rig):
    rig = make_rig()
    rig.pool(1)
    rig.pool(2)
    rig.miner.set_pool_groups(
        (
            PoolGroup(
                "g",
                (
                    PoolTarget("127.0.0.1:1", "a", enabled=False),
                    PoolTarget("127.0.0.1:2", "b"),
                ),
            ),
        ),
        rig.now,
    )
    rig.run(60)
    assert rig.pools[1].sessions == []
    assert pools(rig)[1].active


def test_a_scheme_without_support_is_kept_shown_and_explained(make_rig):
    rig = make_rig(targets=(("stratum2+tcp://127.0.0.1:1", "a"), ("127.0.0.1:2", "b")))
    rig.pool(2)
    rig.run(30)
    first, second = pools(rig)
    assert first.url == "stratum2+tcp://127.0.0.1:1"
    assert "not supported" in first.problem
    assert second.active
    assert [fault.message for fault in rig.miner.faults.all()] == [
        "{ERR:P2} stratum2+tcp://127.0.0.1:1 is not mined at: its scheme is not supported yet"
    ]


def test_all_groups_are_kept_as_set_and_those_without_an_enabled_pool_get_no_work(make_rig):
    rig = make_rig()
    rig.pool(2)
    groups = (
        PoolGroup("idle", (PoolTarget("127.0.0.1:1", "a", enabled=False),), Quota(2)),
        PoolGroup("works", (PoolTarget("127.0.0.1:2", "b", "secret"),), FixedShareRatio(0.5)),
    )
    rig.miner.set_pool_groups(groups, rig.now)
    rig.run(60)
    idle, works = rig.snapshot.pool_groups
    assert (idle.name, idle.strategy, works.strategy) == ("idle", Quota(2), FixedShareRatio(0.5))
    assert works.pools[0].active
    assert works.pools[0].password == "secret"


def test_a_pool_that_goes_silent_is_given_up(rig):
    upstream = rig.miner.links(rig.now)[0]
    upstream.tick(rig.now, rig.now + 10_000)
    assert upstream.is_over
    assert not upstream.wants_link(rig.now)


def test_a_pool_that_asks_to_connect_again_is_left_for_the_time_it_names(rig):
    upstream = rig.miner.links(rig.now)[0]
    line = b'{"id":null,"method":"client.reconnect","params":["evil.example",1,20]}\n'
    upstream.received(line, rig.now, rig.now)
    assert upstream.is_over
    rig.run(15)
    assert pools(rig)[0].alive is False
    rig.run(30)
    assert pools(rig)[0].active
    assert upstream.address.host == "127.0.0.1"


@pytest.mark.parametrize(
    "garbage", [b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 100 + b"\n", b"x" * 70_000]
)
def test_what_is_not_stratum_ends_the_connection_and_not_the_miner(rig, garbage):
    upstream = rig.miner.links(rig.now)[0]
    upstream.received(garbage, rig.now, rig.now)
    assert upstream.is_over
    rig.run(60)
    assert pools(rig)[0].active


@pytest.mark.parametrize(("code", "fate"), [(23, "rejected"), (22, "rejected"), (21, "stale")])
def test_shares_the_pool_refuses_count_as_rejected_and_those_too_late_as_stale(rig, code, fate):
    upstream = rig.miner.links(rig.now)[0]
    before = upstream.tally.stats(1)
    rig.now += 20
    rig.miner.step(rig.now)
    rig.device.scanned(execute_all(rig.device.pending_scans()))
    rig.miner.harvest(rig.now)
    asked = [json.loads(line) for line in upstream.outgoing().splitlines()]
    assert asked
    for request in asked:
        answer = {"id": request["id"], "result": None, "error": [code, "no", None]}
        upstream.received(json.dumps(answer).encode() + b"\n", rig.now, rig.now)
    after = upstream.tally.stats(1)
    refused = {name: getattr(after, f"{name}_shares") for name in ("rejected", "stale")}
    assert refused == {"rejected": 0, "stale": 0} | {fate: len(asked)}
    work = upstream.work.share_target
    assert getattr(after, f"{fate}_work") == len(asked) * expected_hashes(work)
    assert after.accepted_shares == before.accepted_shares


def test_without_groups_there_is_nobody_to_mine_at():
    upstreams = Upstreams(1, 0.0)
    assert not upstreams.has_pools
    assert upstreams.active() is None
    assert upstreams.links(0.0) == []
