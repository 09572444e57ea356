"""Where log lines go, also when the disk takes none."""

import logging
from pathlib import Path

import pytest
import structlog

from pithead.cli.logs import start_logging
from pithead.cli.sections import LogSection


@pytest.fixture(autouse=True)
def as_before():
    handlers = logging.root.handlers[:]
    yield
    logging.root.handlers = handlers
    structlog.reset_defaults()


def test_lines_are_in_the_file_at_once_and_behind_those_of_earlier_runs(tmp_path):
    for word in ("first", "second"):
        with start_logging(LogSection(), tmp_path / "log"):
            structlog.get_logger().info(word, miner="a")
            assert word in (tmp_path / "log").read_text()
    lines = (tmp_path / "log").read_text().splitlines()
    assert [("first" in line, "second" in line) for line in lines] == [(True, False), (False, True)]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_disk_without_room_loses_lines_and_stops_nobody():
    with start_logging(LogSection(), Path("/dev/full")):
        for _ in range(3):
            structlog.get_logger().error("lost", why="no space")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_nor_does_standard_error_on_such_a_disk(monkeypatch):
    with Path("/dev/full").open("w", buffering=1) as full:
        monkeypatch.setattr("sys.stderr", full)
        start_logging(LogSection())
        for _ in range(3):
            structlog.get_logger().error("lost", why="no space")
            logging.getLogger("other").error("lost")
        monkeypatch.undo()
        with pytest.raises(OSError, match="space"):
            full.close()
