import pytest

from pithead.hardware.models import MODELS


async def test_constraints_have_a_default_within_every_pair_of_limits(client):
    constraints = (await client.get("/configuration/constraints")).json()
    pairs = list(limits_in(constraints))
    assert len(pairs) > 15
    for where, least, default, most in pairs:
        assert least <= default <= most, where


def limits_in(value, where=""):
    if isinstance(value, dict):
        if {"default", "min", "max"} <= set(value):
            numbers = [value["min"], value["default"], value["max"]]
            if isinstance(numbers[0], dict):
                numbers = [next(iter(each.values())) for each in numbers]
            yield where, *numbers
        for name, part in value.items():
            yield from limits_in(part, f"{where}/{name}")


async def test_limits_of_an_s19k_pro_are_those_a_live_machine_published(make_bench):
    # asic-rs, pull request 292.
    bench = make_bench(model_name="Antminer S19k Pro")
    async with bench.client(Authorization=await bench.token()) as client:
        tuner = (await client.get("/configuration/constraints")).json()["tuner_constraints"]
    assert tuner["power_target"] == {
        "default": {"watt": 2760},
        "min": {"watt": 771},
        "max": {"watt": 6435},
    }
    rates = {name: each["terahash_per_second"] for name, each in tuner["hashrate_target"].items()}
    assert rates == {
        "default": 120.0,
        "min": pytest.approx(11.36, abs=0.01),
        "max": pytest.approx(268.46, abs=0.02),
    }


async def test_what_a_new_machine_is_configured_to(client):
    answer = (await client.get("/configuration/miner")).json()
    assert [group["name"] for group in answer["pool_groups"]] == ["Default"]
    assert answer["tuner"] == {
        "enabled": True,
        "tuner_mode": 1,
        "power_target": {"watt": 3500},
        "hashrate_target": None,
    }
    assert answer["dps"]["enabled"] is False
    assert answer["dps"]["shutdown_duration"] == {"hours": 3}
    boards = answer["hashboard_config"]["hashboards"]
    assert [(board["id"], board["enabled"]) for board in boards] == [
        ("1", True), ("2", True), ("3", True),
    ]  # fmt: skip


async def test_what_is_configured_is_within_the_constraints(client):
    answer = (await client.get("/configuration/miner")).json()
    constraints = (await client.get("/configuration/constraints")).json()["dps_constraints"]
    for name in ("power_step", "hashrate_step", "min_power_target", "min_hashrate_target"):
        (value,) = answer["dps"][name].values()
        least, most = (next(iter(constraints[name][side].values())) for side in ("min", "max"))
        assert least <= value <= most, name


# --- hashboards ---


async def test_boards_are_disabled_and_enabled_by_their_ids(make_bench):
    bench = make_bench(200, model_name="Antminer S19 XP")
    async with bench.client(Authorization=await bench.token()) as client:
        body = {"enable": False, "hashboard_ids": ["1", "3"]}
        response = await client.patch("/miner/hw/hashboards", json=body)
        assert response.status_code == 200
        assert response.json() == {
            "hashboards": [{"id": "1", "is_enabled": False}, {"id": "3", "is_enabled": False}]
        }
        bench.rig.run(60)
        boards = (await client.get("/miner/hw/hashboards")).json()["hashboards"]
        assert [board["enabled"] for board in boards] == [False, True, False]
        assert boards[0]["current_voltage"] == {"volt": 0.0}
        constraints = (await client.get("/configuration/constraints")).json()
        limits = constraints["tuner_constraints"]["power_target"]
        assert limits["default"]["watt"] == pytest.approx(3031 / 3, abs=1)
        response = await client.patch(
            "/miner/hw/hashboards", json={"enable": True, "hashboard_ids": ["1"]}
        )
        assert response.json() == {"hashboards": [{"id": "1", "is_enabled": True}]}


async def test_a_machine_without_pic_refuses_and_says_so_among_its_errors(bench, client):
    details = (await client.get("/miner/details")).json()
    assert details["is_pic_model"] is False
    body = {"enable": False, "hashboard_ids": ["1"]}
    response = await client.patch("/miner/hw/hashboards", json=body)
    assert response.status_code == 412
    assert "allow_disabling_hashboards_on_nopic_miners" in response.text
    errors = (await client.get("/miner/errors")).json()["errors"]
    assert errors[-1]["error_codes"][0]["code"] == "H1"
    await client.patch(
        "/advanced-settings/", json={"allow_disabling_hashboards_on_nopic_miners": True}
    )
    assert (await client.patch("/miner/hw/hashboards", json=body)).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"enable": True, "hashboard_ids": ["7"]},
        {"enable": True, "hashboard_ids": [1]},
        {"enable": True},
        {"hashboard_ids": ["1"]},
        {"enable": "yes", "hashboard_ids": []},
    ],
)
async def test_boards_that_are_not_there_are_422(bench, client, body):
    response = await client.patch("/miner/hw/hashboards", json=body)
    assert response.status_code == 422
    assert bench.rig.saved == []


@pytest.mark.parametrize("name", MODELS)
async def test_every_model_answers_what_clients_poll_first(make_bench, name):
    bench = make_bench(60, model_name=name)
    async with bench.client(Authorization=await bench.token()) as client:
        for path in (
            "/configuration/constraints", "/configuration/miner", "/cooling/state",
            "/performance/mode", "/performance/tuner-state", "/performance/target-profiles",
            "/performance/efficiency-profile", "/miner/details", "/miner/hw/hashboards",
        ):  # fmt: skip
            response = await client.get(path)
            assert response.status_code == 200, (path, response.text)
            assert response.json()
