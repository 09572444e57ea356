"""The socket of the cgminer API: what strangers may do to it."""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest

from pithead.cli.serving import listen
from pithead.miner.cgminer import server as module
from pithead.miner.cgminer.requests import LONGEST_REQUEST
from pithead.miner.cgminer.server import CgminerServer


@asynccontextmanager
async def serving(answer=lambda request: request[::-1] + b"\x00"):
    bound = listen("127.0.0.1", 0, "")
    port = bound.getsockname()[1]
    server = CgminerServer(answer)
    await server.open(bound)
    try:
        yield port, server
    finally:
        server.close()


async def said(port, *parts, eof=False):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for part in parts:
        writer.write(part)
        await writer.drain()
        await asyncio.sleep(0)
    if eof:
        writer.write_eof()
    answer = await reader.read()
    writer.close()
    return answer


async def cut(reader):
    """Whether the other end went away without a word."""
    try:
        return await reader.read() == b""
    except ConnectionResetError:
        return True


@pytest.mark.parametrize("end", [b"", b"\n", b"\x00"])
async def test_a_request_needs_no_end_and_the_connection_is_closed_after_the_answer(end):
    async with serving() as (port, _):
        request = b'{"command":"version"}' + end
        assert await said(port, request) == request[::-1] + b"\x00"


async def test_a_request_may_come_in_pieces():
    async with serving() as (port, _):
        pieces = [b'{"command":', b'"a}"', b"}"]
        assert await said(port, *pieces) == b"".join(pieces)[::-1] + b"\x00"


async def test_whoever_sends_half_a_request_and_no_more_is_answered():
    async with serving() as (port, _):
        assert await said(port, b'{"comm', eof=True) == b'mmoc"{\x00'


async def test_whoever_sends_nothing_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.01)
    async with serving() as (port, _):
        assert await said(port) == b"\x00"


async def test_a_request_without_end_is_cut():
    async with serving(lambda request: str(len(request)).encode()) as (port, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"x" * (LONGEST_REQUEST + 1))
        assert int(await reader.read()) > LONGEST_REQUEST
        writer.close()


async def test_connections_are_counted(monkeypatch):
    monkeypatch.setattr(module, "MOST_CONNECTIONS", 3)
    async with serving() as (port, _):
        idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await cut(reader)
        writer.close()
        for _, each in idle:
            each.write(b"{}")
        assert [await each.read() for each, _ in idle] == [b"}{\x00"] * 3
        for _, each in idle:
            each.close()
        assert await said(port, b"{}") == b"}{\x00"


async def test_a_closed_server_drops_its_connections():
    async with serving() as (port, server):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.sleep(0.01)
        server.close()
        assert await cut(reader)
        writer.close()
        with pytest.raises(OSError):
            await asyncio.open_connection("127.0.0.1", port)


async def test_many_ask_at_once():
    async with serving() as (port, _):
        asked = [json.dumps({"command": str(number)}).encode() for number in range(40)]
        answers = await asyncio.gather(*(said(port, each) for each in asked))
        assert answers == [each[::-1] + b"\x00" for each in asked]
