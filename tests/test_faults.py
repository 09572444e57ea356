"""A small real farm from a scenario: faults by plan and over the admin API, seen from outside."""

import httpx
import pytest

from tests.farming import running_farm, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

SCENARIO = """
seed = "small"

[ambient]
day = { "00:00" = 21.0 }

[[machines]]
name = "rig"
model = "Antminer S19j Pro"
count = 2
user = "carol"

[[faults]]
machines = "rig-1"
at = "00:00:30"
kind = "chips_fail"
board = 2
chips = 5
"""


class Outside:
    """What a script does with a farm: nothing but HTTP."""

    def __init__(self, farm, client):
        self.farm = farm
        self.client = client
        self.admin = f"http://{farm.machines.admin}"
        self.rests = [f"http://{farm.machines.rest_of(place)}" for place in farm.machines.places]

    async def see(self, number, path):
        login = {"username": "root", "password": ""}
        answer = await self.client.post(f"{self.rests[number]}/api/v1/auth/login", json=login)
        headers = {"authorization": answer.json()["token"]}
        answer = await self.client.get(f"{self.rests[number]}/api/v1/{path}", headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def codes(self, number):
        errors = (await self.see(number, "miner/errors"))["errors"]
        return [code["code"] for error in errors for code in error["error_codes"]]

    async def call_down(self, name, fault, **options):
        body = {"fault": fault, **options}
        answer = await self.client.post(f"{self.admin}/machines/{name}/faults", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    async def clear(self, name):
        answer = await self.client.delete(f"{self.admin}/machines/{name}/faults")
        assert answer.status_code == 204

    async def reaches(self, number):
        try:
            await self.client.get(f"{self.rests[number]}/api/v1/version")
        except httpx.TransportError:
            return False
        return True

    async def until(self, condition):
        while not await condition():
            await until_next_tick(self.farm)


async def until_next_tick(farm):
    seen = farm.clock.now()
    await until(lambda: farm.clock.now() > seen + 1)


@pytest.fixture
async def outside(tmp_path):
    file = tmp_path / "scenario.toml"
    file.write_text(SCENARIO)
    options = {"farm__scenario": str(file), "farm__speed": 60.0}
    async with running_farm(tmp_path / "farm", **options) as farm, httpx.AsyncClient() as client:
        yield Outside(farm, client)


async def test_the_machines_of_a_scenario_mine_and_suffer_what_is_planned(outside):
    farm = outside.farm
    described = (await outside.client.get(f"{outside.admin}/machines")).json()
    assert [machine["name"] for machine in described] == ["rig-0", "rig-1"]
    assert f'"admin": "{outside.admin}"' in farm.file.read_text()
    assert '"username": "carol"' in farm.file.read_text()

    async def is_told():
        return "H3" in await outside.codes(1)

    await outside.until(is_told)
    boards = (await outside.see(1, "miner/hw/hashboards"))["hashboards"]
    assert [board["chips_count"] for board in boards] == [126, 121, 126]
    assert "H3" not in await outside.codes(0)
    await until(lambda: farm.pool.bookkeeper.workers("carol", farm.clock.now()))
    await outside.clear("rig-1")
    await until_next_tick(farm)
    boards = (await outside.see(1, "miner/hw/hashboards"))["hashboards"]
    assert boards[1]["chips_count"] == 126


async def test_a_fault_called_down_is_seen_in_the_api_of_the_machine_and_cleared(outside):
    await outside.call_down("rig-0", {"kind": "fan_stops", "fan": 1}, for_seconds=600)

    async def is_told():
        return "F1" in await outside.codes(0)

    await outside.until(is_told)
    fans = (await outside.see(0, "cooling/state"))["fans"]
    assert [fan["rpm"] == 0 for fan in fans] == [False, True, False, False]

    async def turns():
        return all(fan["rpm"] for fan in (await outside.see(0, "cooling/state"))["fans"])

    await outside.until(turns)
    assert (await outside.client.get(f"{outside.admin}/machines/rig-0/faults")).json() == []


@pytest.mark.parametrize("kind", ["power_cut", "network_cut"])
async def test_a_dark_machine_and_one_without_network_are_out_of_reach_until_it_is_over(
    outside, kind
):
    assert await outside.reaches(0)
    await outside.call_down("rig-0", {"kind": kind})

    async def is_gone():
        return not await outside.reaches(0)

    await outside.until(is_gone)
    assert await outside.reaches(1)
    seen = (await outside.client.get(f"{outside.admin}/machines/rig-0")).json()
    assert (seen["is_up"], seen["is_reachable"]) == (kind != "power_cut", kind != "network_cut")
    await outside.clear("rig-0")

    async def is_back():
        return await outside.reaches(0)

    await outside.until(is_back)
    assert ("V1" in await outside.codes(0)) == (kind == "power_cut")


async def test_a_cut_pool_suspends_the_machine_and_a_bad_fault_is_refused(outside):
    await outside.call_down("rig-0", {"kind": "pool_cut"})

    async def is_deserted():
        return "P1" in await outside.codes(0)

    await outside.until(is_deserted)
    answer = await outside.client.post(
        f"{outside.admin}/machines/rig-0/faults", json={"fault": {"kind": "board_dies", "board": 9}}
    )
    assert (answer.status_code, answer.text) == (
        422,
        "Antminer S19j Pro has boards 1 to 3, and no board 9",
    )
    await outside.clear("rig-0")

    async def is_mining():
        return (await outside.see(0, "miner/details"))["status"] == 2

    await outside.until(is_mining)
