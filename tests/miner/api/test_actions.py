"""Things to do at once: what they answer, and what becomes of the machine."""

import pytest

from pithead.miner.snapshot import MinerStatus
from pithead.miner.system import boot_seconds


@pytest.mark.parametrize(
    ("verb", "first", "second"),
    [("pause", False, True), ("stop", False, True), ("start", True, True), ("resume", True, True),
     ("restart", True, True)],
)  # fmt: skip
async def test_an_action_answers_whether_it_was_so_already_and_repeats_are_fine(
    api, verb, first, second
):
    for expected in (first, second):
        answer = await api.put(f"/actions/{verb}")
        assert answer.status_code == 200
        assert answer.json() is expected


async def test_pausing_and_resuming_show_in_status_and_boards(api):
    await api.put("/actions/pause")
    assert (await api.details())["status"] == MinerStatus.PAUSED
    assert "user_pause" in (await api.details())["detailed_status"]["status"]["stopping"]["reason"]
    api.run(30)
    details = await api.details()
    assert "user_pause" in details["detailed_status"]["status"]["stopped"]["reason"]
    assert details["bosminer_uptime_s"] == 150
    assert (await api.put("/actions/resume")).json() is False
    assert "starting" in (await api.details())["detailed_status"]["status"]
    api.run(60)
    assert "running" in (await api.details())["detailed_status"]["status"]


async def test_a_stopped_process_has_no_uptime_no_pools_and_no_work(api):
    await api.put("/actions/stop")
    api.run(30)
    details = await api.details()
    assert details["status"] == MinerStatus.NOT_STARTED
    assert details["bosminer_uptime_s"] == 0
    assert details["system_uptime_s"] == 150
    stats = (await api.get("/miner/stats")).json()
    assert stats["power_stats"]["approximated_consumption"]["watt"] < 100
    assert stats["miner_stats"]["real_hashrate"]["since_restart"]["gigahash_per_second"] == 0
    assert api.rig.wires == {}


@pytest.mark.parametrize("verb", ["pause", "resume"])
async def test_what_is_stopped_can_be_neither_paused_nor_resumed(api, verb):
    await api.put("/actions/stop")
    before = api.miner.settings
    answer = await api.put(f"/actions/{verb}")
    assert answer.status_code == 412
    assert "start it first" in answer.text
    assert api.miner.settings == before


async def test_starting_again_mines_with_fresh_counters(api):
    await api.put("/actions/stop")
    assert (await api.put("/actions/start")).json() is False
    assert (await api.put("/actions/start")).json() is True
    assert api.rig.snapshot.pool_stats.accepted_shares == 0
    api.run(60)
    assert (await api.details())["bosminer_uptime_s"] == 60
    assert api.rig.snapshot.pool_stats.accepted_shares > 0


async def test_a_restart_begins_the_uptime_of_the_process_anew_and_not_that_of_the_system(api):
    assert (await api.put("/actions/restart")).json() is True
    api.run(10)
    details = await api.details()
    assert details["bosminer_uptime_s"] == 10
    assert details["system_uptime_s"] == 130


async def test_a_restart_starts_what_was_stopped_and_says_that_it_did_not_run(api):
    await api.put("/actions/stop")
    assert (await api.put("/actions/restart")).json() is False
    api.run(5)
    assert (await api.details())["status"] == MinerStatus.NORMAL


async def test_stopped_and_locating_are_kept_for_the_next_start_of_the_daemon(api):
    await api.put("/actions/stop")
    assert (await api.put("/actions/locate", json=True)).json() is True
    assert api.rig.saved[-1].system.stopped
    assert api.rig.saved[-1].system.locating
    assert (await api.get("/actions/locate")).json() is True
    assert (await api.put("/actions/locate", json=False)).json() is False
    assert (await api.get("/actions/locate")).json() is False


@pytest.mark.parametrize("model_name", ["Antminer S19 XP", "Antminer S21 Pro"])
async def test_a_reboot_takes_the_machine_away_for_its_boot_time(make_api, model_name):
    api = await make_api(model_name=model_name)
    api.run(60)
    seen = []
    api.miner.system.watch(lambda is_up: seen.append((is_up, api.rig.now)))
    ordered = api.rig.now
    answer = await api.put("/actions/reboot")
    assert answer.status_code == 204
    assert answer.content == b""
    api.run(5)
    assert [is_up for is_up, _ in seen] == [False]
    assert api.rig.wires == {}
    api.run(boot_seconds(api.miner.model))
    assert [is_up for is_up, _ in seen] == [False, True]
    assert seen[1][1] - ordered == pytest.approx(boot_seconds(api.miner.model) + 1, abs=1)
    await api.log_in()
    api.client.headers["Authorization"] = (await api.log_in()).json()["token"]
    details = await api.details()
    assert details["bosminer_uptime_s"] <= 5
    assert details["system_uptime_s"] - details["bosminer_uptime_s"] == pytest.approx(
        boot_seconds(api.miner.model), abs=1
    )


async def test_a_reboot_ends_all_tokens_starts_what_was_stopped_and_stops_the_blinking(api):
    await api.put("/actions/stop")
    await api.put("/actions/locate", json=True)
    await api.put("/actions/reboot")
    api.run(2)
    assert (await api.get("/actions/locate")).status_code == 401
    api.run(200)
    assert not api.miner.settings.system.stopped
    assert not api.miner.settings.system.locating
    assert api.miner.status is MinerStatus.NORMAL


async def test_a_paused_machine_is_still_paused_after_a_reboot(api):
    await api.put("/actions/pause")
    await api.put("/actions/reboot")
    api.run(300)
    assert api.miner.status is MinerStatus.PAUSED


@pytest.mark.parametrize("path", ["/actions/reboot", "/actions/factory-reset"])
async def test_one_system_task_at_a_time(api, path):
    await api.put("/actions/reboot")
    answer = await api.put(path)
    assert answer.status_code == 409
    assert "reboot still runs" in answer.text
    api.run(200)
    api.client.headers["Authorization"] = (await api.log_in()).json()["token"]
    assert (await api.put(path)).status_code == 204


async def reset_after_changes(api, query):
    await api.patch("/network/configuration", json={"hostname": "changed"})
    await api.put("/performance/power-target", json={"watt": 3000})
    await api.patch("/advanced-settings/", json={"timezone": "Europe/Prague"})
    await api.put("/auth/password", json={"password": "secret"})
    api.client.headers["Authorization"] = (await api.log_in("secret")).json()["token"]
    answer = await api.put("/actions/factory-reset" + query)
    assert answer.status_code == 204
    api.run(200)
    assert (await api.log_in("secret")).status_code == 401
    assert (await api.log_in()).status_code == 200


@pytest.mark.parametrize(
    ("query", "hostname"),
    [("", "changed"), ("?wipe_network=false", "changed"), ("?wipe_network=true", "Antminer")],
)
async def test_a_factory_reset_forgets_all_but_the_network_unless_told_so(api, query, hostname):
    pools = api.miner.pool_groups()
    await reset_after_changes(api, query)
    assert api.miner.identity.hostname == hostname
    assert api.miner.settings.power_target_w is None
    assert api.rig.snapshot.tuner.power_target_w == 3500
    assert api.miner.settings.system.advanced == {}
    assert [group.name for group in api.miner.pool_groups()] == [group.name for group in pools]
    assert api.miner.status is MinerStatus.NORMAL
    assert api.rig.saved[-1] == api.miner.settings


async def test_an_unclear_wish_about_the_network_is_refused(api):
    answer = await api.put("/actions/factory-reset?wipe_network=perhaps")
    assert answer.status_code == 422
    assert api.miner.system.task is None
