"""A farm is watched from the command line: one picture, or a screen with keys."""

import asyncio
import os
import pty
import select
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner

from pithead.cli.main import main
from tests.farming import running_farm, until
from tests.served_machines import serving


@pytest.fixture
def machines(tmp_path):
    with serving(tmp_path) as machines:
        yield machines


def once(*words, code=0):
    shown = CliRunner().invoke(main, ["top", "--once", *words])
    assert shown.exit_code == code, shown.output
    return shown.output


def test_machines_are_shown_and_who_is_away_is_told(machines, unused_tcp_port):
    one = machines.start(120)
    shown = once(f"{one.address},127.0.0.1:{unused_tcp_port}", "--sort", "power")
    assert "1 of 2 machines answer" in shown
    assert "Antminer S21" in shown
    assert "cannot be reached" in shown


def test_where_nothing_answers_the_exit_code_is_1(unused_tcp_port):
    shown = once("--pool", f"http://127.0.0.1:{unused_tcp_port}", code=1)
    assert "0 of 0 machines" in shown
    assert "connection" in shown


def test_without_a_farm_the_command_is_wrong(tmp_path):
    assert "no RANGE is given" in once("--data", str(tmp_path), code=2)


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_a_farm_with_its_pool_is_shown(tmp_path):
    async with running_farm(tmp_path, farm__miners=2, farm__speed=60.0) as farm:
        snapshot = farm.machines.machines[0].miner.snapshot
        await until(lambda: snapshot(farm.clock.now()).pool_stats.accepted_shares > 0)
        shown = await asyncio.to_thread(once, "--data", str(tmp_path))
        assert "2 of 2 machines answer" in shown
        assert f"pool http://{farm.pool.api}" in shown
        assert "connections   height" in shown
        assert "luck" in shown
        wrong = await asyncio.to_thread(once, "--pool", f"http://{farm.pool.api}", code=1)
        assert "status 403" in wrong


@pytest.mark.slow
def test_on_a_terminal_keys_are_answered_and_q_quits(machines):
    one = machines.start(120)
    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "pithead", "top", one.address]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "140", "LINES": "30"}
    process = subprocess.Popen(
        command, stdin=follower, stdout=follower, stderr=follower, env=environment
    )
    os.close(follower)
    try:
        seen = read_until(leader, b"1 of 1 machines answer")
        assert b"by name" in seen
        os.write(leader, b"s")
        read_until(leader, b"by status")
        os.write(leader, b"q")
        read_until(leader, None)
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()
        os.close(leader)


def read_until(descriptor, wanted, seconds=60.0):
    """What a terminal was sent until `wanted`; None: until it is closed."""
    seen = b""
    deadline = time.monotonic() + seconds
    while wanted is None or wanted not in seen:
        ready, _, _ = select.select([descriptor], [], [], 1.0)
        assert time.monotonic() < deadline, seen[-2000:]
        if not ready:
            continue
        try:
            part = os.read(descriptor, 65_536)
        except OSError:  # Linux: the other side is closed
            part = b""
        if not part:
            assert wanted is None, seen[-2000:]
            break
        seen += part
    return seen
