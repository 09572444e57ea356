"""A farm of simulated machines is kept within a budget, through its own API and sockets."""

import asyncio
import time

import pytest

from pithead.bos.tuning import (
    HashrateTargetMode,
    ManualPerformanceMode,
    PerformanceModeMode,
    PowerTargetMode,
    TunerPerformanceMode,
    TunerPerformanceModeTarget,
)  # fmt: skip
from pithead.bos.units import Power
from pithead.fleet.client import MachineClient, shared_http
from pithead.fleet.following import Follower, Rules
from pithead.fleet.ranges import place_of
from pithead.fleet.steering import Steered, Steering, power_target
from tests.farming import running_farm
from tests.served_machines import serving


def steering(clients, rules, **arguments):
    machines = [Steered(f"m{number}", client) for number, client in enumerate(clients)]
    return machines, Steering(
        machines, Follower(rules), arguments.get("up_to", "former"), at_once=8
    )


async def within(steering, budget, reached, seconds=100.0):
    """Rounds until something is so; the last one."""
    deadline = time.monotonic() + seconds
    while True:
        came = await steering.round(budget, time.monotonic())
        if reached(came):
            return came
        assert time.monotonic() < deadline, came
        await asyncio.sleep(0.3)


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_farm_follows_its_budget_down_and_up_and_is_put_back(tmp_path):
    async with (
        running_farm(tmp_path, farm__miners=4, farm__speed=20.0) as farm,
        shared_http() as http,
    ):
        places = [place_of(farm.machines.rest_of(place)) for place in farm.machines.places]
        machines, steered = steering(
            [MachineClient(place, http=http) for place in places], Rules(change_seconds=2.0)
        )
        full = await within(steered, None, lambda came: came.drawn_w > 8_000)
        assert not full.failures
        ceilings = sum(machine.sight.ceiling_w for machine in machines)
        former = [await machine.client.get("/performance/mode") for machine in machines]

        low = ceilings * 0.4
        came = await within(steered, low, lambda came: came.drawn_w <= low)
        assert came.decision.planned_w <= low
        sights = sorted((each.sight for each in machines), key=lambda each: each.efficiency_j_th)
        assert not sights[0].is_paused
        for _ in range(10):
            came = await steered.round(low, time.monotonic())
            assert came.drawn_w <= low
            await asyncio.sleep(0.3)

        high = ceilings * 0.8
        came = await within(steered, high, lambda came: came.drawn_w > low * 1.3)
        assert came.drawn_w <= high * 1.03

        assert await steered.restore() == []
        now = [await machine.client.get("/performance/mode") for machine in machines]
        assert now == former
        statuses = [(await machine.client.details()).status.name for machine in machines]
        assert statuses == ["NORMAL"] * 4


@pytest.fixture
def served(tmp_path):
    with serving(tmp_path) as machines:
        yield machines


async def test_a_machine_that_goes_away_is_counted_and_one_that_comes_back_is_steered(served):
    one, other = served.start(120), served.start(120)
    async with shared_http() as http:
        clients = [MachineClient(each.place, http=http) for each in (one, other)]
        _, steered = steering(clients, Rules(margin=0.0))
        await steered.round(None, 0.0)
        served.stop(other)
        came = await steered.round(6000, 10.0)
        drawn = other.rig.snapshot.consumption_w
        assert came.decision.limits == (f"m1 is away, and counted at {max(drawn, 3500)} W",)
        assert any("cannot be reached" in each for each in came.failures)
        assert [change.name for change in came.decision.changes] == ["m0"]
        assert came.decision.planned_w <= 6000


async def test_a_machine_that_lets_nobody_in_any_more_is_told_and_counted(served):
    one = served.start(120)
    async with MachineClient(one.place) as client:
        machines, steered = steering([client], Rules(), up_to="max")
        came = await steered.round(None, 0.0)
        assert machines[0].sight.ceiling_w == 8155
        assert str(came.decision.changes[0]) == "target 8155 W"
        await client.put("/auth/password", {"password": "secret"})
        came = await steered.round(2000, 1.0)
    assert "401" in came.failures[0]
    assert came.decision.changes == ()
    assert not came.decision.is_feasible


async def test_a_restored_machine_is_paused_again_if_it_was(served):
    one = served.start(120)
    async with MachineClient(one.place) as client:
        await client.put("/performance/power-target", Power(watt=3000))
        await client.put("/actions/pause")
        served.run(one, 30)
        _, steered = steering([client], Rules(margin=0.0))
        came = await steered.round(2000, 0.0)
        assert [str(change) for change in came.decision.changes] == ["resume at 2000 W"]
        assert (await client.details()).status.name == "NORMAL"
        assert await steered.restore() == []
        assert (await client.details()).status.name == "PAUSED"
        mode = await client.get("/performance/mode")
    assert mode["tunermode"]["target"]["powertarget"]["power_target"] == {"watt": 3000}


def test_only_a_power_target_is_one():
    watts = PowerTargetMode(power_target=Power(watt=3000))
    tuned = TunerPerformanceModeTarget(powertarget=watts)
    rate = TunerPerformanceModeTarget(hashratetarget=HashrateTargetMode())
    modes = [
        PerformanceModeMode(tunermode=TunerPerformanceMode(target=tuned)),
        PerformanceModeMode(tunermode=TunerPerformanceMode(target=rate)),
        PerformanceModeMode(tunermode=TunerPerformanceMode()),
        PerformanceModeMode(manualmode=ManualPerformanceMode(hashboards=())),
    ]
    assert [power_target(mode) for mode in modes] == [3000, None, None, None]
