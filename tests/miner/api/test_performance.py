import re

import pytest


async def test_a_power_target_is_echoed_kept_and_followed(bench, client):
    response = await client.put("/performance/power-target", json={"watt": 2500})
    assert (response.status_code, response.json()) == (200, {"watt": 2500})
    assert bench.rig.saved[-1].power_target_w == 2500
    bench.rig.run(400)
    stats = (await client.get("/miner/stats")).json()
    watts = stats["power_stats"]["approximated_consumption"]["watt"]
    assert isinstance(watts, int)
    assert watts == pytest.approx(2500, rel=0.06)


async def test_what_an_older_client_sends_besides_is_ignored(client):
    body = {"watt": 2600, "save_action": 2}
    response = await client.put("/performance/power-target", json=body)
    assert response.json() == {"watt": 2600}


@pytest.mark.parametrize("watts", [0, 1, 9_000, 2**32, 2**62])
async def test_a_target_outside_the_limits_is_412_and_says_the_limits(bench, client, watts):
    limits = bench.rig.miner.snapshot(bench.rig.now).tuner.power_limits_w
    before = (await client.get("/miner/stats")).json()
    response = await client.put("/performance/power-target", json={"watt": watts})
    assert response.status_code == 412
    assert str(limits.minimum) in response.text
    assert str(limits.maximum) in response.text
    assert re.fullmatch(r"[^\n]+\n", response.text)
    assert bench.rig.saved == []
    assert (await client.get("/miner/stats")).json() == before


async def test_the_limits_themselves_are_inside(bench, client):
    limits = bench.rig.miner.snapshot(bench.rig.now).tuner.power_limits_w
    for watts in (limits.minimum, limits.maximum):
        response = await client.put("/performance/power-target", json={"watt": watts})
        assert response.json() == {"watt": watts}


@pytest.mark.parametrize("body", [{}, {"watt": "3000"}, {"watt": 3000.5}, {"watt": -1}, 3000, None])
async def test_a_body_that_is_no_power_is_422(bench, client, body):
    response = await client.put("/performance/power-target", json=body)
    assert response.status_code in (400, 422)
    assert bench.rig.saved == []
