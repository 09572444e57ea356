"""One server on many sockets, of which some go away and come back."""

import asyncio
import socket

import httpx
import pytest

from pithead.cli import serving
from pithead.cli.serving import HttpServer, listen

HERE, THERE = "127.0.0.21", "127.0.0.22"


async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send(
        {"type": "http.response.body", "body": scope["server"][0].encode(), "more_body": True}
    )
    if scope["path"] == "/stream":
        while (await receive())["type"] != "http.disconnect":
            pass
    await send({"type": "http.response.body", "body": b"", "more_body": False})


@pytest.fixture
async def server():
    sockets = [listen(HERE, 0, "-"), listen(THERE, 0, "-")]
    server = HttpServer(app, sockets)
    server.ports = {each.getsockname()[0]: each.getsockname()[1] for each in sockets}
    await server.start()
    yield server
    await server.stop()


def url(server, host):
    return f"http://{host}:{server.ports[host]}"


async def answers(server, host):
    async with httpx.AsyncClient() as client:
        try:
            return (await client.get(url(server, host))).text == host
        except httpx.TransportError:
            return False


async def until(server, host, expected):
    for _ in range(200):
        if await answers(server, host) is expected:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"{host} should {'' if expected else 'not '}answer")


async def test_one_host_is_closed_and_opened_again_and_the_other_stays(server):
    assert await answers(server, HERE)
    server.close(HERE)
    await until(server, HERE, False)
    assert await answers(server, THERE)
    server.open(HERE)
    await until(server, HERE, True)
    server.close(HERE)
    server.open(HERE)
    await until(server, HERE, True)


async def test_an_idle_connection_is_closed_with_its_host(server):
    async with httpx.AsyncClient() as client:
        await client.get(url(server, HERE))
        server.close(HERE)
        with pytest.raises(httpx.TransportError):
            await client.get(url(server, HERE))


async def test_a_stream_is_cut_with_its_host(server):
    async with (
        httpx.AsyncClient() as client,
        client.stream("GET", url(server, HERE) + "/stream") as stream,
    ):
        chunks = stream.aiter_raw()
        assert await anext(chunks) == HERE.encode()
        server.close(HERE)
        with pytest.raises(httpx.TransportError):
            await asyncio.wait_for(anext(chunks), 10)


async def test_a_host_whose_port_was_taken_meanwhile_stays_away_and_can_be_opened_later(
    server, capsys
):
    server.close(HERE)
    await until(server, HERE, False)
    with socket.create_server((HERE, server.ports[HERE])):
        server.open(HERE)
        assert await answers(server, THERE)
        assert "cannot be bound" in capsys.readouterr().out
    server.open(HERE)
    await until(server, HERE, True)


@pytest.mark.slow
async def test_one_who_takes_no_bytes_at_all_is_cut_off_by_the_system(monkeypatch):
    monkeypatch.setattr(serving, "STUCK_SECONDS", 1)
    gone = asyncio.Event()

    async def endless(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while server._server.server_state.connections:
            await send({"type": "http.response.body", "body": bytes(65536), "more_body": True})
        gone.set()

    server = HttpServer(endless, [listen("127.0.0.1", 0, "")])
    await server.start()
    with socket.create_connection(server._sockets[0].getsockname()) as peer:
        peer.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await asyncio.wait_for(gone.wait(), 30)
    await server.stop()
