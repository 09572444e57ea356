"""Where a running pool listens is in a file, until it ends or another has taken its place."""

import json
import os
import socket
import subprocess
import sys

import pytest

from pithead.cli.placefile import PLACE_FILE, Places, here, placed


def test_the_file_is_there_as_long_as_the_pool_and_readable_by_scripts(tmp_path):
    with placed(tmp_path, here(stratum="127.0.0.1:3333", api="http://127.0.0.1:1")):
        told = json.loads((tmp_path / PLACE_FILE).read_bytes())
        assert told == {
            "process": os.getpid(), "stratum": "127.0.0.1:3333", "stratum_tls": "",
            "api": "http://127.0.0.1:1", "admin": "",
        }  # fmt: skip
    assert not (tmp_path / PLACE_FILE).exists()


def test_the_file_of_who_took_over_stays(tmp_path):
    with placed(tmp_path, Places(1, "a:1")):
        successor = placed(tmp_path, Places(2, "b:2"))
        successor.__enter__()
    assert json.loads((tmp_path / PLACE_FILE).read_bytes())["process"] == 2


@pytest.mark.parametrize("content", [b"", b"nonsense", b"[]", b'{"process": "x"}'])
def test_a_file_that_is_none_is_left_alone(tmp_path, content):
    with placed(tmp_path, Places(1)):
        (tmp_path / PLACE_FILE).write_bytes(content)
    assert (tmp_path / PLACE_FILE).read_bytes() == content


@pytest.mark.slow
def test_a_pool_with_ports_of_its_own_choice_says_in_log_and_file_which_it_got(tmp_path):
    ports = [f"--set={name}=0" for name in ("pool.api_port", "pool.stratum_port", "admin.port")]
    command = [sys.executable, "-m", "pithead.cli.main", "pool", "--data", str(tmp_path), *ports]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as pool:
        log = ""
        while "Ctrl-C stops" not in log:
            line = pool.stdout.readline()
            assert line, log
            log += line
        places = json.loads((tmp_path / PLACE_FILE).read_bytes())
        assert places["process"] == pool.pid
        for name in ("stratum", "api", "admin"):
            place = places[name]
            assert place in log
            host, port = place.removeprefix("http://").split(":")
            socket.create_connection((host, int(port)), 10).close()
        pool.terminate()
        assert pool.wait(60) == 0
    assert not (tmp_path / PLACE_FILE).exists()
