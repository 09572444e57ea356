import os
import socket
import threading

import pytest

from bench import ckpool, peers
from bench.standin import standing_in


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "ckpool"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_the_program_is_the_one_that_the_environment_names_then_the_one_on_the_path(
    program, monkeypatch
):
    monkeypatch.setenv("PATH", str(program.parent))
    monkeypatch.delenv("CKPOOL", raising=False)
    assert ckpool.found() == str(program)
    monkeypatch.setenv("CKPOOL", str(program.parent / "none"))
    assert ckpool.found() is None
    monkeypatch.setenv("PATH", os.defpath)
    monkeypatch.setenv("CKPOOL", str(program))
    assert ckpool.found() == str(program)


def test_without_the_program_it_says_where_to_read_how_to_build_one(monkeypatch, capsys):
    monkeypatch.setenv("CKPOOL", "/nowhere/ckpool")
    peers.run()
    assert "docs/performance.md says how to build one" in capsys.readouterr().out


def test_its_difficulty_is_the_same_at_the_start_at_least_and_at_most(tmp_path):
    settings = ckpool.configuration(8332, 3333, tmp_path)
    assert settings["startdiff"] == settings["mindiff"] == settings["maxdiff"] == -1
    assert settings["highdiff"] == -1  # of ports from 4000, where newer ones start


def test_a_new_block_is_told_to_it_as_its_notifier_does(tmp_path):
    words = []

    def listen(server):
        connected, _ = server.accept()
        with connected:
            size = int.from_bytes(connected.recv(4, socket.MSG_WAITALL), "little")
            words.append(connected.recv(size, socket.MSG_WAITALL))

    path = tmp_path / "stratifier"
    with standing_in() as stand_in, socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        listener = threading.Thread(target=listen, args=[server])
        listener.start()
        before = stand_in.result("getblocktemplate", [])
        ckpool.Ckpool(None, 0, stand_in, path).block()
        listener.join()
        assert stand_in.result("getblocktemplate", []) != before
    assert words == [b"update"]
