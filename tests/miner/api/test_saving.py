"""What is saved for the next start, and what is applied at once."""

import grpc
import httpx
import pytest

from pithead.hardware.simulated import SimulatedMachine
from pithead.miner.advanced import DISABLE_ON_NOPIC
from pithead.miner.configuration import PoolGroup, PoolTarget
from pithead.miner.identity import identity_of
from pithead.miner.miner import Miner
from tests.miner.conftest import WORK_SCALE

UNSPECIFIED, SAVE, APPLY, FORCE = range(4)


async def power(caller, watts, action):
    answer = await caller.call(
        "PerformanceService", "SetPowerTarget", save_action=action, power_target={"watt": watts}
    )
    return answer.power_target.watt


async def configuration(caller):
    return await caller.call("ConfigurationService", "GetMinerConfiguration")


def begun_again(rig):
    """The machine after its daemon was started anew."""
    model = rig.miner.model
    device = SimulatedMachine(model, seed="rig", now=rig.now, work_scale=WORK_SCALE, ambient_c=25.0)
    return Miner(
        device, rig.saved[-1], rig.now, identity=identity_of(model, "rig"), work_scale=WORK_SCALE,
        save=rig.saved.append,
    )  # fmt: skip


async def test_what_is_only_saved_is_configured_and_does_nothing_until_the_next_start(caller):
    miner = caller.rig.miner
    before = miner.performance.current
    assert await power(caller, 2500, SAVE) == 2500
    caller.rig.run(60)
    assert miner.performance.current == before
    assert (await configuration(caller)).tuner.power_target.watt == 2500
    state = await caller.call("PerformanceService", "GetTunerState")
    assert state.power_target_mode_state.current_target.watt == before.value
    await caller.call("ActionsService", "Restart")
    assert miner.performance.current.value == 2500


async def test_what_is_only_saved_is_in_force_after_the_daemon_was_started_anew(caller):
    await power(caller, 2500, SAVE)
    assert begun_again(caller.rig).performance.current.value == 2500


@pytest.mark.parametrize("action", [UNSPECIFIED, APPLY, FORCE])
async def test_every_other_action_applies_and_saves(caller, action):
    assert await power(caller, 2600, action) == 2600
    assert caller.rig.miner.performance.current.value == 2600
    assert begun_again(caller.rig).performance.current.value == 2600


async def test_what_is_applied_next_brings_what_was_saved_into_force_too(caller):
    miner = caller.rig.miner
    await power(caller, 2500, SAVE)
    await caller.call(
        "CoolingService", "SetCoolingMode", save_action=APPLY, immersion={}
    )  # fmt: skip
    assert miner.performance.current.value == 2500
    assert miner.cooling_plan.mode.value == "immersion"
    assert miner.saved is miner.settings


async def test_the_value_in_force_can_be_applied_over_another_that_was_saved(caller):
    present = round(caller.rig.miner.performance.current.value)
    await power(caller, 2500, SAVE)
    await power(caller, present, APPLY)
    assert begun_again(caller.rig).performance.current.value == present


async def test_a_value_out_of_its_limits_is_neither_saved_nor_applied(caller):
    miner = caller.rig.miner
    await power(caller, 2500, SAVE)
    saved, in_force = miner.saved, miner.settings
    for action in (SAVE, APPLY):
        with pytest.raises(grpc.aio.AioRpcError):
            await power(caller, 99_999, action)
        assert (miner.saved, miner.settings) == (saved, in_force)


async def test_increments_of_what_is_only_saved_add_up(caller):
    await power(caller, 2500, SAVE)
    for _ in range(2):
        answer = await caller.call(
            "PerformanceService", "IncrementPowerTarget",
            save_action=SAVE, power_target_increment={"watt": 100},
        )  # fmt: skip
    assert answer.power_target.watt == 2700
    assert (await configuration(caller)).tuner.power_target.watt == 2700


async def test_pool_groups_that_are_only_saved_get_uids_and_are_not_mined_at(caller):
    group = {"name": "Later", "quota": {"value": 1},
        "pools": [{"url": "stratum+tcp://127.0.0.1:1", "user": "b.rig"}]}  # fmt: skip
    answer = await caller.call("PoolService", "CreatePoolGroup", save_action=SAVE, group=group)
    assert answer.group.uid == "1"
    assert answer.group.pools[0].uid
    shown = await caller.call("PoolService", "GetPoolGroups")
    assert [each.name for each in shown.pool_groups] == ["Default"]
    kept = (await configuration(caller)).pool_groups
    assert [each.name for each in kept] == ["Default", "Later"]
    await caller.call("PoolService", "RemovePoolGroup", save_action=SAVE, uid="0")
    await caller.call("ActionsService", "Restart")
    caller.rig.run(10)
    shown = await caller.call("PoolService", "GetPoolGroups")
    assert [(each.name, each.pools[0].uid) for each in shown.pool_groups] == [
        ("Later", answer.group.pools[0].uid)
    ]
    assert shown.pool_groups[0].pools[0].alive


async def test_boards_cooling_scaling_ramping_and_modes_are_only_saved_too(caller):
    miner = caller.rig.miner
    miner.change_system(advanced={DISABLE_ON_NOPIC.name: True})
    before = miner.settings
    wanted = [
        ("MinerService", "DisableHashboards", {"hashboard_ids": ["2"]}),
        ("CoolingService", "SetCoolingMode", {"manual": {"fan_speed_ratio": 0.9}}),
        ("PerformanceService", "SetDPS", {"enable": True, "enable_shutdown": True}),
        ("PerformanceService", "SetQuickRamping", {"up_s": 9, "down_s": 8}),
        ("PerformanceService", "SetPerformanceMode",
            {"mode": {"manual_mode": {"global_frequency": {"hertz": 400e6}}}}),
    ]  # fmt: skip
    for service, method, fields in wanted:
        await caller.call(service, method, save_action=SAVE, **fields)
        caller.rig.run(2)
    assert miner.settings == before
    again = begun_again(caller.rig)
    assert again.performance.runs == [True, False, True]
    assert again.cooling_plan.fan_ratio == 0.9
    assert again.performance.settings.dps.enabled
    assert again.performance.ramping.up_s == 9
    assert again.performance.is_manual


async def test_what_happens_meanwhile_is_kept_beside_what_is_only_saved(caller):
    await power(caller, 2500, SAVE)
    await caller.call("ActionsService", "PauseMining")
    await caller.call("ActionsService", "SetLocateDeviceStatus", enable=True)
    saved = caller.rig.saved[-1]
    assert (saved.power_target_w, saved.paused, saved.system.locating) == (2500, True, True)
    assert caller.rig.miner.settings.power_target_w is None


async def test_pools_that_the_farm_moves_are_moved_in_what_is_saved_as_well(caller):
    await power(caller, 2500, SAVE)
    miner = caller.rig.miner
    moved = PoolGroup("Default", (PoolTarget("stratum+tcp://127.0.0.1:2", "a.rig"),), uid="0")
    miner.set_pool_groups((moved,), caller.rig.now)
    assert miner.saved.pool_groups == miner.settings.pool_groups
    assert miner.saved.power_target_w == 2500


async def test_over_rest_everything_is_applied_whatever_old_clients_send(api):
    body = {"enable": True, "save_action": SAVE}
    answer = await api.put("/performance/dps", json=body)
    assert answer.status_code == httpx.codes.OK
    assert api.miner.settings.performance.dps.enabled
    assert api.miner.saved is api.miner.settings
