"""Sockets and the data directory go from one process to the next, and nothing else does."""

import asyncio
import json
import os
import socket
import stat

import pytest

from pithead.cli import handover as handing
from pithead.cli.handover import (
    GREETING,
    Handover,
    NotHandedOver,
    Taken,
    claim,
    take_over,
)


@pytest.fixture
def old(tmp_path):
    giving = Handover(tmp_path)
    yield giving
    giving.close()


@pytest.fixture
def listening():
    with socket.create_server(("127.0.0.1", 0), backlog=5) as server:
        yield server


async def test_the_sockets_go_over_and_take_connections_all_the_time(old, tmp_path, listening):
    taking = asyncio.create_task(take_over(tmp_path))
    await asyncio.wait_for(old.asked(lambda: {"stratum": listening.dup()}), 5)
    assert old.is_asked
    address = listening.getsockname()
    listening.close()
    with socket.create_connection(address) as waiting:
        await asyncio.sleep(0)
        assert not taking.done()  # not before everything else is free too
        old.close()
        taken = await asyncio.wait_for(taking, 5)
        with taken.sockets["stratum"] as server:
            server.setblocking(True)
            accepted, _ = server.accept()
            assert accepted.getpeername() == waiting.getsockname()
            accepted.close()
        taken.close()


async def handed(old, directory, listening):
    """What the new process has after both have done their part, and what the old waits for."""
    taking = asyncio.create_task(take_over(directory))
    await asyncio.wait_for(old.asked(lambda: {"stratum": listening.dup()}), 5)
    letting_go = asyncio.create_task(old.let_go())
    return await asyncio.wait_for(taking, 5), letting_go


async def test_the_old_process_is_done_when_the_new_one_serves(old, tmp_path, listening):
    taken, letting_go = await handed(old, tmp_path, listening)
    assert not letting_go.done()
    mine = taken.sockets.pop("stratum")
    taken.serves()
    await asyncio.wait_for(letting_go, 5)
    assert old.take_back() == {}
    assert mine.getsockname() == listening.getsockname()
    mine.close()


async def test_a_new_process_that_fails_gives_all_back(old, tmp_path, listening):
    taken, letting_go = await handed(old, tmp_path, listening)
    address = listening.getsockname()
    listening.close()
    taken.close()
    await asyncio.wait_for(letting_go, 5)
    with old.take_back()["stratum"] as server, socket.create_connection(address) as caller:
        server.setblocking(True)
        accepted, _ = server.accept()
        assert accepted.getpeername() == caller.getsockname()
        accepted.close()


async def test_a_new_process_that_is_gone_before_all_is_free_gives_all_back(
    old, tmp_path, listening
):
    taking = asyncio.create_task(take_over(tmp_path))
    await asyncio.wait_for(old.asked(lambda: {"stratum": listening.dup()}), 5)
    taking.cancel()
    await asyncio.gather(taking, return_exceptions=True)
    await asyncio.wait_for(old.let_go(), 5)
    with old.take_back()["stratum"] as server:
        assert server.getsockname() == listening.getsockname()


async def test_where_nothing_runs_there_is_nothing_to_take_over(tmp_path):
    assert await take_over(tmp_path) == Taken()
    Handover(tmp_path).close()  # what a process that was killed leaves there
    assert await take_over(tmp_path) == Taken()


async def test_a_directory_with_a_long_name_is_no_hindrance(tmp_path):
    deep = tmp_path / ("x" * 120) / ("y" * 120)
    deep.mkdir(parents=True)
    old = Handover(deep)
    taking = asyncio.create_task(take_over(deep))
    await asyncio.wait_for(old.asked(dict), 5)
    old.close()
    taken = await asyncio.wait_for(taking, 5)
    assert taken.sockets == {}
    taken.close()


async def test_only_the_owner_can_ask(old, tmp_path):
    mode = os.stat(tmp_path / handing.SOCKET_NAME).st_mode
    assert stat.S_IMODE(mode) == 0o600


@pytest.mark.parametrize("said", [b"", b"something else\n"])
async def test_who_says_something_else_gets_nothing(old, tmp_path, said):
    asked = asyncio.create_task(old.asked(dict))
    with socket.socket(socket.AF_UNIX) as stranger:
        stranger.setblocking(False)
        loop = asyncio.get_running_loop()
        with handing._short(tmp_path) as path:
            await loop.sock_connect(stranger, path)
        await loop.sock_sendall(stranger, said)
        if not said:
            stranger.shutdown(socket.SHUT_WR)
        assert await asyncio.wait_for(loop.sock_recv(stranger, 10), 5) == b""
    assert not old.is_asked
    taking = asyncio.create_task(take_over(tmp_path))
    await asyncio.wait_for(asked, 5)
    old.close()
    (await taking).close()


async def test_a_pool_that_does_not_let_go_is_told(old, tmp_path, monkeypatch, listening):
    monkeypatch.setattr(handing, "LETTING_GO_SECONDS", 0.01)
    taking = asyncio.create_task(take_over(tmp_path))
    await asyncio.wait_for(old.asked(lambda: {"stratum": listening.dup()}), 5)
    with pytest.raises(NotHandedOver, match="takes too long"):
        await taking


async def test_one_that_does_not_answer_is_told(old, tmp_path, monkeypatch):
    monkeypatch.setattr(handing, "ANSWER_SECONDS", 0.01)
    with pytest.raises(NotHandedOver, match="without --take-over"):
        await take_over(tmp_path)


@pytest.mark.parametrize("names", [b"nonsense", json.dumps(["a", "b"]).encode(), b"[1]"])
async def test_an_answer_out_of_form_is_told(old, tmp_path, listening, names):
    taking = asyncio.create_task(take_over(tmp_path))
    loop = asyncio.get_running_loop()
    taker, _ = await asyncio.wait_for(loop.sock_accept(old._listening), 5)
    with taker:
        assert await loop.sock_recv(taker, 100) == GREETING
        socket.send_fds(taker, [names], [listening.fileno()])
        with pytest.raises(NotHandedOver):
            await taking


def test_a_socket_is_claimed_for_its_own_port_alone(listening):
    port = listening.getsockname()[1]
    sockets = {"stratum": listening.dup(), "api": listening.dup(), "any": listening.dup()}
    with claim(sockets, "stratum", port) as mine:
        assert mine.getsockname()[1] == port
    with claim(sockets, "any", 0):
        pass
    assert claim(sockets, "api", port - 1) is None
    assert claim(sockets, "stratum", port) is None
    assert sockets == {}
