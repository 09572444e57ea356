"""What befalls a machine, what it does to it, and how it recovers; in virtual time."""

import pytest

from pithead.farm.ambient import STEADY, Ambient
from pithead.farm.fate import MOST_ACTIVE, Fate, Lot, Planned
from pithead.farm.mishaps import (
    BadMishap,
    BoardDies,
    ChipsDegrade,
    ChipsFail,
    FanStops,
    HotAir,
    NetworkCut,
    PoolCut,
    PowerCut,
    SensorFails,
    VoltageSags,
)
from pithead.miner import faults
from pithead.miner.cable import Cable
from pithead.miner.condition import Cause, MinerStatus, Phase
from pithead.miner.cooling_settings import CoolingSettings, Mode
from pithead.miner.snapshot import TunerState
from tests.miner.conftest import START, Rig

PIC = "Antminer S19j Pro"
POOL = "stratum+tcp://127.0.0.1:1"


class FatedRig(Rig):
    """A rig that something may befall; its wires go through a cable."""

    def __init__(self, seconds=0, script=(), ambient=STEADY, **options):
        super().__init__(**options)
        self.cable = Cable()
        self.fate = Fate(
            self.device, self.miner.system, self.cable, Lot(ambient, 0.0, tuple(script)), START
        )
        self.pool()
        self.run(seconds, step=1)

    def tick(self):
        self.fate.step(self.now)
        super().tick()

    def keep_links(self):
        for upstream in self.miner.links(self.now):
            if problem := self.cable.problem(upstream.address):
                if upstream in self.wires:
                    self.cut(upstream, problem)
                else:
                    upstream.lost(problem, self.now)
        super().keep_links()

    def suffer(self, mishap, seconds):
        called = self.fate.call_down(mishap, self.now)
        self.run(seconds, step=1)
        return called

    def recover(self, called, seconds):
        assert self.fate.clear(called.id, self.now)
        self.run(seconds, step=1)

    @property
    def cause(self):
        return self.snapshot.condition.verdict.cause

    def told(self, code):
        return [fault for fault in self.miner.faults.all() if code in fault.codes]


def test_a_fan_that_stops_makes_the_others_faster_is_told_and_turns_again():
    rig = FatedRig(900)
    before = rig.snapshot
    called = rig.suffer(FanStops(1), 600)
    seen = rig.snapshot
    assert seen.fans[1].rpm == 0
    assert seen.fans[0].rpm > 1.1 * before.fans[0].rpm
    assert seen.consumption_w > before.consumption_w - 50
    (fault,) = rig.told(faults.FAN_BROKEN)
    assert (fault.components[0].name, fault.components[0].index) == ("Fan", 1)
    rig.recover(called, 600)
    assert rig.snapshot.fans[1].rpm == pytest.approx(before.fans[1].rpm, rel=0.1)


def test_without_enough_fans_mining_stops_until_they_turn():
    rig = FatedRig(300)
    rig.miner.set_cooling(CoolingSettings(Mode.AUTO, min_fans=3))
    called = [rig.fate.call_down(FanStops(fan), rig.now) for fan in (0, 3)]
    rig.run(60, step=1)
    assert rig.cause is Cause.BROKEN_FANS
    assert rig.snapshot.status is MinerStatus.SUSPENDED
    rig.recover(called[0], 60)
    assert rig.snapshot.status is MinerStatus.NORMAL


def test_a_board_that_dies_is_told_and_its_part_of_the_rate_is_gone_until_it_answers():
    rig = FatedRig(600, model_name=PIC)
    before = rig.snapshot
    called = rig.suffer(BoardDies(2), 600)
    seen = rig.snapshot
    assert seen.boards[1].chips == 0
    assert seen.boards[1].real.last_30s == 0
    assert seen.real.last_5m < 0.9 * before.real.last_5m
    (fault,) = rig.told(faults.BOARD_LOST)
    assert (fault.components[0].name, fault.components[0].index) == ("Hashboard", 2)
    rig.recover(called, 900)
    assert rig.snapshot.boards[1].chips == before.boards[1].chips
    assert rig.snapshot.real.last_5m == pytest.approx(before.real.last_5m, rel=0.06)


def test_a_machine_whose_boards_are_all_dead_is_suspended_for_its_hardware():
    rig = FatedRig(120)
    for board in (1, 2, 3):
        rig.fate.call_down(BoardDies(board), rig.now)
    rig.run(30, step=1)
    assert rig.cause is Cause.HARDWARE_ERROR
    assert rig.snapshot.status is MinerStatus.SUSPENDED
    assert rig.snapshot.consumption_w < 200
    rig.fate.clear_all(rig.now)
    rig.run(120, step=1)
    assert rig.snapshot.status is MinerStatus.NORMAL
    assert rig.snapshot.real.last_30s > 0


def test_chips_that_fail_are_counted_in_the_fault_and_the_tuner_makes_up_with_the_others():
    rig = FatedRig(900)
    before = rig.snapshot
    called = rig.suffer(ChipsFail(3, 60), 900)
    seen = rig.snapshot
    assert seen.boards[2].chips == before.boards[2].chips - 60
    assert seen.boards[2].nominal < 0.6 * before.boards[2].nominal
    assert seen.boards[0].frequency_hz > before.boards[0].frequency_hz
    assert seen.consumption_w == pytest.approx(before.consumption_w, rel=0.06)
    (fault,) = rig.told(faults.CHIPS_LOST)
    assert "60 chips do not answer" in fault.message
    rig.recover(called, 900)
    assert rig.snapshot.boards[2].chips == before.boards[2].chips
    assert rig.snapshot.consumption_w == pytest.approx(before.consumption_w, rel=0.06)


def test_chips_that_degrade_hash_wrongly_and_the_machine_says_so():
    rig = FatedRig(900)
    before = rig.snapshot
    assert before.error < 0.01 * before.nominal
    called = rig.suffer(ChipsDegrade(1, more_v=0.45), 10)
    seen = rig.snapshot
    assert seen.boards[0].error > 0.1 * seen.boards[0].nominal
    (fault,) = rig.told(faults.WRONG_HASHES)
    assert fault.components[0].index == 1
    rig.recover(called, 900)
    assert rig.snapshot.error < 0.01 * rig.snapshot.nominal
    assert rig.snapshot.real.last_5m == pytest.approx(before.real.last_5m, rel=0.06)


def test_a_board_short_of_voltage_is_told_with_the_code_of_live_machines():
    rig = FatedRig(600)
    called = rig.suffer(VoltageSags(2, 1.2), 10)
    (fault,) = rig.told(faults.LOW_VOLTAGE)
    assert fault.codes[0].code == "V2"
    assert fault.message.startswith("{ERR:V2} {HB:2}")
    assert rig.snapshot.boards[1].error > 0.5 * rig.snapshot.boards[1].nominal
    rig.recover(called, 60)
    rig.suffer(VoltageSags(2, 1.2), 10)
    assert len(rig.told(faults.LOW_VOLTAGE)) == 2


def test_without_a_sensor_the_fans_run_at_full_speed():
    rig = FatedRig(600)
    called = rig.suffer(SensorFails(1), 30)
    assert rig.snapshot.boards[0].board_temp_c is None
    assert {fan.target_speed_ratio for fan in rig.snapshot.fans} == {1.0}
    assert len(rig.told(faults.SENSOR_LOST)) == 1
    rig.recover(called, 600)
    assert rig.snapshot.fans[0].target_speed_ratio < 1


@pytest.mark.slow
def test_hot_air_lowers_the_target_of_a_machine_that_scales_and_cool_air_brings_it_back():
    rig = FatedRig(300)
    rig.miner.performance.set_dps({"enabled": True, "power_step_w": 300})
    called = rig.suffer(HotAir(22.0), 2400)
    seen = rig.snapshot
    assert seen.tuner.current_target_w < seen.tuner.power_target_w
    assert seen.consumption_w < 0.95 * seen.tuner.power_target_w
    assert rig.fate.ambient_c == 47.0
    rig.recover(called, 6000)
    assert rig.snapshot.tuner.current_target_w == rig.snapshot.tuner.power_target_w


def test_very_hot_air_is_a_thermal_suspension_until_it_has_passed():
    rig = FatedRig(300)
    called = rig.suffer(HotAir(60.0), 600)
    assert rig.cause is Cause.DANGEROUS_TEMPERATURE
    assert rig.told(faults.TOO_HOT)
    rig.recover(called, 900)
    assert rig.snapshot.status is MinerStatus.NORMAL


def test_a_power_cut_is_dark_until_the_boot_after_it_and_is_told_then():
    rig = FatedRig(600)
    powers = []
    rig.miner.system.watch(powers.append)
    called = rig.suffer(PowerCut(), 300)
    assert rig.snapshot.consumption_w == 0
    assert not rig.miner.links(rig.now)
    assert rig.snapshot.status is MinerStatus.NOT_STARTED
    assert powers == [False]
    rig.recover(called, 100)
    assert powers == [False]
    rig.run(300, step=1)
    assert powers == [False, True]
    seen = rig.snapshot
    assert seen.status is MinerStatus.NORMAL
    assert seen.system_uptime_s == 400
    assert seen.real.last_30s > 0
    (fault,) = rig.told(faults.POWER_LOST)
    assert "300 s" in fault.message
    assert not rig.told(faults.FAN_BROKEN)
    assert not rig.told(faults.BOARD_LOST)


def test_a_power_cut_ends_a_reboot_and_boots_anew():
    rig = FatedRig(60)
    rig.miner.system.begin("reboot")
    rig.miner.system.reboot(rig.now)
    rig.run(30, step=1)
    called = rig.suffer(PowerCut(), 1000)
    assert not rig.miner.system.is_up
    rig.recover(called, 300)
    assert rig.miner.system.is_up
    assert rig.miner.system.task is None


def test_a_machine_given_back_to_its_maker_stays_away_after_a_power_cut():
    rig = FatedRig(60)
    rig.miner.system.begin("way back to the stock firmware")
    rig.miner.system.leave(rig.now)
    called = rig.suffer(PowerCut(), 100)
    rig.recover(called, 1000)
    assert not rig.miner.system.is_up


def test_a_machine_without_its_network_is_suspended_for_its_pools_and_out_of_reach():
    rig = FatedRig(120)
    called = rig.suffer(NetworkCut(), 90)
    assert rig.cause is Cause.DEAD_POOLS
    assert rig.cable.is_deaf
    assert dict(rig.miner.pool_states()) == {POOL: "Network is unreachable"}
    assert rig.told(faults.POOLS_DEAD)
    rig.recover(called, 90)
    assert rig.snapshot.status is MinerStatus.NORMAL
    assert not rig.cable.is_deaf


def test_a_network_cut_may_leave_the_apis_in_reach():
    rig = FatedRig(10)
    rig.suffer(NetworkCut(apis=False), 1)
    assert not rig.cable.is_deaf


def test_a_pool_out_of_reach_leaves_the_next_one_of_the_group_and_is_mined_at_again():
    second = "stratum+tcp://127.0.0.1:2"
    rig = FatedRig(targets=((POOL, "alice.rig"), (second, "alice.rig")))
    rig.pool(2)
    rig.run(30)
    called = rig.suffer(PoolCut(POOL), 30)
    states = {pool.url: pool for pool in rig.snapshot.pool_groups[0].pools}
    assert not states[POOL].alive
    assert states[POOL].problem == "No route to host"
    assert states[second].active
    rig.recover(called, 60)
    assert rig.snapshot.pool_groups[0].pools[0].active


def test_what_is_planned_comes_and_goes_at_its_time():
    script = [
        Planned(FanStops(0), after_s=100, for_s=50),
        Planned(HotAir(5.0), time_of_day_s=(START + 200) % 86_400, for_s=3600),
    ]
    rig = FatedRig(script=script)
    times = []
    for _ in range(100):
        rig.run(2, step=1)
        kinds = [type(each.mishap) for each in rig.fate.active]
        if not times or times[-1][1] != kinds:
            times.append((rig.now - START, kinds))
    assert times == [(2, []), (100, [FanStops]), (150, []), (200, [HotAir])]
    rig.fate.step(START + 200 + 3600)
    assert rig.fate.active == ()
    rig.fate.step(START + 200 + 86_400)
    assert [each.since for each in rig.fate.active] == [START + 200 + 86_400]


def test_the_ambient_is_that_of_the_day_unless_another_is_set():
    rig = FatedRig(ambient=Ambient(((0.0, 10.0), (12.0, 34.0))))
    noon = START - START % 86_400 + 36 * 3600
    rig.fate.step(noon)
    assert rig.fate.ambient_c == 34.0
    rig.fate.set_ambient(2.5, noon)
    assert rig.device.ambient_c == 2.5
    assert rig.fate.has_set_ambient
    rig.fate.set_ambient(None, noon)
    assert rig.device.ambient_c == 34.0


def test_what_a_model_does_not_have_cannot_befall_it():
    rig = FatedRig()
    with pytest.raises(BadMishap, match="has fans 0 to 3, and no fan 4"):
        rig.fate.call_down(FanStops(4), rig.now)
    with pytest.raises(BadMishap, match="no board 4"):
        rig.fate.call_down(BoardDies(4), rig.now)
    with pytest.raises(BadMishap, match="has 108 chips, and not 109"):
        rig.fate.call_down(ChipsFail(1, 109), rig.now)
    with pytest.raises(BadMishap, match="none of the schemes"):
        rig.fate.call_down(PoolCut("http://pool"), rig.now)
    assert rig.fate.active == ()


def test_a_machine_suffers_only_so_much_at_once():
    rig = FatedRig()
    for _ in range(MOST_ACTIVE):
        rig.fate.call_down(HotAir(0.01), rig.now)
    with pytest.raises(BadMishap, match="clear some first"):
        rig.fate.call_down(HotAir(0.01), rig.now)
    assert not rig.fate.clear(MOST_ACTIVE + 1, rig.now)


def test_the_tuner_finds_more_voltage_or_a_lower_clock_for_chips_that_degrade():
    rig = FatedRig(900)
    assert rig.snapshot.tuner.state is TunerState.STABLE
    volt = rig.snapshot.boards[0].voltage_v
    rig.suffer(ChipsDegrade(1, more_v=0.3), 60)
    assert rig.snapshot.tuner.state is TunerState.TUNING
    rig.run(1200, step=1)
    seen = rig.snapshot
    assert seen.tuner.state is TunerState.STABLE
    assert seen.boards[0].error < 0.01 * seen.boards[0].nominal
    assert seen.boards[0].voltage_v > volt or (
        seen.boards[0].frequency_hz < seen.boards[1].frequency_hz
    )
    assert seen.consumption_w == pytest.approx(seen.tuner.power_target_w, rel=0.04)


def test_a_tuner_that_finds_no_way_out_says_so_and_is_well_again_with_the_board():
    rig = FatedRig(900)
    called = rig.suffer(VoltageSags(1, 5.0), 1500)
    assert rig.snapshot.tuner.state is TunerState.ERROR
    (fault,) = rig.told(faults.TUNER_FAILED)
    assert fault.components[0].name == "Tuner"
    rig.recover(called, 600)
    assert rig.snapshot.tuner.state is TunerState.STABLE


def test_a_machine_that_boots_with_hot_chips_lets_them_cool_before_it_hashes():
    rig = FatedRig(300)
    rig.fate.call_down(HotAir(45.0), rig.now)
    rig.suffer(PowerCut(), 2400)
    assert rig.snapshot.highest_chip_temp_c > 80
    rig.fate.clear(2, rig.now)
    while not rig.miner.system.is_up:
        rig.run(1)
    rig.run(20)
    seen = rig.snapshot.condition
    assert (seen.phase, seen.verdict.cause) == (Phase.STARTING, Cause.COOLING_DOWN)
    assert {fan.target_speed_ratio for fan in rig.snapshot.fans} == {1.0}
    rig.fate.clear_all(rig.now)
    rig.run(200, step=1)
    assert rig.snapshot.status is MinerStatus.NORMAL
