import pytest

AUTO = {
    "target_temperature": {"degree_c": 65.0},
    "hot_temperature": {"degree_c": 80.0},
    "dangerous_temperature": {"degree_c": 90.0},
    "min_fan_speed": 20,
    "max_fan_speed": 100,
    "minimum_required_fans": 1,
    "pause_mode": {"mode": {"auto": {}}},
}


async def configured(client):
    return (await client.get("/configuration/miner")).json()["temperature"]


async def test_the_state_has_each_fan_and_the_hottest_chip(bench, client):
    state = (await client.get("/cooling/state")).json()
    assert [fan["position"] for fan in state["fans"]] == [0, 1, 2, 3]
    for fan in state["fans"]:
        assert isinstance(fan["rpm"], int)
        assert 0 <= fan["target_speed_ratio"] <= 1
    boards = (await client.get("/miner/hw/hashboards")).json()["hashboards"]
    hottest = max(board["highest_chip_temp"]["temperature"]["degree_c"] for board in boards)
    assert state["highest_temperature"] == {
        "id": None,
        "location": 1,
        "temperature": {"degree_c": hottest},
    }


async def test_a_new_machine_is_in_auto_mode_with_its_defaults(client):
    assert await configured(client) == {"minimum_required_fans": 1, "mode": {"auto": AUTO}}


async def test_a_fixed_fan_speed_is_answered_kept_and_turned_at(bench, client):
    response = await client.put("/cooling/mode", json={"manual": {"fan_speed_ratio": 0.75}})
    assert response.status_code == 200
    manual = response.json()["manual"]
    assert manual["fan_speed_ratio"] == 0.75
    assert (await configured(client))["mode"] == {"manual": manual}
    assert bench.rig.saved[-1].cooling.fan_ratio == 0.75
    bench.rig.run(30)
    fans = (await client.get("/cooling/state")).json()["fans"]
    assert {fan["target_speed_ratio"] for fan in fans} == {0.75}
    assert all(fan["rpm"] == pytest.approx(6400 * 0.7975, rel=0.04) for fan in fans)


async def test_the_same_mode_is_changed_in_part_and_another_begins_anew(client):
    await client.put("/cooling/mode", json={"auto": {"min_fan_speed": 30}})
    response = await client.put(
        "/cooling/mode", json={"auto": {"hot_temperature": {"degree_c": 85}}}
    )
    assert response.json() == {
        "auto": {**AUTO, "min_fan_speed": 30, "hot_temperature": {"degree_c": 85.0}}
    }
    for mode in ("immersion", "hydro"):
        response = await client.put("/cooling/mode", json={mode: {}})
        assert set(response.json()) == {mode}
        assert set(response.json()[mode]) == {
            "target_temperature",
            "hot_temperature",
            "dangerous_temperature",
        }
        assert (await configured(client))["mode"] == response.json()
    response = await client.put("/cooling/mode", json={"auto": {}})
    assert response.json() == {"auto": AUTO}


async def test_fans_of_a_pause_can_be_set(bench, client):
    manual = {"pause_cooldown_fan_speed_ratio": 0.4, "fan_pause_runtime": 2}
    body = {"auto": {"pause_mode": {"mode": {"manual": manual}}}}
    response = await client.put("/cooling/mode", json=body)
    assert response.json()["auto"]["pause_mode"] == {"mode": {"manual": manual}}
    await client.put("/actions/pause")
    bench.rig.run(300, step=1)
    fans = (await client.get("/cooling/state")).json()["fans"]
    assert {fan["target_speed_ratio"] for fan in fans} == {0.4}


async def test_another_target_temperature_is_what_the_chips_come_to(bench, client):
    await client.put("/cooling/mode", json={"auto": {"target_temperature": {"degree_c": 60}}})
    bench.rig.run(1200, step=1)
    state = (await client.get("/cooling/state")).json()
    assert state["highest_temperature"]["temperature"]["degree_c"] == pytest.approx(60, abs=1.5)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"auto": {"target_temperature": {"degree_c": 95}}}, 412),
        ({"auto": {"dangerous_temperature": {"degree_c": 201}}}, 412),
        ({"auto": {"min_fan_speed": 100}}, 412),
        ({"auto": {"max_fan_speed": 101}}, 412),
        ({"auto": {"minimum_required_fans": 5}}, 412),
        ({"manual": {"fan_speed_ratio": 1.1}}, 412),
        ({"manual": {"fan_speed_ratio": -0.1}}, 412),
        ({"auto": {"min_fan_speed": -1}}, 422),
        ({"manual": {"fan_speed_ratio": "full"}}, 422),
        ({"auto": {}, "hydro": {}}, 422),
        ({"frozen": {}}, 422),
        ({}, 422),
    ],
)
async def test_a_mode_that_cannot_be_is_refused_and_changes_nothing(bench, client, body, status):
    response = await client.put("/cooling/mode", json=body)
    assert response.status_code == status, response.text
    assert bench.rig.saved == []
