"""Cooling, boards, and the targets that have paths of their own."""

import pytest


async def test_the_cooling_state_has_a_fan_for_each_there_is_and_the_hottest_chip(bench, client):
    bench.rig.run(60)
    state = (await client.get("/cooling/state")).json()
    assert [fan["position"] for fan in state["fans"]] == [0, 1, 2, 3]
    assert all(isinstance(fan["rpm"], int) and fan["rpm"] > 0 for fan in state["fans"])
    assert state["highest_temperature"]["temperature"]["degree_c"] > 25


async def test_a_cooling_mode_is_kept_and_shown_in_the_configuration(client):
    wanted = {"manual": {"fan_speed_ratio": 0.7}}
    response = await client.put("/cooling/mode", json=wanted)
    assert response.status_code == 200
    assert response.json()["manual"]["fan_speed_ratio"] == 0.7
    kept = (await client.get("/configuration/miner")).json()["temperature"]["mode"]
    assert kept["manual"]["fan_speed_ratio"] == 0.7
    assert (await client.put("/cooling/mode", json={"wind": {}})).status_code == 422


async def test_a_board_that_is_switched_off_is_off_in_every_read_and_comes_back(bench, client):
    change = {"enable": False, "hashboard_ids": ["2"]}
    response = await client.patch("/miner/hw/hashboards", json=change)
    if response.status_code == 412:  # boards without a voltage controller of their own
        assert "1" in [
            b["id"] for b in (await client.get("/miner/hw/hashboards")).json()["hashboards"]
        ]
        return
    assert response.json()["hashboards"] == [{"id": "2", "is_enabled": False}]
    bench.rig.run(5)
    boards = (await client.get("/miner/hw/hashboards")).json()["hashboards"]
    assert [board["enabled"] for board in boards] == [True, False, True]
    back = {"enable": True, "hashboard_ids": ["2"]}
    assert (await client.patch("/miner/hw/hashboards", json=back)).status_code == 200


async def test_default_targets_are_those_of_the_constraints_and_steps_are_relative(client):
    limits = (await client.get("/configuration/constraints")).json()["tuner_constraints"]
    power = limits["power_target"]["default"]
    assert (await client.put("/performance/power-target/default")).json() == power
    more = await client.patch("/performance/power-target/increment", json={"watt": 100})
    assert more.json() == {"watt": power["watt"] + 100}
    rate = (await client.put("/performance/hashrate-target/default")).json()
    expected = limits["hashrate_target"]["default"]["terahash_per_second"]
    assert rate["terahash_per_second"] == pytest.approx(expected)
