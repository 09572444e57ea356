"""Machines of a farm whose pool has moved, as their operator finds them."""

import pytest

from pithead.cli.config import Config
from pithead.cli.farmside import ApiPlans, Machines
from pithead.cli.machines import plan_farm
from pithead.farm.clock import FarmClock
from pithead.miner.configuration import PoolGroup, PoolTarget
from pithead.miner.system import SHUTDOWN_SECONDS, boot_seconds
from pithead.miner.upkeep import Upkeep

OLD, NEW = "stratum+tcp://127.0.0.1:3333", "stratum+tcp://127.0.0.1:4444"
ELSEWHERE = "stratum+tcp://elsewhere.example:3333"


@pytest.fixture
def start(tmp_path):
    """The machines of one life of a farm; what they keep is in files."""

    def begin(pool_url):
        places = plan_farm(2, ["Antminer S21"], ["alice"], "127.0.1.1", pool_url)
        clock = FarmClock(1_700_000_000.0, 1, lambda: 0.0)
        plans = ApiPlans.of(Config().farm, "farm")
        return Machines(places, tmp_path, clock, lambda: 0.0, 10**12, plans)

    return begin


async def end(machines):
    for machine in machines.machines:
        machine.keeper.keep(machine.miner.saved)
        await machine.keeper.settled()


def urls(machine):
    return [pool.url for group in machine.miner.pool_groups() for pool in group.pools]


async def test_the_address_of_the_farms_pool_is_moved_and_no_other(start):
    first = start(OLD)
    groups = (
        PoolGroup("a", (PoolTarget("127.0.0.1:3333", "a.0"), PoolTarget(ELSEWHERE, "b"))),
        PoolGroup("b", (PoolTarget(OLD, "c"),)),
    )
    first.machines[1].miner.set_pool_groups(groups, 0.0)
    await end(first)
    second = start(NEW)
    assert urls(second.machines[0]) == [OLD]
    second.move_pool(OLD, NEW, 0.0)
    await end(second)
    third = start(NEW)
    assert urls(third.machines[0]) == [NEW]
    assert urls(third.machines[1]) == [NEW, ELSEWHERE, NEW]


async def test_a_factory_reset_leads_to_the_present_pool_of_the_farm(start):
    first = start(OLD)
    away = (PoolGroup("away", (PoolTarget(ELSEWHERE, "b"),)),)
    first.machines[0].miner.set_pool_groups(away, 0.0)
    await end(first)
    second = start(NEW)
    second.move_pool(OLD, NEW, 0.0)
    machine, around = second.machines[0], second._housed[0].surroundings
    assert urls(machine) == [ELSEWHERE]
    now = 1_700_000_000.0
    Upkeep(machine.miner, around.defaults).factory_reset(False, now)
    up_at = now + SHUTDOWN_SECONDS + boot_seconds(machine.miner.model)
    for moment in (now + SHUTDOWN_SECONDS, up_at):
        machine.miner.step(moment)
    (group,) = machine.miner.pool_groups()
    assert [(pool.url, pool.user) for pool in group.pools] == [(NEW, "alice.miner-0")]
    assert {upstream.target.url for upstream in machine.miner.links(up_at)} == {NEW}
    await end(second)
    assert urls(start(NEW).machines[0]) == [NEW]
