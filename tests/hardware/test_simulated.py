import pytest

from pithead.bitcoin.target import target_for_work
from pithead.hardware.device import BoardSetting, Device, Work
from pithead.hardware.models import MODELS, model_named
from pithead.hardware.scanning import execute_all, hash_value
from pithead.hardware.simulated import NONCES, SimulatedMachine, spread
from pithead.miner.cooling import Cooling
from pithead.miner.cooling_settings import CoolingSettings, plan_of
from pithead.miner.readouts import hottest_chip
from pithead.miner.tuner import Target, Tuner
from pithead.work.job import Job

SCALE = 10**12


def make_work(share_work=100, job_id="1", extranonce2_size=8):
    job = Job(
        job_id=job_id,
        prev_hash_wire=bytes(32),
        coinbase_prefix=b"prefix",
        coinbase_suffix=b"suffix",
        branch=(),
        version=0x20000000,
        bits=0x207FFFFF,
        time=1_700_000_000,
    )
    return Work(job, b"\1\2\3\4", extranonce2_size, target_for_work(share_work))


def make_machine(name="S21", mhz=490.0, volt=13.2, **options):
    device = SimulatedMachine(
        model_named(name), **{"seed": "x", "now": 0.0, "work_scale": SCALE, **options}
    )
    device.apply([BoardSetting(True, mhz * 1e6, volt)] * device.model.boards)
    device.spin(0.6)
    return device


def at_rest(model, watts, seconds=1200, seed="x"):
    """A machine tuned to a power target, after twenty minutes of its firmware's care."""
    device = SimulatedMachine(model, seed=seed, now=0.0, work_scale=SCALE)
    tuner = Tuner(model, Target("power", watts))
    cooling = Cooling(plan_of(CoolingSettings(), model))
    for now in range(1, seconds + 1):
        readings = device.readings()
        device.spin(cooling.step(1, hottest_chip(readings), True, readings.fans))
        tuner.step(now, readings)
        device.apply(tuner.settings(True))
        device.step(now)
    return device


def hashed(device, seconds):
    """Hashes handed out over so many seconds."""
    now = device._now
    total = 0
    for _ in range(seconds):
        now += 1
        device.step(now)
        total += sum(scan.length for scan in device.pending_scans())
    return total


def test_a_simulated_machine_is_a_device():
    device: Device = make_machine()
    assert len(device.readings().boards) == 3


@pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.name)
def test_at_the_default_power_target_rate_and_efficiency_are_those_of_the_sticker(model):
    device = at_rest(model, model.default_watt)
    device.assign(make_work())
    terahash = hashed(device, 600) / 600
    watts = device.readings().power_w
    assert terahash == pytest.approx(model.sticker_ths, rel=0.03)
    assert watts / terahash == pytest.approx(model.default_watt / model.sticker_ths, rel=0.03)


@pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.name)
def test_the_first_guess_and_the_fans_keep_boards_at_temperatures_seen_in_the_field(model):
    boards = at_rest(model, model.default_watt).readings().boards
    assert all(40 <= board.board_temp_c <= 60 for board in boards)
    assert max(b.board_temp_c for b in boards) - min(b.board_temp_c for b in boards) > 0.3


def test_hashes_come_due_exactly_at_the_rate_of_the_boards_over_work_scale():
    device = make_machine()
    device.step(60)
    device.assign(make_work())
    nominal = sum(device.model.board_nominal(b.frequency_hz) for b in device.readings().boards)
    expected = nominal * device.model.curve.yield_ratio / SCALE * 600
    assert hashed(device, 600) == pytest.approx(expected, rel=0.004)


def test_time_in_many_small_steps_owes_the_same_hashes_as_in_few():
    totals = []
    for step in (0.013, 1.0, 5.0):
        device = make_machine()
        device.step(60)
        device.assign(make_work())
        now = 60.0
        total = 0
        while now < 160:
            now = min(now + step, 160)
            device.step(now)
            total += sum(scan.length for scan in device.pending_scans())
        totals.append(total)
    assert max(totals) - min(totals) <= 3


def test_no_nonce_is_hashed_twice():
    device = make_machine()
    device.assign(make_work())
    ranges = []
    for now in range(1, 120):
        device.step(now)
        ranges += [(s.header, s.start_nonce, s.length) for s in device.pending_scans()]
        if now % 30 == 0:
            device.assign(make_work())
    tried = set()
    for header, start, length in ranges:
        nonces = {(header, nonce) for nonce in range(start, start + length)}
        assert not nonces & tried
        tried |= nonces
    assert len({header for header, _, _ in ranges}) == 3 * 4  # one space per board and job


def test_a_space_that_is_used_up_is_followed_by_a_fresh_one():
    device = make_machine()
    device.assign(make_work())
    device.step(10)
    first = device.pending_scans()[0]
    device._boards[0].space.next_nonce = NONCES - 5
    device.step(11)
    board_0 = [s for s in device.pending_scans() if s.start_nonce in (NONCES - 5, 0)]
    assert board_0[0].header == first.header
    assert board_0[0].length == 5
    assert board_0[1].header != first.header


def test_every_share_is_a_proof_of_the_header_its_work_and_solution_give():
    device = make_machine()
    work = make_work(share_work=20)
    device.assign(work)
    device.step(20)
    scans = device.pending_scans()
    device.scanned(execute_all(scans))
    found = [found for harvest in device.collect() for found in harvest.found]
    assert found
    for each in found:
        header = work.job.header(work.extranonce1, each.solution).pack()
        assert hash_value(header, each.solution.nonce) == each.hash_value
        assert int.from_bytes(header[76:], "little") == each.solution.nonce
        assert each.hash_value <= work.share_target
    assert device.collect() == []


def test_the_hashes_nonces_stand_for_are_those_computed_within_their_scatter():
    device = make_machine()
    device.assign(make_work())
    computed, counted = 0, 0.0
    for now in range(1, 301):
        device.step(now)
        scans = device.pending_scans()
        computed += sum(scan.length for scan in scans)
        device.scanned(execute_all(scans))
        counted += sum(harvest.hashes for harvest in device.collect())
    tickets = computed / device._ticket_work
    assert counted / SCALE == pytest.approx(computed, rel=4 / tickets**0.5)


def test_a_machine_without_work_owes_nothing_and_starts_from_nothing():
    device = make_machine()
    assert hashed(device, 60) == 0
    device.assign(make_work())
    assert hashed(device, 60) > 0
    device.assign(None)
    assert hashed(device, 60) == 0


def test_a_board_that_is_switched_off_runs_down_loses_its_voltage_and_cools():
    device = make_machine()
    device.step(600)
    warm = device.readings().boards[0]
    on = BoardSetting(True, 490e6, 13.2)
    device.apply([BoardSetting(False, 0, 0), on, on])
    device.step(603)
    assert 0 < device.readings().boards[0].frequency_hz < 490e6
    assert device.readings().boards[0].voltage_v > 0
    device.step(1200)
    cold, running = device.readings().boards[:2]
    assert (cold.frequency_hz, cold.voltage_v) == (0, 0)
    assert cold.board_temp_c < warm.board_temp_c - 10
    assert running.frequency_hz == 490e6


def test_more_fan_makes_cooler_boards_and_a_hotter_room_costs_more_power():
    def readings(duty, ambient_c):
        device = make_machine(ambient_c=ambient_c)
        device.spin(duty)
        device.step(1800)
        return device.readings()

    temps = [readings(duty, 25).boards[0].board_temp_c for duty in (0.3, 0.6, 1.0)]
    assert temps == sorted(temps, reverse=True)
    cool, hot = readings(0.8, 10), readings(0.8, 40)
    assert 1.05 < hot.power_w / cool.power_w < 1.15


def test_the_same_seed_makes_the_same_machine_and_another_seed_another():
    def temperatures(seed):
        device = make_machine(seed=seed)
        device.step(300)
        return [board.board_temp_c for board in device.readings().boards]

    assert temperatures("a") == temperatures("a")
    assert temperatures("a") != temperatures("b")
    assert all(-1 <= spread(str(number), "part") < 1 for number in range(100))


def test_a_slower_scale_only_changes_how_many_hashes_are_computed():
    fast = make_machine(work_scale=10**9)
    fast.step(30)
    fast.assign(make_work(share_work=100_000))
    fast.step(31)
    scans = fast.pending_scans()
    assert sum(scan.length for scan in scans) == pytest.approx(200_000, rel=0.03)
    fast.scanned(execute_all(scans))
    hashes = sum(harvest.hashes for harvest in fast.collect())
    assert hashes == pytest.approx(200e12, rel=0.6)  # some fifty tickets


def test_a_tiny_extranonce_wraps_round_instead_of_failing():
    device = make_machine()
    for number in range(200):
        device.assign(make_work(job_id=str(number), extranonce2_size=1))
        device.step(number + 1.0)
        assert device.pending_scans()


# --- what breaks, and is mended ---


def test_chips_that_answer_no_more_take_their_part_of_rate_and_power_until_they_answer_again():
    device = make_machine()
    device.step(60)
    board = device.board(1)
    whole_rate, whole_watts, chips = board.rate, board.watts, board.silicon.chips
    board.silicon.suffer(lost=27)
    assert board.silicon.chips == chips - 27
    assert board.rate == pytest.approx(whole_rate * (chips - 27) / chips, rel=0.01)
    assert board.watts == pytest.approx(whole_watts * (chips - 27) / chips)
    board.silicon.suffer()
    assert (board.rate, board.watts) == (whole_rate, whole_watts)


def test_aged_chips_answer_and_draw_as_before_but_hash_wrongly():
    device = make_machine()
    device.step(60)
    board = device.board(0)
    watts, errors = board.watts, board.error_ratio
    board.silicon.suffer(aged=54, more_v=0.3)
    assert board.watts == watts
    assert errors + 0.05 < board.error_ratio < 0.5
    board.silicon.suffer(aged=54, more_v=2.0)
    assert board.error_ratio == pytest.approx(0.5, abs=0.01)


def test_a_board_that_loses_volts_on_the_way_says_so_and_makes_errors():
    device = make_machine()
    device.step(60)
    device.board(2).sag_v = 1.0
    device.step(61)
    reading = device.readings().boards[2]
    assert reading.voltage_v == pytest.approx(12.2)
    assert reading.error_ratio > 0.5


def test_without_mains_everything_stands_still_at_once_and_cools():
    device = make_machine()
    device.step(600)
    device.assign(make_work())
    hot = device.readings().boards[0].board_temp_c
    device.has_power = False
    device.step(601)
    seen = device.readings()
    assert seen.power_w == 0
    assert {board.frequency_hz for board in seen.boards} == {0.0}
    device.step(1200)
    assert {round(fan.rpm) for fan in device.readings().fans} == {0}
    assert device.readings().boards[0].board_temp_c < hot - 5
    device.has_power = True
    device.step(1300)
    assert device.readings().power_w > 3000
