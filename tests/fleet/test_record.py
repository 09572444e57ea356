"""The file of the fleet's history: small, bounded, and whole after a `kill -9`."""

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from pithead.fleet.history import LENGTHS, MINUTE, MINUTES, QUARTER
from pithead.fleet.record import FILE, VERSION, Record, RecordError

BEGIN = 1_700_000_000 // QUARTER * QUARTER
ONE = (200.0, 3500.0, 70.0, 3500.0, None)
TWO = (100.0, 1750.0, 60.0, None, 110.0)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "fleet" / FILE


def told(record, step=MINUTE):
    names = {number: name for name, number in record.numbers().items()}
    return {
        moment: {names[number]: values for number, values in row.points().items()}
        for moment, row in record.rows(step, 0)
    }


def test_what_was_written_is_there_when_it_is_opened_again(path):
    record = Record.open(path)
    record.write(MINUTE, BEGIN, {"one": ONE, "two": TWO})
    record.write(MINUTE, BEGIN + MINUTE, {"two": TWO})
    record.close()
    record = Record.open(path)
    assert told(record) == {BEGIN: {"one": ONE, "two": TWO}, BEGIN + 60: {"two": TWO}}
    assert record.newest(MINUTE) == BEGIN + MINUTE
    assert record.newest(QUARTER) is None
    record.close()


def test_two_fleets_beside_one_another_both_keep_their_machines(path):
    records = [Record.open(path), Record.open(path)]
    records[0].write(MINUTE, BEGIN, {"one": ONE})
    records[1].write(MINUTE, BEGIN, {"two": TWO})
    assert told(records[0]) == {BEGIN: {"one": ONE, "two": TWO}}
    for record in records:
        record.close()


def test_what_is_too_old_goes_and_machines_with_it(path):
    record = Record.open(path)
    record.write(QUARTER, BEGIN, {"gone": ONE})
    record.write(MINUTE, BEGIN, {"one": ONE})
    record.write(MINUTE, BEGIN + MINUTES * MINUTE, {"one": ONE})
    assert list(told(record)) == [BEGIN, BEGIN + MINUTES * MINUTE]
    record.write(MINUTE, BEGIN + (MINUTES + 1) * MINUTE, {"one": ONE})
    assert BEGIN not in told(record)
    late = BEGIN + (LENGTHS[QUARTER] + 1) * QUARTER
    record.write(QUARTER, late, {"one": ONE})
    assert list(told(record, QUARTER)) == [late]
    assert set(record.numbers()) == {"one"}
    record.close()


def test_a_row_that_cannot_be_read_is_left_out(path):
    record = Record.open(path)
    record.write(MINUTE, BEGIN, {"one": ONE})
    record.write(MINUTE, BEGIN + MINUTE, {"one": ONE})
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE points SET machines = x'00ff' WHERE moment = ?", [BEGIN])
    assert list(told(record)) == [BEGIN + MINUTE]
    record.close()


def other(path, *statements):
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (f"PRAGMA user_version={VERSION + 1}", "newer version"),
        ("CREATE TABLE something (it TEXT)", "something else"),
    ],
)
def test_a_file_of_another_program_or_time_is_left_as_it_is(path, statement, said):
    other(path, statement)
    with pytest.raises(RecordError, match=said):
        Record.open(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    assert not tables & {"points", "machines"}


def test_a_damaged_file_is_told(path):
    path.parent.mkdir()
    path.write_bytes(b"this was never a database" * 400)
    with pytest.raises(RecordError, match="not a database"):
        Record.open(path)


KILLED = """
import sys
from pathlib import Path
from pithead.fleet.record import Record
record = Record.open(Path(sys.argv[1]))
for minute in range(10_000):
    record.write(60, minute * 60, {"one": (1.0, 2.0, 3.0, 4.0, 5.0)})
    print(minute, flush=True)
"""


@pytest.mark.slow
def test_every_minute_that_was_written_is_there_after_kill_9(path):
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE, text=True
    )
    for _ in range(50):
        written = int(process.stdout.readline())
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    record = Record.open(path)
    minutes = [moment // 60 for moment in told(record) if moment]
    assert minutes[:written] == list(range(1, written + 1))
    record.close()
