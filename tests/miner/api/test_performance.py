import re

import pytest


async def limits(client):
    tuner = (await client.get("/configuration/constraints")).json()["tuner_constraints"]
    watts = {name: value["watt"] for name, value in tuner["power_target"].items()}
    rates = {name: each["terahash_per_second"] for name, each in tuner["hashrate_target"].items()}
    return watts, rates


async def mode(client):
    return (await client.get("/performance/mode")).json()


def in_power(watts):
    return {"tunermode": {"target": {"powertarget": {"power_target": {"watt": watts}}}}}


def in_rate(rate):
    target = {"hashratetarget": {"hashrate_target": {"terahash_per_second": rate}}}
    return {"tunermode": {"target": target}}


# --- targets ---


async def test_a_power_target_is_echoed_kept_and_followed(bench, client):
    response = await client.put("/performance/power-target", json={"watt": 2500})
    assert (response.status_code, response.json()) == (200, {"watt": 2500})
    assert bench.rig.saved[-1].power_target_w == 2500
    bench.rig.run(400)
    stats = (await client.get("/miner/stats")).json()
    watts = stats["power_stats"]["approximated_consumption"]["watt"]
    assert isinstance(watts, int)
    assert watts == pytest.approx(2500, rel=0.05)


async def test_a_hashrate_target_is_echoed_kept_and_followed(bench, client):
    response = await client.put("/performance/hashrate-target", json={"terahash_per_second": 150.0})
    assert (response.status_code, response.json()) == (200, {"terahash_per_second": 150.0})
    assert await mode(client) == in_rate(150.0)
    bench.rig.run(900, step=1)
    real = (await client.get("/miner/stats")).json()["miner_stats"]["real_hashrate"]
    assert real["last_5m"]["gigahash_per_second"] == pytest.approx(150_000, rel=0.05)


async def test_what_an_older_client_sends_besides_is_ignored(client):
    body = {"watt": 2600, "save_action": 2}
    response = await client.put("/performance/power-target", json=body)
    assert response.json() == {"watt": 2600}


@pytest.mark.parametrize("watts", [0, 1, 9_000, 2**32, 2**62])
async def test_a_target_outside_the_limits_is_412_and_says_the_limits(bench, client, watts):
    bounds, _ = await limits(client)
    before = (await client.get("/miner/stats")).json()
    response = await client.put("/performance/power-target", json={"watt": watts})
    assert response.status_code == 412
    assert str(bounds["min"]) in response.text
    assert str(bounds["max"]) in response.text
    assert re.fullmatch(r"[^\n]+\n", response.text)
    assert bench.rig.saved == []
    assert (await client.get("/miner/stats")).json() == before


async def test_the_limits_themselves_are_inside(client):
    watts, rates = await limits(client)
    for name in ("min", "max", "default"):
        response = await client.put("/performance/power-target", json={"watt": watts[name]})
        assert response.json() == {"watt": watts[name]}
        body = {"terahash_per_second": rates[name]}
        response = await client.put("/performance/hashrate-target", json=body)
        assert response.json() == body


@pytest.mark.parametrize("body", [{}, {"watt": "3000"}, {"watt": 3000.5}, {"watt": -1}, 3000, None])
async def test_a_body_that_is_no_power_is_422(bench, client, body):
    response = await client.put("/performance/power-target", json=body)
    assert response.status_code in (400, 422)
    assert bench.rig.saved == []


async def test_a_power_target_goes_up_and_down_by_steps_and_back_to_the_default(client):
    await client.put("/performance/power-target", json={"watt": 2500})
    step = {"watt": 100}
    up = await client.patch("/performance/power-target/increment", json=step)
    assert up.json() == {"watt": 2600}
    for expected in (2500, 2400):
        down = await client.patch("/performance/power-target/decrement", json=step)
        assert down.json() == {"watt": expected}
    default = await client.put("/performance/power-target/default")
    assert default.json() == {"watt": 3500}
    assert await mode(client) == in_power(3500)


async def test_a_hashrate_target_goes_up_and_down_by_steps_and_back_to_the_default(client):
    await client.put("/performance/hashrate-target", json={"terahash_per_second": 150.0})
    step = {"terahash_per_second": 2.5}
    up = await client.patch("/performance/hashrate-target/increment", json=step)
    assert up.json() == {"terahash_per_second": 152.5}
    for expected in (150.0, 147.5):
        down = await client.patch("/performance/hashrate-target/decrement", json=step)
        assert down.json() == {"terahash_per_second": expected}
    default = await client.put("/performance/hashrate-target/default")
    assert default.json() == {"terahash_per_second": 200.0}
    assert await mode(client) == in_rate(200.0)


async def test_a_step_over_the_limit_is_412_and_changes_nothing(client):
    await client.put("/performance/power-target", json={"watt": 1000})
    response = await client.patch("/performance/power-target/decrement", json={"watt": 21})
    assert response.status_code == 412
    assert await mode(client) == in_power(1000)
    body = {"terahash_per_second": 1e300}
    response = await client.patch("/performance/hashrate-target/increment", json=body)
    assert response.status_code == 412
    body = {"terahash_per_second": -5.0}
    response = await client.patch("/performance/hashrate-target/decrement", json=body)
    assert response.status_code == 422
    assert await mode(client) == in_power(1000)


@pytest.mark.parametrize(("reference", "whole"), [(1, 3500), (2, 980), (3, 8155), (4, 3000)])
async def test_a_target_can_be_a_part_of_another_number(client, reference, whole):
    await client.put("/performance/power-target", json={"watt": 3000})
    percentage = 120.0 if reference == 2 else 50.0
    body = {"percentage": percentage, "reference": reference}
    response = await client.patch("/performance/power-target/relative", json=body)
    assert response.json() == {"watt": pytest.approx(whole * percentage / 100, abs=1)}


async def test_a_relative_hashrate_target_and_a_reference_that_is_none(client):
    body = {"percentage": 75, "reference": 1}
    response = await client.patch("/performance/hashrate-target/relative", json=body)
    assert response.json() == {"terahash_per_second": 150.0}
    for reference in (0, 5):
        body = {"percentage": 75, "reference": reference}
        response = await client.patch("/performance/hashrate-target/relative", json=body)
        assert response.status_code == 422


# --- modes ---


async def test_the_mode_of_a_new_machine_is_the_tuner_at_its_default_power(client):
    assert await mode(client) == in_power(3500)


@pytest.mark.parametrize("body", [in_power(2700), in_rate(170.0)])
async def test_a_tuner_mode_is_answered_as_it_was_sent(bench, client, body):
    response = await client.put("/performance/mode", json=body)
    assert response.status_code == 200
    assert response.json() == await mode(client) == body
    tuner = (await client.get("/configuration/miner")).json()["tuner"]
    assert tuner["enabled"] is True
    is_power = "powertarget" in body["tunermode"]["target"]
    assert tuner["tuner_mode"] == (1 if is_power else 2)
    assert (tuner["power_target"] is None) is not is_power


async def test_clocks_and_voltage_set_by_hand_are_what_the_boards_get(bench, client):
    body = {
        "manualmode": {
            "global_frequency": {"hertz": 400e6},
            "global_voltage": {"volt": 13.0},
            "hashboards": [{"id": "2", "frequency": {"hertz": 350e6}, "voltage": None}],
        }
    }
    response = await client.put("/performance/mode", json=body)
    assert response.status_code == 200
    assert response.json() == await mode(client) == body
    bench.rig.run(120)
    boards = (await client.get("/miner/hw/hashboards")).json()["hashboards"]
    assert [board["current_frequency"]["hertz"] for board in boards] == [400e6, 350e6, 400e6]
    assert {board["current_voltage"]["volt"] for board in boards} == {13.0}
    state = (await client.get("/performance/tuner-state")).json()
    assert state == {"overall_tuner_state": 1, "mode_state": None}
    configured = (await client.get("/configuration/miner")).json()
    assert configured["tuner"]["enabled"] is False
    assert configured["hashboard_config"]["global_frequency"] == {"hertz": 400e6}
    details = (await client.get("/miner/details")).json()
    assert details["status"] == 2


async def test_less_voltage_than_chips_need_shows_as_errors_and_less_work(bench, client):
    async def at(volt):
        body = {"global_frequency": {"hertz": 490e6}, "global_voltage": {"volt": volt}}
        body["hashboards"] = []
        await client.put("/performance/mode", json={"manualmode": body})
        bench.rig.run(400, step=1)
        stats = (await client.get("/miner/stats")).json()["miner_stats"]
        real = stats["real_hashrate"]["last_5m"]["gigahash_per_second"]
        return real, stats["error_hashrate"]["megahash_per_second"]

    real, errors = await at(13.5)
    starved, more_errors = await at(12.8)
    assert starved < 0.9 * real
    assert more_errors > 20 * errors
    assert more_errors / 1e3 == pytest.approx(real - starved, rel=0.35)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"manualmode": {"global_frequency": {"hertz": 1.0}, "hashboards": []}}, 412),
        ({"manualmode": {"global_voltage": {"volt": 99.0}, "hashboards": []}}, 412),
        ({"manualmode": {"hashboards": [{"id": "2", "voltage": {"volt": 1.0}}]}}, 412),
        ({"manualmode": {"hashboards": [{"id": "9"}]}}, 422),
        (in_power(1), 412),
        ({}, 422),
        ({"manualmode": {"hashboards": []}, "tunermode": {}}, 422),
    ],
)
async def test_a_mode_that_cannot_be_is_refused_and_changes_nothing(bench, client, body, status):
    response = await client.put("/performance/mode", json=body)
    assert response.status_code == status, response.text
    assert bench.rig.saved == []


# --- the tuner ---


async def test_the_tuner_goes_from_tuning_to_stable_and_keeps_what_it_found(make_bench):
    bench = make_bench(20)
    async with bench.client(Authorization=await bench.token()) as client:
        state = (await client.get("/performance/tuner-state")).json()
        assert state["overall_tuner_state"] == 3
        assert state["mode_state"]["powertargetmodestate"]["profile"]["created"] is None
        bench.rig.run(400)
        state = (await client.get("/performance/tuner-state")).json()
        assert state["overall_tuner_state"] == 2
        stats = (await client.get("/miner/stats")).json()
        shown = state["mode_state"]["powertargetmodestate"]
        assert shown["current_target"] == shown["profile"]["target"] == {"watt": 3500}
        assert shown["profile"]["created"]["seconds"] > 1_600_000_000
        consumption = stats["power_stats"]["approximated_consumption"]
        assert shown["profile"]["estimated_power_consumption"] == consumption
        assert shown["profile"]["measured_hashrate"] == stats["miner_stats"]["nominal_hashrate"]
        listed = (await client.get("/performance/target-profiles")).json()
        assert [each["target"] for each in listed["power_target_profiles"]] == [{"watt": 3500}]
        assert listed["hashrate_target_profiles"] == []


async def test_a_target_that_was_tuned_before_is_stable_at_once_and_forgotten_when_told(
    bench, client
):
    for watts in (2500, 3000):
        await client.put("/performance/power-target", json={"watt": watts})
        bench.rig.run(300, step=1)
    await client.put("/performance/power-target", json={"watt": 2500})
    state = (await client.get("/performance/tuner-state")).json()
    assert state["overall_tuner_state"] == 2
    bench.rig.run(30)
    stats = (await client.get("/miner/stats")).json()["power_stats"]
    assert stats["approximated_consumption"]["watt"] == pytest.approx(2500, rel=0.05)
    response = await client.delete("/performance/tuned-profiles")
    assert response.status_code == 204
    listed = (await client.get("/performance/target-profiles")).json()
    assert listed == {"power_target_profiles": [], "hashrate_target_profiles": []}
    details = (await client.get("/miner/details")).json()
    assert details["bosminer_uptime_s"] == 0  # mining stops and starts
    bench.rig.run(20)
    state = (await client.get("/performance/tuner-state")).json()
    assert state["overall_tuner_state"] == 3


async def test_the_efficiency_profile_rises_with_power_and_needs_a_running_machine(bench, client):
    bench.rig.run(200)
    response = await client.get("/performance/efficiency-profile")
    points = response.json()["points"]
    assert 6 <= len(points) <= 20
    for name, unit in (
        ("power_target", "watt"),
        ("consumption", "watt"),
        ("hashrate", "terahash_per_second"),
        ("frequency", "hertz"),
        ("voltage", "volt"),
    ):
        values = [point[name][unit] for point in points]
        assert values == sorted(values), name
    for point in points[1:]:
        assert point["consumption"]["watt"] == pytest.approx(
            point["power_target"]["watt"], rel=0.03
        )
        assert 0 <= point["fan_speed"] <= 100
        assert point["outlet_temp"]["degree_c"] > point["ambient_temp"]["degree_c"]
    await client.put("/actions/stop")
    response = await client.get("/performance/efficiency-profile")
    assert response.status_code == 412


async def test_a_point_of_the_efficiency_profile_comes_true(bench, client):
    bench.rig.run(300, step=1)
    points = (await client.get("/performance/efficiency-profile")).json()["points"]
    point = points[2]
    await client.put("/performance/power-target", json=point["power_target"])
    bench.rig.run(900, step=1)
    seen = bench.rig.snapshot
    assert seen.real.last_5m / 1e12 == pytest.approx(
        point["hashrate"]["terahash_per_second"], rel=0.06
    )
    assert seen.boards[0].voltage_v == pytest.approx(point["voltage"]["volt"], abs=0.15)


# --- dynamic scaling and ramping ---


async def test_dynamic_scaling_is_set_in_part_and_the_rest_stays(bench, client):
    first = (await client.put("/performance/dps", json={"enable": True, "save_action": 1})).json()
    assert first == {
        "enabled": True,
        "shutdown_enabled": True,
        "shutdown_duration": {"hours": 3},
        "power_target": {"power_step": {"watt": 100}, "min_power_target": {"watt": 1750}},
        "hashrate_target": None,
        "mode": 1,
        "on_start_target_percent": 100,
    }
    target = {"powertarget": {"power_step": {"watt": 300}, "min_power_target": {"watt": 1200}}}
    body = {
        "enable_shutdown": False,
        "shutdown_duration": {"hours": 5},
        "target": {"target": target},
        "mode": 2,
        "on_start_target_percent": 60,
    }
    second = (await client.put("/performance/dps", json=body)).json()
    assert second == {
        "enabled": True,
        "shutdown_enabled": False,
        "shutdown_duration": {"hours": 5},
        "power_target": {"power_step": {"watt": 300}, "min_power_target": {"watt": 1200}},
        "hashrate_target": None,
        "mode": 2,
        "on_start_target_percent": 60,
    }
    third = (await client.put("/performance/dps", json={})).json()
    assert third == second
    configured = (await client.get("/configuration/miner")).json()["dps"]
    assert configured["power_step"] == {"watt": 300}
    assert configured["enabled"] is True
    assert configured["mode"] == 2


@pytest.mark.parametrize(
    "body",
    [
        {"on_start_target_percent": 101},
        {"shutdown_duration": {"hours": 0}},
        {"target": {"target": {"powertarget": {"power_step": {"watt": 5000}}}}},
        {"target": {"target": {"powertarget": {"min_power_target": {"watt": 9000}}}}},
        {
            "target": {
                "target": {"hashratetarget": {"hashrate_step": {"terahash_per_second": -1.0}}}
            }
        },
    ],
)
async def test_dynamic_scaling_outside_its_limits_is_412_and_changes_nothing(bench, client, body):
    response = await client.put("/performance/dps", json={"enable": True, **body})
    assert response.status_code == 412, response.text
    assert bench.rig.saved == []


async def test_quick_ramping_is_kept_and_goes_back_to_its_default(bench, client):
    response = await client.put("/performance/quick-ramping", json={"up_s": 60, "down_s": 30})
    assert (response.status_code, response.json()) == (200, {"up_s": 60, "down_s": 30})
    configured = (await client.get("/configuration/miner")).json()["hashboard_config"]
    assert configured["quick_ramping_time_up_s"] == 60
    assert configured["quick_ramping_time_down_s"] == 30
    response = await client.put("/performance/quick-ramping/default")
    assert response.json() == {"up_s": 5, "down_s": 2}
    for body in ({"up_s": -1, "down_s": 1}, {"up_s": 1}, {}):
        response = await client.put("/performance/quick-ramping", json=body)
        assert response.status_code == 422
    response = await client.put("/performance/quick-ramping", json={"up_s": 2**32 - 1, "down_s": 1})
    assert response.status_code == 412


async def test_power_goes_down_and_up_over_the_seconds_that_were_set(bench, client):
    bench.rig.run(200)
    await client.put("/performance/quick-ramping", json={"up_s": 40, "down_s": 20})
    await client.put("/actions/pause")
    bench.rig.run(10)
    assert bench.rig.snapshot.consumption_w == pytest.approx(3500 / 2, rel=0.15)
    bench.rig.run(13)
    assert bench.rig.snapshot.consumption_w < 120
    await client.put("/actions/resume")
    bench.rig.run(20)
    assert bench.rig.snapshot.consumption_w == pytest.approx(3500 / 2, rel=0.2)
    bench.rig.run(30)
    assert bench.rig.snapshot.consumption_w == pytest.approx(3500, rel=0.1)
