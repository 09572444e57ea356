"""The streams over real sockets: what a reader who vanishes or dozes costs the machine."""

import asyncio
import contextlib
import json
import socket

import pytest

from pithead.cli.serving import HttpServer
from pithead.miner.api import status

pytestmark = pytest.mark.slow


@pytest.fixture
async def address(bench):
    listening = socket.create_server(("127.0.0.1", 0))
    listening.setblocking(False)
    server = HttpServer(bench.app, [listening])
    await server.start()
    yield listening.getsockname()
    await server.stop()


async def open_stream(address, token, path="/api/v1/miner/status"):
    """Ask for a stream and read its head and its first object."""
    reader, writer = await asyncio.open_connection(*address[:2])
    head = f"GET {path} HTTP/1.1\r\nHost: miner\r\nAuthorization: {token}\r\n\r\n"
    writer.write(head.encode())
    answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
    assert answer.startswith(b"HTTP/1.1 200")
    first = await next_object(reader)
    return reader, writer, first


async def next_object(reader):
    """One chunk of the transfer: its length, its bytes."""
    size = int(await asyncio.wait_for(reader.readline(), 5), 16)
    return json.loads(await asyncio.wait_for(reader.readexactly(size + 2), 5))


async def until(condition):
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come to pass")


def listeners(bench):
    return len(bench.rig.miner.standing._status_listeners)


async def test_changes_come_at_once_over_a_socket_and_those_who_leave_are_forgotten(bench, address):
    before, token = listeners(bench), await bench.token()
    streams = [await open_stream(address, token) for _ in range(3)]
    assert [first for _, _, first in streams] == [{"status": 2}] * 3
    assert listeners(bench) == before + 3
    bench.rig.miner.pause(bench.rig.now)
    for reader, _, _ in streams:
        assert await next_object(reader) == {"status": 3}
    for _, writer, _ in streams:
        writer.transport.abort()
    await until(lambda: listeners(bench) == before)


async def test_a_reader_that_dozes_holds_a_bounded_number_of_changes(bench, address):
    before = listeners(bench)
    reader, writer, _ = await open_stream(address, await bench.token())
    for _ in range(status.WAITING_CHANGES):  # all before the loop lets the stream send
        bench.rig.miner.pause(bench.rig.now)
        bench.rig.miner.resume(bench.rig.now)
    got = 0
    with contextlib.suppress(ValueError, asyncio.IncompleteReadError):
        while await next_object(reader):
            got += 1
    assert got == status.WAITING_CHANGES
    await until(lambda: listeners(bench) == before)
    writer.close()
