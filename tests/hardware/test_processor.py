"""The computer's own processor: what it owes, what it finds, and what it says of its speed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pithead.bitcoin.target import MAX_TARGET, target_for_work
from pithead.hardware.device import BoardSetting, Device, Work
from pithead.hardware.processor import (
    BATCH_SECONDS,
    FIRST_BATCH,
    MOST_SHARES,
    NONCES,
    Processor,
    processor_model,
)
from pithead.hardware.scanning import NO_TICKETS, ScanResult, execute_all, hash_value
from pithead.native import MAX_SCAN
from pithead.work.job import Job

ON, OFF = (BoardSetting(True, 0.0, 0.0),), (BoardSetting(False, 0.0, 0.0),)


def make_work(share_work=1 << 40, share_target=None, extranonce2_size=8):
    job = Job(
        job_id="1",
        prev_hash_wire=bytes(32),
        coinbase_prefix=b"prefix",
        coinbase_suffix=b"suffix",
        branch=(),
        version=0x20000000,
        bits=0x207FFFFF,
        time=1_700_000_000,
    )
    return Work(job, b"\1\2\3\4", extranonce2_size, share_target or target_for_work(share_work))


def make(cores=2, work=None):
    device = Processor(processor_model(cores, "6.1.0"), 0.0)
    device.apply(ON)
    device.assign(work or make_work())
    return device


def empty(requests):
    return [ScanResult(0, ())] * len(requests)


def mined(device, rate, seconds, start=0.0):
    """As a daemon would drive it, on cores that together do `rate`; gives the hashes done."""
    now, total = start, 0
    while now < start + seconds:
        requests = device.pending_scans()
        due = sum(request.length for request in requests)
        device.scanned(empty(requests))
        total += due
        now += max(0.5, due / rate)
        device.step(now)
    return total, now


def test_a_processor_is_a_device_without_sensors_and_invents_nothing():
    device: Device = make(cores=3)
    readings = device.readings()
    (board,) = readings.boards
    assert (board.chips, board.frequency_hz, board.voltage_v) == (3, 0.0, 0.0)
    assert board.board_temp_c is None
    assert (readings.power_w, readings.fans) == (0.0, ())


@pytest.mark.parametrize("rate", [4e6, 5e7])
def test_batches_grow_until_the_cores_never_wait_and_the_rate_told_is_the_one_done(rate):
    device = make(cores=2)
    _, warm = mined(device, rate, 60)
    total, end = mined(device, rate, 60, start=warm)
    assert total / (end - warm) == pytest.approx(rate, rel=0.02)
    assert device.readings().boards[0].own_rate == pytest.approx(rate, rel=0.02)
    requests = device.pending_scans()
    assert sum(each.length for each in requests) == pytest.approx(rate * BATCH_SECONDS, rel=0.02)
    assert all(each.length <= MAX_SCAN for each in requests)


def test_cores_get_equal_parts_and_no_nonce_is_handed_out_twice():
    device = make(cores=4)
    seen = set()
    for _ in range(3):
        requests = device.pending_scans()
        assert [each.length for each in requests] == [FIRST_BATCH] * 4
        for each in requests:
            assert each.ticket_target == NO_TICKETS
            seen.add((each.header, each.start_nonce))
        device.scanned(empty(requests))
    assert len(seen) == 12


def test_nothing_more_is_handed_out_while_a_batch_is_under_way():
    device = make()
    assert device.pending_scans()
    assert device.pending_scans() == []


@pytest.mark.parametrize("stop", [lambda device: device.apply(OFF), lambda each: each.assign(None)])
def test_a_processor_that_is_off_or_has_no_work_hashes_nothing_and_its_rate_falls(stop):
    device = make()
    _, now = mined(device, 4e6, 60)
    stop(device)
    assert device.pending_scans() == []
    device.step(now + 100)
    assert device.readings().boards[0].own_rate < 1e3


def test_what_is_found_is_proven_and_belongs_to_the_work_it_was_found_for():
    work = make_work(share_work=20_000)
    device = make(work=work)
    requests = device.pending_scans()
    device.assign(make_work())
    device.scanned(execute_all(requests))
    harvests = device.collect()
    assert sum(each.hashes for each in harvests) == 2 * FIRST_BATCH
    found = [share for each in harvests for share in each.found]
    assert found
    for share in found:
        assert share.work is work
        header = next(
            each.header
            for each in requests
            if each.start_nonce <= share.solution.nonce < each.start_nonce + each.length
        )
        assert hash_value(header, share.solution.nonce) == share.hash_value <= work.share_target


def test_a_used_up_header_is_followed_by_another():
    device = make(cores=1)
    first = device.pending_scans()[0].header
    device.scanned(empty([first]))
    device._space.next_nonce = NONCES - 10
    one, other = device.pending_scans()
    assert (one.header, one.length) == (first, 10)
    assert (other.header != first, other.start_nonce) == (True, 0)


@settings(max_examples=20)
@given(target=st.integers(0, MAX_TARGET), cores=st.integers(1, 64))
def test_however_easy_a_share_is_a_batch_finds_a_bounded_number(target, cores):
    device = make(cores=cores, work=make_work(share_target=target or 1))
    chance = (target + 1) / (1 << 256)
    batch = sum(request.length for request in device.pending_scans())
    assert batch > 0
    assert batch * chance <= 2 * MOST_SHARES


def test_a_slow_processor_still_gets_whole_batches():
    device = make(cores=1)
    mined(device, 1e3, 300)
    assert sum(each.length for each in device.pending_scans()) == FIRST_BATCH
