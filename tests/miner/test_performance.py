"""A machine whose operator wants more, less or other things; in virtual time."""

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from pithead.hardware.models import Coolant, model_named
from pithead.miner.condition import Cause, MinerStatus, Phase
from pithead.miner.configuration import Settings
from pithead.miner.cooling_settings import CoolingSettings, Mode, PauseFans
from pithead.miner.faults import BOARD_LOST, CHIPS_LOST, FAN_BROKEN, SENSOR_LOST, TOO_HOT
from pithead.miner.performance import Performance
from pithead.miner.performance_settings import DpsMode, Manual, Ramping
from pithead.miner.profiles import MOST_PROFILES
from pithead.miner.refusals import BadSetting, CannotDisable, OutsideLimits
from pithead.miner.snapshot import TunerState

PIC = "Antminer S19j Pro"
NO_PIC = "Antminer S19k Pro"


@pytest.fixture
def make(make_rig):
    """A machine that has mined for so long."""

    def make(seconds=300, **options):
        rig = make_rig(**options)
        rig.pool()
        rig.run(seconds, step=1)
        return rig

    return make


def codes(rig):
    return [fault.codes[0] for fault in rig.miner.faults.all() if fault.codes]


# --- heat ---


@pytest.mark.slow
def test_a_hot_room_lowers_the_target_and_a_cool_one_brings_it_back(make):
    rig = make()
    performance = rig.miner.performance
    performance.set_dps({"enabled": True, "power_step_w": 300, "min_power_w": 2000})
    rig.device.ambient_c = 44.0
    rig.run(1500, step=1)
    seen = rig.snapshot
    assert 2000 <= seen.tuner.current_target_w < seen.tuner.power_target_w == 3500
    assert (3500 - seen.tuner.current_target_w) % 300 == 0
    assert seen.consumption_w == pytest.approx(seen.tuner.current_target_w, rel=0.05)
    assert seen.status is MinerStatus.NORMAL
    rig.device.ambient_c = 20.0
    rig.run(4000, step=2)
    assert rig.snapshot.tuner.current_target_w == 3500
    assert rig.snapshot.consumption_w == pytest.approx(3500, rel=0.05)


def test_a_machine_that_stays_too_hot_is_shut_down_for_hours_and_mines_again(make):
    rig = make()
    rig.miner.set_cooling(CoolingSettings(Mode.AUTO, target_c=40, hot_c=45, dangerous_c=95))
    rig.miner.performance.set_dps(
        {"enabled": True, "power_step_w": 1000, "min_power_w": 2500, "shutdown_hours": 1}
    )
    rig.device.ambient_c = 44.0
    while rig.snapshot.status is MinerStatus.NORMAL:
        rig.run(30, step=1)
        assert rig.now < 1_700_003_000
    condition = rig.snapshot.condition
    assert condition.verdict.cause is Cause.DPS_COOLDOWN
    assert condition.verdict.until == pytest.approx(rig.now + 3600, abs=60)
    rig.run(120, step=1)
    assert rig.snapshot.consumption_w < 110
    rig.miner.set_cooling(CoolingSettings(Mode.AUTO, target_c=65, hot_c=80))
    rig.device.ambient_c = 10.0
    rig.run(3600, step=2)
    assert rig.snapshot.status is MinerStatus.NORMAL
    assert rig.snapshot.tuner.current_target_w == 3500


def test_boost_uses_the_room_that_a_cold_day_gives(make):
    rig = make(ambient_c=5.0)
    rig.miner.performance.set_dps({"enabled": True, "mode": DpsMode.BOOST, "power_step_w": 200})
    rig.run(3000, step=2)
    seen = rig.snapshot
    assert seen.tuner.current_target_w > seen.tuner.power_target_w == 3500
    assert seen.consumption_w == pytest.approx(seen.tuner.current_target_w, rel=0.05)


def test_dangerous_heat_is_a_thermal_suspension_until_it_is_cool_again(make):
    rig = make(ambient_c=25.0)
    rig.device.stopped_fans.update({0, 1, 2, 3})
    rig.miner.set_cooling(CoolingSettings(Mode.AUTO, min_fans=0))
    hottest = 0.0
    while rig.snapshot.status is MinerStatus.NORMAL:
        rig.run(5, step=1)
        hottest = max(hottest, rig.snapshot.highest_chip_temp_c)
    assert hottest < 100
    assert rig.snapshot.status is MinerStatus.SUSPENDED
    assert rig.snapshot.condition.verdict.cause is Cause.DANGEROUS_TEMPERATURE
    rig.run(20)
    assert rig.snapshot.fans[0].target_speed_ratio == 1.0
    rig.device.stopped_fans.clear()
    rig.run(300, step=1)
    assert rig.snapshot.status is MinerStatus.NORMAL


# --- fans and faults ---


def test_fewer_fans_than_required_stop_the_machine_until_they_turn(make):
    rig = make()
    rig.miner.set_cooling(CoolingSettings(Mode.AUTO, min_fans=4))
    rig.device.stopped_fans.add(2)
    rig.run(30)
    seen = rig.snapshot
    assert seen.status is MinerStatus.SUSPENDED
    assert seen.condition.verdict.cause is Cause.BROKEN_FANS
    assert seen.fans[2].rpm == 0
    (fault,) = [
        fault for fault in rig.miner.faults.all() if FAN_BROKEN in fault.codes and fault.components
    ]
    assert fault.components[0].index == 2
    rig.device.stopped_fans.clear()
    rig.run(60)
    assert rig.snapshot.status is MinerStatus.NORMAL


def test_a_broken_fan_that_is_not_required_is_made_up_for_by_the_others(make):
    rig = make(900)
    before = rig.snapshot.fans[0].rpm
    rig.device.stopped_fans.add(1)
    rig.run(900, step=1)
    assert rig.snapshot.status is MinerStatus.NORMAL
    assert rig.snapshot.fans[0].rpm > 1.2 * before
    assert rig.snapshot.highest_chip_temp_c == pytest.approx(65, abs=1.5)


def test_fans_of_a_pause_do_what_was_set(make):
    rig = make()
    rig.miner.set_cooling(
        CoolingSettings(Mode.AUTO, pause=PauseFans(is_manual=True, ratio=0.5, indefinite=True))
    )
    rig.miner.pause(rig.now)
    rig.run(400, step=1)
    assert {fan.target_speed_ratio for fan in rig.snapshot.fans} == {0.5}
    rig.miner.set_cooling(CoolingSettings(Mode.AUTO, pause=PauseFans()))
    rig.run(100, step=1)
    assert {fan.rpm for fan in rig.snapshot.fans} == {0}


def test_what_dies_is_told_once_and_the_rest_goes_on(make):
    rig = make(model_name=PIC)
    before = rig.snapshot
    rig.device.board(0).is_dead = True
    rig.device.board(1).silicon.suffer(lost=20)
    rig.device.board(2).has_sensor = False
    rig.run(120, step=1)
    seen = rig.snapshot
    assert codes(rig).count(BOARD_LOST) == codes(rig).count(CHIPS_LOST) == 1
    assert codes(rig).count(SENSOR_LOST) == 1
    assert seen.boards[0].nominal == 0
    assert seen.boards[1].chips == before.boards[1].chips - 20
    assert seen.boards[2].board_temp_c is None
    assert {fan.target_speed_ratio for fan in seen.fans} == {1.0}
    assert seen.status is MinerStatus.NORMAL
    assert 0 < seen.real.last_30s < 0.95 * before.real.last_5m


def test_an_air_cooled_machine_in_immersion_mode_outside_oil_gets_too_hot(make):
    rig = make()
    rig.miner.set_cooling(CoolingSettings(Mode.IMMERSION))
    rig.run(600, step=1)
    assert TOO_HOT in codes(rig)
    assert {fan.rpm for fan in rig.snapshot.fans} == {0}


def test_the_same_machine_in_oil_mines_without_a_fan(make_rig):
    rig = make_rig()
    rig.device.coolant = Coolant.OIL
    rig.pool()
    rig.miner.set_cooling(CoolingSettings(Mode.IMMERSION))
    rig.run(900, step=1)
    assert rig.miner.faults.all() == ()
    assert rig.snapshot.tuner.state is TunerState.STABLE
    assert 50 < rig.snapshot.highest_chip_temp_c < 75
    assert {fan.rpm for fan in rig.snapshot.fans} == {0}


def test_water_goes_in_cool_and_comes_out_warmer(make):
    rig = make(model_name="S21 Hyd", ambient_c=30.0)
    seen = rig.snapshot
    assert seen.fans == ()
    assert seen.status is MinerStatus.NORMAL
    for board in seen.boards:
        assert board.water_inlet_c == 30.0
        assert 33 < board.water_outlet_c < board.board_temp_c < 60


# --- boards ---


def test_a_disabled_board_loses_its_power_its_shares_and_its_part_of_the_limits(make):
    rig = make(model_name=PIC)
    before = rig.snapshot
    rig.miner.set_boards(["2"], False, rig.now)
    assert rig.saved[-1].performance.boards_off == ("2",)
    rig.run(400, step=1)
    seen = rig.snapshot
    assert [board.enabled for board in seen.boards] == [True, False, True]
    assert (seen.boards[1].nominal, seen.boards[1].voltage_v) == (0, 0)
    assert seen.boards[1].real.last_5m == 0
    assert seen.boards[0].real.last_5m > 0
    assert seen.tuner.power_limits_w.maximum == pytest.approx(
        before.tuner.power_limits_w.maximum * 2 / 3, abs=1
    )
    assert seen.consumption_w == pytest.approx(before.consumption_w * 2 / 3, rel=0.05)
    rig.miner.set_boards(["2"], True, rig.now)
    rig.run(400, step=1)
    assert rig.snapshot.consumption_w == pytest.approx(before.consumption_w, rel=0.05)


def test_all_boards_off_draw_next_to_nothing(make):
    rig = make(model_name=PIC)
    rig.miner.set_boards(["1", "2", "3"], False, rig.now)
    rig.run(120, step=1)
    assert rig.snapshot.nominal == 0
    assert rig.snapshot.consumption_w < 110


def test_machines_without_pic_refuse_to_disable_boards_unless_they_are_told_to(make):
    rig = make(model_name=NO_PIC)
    with pytest.raises(CannotDisable, match="allow_disabling"):
        rig.miner.set_boards(["1"], False, rig.now)
    assert rig.snapshot.boards[0].enabled
    assert [code.code for code in codes(rig)] == ["H1"]
    rig.miner.set_boards(["1"], True, rig.now)
    rig.miner.change_system(advanced={"allow_disabling_hashboards_on_nopic_miners": True})
    rig.miner.set_boards(["1"], False, rig.now)
    assert not rig.snapshot.boards[0].enabled


def test_a_board_that_is_not_there_is_refused_and_nothing_changes(make):
    rig = make(5, model_name=PIC)
    with pytest.raises(BadSetting, match="1, 2, 3"):
        rig.miner.set_boards(["1", "4"], False, rig.now)
    assert all(board.enabled for board in rig.snapshot.boards)


# --- what survives ---


def test_everything_that_is_set_survives_a_restart_on_disk(make):
    rig = make(model_name=PIC)
    performance = rig.miner.performance
    performance.aim("hashrate", 90.0)
    performance.set_manual(Manual(frequency_hz=450e6, voltage_v=13.0))
    performance.set_dps({"enabled": True, "mode": DpsMode.BOOST})
    performance.set_ramping(Ramping(7, 3))
    rig.miner.set_cooling(CoolingSettings(Mode.MANUAL, fan_ratio=0.7))
    rig.miner.set_boards(["3"], False, rig.now)
    kept = rig.saved[-1]
    assert kept.performance.profiles
    again = msgspec.json.decode(msgspec.json.encode(kept), type=Settings)
    assert again == kept == rig.miner.settings
    performance = Performance(model_named(PIC), lambda: again, lambda **_: None)
    assert performance.is_manual
    assert performance.configured("hashrate") == 90.0
    assert performance.runs == [True, True, False]
    assert [each.enabled for each in performance.board_settings(True)] == [True, True, False]


def test_settings_of_an_older_version_are_read_with_defaults():
    old = msgspec.json.decode(b'{"power_target_w": 3000}', type=Settings)
    assert old.performance.mode == "tuner"
    assert old.cooling == CoolingSettings()


def test_profiles_are_bounded_and_the_oldest_gives_way(make):
    rig = make()
    (profile,) = rig.miner.performance.settings.profiles
    many = tuple(
        msgspec.structs.replace(profile, target=1000.0 + number) for number in range(MOST_PROFILES)
    )
    rig.miner.performance.change(profiles=many)
    rig.miner.performance.aim("power", 3000)
    rig.run(300, step=1)
    targets = [each.target for each in rig.miner.performance.settings.profiles]
    assert len(targets) == MOST_PROFILES
    assert targets[0] == 1001.0
    assert targets[-1] == 3000.0


# --- whatever the operator does ---


@settings(max_examples=30, stateful_step_count=25)
class AnyOperator(RuleBasedStateMachine):
    """Targets by all verbs: the limits hold, refusals change nothing, and reads agree."""

    def __init__(self):
        super().__init__()
        self.settings = Settings()
        self.performance = Performance(model_named(PIC), lambda: self.settings, self.keep)

    def keep(self, **fields):
        self.settings = msgspec.structs.replace(self.settings, **fields)

    def refusing(self, verb, *arguments):
        before = self.settings
        try:
            verb(*arguments)
        except OutsideLimits:
            assert self.settings == before
        self.performance.follow()

    @rule(watts=st.integers(0, 10_000))
    def aim_power(self, watts):
        self.refusing(self.performance.aim, "power", watts)

    @rule(rate=st.floats(0, 400))
    def aim_rate(self, rate):
        self.refusing(self.performance.aim, "hashrate", rate)

    @rule(kind=st.sampled_from(["power", "hashrate"]))
    def aim_default(self, kind):
        self.performance.aim(kind, None)
        assert self.performance.configured(kind) == self.performance.limits(kind).default

    @rule(kind=st.sampled_from(["power", "hashrate"]), change=st.integers(-3000, 3000))
    def shift(self, kind, change):
        self.refusing(self.performance.shift, kind, change)

    @rule(
        kind=st.sampled_from(["power", "hashrate"]),
        percentage=st.floats(-10, 400),
        reference=st.sampled_from(["nominal", "min", "max", "current"]),
    )
    def relate(self, kind, percentage, reference):
        self.refusing(self.performance.relate, kind, percentage, reference)

    @rule(hertz=st.floats(0, 2e9), volt=st.floats(0, 30))
    def by_hand(self, hertz, volt):
        self.refusing(self.performance.set_manual, Manual(hertz, volt))

    @rule(boards=st.sets(st.sampled_from(["1", "2", "3"]), max_size=2), enable=st.booleans())
    def switch(self, boards, enable):
        self.performance.enable_boards(tuple(boards), enable, False)

    @invariant()
    def what_is_in_force_is_within_the_limits(self):
        performance = self.performance
        bounds = performance.limits(performance.kind)
        assert bounds.minimum <= performance.current.value <= bounds.maximum

    @invariant()
    def the_boards_are_told_nothing_they_cannot_do(self):
        model = model_named(PIC)
        for runs, setting in zip(
            self.performance.runs, self.performance.board_settings(True), strict=True
        ):
            assert setting.enabled is runs
            assert 55e6 <= setting.frequency_hz <= 1300e6
            assert model.psu.min_voltage <= setting.voltage_v <= model.psu.max_voltage

    @invariant()
    def the_state_is_disabled_by_hand_alone(self):
        is_disabled = self.performance.tuner_state is TunerState.DISABLED
        assert is_disabled is self.performance.is_manual


TestAnyOperator = AnyOperator.TestCase


def test_a_paused_machine_reports_what_it_does_while_its_clocks_go_down(make):
    rig = make()
    rig.miner.performance.set_ramping(Ramping(10, 10))
    rig.miner.pause(rig.now)
    rig.run(3)
    assert rig.snapshot.condition.phase is Phase.STOPPING
    assert rig.snapshot.status is MinerStatus.PAUSED
    rig.run(10)
    assert rig.snapshot.condition.phase is Phase.STOPPED
