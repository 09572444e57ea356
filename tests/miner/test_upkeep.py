import dataclasses

import pytest

from pithead.hardware.models import BosMode, ControlBoard, Platform, SocFamily, model_named
from pithead.miner.configuration import Settings
from pithead.miner.faults import MOST_FAULTS, TOO_HOT, Component, Faults
from pithead.miner.refusals import NotSupported, SystemBusy
from pithead.miner.system import SHUTDOWN_SECONDS, System, boot_seconds
from pithead.miner.upkeep import Upkeep

MODEL = model_named("Antminer S21 Pro")


def test_a_system_goes_down_after_a_moment_and_is_back_after_its_boot_time():
    system, seen = System(MODEL, 100.0), []
    system.watch(seen.append)
    system.begin("reboot")
    system.reboot(200.0)
    assert system.step(200.0 + SHUTDOWN_SECONDS / 2) is False
    assert system.is_up
    assert system.step(202.0) is False
    assert not system.is_up
    assert system.back_at == 201.0 + boot_seconds(MODEL)
    assert system.step(system.back_at - 0.1) is False
    assert system.step(201.0 + boot_seconds(MODEL)) is True
    assert (system.is_up, system.task, system.started) == (True, None, 201.0)
    assert system.step(10_000.0) is False
    assert seen == [False, True]


def test_a_single_long_step_misses_neither_end_of_a_boot():
    system, seen = System(MODEL, 0.0), []
    leave = system.watch(seen.append)
    system.begin("reboot")
    system.reboot(0.0)
    assert system.step(10_000.0) is True
    leave()
    assert seen == [False, True]


def test_a_task_keeps_others_away_until_it_ends():
    system = System(MODEL, 0.0)
    system.begin("system upgrade")
    with pytest.raises(SystemBusy, match="system upgrade still runs"):
        system.begin("reboot")
    system.end()
    system.begin("reboot")


@pytest.mark.parametrize(
    ("platform", "mode", "words"),
    [
        (Platform.STM32MP157C_II2_BMM1, BosMode.EMMC, "no other firmware"),
        (Platform.UNSPECIFIED, BosMode.UNSPECIFIED, "no other firmware"),
        (Platform.AM3_AML, BosMode.SD, "SD card"),
    ],
)
def test_where_there_is_no_stock_firmware_there_is_no_way_back(
    make_rig, monkeypatch, platform, mode, words
):
    rig = make_rig()
    board = ControlBoard(platform, SocFamily.BRAIINS, "6.1", mode)
    model = dataclasses.replace(rig.miner.model, control_board=board)
    monkeypatch.setattr(type(rig.miner), "model", property(lambda _: model))
    with pytest.raises(NotSupported, match=words):
        Upkeep(rig.miner, Settings()).restore_stock(rig.now)
    assert rig.miner.system.task is None


def test_a_failed_upgrade_is_an_error_and_frees_the_place(make_rig):
    rig = make_rig()
    upkeep = Upkeep(rig.miner, Settings())
    upkeep.begin_upgrade()
    upkeep.fail_upgrade("no such image", rig.now)
    assert rig.miner.system.task is None
    (fault,) = rig.miner.faults.all()
    assert fault.message == "{ERR:U1} System upgrade failed: no such image"


def test_faults_are_bounded_told_and_forgotten():
    faults, heard = Faults(), []
    faults.watch(heard.append)
    for number in range(MOST_FAULTS + 10):
        faults.report(float(number), f"fault {number}", TOO_HOT, Component("Hashboard", 1))
    kept = faults.all()
    assert len(kept) == MOST_FAULTS
    assert kept[0].at == 10.0
    assert kept[-1] is heard[-1]
    assert len(heard) == MOST_FAULTS + 10
    faults.clear()
    assert faults.all() == ()
