"""Connections that do not say what they want."""

import asyncio

import pytest
from starlette.responses import PlainTextResponse

from pithead.cli import patience
from pithead.cli.serving import HttpServer, listen

REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
async def connect():
    server = HttpServer(PlainTextResponse("well"), [listen("127.0.0.1", 0, "")])
    await server.start()
    address = server._sockets[0].getsockname()
    writers = []

    async def open_connection():
        reader, writer = await asyncio.open_connection(*address)
        writers.append(writer)
        return reader, writer

    yield open_connection
    for writer in writers:
        writer.close()
    await server.stop()


async def is_cut(reader):
    """Wait until the other side has closed."""
    try:
        return await asyncio.wait_for(reader.read(), 10) == b""
    except ConnectionResetError:
        return True


async def write_without_end(writer):
    while True:
        writer.write(b"x" * 16_384)
        await writer.drain()


async def answered(reader):
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
    assert head.startswith(b"HTTP/1.1 200")
    assert await reader.readexactly(4) == b"well"


@pytest.mark.parametrize("sent", [b"", b"GET", REQUEST[:-2]])
async def test_one_who_does_not_finish_the_head_of_a_request_is_cut_off(connect, monkeypatch, sent):
    monkeypatch.setattr(patience, "HEAD_SECONDS", 0.05)
    reader, writer = await connect()
    writer.write(sent)
    assert await is_cut(reader)


async def test_the_next_request_of_a_connection_has_its_own_time(connect, monkeypatch):
    reader, writer = await connect()
    writer.write(REQUEST)
    await answered(reader)
    monkeypatch.setattr(patience, "HEAD_SECONDS", 0.05)
    writer.write(b"GET / HT")
    assert await is_cut(reader)


async def test_an_idle_connection_that_has_been_answered_is_kept(connect, monkeypatch):
    monkeypatch.setattr(patience, "HEAD_SECONDS", 0.2)
    idle, writer = await connect()
    writer.write(REQUEST)
    await answered(idle)
    other, _ = await connect()
    assert await is_cut(other)  # by now the first has waited as long
    writer.write(REQUEST)
    await answered(idle)


async def test_a_head_without_end_is_not_kept(connect):
    reader, writer = await connect()
    writer.write(b"GET / HTTP/1.1\r\nX: ")
    with pytest.raises(ConnectionError):
        await write_without_end(writer)
    assert await is_cut(reader)


async def test_requests_that_come_together_are_all_answered(connect):
    reader, writer = await connect()
    writer.write(REQUEST * 3)
    for _ in range(3):
        await answered(reader)
