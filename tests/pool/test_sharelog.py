"""The journal: whole, torn, damaged, full, and killed in the middle."""

import errno
import os
import signal
import subprocess
import sys

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pithead.pool import sharelog
from pithead.pool.events import (
    BlockFound,
    BlockResolved,
    MonitoringChanged,
    PayoutLine,
    PayoutPlanned,
    PayoutResolved,
    PriceSeen,
    ReferralSet,
    RulesChanged,
    ShareAccepted,
    ShareRejected,
    TipChanged,
)
from pithead.pool.position import Position
from pithead.pool.rewards import Rules
from pithead.pool.sharelog import JournalDamaged, JournalFull, ShareLog


def share(number):
    return ShareAccepted(1_700_000_000_000 + number, "alice", "rig1", 1_000 + number)


EVERY_KIND = [
    share(1),
    ShareRejected(2, "alice", "rig1", "stale", 256),
    BlockFound(3, "alice", "[auto]", 7, "ab" * 32, 5_000_000_000, 2**60, bytes(range(256))),
    BlockResolved(4, "ab" * 32, False, "bad-cb-amount"),
    TipChanged(5, 7, "cd" * 32),
    MonitoringChanged(6, "alice", "rig1", False),
    ShareAccepted(7, "alice", "rig1", 2**70, True),
    RulesChanged(8, Rules(scheme="pplns", window_ppm=7)),
    PriceSeen(9, 7, 312_500_000, 12_345, 2**80),
    ReferralSet(10, "alice", "bob"),
    PayoutPlanned(11, "ef" * 32, b"raw", 141, [PayoutLine("alice", "bcrt1q", 10**15)], True),
    PayoutResolved(12, "ef" * 32, False, "spent"),
]


def written(directory, *batches, **options):
    journal = ShareLog(directory, "pool", **options)
    for batch in batches:
        journal.append(batch)
    journal.close()


def read(directory, after=None):
    journal = ShareLog(directory, "pool")
    try:
        return list(journal.replay(after))
    finally:
        journal.close()


def segment(directory):
    return max(directory.glob("*.journal"), key=lambda path: path.stat().st_size)


def events_of(pairs):
    return [event for _, event in pairs]


def test_what_was_appended_comes_back_in_order_with_its_positions(tmp_path):
    written(tmp_path, EVERY_KIND[:2], EVERY_KIND[2:], durability="group")
    pairs = read(tmp_path)
    assert events_of(pairs) == EVERY_KIND
    assert [position for position, _ in pairs] == [
        Position(1, n) for n in range(1, len(EVERY_KIND) + 1)
    ]
    assert events_of(read(tmp_path, Position(1, 4))) == EVERY_KIND[4:]


def test_every_opening_begins_an_epoch_and_keeps_those_before(tmp_path):
    written(tmp_path, [share(1)])
    written(tmp_path, [share(2)])
    assert read(tmp_path) == [(Position(1, 1), share(1)), (Position(2, 1), share(2))]
    journal = ShareLog(tmp_path, "pool", above=Position(70, 3))
    assert journal.append([share(3)]) == Position(71, 1)
    journal.close()


def test_an_append_is_one_write(tmp_path, monkeypatch):
    journal = ShareLog(tmp_path, "pool")
    calls = []
    write = os.write
    monkeypatch.setattr(
        sharelog.os, "write", lambda file, data: calls.append(len(data)) or write(file, data)
    )
    journal.append(EVERY_KIND)
    monkeypatch.undo()
    assert len(calls) == 1
    journal.close()


def test_a_short_write_is_completed(tmp_path, monkeypatch):
    journal = ShareLog(tmp_path, "pool")
    write = os.write
    monkeypatch.setattr(sharelog.os, "write", lambda file, data: write(file, data[:7]))
    journal.append(EVERY_KIND)
    monkeypatch.undo()
    journal.close()
    assert events_of(read(tmp_path)) == EVERY_KIND


def test_a_full_disk_takes_nothing_and_the_journal_goes_on_when_there_is_room(
    tmp_path, monkeypatch
):
    journal = ShareLog(tmp_path, "pool")
    journal.append([share(1)])
    write, left = os.write, [10]

    def nearly_full(file, data):
        if not left:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(file, data[: left.pop()])

    monkeypatch.setattr(sharelog.os, "write", nearly_full)
    with pytest.raises(JournalFull, match="No space left"):
        journal.append([share(2)])
    monkeypatch.undo()
    assert journal.position == Position(1, 1)
    assert journal.append([share(3)]) == Position(1, 2)
    journal.close()
    assert events_of(read(tmp_path)) == [share(1), share(3)]


def test_a_second_writer_is_kept_out(tmp_path):
    journal = ShareLog(tmp_path, "pool")
    with pytest.raises(JournalFull, match="another process"):
        ShareLog(tmp_path, "pool")
    journal.close()


def test_segments_are_rotated_and_forgotten_when_all_behind_has_them(tmp_path):
    journal = ShareLog(tmp_path, "pool", segment_bytes=200)
    for number in range(40):
        journal.append([share(number)])
    many = len(list(tmp_path.glob("*.journal")))
    journal.forget(Position(1, 20))
    fewer = len(list(tmp_path.glob("*.journal")))
    assert 1 < fewer < many
    journal.close()
    later = events_of(read(tmp_path, Position(1, 20)))
    assert later == [share(number) for number in range(20, 40)]
    journal = ShareLog(tmp_path, "pool")
    journal.forget(journal.position)
    assert len(list(tmp_path.glob("*.journal"))) == 1
    assert list(journal.replay(None)) == []
    journal.close()


@pytest.mark.slow
def test_a_tail_cut_at_any_byte_loses_the_last_batch_alone(tmp_path):
    written(tmp_path, [share(1)], [share(2)], EVERY_KIND)
    whole = segment(tmp_path).read_bytes()
    first = ShareLogFrames(whole)
    for cut in range(first.starts[2] + 1, len(whole)):
        directory = tmp_path / str(cut)
        directory.mkdir()
        (directory / segment(tmp_path).name).write_bytes(whole[:cut])
        assert events_of(read(directory)) == [share(1), share(2)]
        assert events_of(read(directory)) == [share(1), share(2)]


class ShareLogFrames:
    """Where the frames of a segment start, read from its bytes without the module's reader."""

    def __init__(self, data):
        self.starts, offset = [], 0
        while offset < len(data):
            self.starts.append(offset)
            offset += 8 + int.from_bytes(data[offset : offset + 4], "little")


@pytest.mark.parametrize("place", [0, 3, 4, 8, 12])
def test_damage_in_the_middle_names_file_and_offset(tmp_path, place):
    written(tmp_path, [share(1)], [share(2)], [share(3)])
    path = segment(tmp_path)
    data = bytearray(path.read_bytes())
    offset = ShareLogFrames(data).starts[1]
    data[offset + place] ^= 0x40
    path.write_bytes(data)
    with pytest.raises(JournalDamaged, match=f"{path.name}.* offset {offset}"):
        read(tmp_path)


def test_a_segment_that_could_not_begin_can_begin_later(tmp_path, monkeypatch):
    def full(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    journal = ShareLog(tmp_path, "pool", durability="group", segment_bytes=1)
    journal.append([share(1)])
    monkeypatch.setattr(sharelog, "_sync_directory", full)
    with pytest.raises(JournalFull, match="No space left"):
        journal.append([share(2)])
    monkeypatch.undo()
    assert journal.append([share(3)]) == Position(1, 2)
    journal.close()
    assert events_of(read(tmp_path)) == [share(1), share(3)]


def small_segments(directory, count=40):
    journal = ShareLog(directory, "pool", segment_bytes=200)
    for number in range(count):
        journal.append([share(number)])
    journal.close()
    return sorted(directory.glob("*.journal"))


def test_a_segment_that_is_missing_is_told_and_not_passed_over(tmp_path):
    small_segments(tmp_path)[1].unlink()
    with pytest.raises(JournalDamaged, match="is missing"):
        read(tmp_path)


def test_a_store_older_than_what_was_forgotten_is_told(tmp_path):
    small_segments(tmp_path)
    journal = ShareLog(tmp_path, "pool")
    journal.forget(Position(1, 20))
    assert next(journal.replay(Position(1, 20))) == (Position(1, 21), share(20))
    for lost in (None, Position(1, 2)):
        with pytest.raises(JournalDamaged, match="is missing"):
            next(journal.replay(lost))
    journal.close()


def test_damage_in_a_segment_that_the_store_has_whole_is_no_hindrance(tmp_path):
    first, *_ = small_segments(tmp_path)
    first.write_bytes(b"\xff" * first.stat().st_size)
    assert events_of(read(tmp_path, Position(1, 20))) == [share(n) for n in range(20, 40)]


def test_a_journal_that_could_not_begin_lets_go_of_its_lock(tmp_path, monkeypatch):
    def full(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    journal = ShareLog(tmp_path, "pool", durability="group")
    journal.close()
    monkeypatch.setattr(sharelog, "_sync_directory", full)
    with pytest.raises(JournalFull, match="No space left"):
        ShareLog(tmp_path, "pool", durability="group")
    monkeypatch.undo()
    written(tmp_path, [share(1)])


@given(st.binary(max_size=300), st.integers(0, 200), st.binary(max_size=30))
@settings(max_examples=60, deadline=None)
def test_no_bytes_at_all_make_the_reader_fail_in_another_way(tmp_path_factory, noise, at, more):
    directory = tmp_path_factory.mktemp("fuzz")
    written(directory, [share(1)], [share(2)])
    path = segment(directory)
    data = path.read_bytes()
    path.write_bytes(data[:at] + noise + data[at:] + more)
    try:
        events = events_of(read(directory))
    except JournalDamaged:
        return
    assert [event for event in events if event in (share(1), share(2))] in (
        [], [share(1)], [share(1), share(2)],
    )  # fmt: skip


WRITER = """
import sys
from pathlib import Path
from pithead.pool.events import ShareAccepted
from pithead.pool.sharelog import ShareLog
journal = ShareLog(Path(sys.argv[1]), "pool", segment_bytes=20_000)
number = 0
while True:
    batch = [ShareAccepted(number + n, "alice", "rig1", 1_000) for n in range(1 + number % 9)]
    journal.append(batch)
    number += len(batch)
    sys.stdout.write(f"{number}\\n")
    sys.stdout.flush()
"""


@pytest.mark.slow
@pytest.mark.parametrize("lines", [1, 50, 400, 1_500])
def test_after_kill_9_everything_that_was_answered_is_there_once(tmp_path, lines):
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    for _ in range(lines):
        answered = writer.stdout.readline()
    writer.send_signal(signal.SIGKILL)
    answered += writer.stdout.read()
    writer.stdout.close()
    assert writer.wait() == -signal.SIGKILL
    last = int(answered.split("\n")[-2])
    times = [event.time_ms for event in events_of(read(tmp_path))]
    assert times == list(range(len(times)))
    assert len(times) >= last


def test_who_mines_with_braiins_os_costs_a_share_one_byte_and_older_journals_are_read():
    new = share(1)
    old = msgspec.msgpack.encode(["s", new.time_ms, new.user, new.worker, new.work])
    assert len(msgspec.msgpack.encode(new)) == len(old) + 1
    assert msgspec.msgpack.decode(old, type=ShareAccepted) == new
