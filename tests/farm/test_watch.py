"""What a farm shows of itself: figures for Prometheus, and its health."""

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from pithead.farm.admin import build_admin
from pithead.farm.desk import Desk
from pithead.farm.mishaps import FanStops, PowerCut
from pithead.farm.watch import FarmWatch
from pithead.metrics.families import EVERY
from pithead.miner.daemon import Machine
from tests.farm.test_fate import FatedRig


class Farm:
    def __init__(self, directory):
        self.rigs = {"one": FatedRig(120), "two": FatedRig(1)}
        desk = Desk({name: rig.fate for name, rig in self.rigs.items()}, lambda: self.now)
        machines = [Machine(name, rig.miner, rig.device) for name, rig in self.rigs.items()]
        watch = FarmWatch(machines, desk, lambda: [11, 12], directory, lambda: self.now)
        transport = httpx.ASGITransport(build_admin(desk, watch))
        self.client = httpx.AsyncClient(transport=transport, base_url="http://farm")

    @property
    def now(self):
        return max(rig.now for rig in self.rigs.values())

    async def figures(self):
        answer = await self.client.get("/metrics")
        assert answer.status_code == 200
        return {
            (sample.name, *sample.labels.values()): sample.value
            for family in text_string_to_metric_families(answer.text)
            for sample in family.samples
        }


@pytest.fixture
def farm(tmp_path):
    return Farm(tmp_path)


async def test_figures_are_those_of_the_machines(farm):
    figures = await farm.figures()
    seen = farm.rigs["one"].miner.snapshot(farm.now)
    assert figures["pithead_farm_machines",] == 2
    assert figures["pithead_farm_hashing_workers",] == 2
    assert figures["pithead_machine_power_watts", "one"] == seen.consumption_w > 0
    assert figures["pithead_machine_hashrate_hashes_per_second", "one"] == seen.real.last_5m
    assert figures["pithead_machine_chip_temperature_celsius", "one"] == seen.highest_chip_temp_c
    fan = seen.fans[0]
    assert figures["pithead_machine_fan_rpm", str(fan.position), "one"] == fan.rpm
    assert figures["pithead_machine_info", "one", seen.model.name, seen.status.name.lower()] == 1
    assert figures["pithead_machine_up", "one"] == 1


async def test_every_family_of_a_farm_is_shown(farm):
    names = {name for name, *_ in await farm.figures()}
    wanted = {
        family.name
        for family in EVERY
        if family.name.startswith(("pithead_farm_", "pithead_machine_"))
    }
    assert wanted <= names


async def test_a_fault_and_a_power_cut_are_seen(farm):
    farm.rigs["two"].suffer(FanStops(1), 5)
    farm.rigs["one"].suffer(PowerCut(), 5)
    figures = await farm.figures()
    assert figures["pithead_machine_faults", "two"] == 1
    assert (figures["pithead_machine_up", "one"], figures["pithead_machine_up", "two"]) == (0, 1)
    assert (await farm.client.get("/health/ready")).status_code == 200


async def test_a_farm_without_power_is_alive_and_not_ready(farm):
    for rig in farm.rigs.values():
        rig.suffer(PowerCut(), 5)
    answer = await farm.client.get("/health/ready")
    assert (answer.status_code, answer.json()["reasons"]) == (503, ["no machine is up"])
    assert (await farm.client.get("/health/live")).status_code == 200
